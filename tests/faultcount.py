"""The checker of the fault runs: black box, from what feeds published and destinations took.

Owed is every item of a document version that the daemon said it holds, by sending its ETag. Nothing here is
imported from the product.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sinks import Received

DECIDED_BEFORE = 6.0
"""Seconds from the decision to send until a destination has the message: a loaded machine, a stopped process."""


@dataclass
class Clock:
    """The wall clock that the daemon is shown, and how it was set."""

    offset: float
    steps: list[tuple[float, float]] = field(default_factory=list)
    """(monotonic seconds, offset from then on)"""

    def __post_init__(self) -> None:
        self.steps.append((time.monotonic(), self.offset))
        self._to_wall = time.time() - time.monotonic()

    def set_by(self, seconds: float) -> None:
        """Put it ahead, or back."""
        self.offset += seconds
        self.steps.append((time.monotonic(), self.offset))

    def at(self, moment: float | None = None) -> datetime:
        """What it showed at a moment of the monotonic clock."""
        moment = time.monotonic() if moment is None else moment
        offset = next((offset for since, offset in reversed(self.steps) if since <= moment), self.steps[0][1])
        return datetime.fromtimestamp(moment + self._to_wall, UTC) + timedelta(seconds=offset)

    def elapsed(self, moment: float) -> float:
        """Seconds that passed by this clock, where being put back takes nothing away."""
        pairs = zip(self.steps, self.steps[1:], strict=False)
        return moment + sum(max(0.0, b[1] - a[1]) for a, b in pairs if b[0] <= moment)


@dataclass(frozen=True)
class Counts:
    """One run, in figures."""

    seed: int
    faults: str
    owed: int
    lost: int
    repeats: int
    allowed: int
    """Ambiguous answers and kills, summed over destinations."""
    excess: int
    """Repeats beyond one for each kill, and each ambiguous answer of that destination."""
    in_quiet: int
    over_cap: int
    dead: int
    """Dead letters, resent by hand; each was refused for good by its destination."""
    wrongs: tuple[str, ...] = ()

    @property
    def is_good(self) -> bool:
        """Whether the promise was kept."""
        return not (self.lost or self.excess or self.in_quiet or self.over_cap or self.wrongs)

    def __str__(self) -> str:
        line = (
            f"seed={self.seed} {'PASS' if self.is_good else 'FAIL'} owed={self.owed} lost={self.lost} repeats={self.repeats} "
            f"ambiguous+kills={self.allowed} excess={self.excess} quiet={self.in_quiet} over_cap={self.over_cap} dead={self.dead} [{self.faults}]"
        )
        return line + "".join(f"\n  {wrong}" for wrong in self.wrongs)


def titles(received: Received) -> list[str]:
    """The bulletins that a message carries."""
    return [str(alert["title"]) for alert in received.json["alerts"]]


def repeats(messages: Sequence[Received]) -> int:
    """Messages with something in them that came before."""
    seen: set[str] = set()
    again = 0
    for message in messages:
        named = set(titles(message))
        again += bool(named & seen)
        seen |= named
    return again


def sent_in_quiet(messages: Sequence[Received], clock: Clock, start: int, end: int) -> int:
    """Messages that were decided on and arrived within quiet hours (UTC, from `start` to `end` o'clock, over midnight)."""
    marks = [n * 0.25 for n in range(int(DECIDED_BEFORE / 0.25) + 1)]
    return sum(all(_is_quiet(clock.at(message.at - back), start, end) for back in marks) for message in messages)


def _is_quiet(at: datetime, start: int, end: int) -> bool:
    return at.hour >= start or at.hour < end


def over_cap(messages: Sequence[Received], clock: Clock, cap: int, per: float) -> int:
    """Messages beyond `cap` in any stretch of `per` seconds; of one that came twice the last counts, the others were never known to have arrived."""
    counted: list[float] = []
    later: set[str] = set()
    for message in reversed(messages):
        named = set(titles(message))
        if not named <= later:
            counted.append(clock.elapsed(message.at))
        later |= named
    counted.reverse()
    windows = (sum(1 for at in counted[: i + 1] if at > end - per) for i, end in enumerate(counted))
    return max(0, max(windows, default=0) - cap)
