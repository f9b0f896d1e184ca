"""Ticks that do not count what they missed."""

from __future__ import annotations

from datetime import datetime

from apscheduler.triggers.interval import IntervalTrigger


class Every(IntervalTrigger):  # type: ignore[misc]  # APScheduler has no types
    """An interval whose missed times are skipped but for the last.

    APScheduler lists every time that was missed before it runs the job once: when the clock is set ahead by a year,
    63 million half seconds, in minutes and gigabytes. A machine without a battery starts in 1970.
    """

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime | None:
        """The next time after the previous one, or the latest of those that are past."""
        if previous_fire_time is not None:
            missed = (now - previous_fire_time) // self.interval
            if missed > 1:
                previous_fire_time += (missed - 1) * self.interval
        found: datetime | None = super().get_next_fire_time(previous_fire_time, now)
        return found
