"""How often a feed publishes, by hour of day and weekday, learned from what it published. Old habits fade.

The model is a rate of entries: a mean rate × a factor for the hour (UTC) × a factor for the weekday. To keep the sum of
all delays least for a number of requests, a feed would be asked with a frequency that goes with the square root of its rate
(the same as for keeping copies of changing pages fresh: Cho & Garcia-Molina 2003). It goes with a little less of its mean
rate, so that feeds that seldom speak are not left for hours, and with the root of its hours.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

FADE = timedelta(days=20)
"""Time in which what was learned fades to 1/e."""
_HOUR_PRIOR = 8.0
_DAY_PRIOR = 10.0
_PRIOR_ENTRIES = 0.5
_PRIOR_HOURS = 1.0
_RATE_OF_EVERY = 1.7
"""Entries an hour at which a feed is asked each `every`. Chosen by benchmarks/simulated_month.py: it stays below 40 % of the
requests of a fixed interval."""
_FAIRNESS = 0.4
"""The power of the mean rate that asking goes with. Against a half, at as many requests, the median delay grows from 5.2 to
6.4 minutes (7.5 at a fixed interval), and the latest tenth and hundredth come 10 and 25 % earlier."""
_KEENNESS = 0.5
"""The power of an hour's share. With more, most entries are earlier, at the cost of those that come at odd hours."""
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
        """Take in that these moments, and no others, brought an entry between `since` (default: the last time) and `now`.

        `since` is for a first document, which shows what came before it was met.
        """
        begin = since or self.at
        watched = max(0.0, (now - begin) / timedelta(hours=1))
        kept = math.exp(-max(0.0, (now - self.at) / FADE))
        if kept < 1:
            self.hours = [count * kept for count in self.hours]
            self.days = [count * kept for count in self.days]
        # What was watched long ago fades while it is watched, so that learning once a week or every hour comes to the same.
        fading = FADE / timedelta(hours=1)
        self.exposure = self.exposure * kept + (fading * (1 - math.exp(-watched / fading)))
        self.watched += watched
        self.at = max(self.at, now)
        listed = list(moments)
        weight = min(1.0, _MOST_AT_ONCE / len(listed)) if since is None and self.watched > 24 and listed else 1.0
        for moment in listed:
            self.hours[moment.hour] += weight
            self.days[moment.weekday()] += weight

    @property
    def entries(self) -> float:
        """Faded count of entries."""
        return sum(self.hours)

    @property
    def knows_weekdays(self) -> bool:
        """Whether two weeks were watched; before, a weekday without entries may only be one that has not come yet."""
        return self.watched >= 24 * 14

    def mean_rate(self) -> float:
        """Entries an hour, by a weak prior of one in two hours."""
        return (self.entries + _PRIOR_ENTRIES) / (self.exposure + _PRIOR_HOURS)

    def factors(self) -> tuple[list[float], list[float]]:
        """How much of the mean rate each hour of the day and each weekday have; a moment's share is their product."""
        return self._hour_factors(), self._day_factors()

    def _hour_factors(self) -> list[float]:
        total = self.entries
        if self.watched < 24:
            return [1.0] * 24
        smooth = [0.25 * self.hours[h - 1] + 0.5 * self.hours[h] + 0.25 * self.hours[(h + 1) % 24] for h in range(24)]
        return [(count * 24 + _HOUR_PRIOR) / (total + _HOUR_PRIOR) for count in smooth]

    def _day_factors(self) -> list[float]:
        if not self.knows_weekdays:
            return [1.0] * 7
        total = sum(self.days)
        return [(count * 7 + _DAY_PRIOR) / (total + _DAY_PRIOR) for count in self.days]


def expected_entries(rhythm: Rhythm, since: datetime, until: datetime) -> float:
    """How many entries the rhythm promises in that time, to the hour."""
    hours, days = rhythm.factors()
    left = int((until - since) / timedelta(hours=1))
    weeks, left = divmod(left, 168)
    shares = weeks * sum(hours) * sum(days)
    hour, day = since.hour, since.weekday()
    while left:
        upto = min(24, hour + left)
        shares += days[day] * (sum(hours) if upto - hour == 24 else sum(hours[hour:upto]))
        left -= upto - hour
        hour, day = 0, (day + 1) % 7
    return rhythm.mean_rate() * shares


def interval(rhythm: Rhythm, now: datetime, every: timedelta, longest: timedelta) -> timedelta:
    """How long from `now` until the feed is worth asking: where the frequency of asking, over time, adds up to one."""
    hours, days = rhythm.factors()
    per_hour = timedelta(hours=1) / every * (rhythm.mean_rate() / _RATE_OF_EVERY) ** _FAIRNESS
    hour, day = now.hour, now.weekday()
    due, waited, step = 1.0, 0.0, 1.0 - (now.minute * 60 + now.second + now.microsecond / 1e6) / 3600
    most = longest / timedelta(hours=1)
    while waited < most:
        frequency = per_hour * (days[day] * hours[hour]) ** _KEENNESS
        if frequency * step >= due:
            return min(timedelta(hours=waited + due / frequency), longest)
        due -= frequency * step
        waited += step
        step, hour = 1.0, (hour + 1) % 24
        day = day if hour else (day + 1) % 7
    return longest
