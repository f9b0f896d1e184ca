"""Manners per host: how close requests may follow, how long a line may grow, who has asked us to wait. No clock of its own."""

from __future__ import annotations

from dataclasses import dataclass, field

_UNKNOWN = 1.0
"""Seconds that a request to a host takes, before one has been answered."""


@dataclass(slots=True)
class _Host:
    free_at: float = 0.0
    waits_until: float = 0.0
    refusals: int = 0
    line: int = 0
    """Requests that wait or are under way."""
    takes: float = _UNKNOWN
    """Seconds a request takes, on average of late."""
    booked_until: float = 0.0
    places: dict[str, float] = field(default_factory=dict)
    """When those come back that were sent away."""


@dataclass(slots=True)
class Hosts:
    """Books requests by host. Times are seconds of any one clock, given by the caller.

    `gap` is the least time between the starts of two requests to one host, `at_once` how many may be under way.
    """

    gap: float = 0.0
    at_once: int = 2
    _hosts: dict[str, _Host] = field(default_factory=dict)

    def join(self, host: str, who: str, now: float, longest: float | None = None) -> float:
        """Stand in line, for about `longest` seconds at most; 0 if that is granted, then `leave` must follow.

        Else when to come back, in seconds from now.
        Who was sent away has a place, before all that come later. So a host that hangs, with hundreds of feeds, holds
        up none of the others: its feeds wait in the schedule and not where requests are made.
        """
        entry = self._hosts.setdefault(host, _Host())
        step = max(self.gap, entry.takes / self.at_once)
        ahead = entry.line * step
        if entry.places.pop(who, None) is None:
            ahead = max(ahead, entry.booked_until - now)
        if longest is not None and ahead > longest:
            entry.places[who] = now + ahead
            entry.booked_until = max(entry.booked_until, now + ahead) + step
            return ahead
        entry.line += 1
        self._forget(now)
        return 0.0

    def leave(self, host: str, took: float | None) -> None:
        """The request that stood in line is done, `took` seconds after it began; None: it never began."""
        entry = self._hosts[host]
        entry.line -= 1
        if took is not None:
            entry.takes += (took - entry.takes) / 4

    def book(self, host: str, now: float) -> float:
        """Reserve the next moment at which a request may begin and say how many seconds away it is."""
        if not self.gap:
            return 0.0
        entry = self._hosts.setdefault(host, _Host())
        start = max(now, entry.free_at)
        entry.free_at = start + self.gap
        return start - now

    def asked_to_wait(self, host: str, now: float) -> float:
        """Seconds for which this host wants no request of ours; 0 if none."""
        entry = self._hosts.get(host)
        return max(0.0, entry.waits_until - now) if entry else 0.0

    def refused(self, host: str, now: float, seconds: float) -> None:
        """The host answered 429 or 503 with a wait: nothing goes there before."""
        entry = self._hosts.setdefault(host, _Host())
        entry.waits_until = max(entry.waits_until, now + seconds)
        entry.refusals += 1

    def answered(self, host: str) -> None:
        """The host answered as it should."""
        if entry := self._hosts.get(host):
            entry.refusals = 0
            entry.waits_until = 0.0

    def refusals(self, host: str) -> int:
        """How many refusals in a row, for growing waits where the host names none."""
        entry = self._hosts.get(host)
        return entry.refusals if entry else 0

    def _forget(self, now: float) -> None:
        if len(self._hosts) < 20_000:
            return
        gone = [
            name
            for name, host in self._hosts.items()
            if not host.line and max(host.free_at, host.waits_until, host.booked_until) < now
        ]
        for name in gone:
            del self._hosts[name]
