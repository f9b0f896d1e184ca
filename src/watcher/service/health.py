"""What is said about the installation itself: feeds that fall ill or get well, a network that is gone."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlsplit

from watcher import alerts
from watcher.model import Alert, FeedState, Update
from watcher.service.context import Context
from watcher.service.network import Network


class Health:
    """Events, and alerts where `health:` names a channel; these wait for `flush`."""

    def __init__(self, context: Context) -> None:
        self.network = Network()
        self._context = context
        self._told: list[Alert] = []

    def note_host(self, url: str, answered: bool, now: datetime) -> None:
        """Note whether a host answered, and tell when our own network goes down or comes back."""
        before = self.network.is_down
        self.network.note(urlsplit(url).hostname or url, answered, now)
        if self.network.is_down and not before:
            self._context.tell("network.down", hosts=len(self.network.hosts))
            self._tell("network", "down", "no host answers: check this machine's network and DNS", now)
        if before and not self.network.is_down:
            self._context.tell("network.up")
            self._tell("network", "up", "hosts answer again", now)

    def tell_condition(self, before: FeedState, after: FeedState) -> None:
        """Report that a feed fell ill or is well again: an event, and an alert where `health:` names a channel."""
        if before.condition == after.condition or (before.condition == "new" and after.condition == "ok"):
            return
        self._context.tell(
            "feed.condition",
            feed=after.url,
            condition=after.condition,
            before=before.condition,
            reason=after.last_error,
        )
        feed = self._context.plan.feeds.get(after.url)
        self._tell(after.url, after.condition, after.last_error, self._context.now(), feed.name if feed else "")

    async def flush(self) -> None:
        """Plan deliveries of what was said about health since the last time."""
        told, self._told = self._told, []
        if not told:
            return
        now = self._context.now()
        channels = tuple(
            d.policy
            for n, d in self._context.plan.destinations.items()
            if n.split("/")[0] == self._context.plan.health_channel
        )
        planned = tuple(delivery for alert in told for delivery in alerts.plan(alert, channels, (), {}, now))
        await self._context.write(self._context.store.add_update, Update(alerts=tuple(told), deliveries=planned), now)
        self._context.woken()

    def _tell(self, about: str, condition: str, reason: str, now: datetime, name: str = "") -> None:
        if self._context.plan.health_channel:
            self._told.append(alerts.health(about, name, condition, reason, now))
