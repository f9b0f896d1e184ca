"""How often a feed publishes, by hour of day and weekday, learned from what it published. Old habits fade.

The model is a rate of entries: a mean rate × a factor for the hour (UTC) × a factor for the weekday. To keep the sum of
all delays least for a number of requests, a feed is asked with a frequency that goes with the square root of its mean rate
(the same as for keeping copies of changing pages fresh: Cho & Garcia-Molina 2003), and follows its hours a little closer.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

FADE = timedelta(days=20)
"""Time in which what was learned fades to 1/e."""
_HOUR_PRIOR = 8.0
_DAY_PRIOR = 10.0
_PRIOR_ENTRIES = 0.5
_PRIOR_HOURS = 1.0
_RATE_OF_EVERY = 1.35
"""Entries an hour at which a feed is asked each `every`. Chosen by benchmarks/simulated_month.py: at the median delay of a
fixed interval it leaves a margin below 40 % of its requests."""
_KEENNESS = 0.7
"""How closely asking follows the hours: with a half the sum of delays is least, with more the delay of most entries is
less, at the cost of those that come at odd hours. Chosen in the same way."""
_MOST_AT_ONCE = 20
"""A feed that renews all its entries at once says nothing about its rhythm."""


@dataclass(slots=True)
class Rhythm:
    """What was learned. `hours` and `days` are faded counts of entries, `exposure` faded hours of watching, as of `at`."""

    at: datetime
    hours: list[float]
    days: list[float]
    exposure: float = 0.0
    watched: float = 0.0
    """Hours of watching, not faded."""

    @classmethod
    def load(cls, data: Mapping[str, Any] | None, now: datetime) -> Rhythm:
        """From `FeedState.history`; empty if there is nothing to read."""
        if not data:
            return cls(now, [0.0] * 24, [0.0] * 7)
        return cls(
            datetime.fromisoformat(data["at"]), list(data["h"]), list(data["d"]), float(data["e"]), float(data["w"])
        )

    def dump(self) -> dict[str, Any]:
        """As JSON-able data, rounded: a feed's history stays under a kilobyte."""
        return {
            "at": self.at.isoformat(timespec="seconds"),
            "h": [round(count, 2) for count in self.hours],
            "d": [round(count, 2) for count in self.days],
            "e": round(self.exposure, 2),
            "w": round(self.watched, 1),
        }

    def learn(self, moments: Iterable[datetime], now: datetime, since: datetime | None = None) -> None:
        """Take in that these moments, and no others, brought an entry between `since` (default: the last time) and `now`."""
        begin = max(self.at, since) if since and self.exposure else (since or self.at)
        self._fade(now)
        self.exposure += max(0.0, (now - begin) / timedelta(hours=1))
        self.watched += max(0.0, (now - begin) / timedelta(hours=1))
        listed = list(moments)
        weight = min(1.0, _MOST_AT_ONCE / len(listed)) if self.watched > 24 and listed else 1.0
        for moment in listed:
            self.hours[moment.hour] += weight
            self.days[moment.weekday()] += weight

    @property
    def entries(self) -> float:
        """Faded count of entries."""
        return sum(self.hours)

    def mean_rate(self) -> float:
        """Entries an hour, by a weak prior of one in two hours."""
        return (self.entries + _PRIOR_ENTRIES) / (self.exposure + _PRIOR_HOURS)

    def rate(self) -> Callable[[datetime], float]:
        """Entries an hour, as a function of the moment."""
        mean, shape = self.mean_rate(), self.shape()
        return lambda moment: mean * shape(moment)

    def shape(self) -> Callable[[datetime], float]:
        """How much of the mean rate a moment's hour and weekday have."""
        hours, days = self._hour_factors(), self._day_factors()
        return lambda moment: days[moment.weekday()] * hours[moment.hour]

    def _hour_factors(self) -> list[float]:
        total = self.entries
        if self.watched < 24:
            return [1.0] * 24
        smooth = [0.25 * self.hours[h - 1] + 0.5 * self.hours[h] + 0.25 * self.hours[(h + 1) % 24] for h in range(24)]
        return [(count * 24 + _HOUR_PRIOR) / (total + _HOUR_PRIOR) for count in smooth]

    def _day_factors(self) -> list[float]:
        # Before two weeks have been seen, a weekday without entries may only be one that has not come yet.
        if self.watched < 24 * 14:
            return [1.0] * 7
        total = sum(self.days)
        return [(count * 7 + _DAY_PRIOR) / (total + _DAY_PRIOR) for count in self.days]

    def _fade(self, now: datetime) -> None:
        factor = math.exp(-max(0.0, (now - self.at) / FADE))
        self.hours = [count * factor for count in self.hours]
        self.days = [count * factor for count in self.days]
        self.exposure *= factor
        self.at = max(self.at, now)


def expected_entries(rhythm: Rhythm, since: datetime, until: datetime) -> float:
    """How many entries the rhythm promises in that time, to the hour."""
    rate = rhythm.rate()
    return sum(rate(since + timedelta(hours=i)) for i in range(int((until - since) / timedelta(hours=1))))


def interval(rhythm: Rhythm, now: datetime, every: timedelta, longest: timedelta) -> timedelta:
    """How long from `now` until the feed is worth asking: where the frequency of asking, over time, adds up to one."""
    shape = rhythm.shape()
    per_hour = timedelta(hours=1) / every * math.sqrt(rhythm.mean_rate() / _RATE_OF_EVERY)
    due, waited, position = 1.0, timedelta(), now
    while waited < longest:
        step = timedelta(hours=1) - timedelta(
            minutes=position.minute, seconds=position.second, microseconds=position.microsecond
        )
        frequency = per_hour * shape(position) ** _KEENNESS
        share = frequency * (step / timedelta(hours=1))
        if share >= due:
            return min(waited + timedelta(hours=due / frequency), longest)
        due -= share
        waited += step
        position += step
    return longest
