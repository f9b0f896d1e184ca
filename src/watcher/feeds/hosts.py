"""Manners per host: how close requests may follow, and who has asked us to wait. No clock of its own."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class _Host:
    free_at: float = 0.0
    waits_until: float = 0.0
    refusals: int = 0


@dataclass(slots=True)
class Hosts:
    """Books requests by host. Times are seconds of any one clock, given by the caller.

    `gap` is the least time between the starts of two requests to one host.
    """

    gap: float = 0.0
    _hosts: dict[str, _Host] = field(default_factory=dict)

    def book(self, host: str, now: float) -> float:
        """Reserve the next free place and say how many seconds to wait for it."""
        if not self.gap:
            return 0.0
        entry = self._hosts.setdefault(host, _Host())
        start = max(now, entry.free_at)
        entry.free_at = start + self.gap
        self._forget(now)
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
        gone = [name for name, host in self._hosts.items() if max(host.free_at, host.waits_until) < now]
        for name in gone:
            del self._hosts[name]
