"""Whether hosts answer: tells our own outage from a feed's fault."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from watcher import polling
from watcher.model import FeedState

NETWORK_MEMORY = timedelta(minutes=5)

DOUBT = timedelta(minutes=2)
"""So long a failure may yet turn out to be our own network's. A streak of them is known as that after one minute."""


@dataclass(slots=True)
class Suspect:
    """A feed whose host did not answer, while no other has answered since: it is not said yet whose fault that is."""

    before: FeedState
    """Its state before the first such failure."""
    after: FeedState
    since: datetime


@dataclass(slots=True)
class Network:
    """Which hosts answered lately, and whom their silence is held against."""

    hosts: dict[str, tuple[bool, datetime]] = field(default_factory=dict)
    is_down: bool = False
    suspects: dict[str, Suspect] = field(default_factory=dict)
    """By feed URL."""
    quiet_since: datetime | None = None
    """When a host last answered; before one has, since when we ask."""
    under_way: Counter[str] = field(default_factory=Counter)
    """Polls by host."""

    @contextmanager
    def asking(self, host: str) -> Iterator[None]:
        """While a host is asked, it may yet answer."""
        self.under_way[host] += 1
        try:
            yield
        finally:
            self.under_way[host] -= 1
            if not self.under_way[host]:
                del self.under_way[host]

    def note(self, host: str, answered: bool, now: datetime) -> None:
        """Remember whether a host answered; what is older than a few minutes no longer counts."""
        self.hosts.pop(host, None)
        self.hosts[host] = (answered, now)  # the dict is in order of time, so that only its oldest need a look
        while now - next(iter(self.hosts.values()))[1] > NETWORK_MEMORY:
            del self.hosts[next(iter(self.hosts))]
        if answered:
            self.is_down, self.quiet_since = False, now
        elif not self.is_down:
            failures = sum(not answered for answered, _ in self.hosts.values())
            self.quiet_since = self.quiet_since or now
            self.is_down = polling.network_down(
                failures,
                len(self.hosts),
                under_way=sum(other not in self.hosts for other in self.under_way),
                streak=self._streak(),
                quiet=now - self.quiet_since,
            )

    def suspect(self, before: FeedState, after: FeedState, now: datetime) -> None:
        """A feed's host did not answer, which made its state `after`."""
        self.suspects.setdefault(before.url, Suspect(before, after, now)).after = after

    def convicted(self, now: datetime | None = None) -> list[Suspect]:
        """Take out those whose failure is their own: all, or with `now` those in doubt for long enough."""
        found = [one for one in self.suspects.values() if now is None or now - one.since >= DOUBT]
        for one in found:
            del self.suspects[one.after.url]
        return found

    def _streak(self) -> int:
        """How many hosts, of those asked last, did not answer."""
        return next((i for i, (answered, _) in enumerate(reversed(self.hosts.values())) if answered), len(self.hosts))
