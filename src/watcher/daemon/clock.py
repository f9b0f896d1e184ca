"""The wall clock, and how far it is from the monotonic one. The only place in the daemon that reads it."""

from __future__ import annotations

import time
from datetime import UTC, datetime

CLOCK_STEP = 5.0
"""Seconds by which the wall clock must jump to count as set; slewing stays far below."""


def wall_clock() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


class ClockWatch:
    """Notices when the wall clock is set."""

    def __init__(self) -> None:
        self._drift = time.time() - time.monotonic()

    def step(self) -> float:
        """Seconds by which the clock was set since `accept`, 0.0 while it runs on."""
        step = time.time() - time.monotonic() - self._drift
        return step if abs(step) > CLOCK_STEP else 0.0

    def accept(self, step: float) -> None:
        """The schedule has been mended for that step."""
        self._drift += step
