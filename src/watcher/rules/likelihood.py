"""From sums to chances."""

from __future__ import annotations

from math import exp

EXTREME = 500.0
"""Beyond this the logistic function is 0 or 1 in any case."""


def likelihood(margin: float) -> float:
    """The logistic function: 0.5 where a sum just reaches what is asked for, towards 1 above."""
    if abs(margin) > EXTREME:
        return 1.0 if margin > 0 else 0.0
    return 1.0 / (1.0 + exp(-margin))
