"""What the user wants of polling, and what a feed asks for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from watcher.model import Feed


@dataclass(frozen=True, slots=True)
class Hints:
    """What a document says about its own rhythm. `skip_hours` are UTC hours 0–23, `skip_days` weekdays, Monday 0."""

    ttl: timedelta | None = None
    period: timedelta | None = None
    """One `sy:updatePeriod` divided by `sy:updateFrequency`."""
    skip_hours: frozenset[int] = frozenset()
    skip_days: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class PollingPolicy:
    """Bounds of the learned interval. `every` is where a feed that we know nothing of starts, and the scale of all.

    A feed that brings some two entries an hour is asked each `every`; one that brings four times as many twice as often.
    """

    every: timedelta = timedelta(minutes=15)
    min: timedelta = timedelta(minutes=2)
    max: timedelta = timedelta(hours=6)
    heeds_hints: bool = True
    """Whether ttl and sy:update* bind. A user's own `every` for a feed outranks them; Retry-After and max-age bind always."""

    def for_feed(self, feed: Feed) -> PollingPolicy:
        """The policy for one feed: its own `every`, if it has one, in place of the general one."""
        if feed.every is None:
            return self
        return replace(
            self,
            every=feed.every,
            min=min(self.min, feed.every),
            max=max(self.max, feed.every),
            heeds_hints=False,
        )
