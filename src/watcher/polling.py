"""When to ask a feed again, and what its answers say of its health. Pure: the clock and chance are arguments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Hints:
    """What a document says about its own rhythm. `skip_hours` are UTC hours 0–23, `skip_days` weekdays, Monday 0."""

    ttl: timedelta | None = None
    period: timedelta | None = None
    """One `sy:updatePeriod` divided by `sy:updateFrequency`."""
    skip_hours: frozenset[int] = frozenset()
    skip_days: frozenset[int] = frozenset()
