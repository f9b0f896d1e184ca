"""Whether hosts answer: tells our own outage from a feed's fault."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from watcher import polling

NETWORK_MEMORY = timedelta(minutes=5)


@dataclass(slots=True)
class Network:
    """Which hosts answered lately: tells our own outage from a feed's fault."""

    hosts: dict[str, tuple[bool, datetime]] = field(default_factory=dict)
    is_down: bool = False

    def note(self, host: str, answered: bool, now: datetime) -> None:
        """Remember whether a host answered; what is older than a few minutes no longer counts."""
        self.hosts.pop(host, None)
        self.hosts[host] = (answered, now)  # the dict is in order of time, so that only its oldest need a look
        while now - next(iter(self.hosts.values()))[1] > NETWORK_MEMORY:
            del self.hosts[next(iter(self.hosts))]
        if answered:
            self.is_down = False
        elif not self.is_down:
            failures = sum(not answered for answered, _ in self.hosts.values())
            self.is_down = polling.network_down(failures, len(self.hosts))
