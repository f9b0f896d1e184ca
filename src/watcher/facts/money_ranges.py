"""The two ends of a range: they share scale and currency."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from watcher.facts.money_figures import Figure, Source
from watcher.facts.money_language import shared_words

_DASHES = frozenset({"-", "~", "--", "÷", "…", ".."})
_TO = frozenset({"es", "pt", "it", "gl", "ca"})
"""Languages whose «a» is «to», not «and»."""


def linked(source: Source, figures: list[Figure]) -> list[Figure]:
    """Let the two ends of a range share scale and currency: «$10-15 billion», «between 5 and 10 billion won»."""
    for place in range(len(figures) - 2, -1, -1):
        lower, upper = figures[place], figures[place + 1]
        if not _is_range(source, lower, upper):
            continue
        if upper.short and lower.unit is None and upper.unit is None:
            continue
        if lower.factor == 1 and upper.factor > 1 and _shares_scale(lower, upper):
            factor = upper.factor
            ten = lower.unit.factor if lower.unit else Decimal(1)
            lower = replace(lower, factor=factor, value=lower.number * factor * ten)
        if lower.unit is None and upper.unit is None and upper.factor > 1:
            lower = replace(lower, bare_end=upper.bare_end)
        if (lower.unit is None and upper.unit is not None and lower.factor == upper.factor) or (
            lower.unit is None and upper.unit is not None and lower.factor > 1
        ):
            lower = replace(lower, unit=upper.unit, home=upper.home, value=lower.value * upper.unit.factor)
        elif upper.unit is None and lower.unit is not None and lower.unit_before and lower.factor == upper.factor:
            upper = replace(upper, unit=lower.unit, home=lower.home, value=upper.value * lower.unit.factor)
        figures[place], figures[place + 1] = lower, upper
    return figures


def _shares_scale(lower: Figure, upper: Figure) -> bool:
    is_year = lower.number == int(lower.number) and 1900 <= lower.number <= 2100 and lower.unit is None
    return lower.number < upper.number * 1000 and lower.number <= max(upper.number, Decimal(1000)) and not is_year


def _is_range(source: Source, lower: Figure, upper: Figure) -> bool:
    text = source.text
    gap = text[lower.end : upper.start].strip()
    if gap in _DASHES:
        return True
    if not gap or len(gap) > 12:
        return False
    end = len(gap)
    every = shared_words()
    if source.lang.says("range", gap, 0) != end and source.lang.says("and", gap, 0) != end:
        return False
    if every.says("and_like", gap, 0) == end and not (source.lang.code in _TO and gap == "a"):
        return source.lang.ends_with("between", text[max(0, lower.start - 20) : lower.start].rstrip(" -"))
    return True
