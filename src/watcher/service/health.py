"""What is said about the installation itself: feeds that fall ill or get well, a network that is gone."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from watcher import alerts, polling
from watcher.errors import WatcherError
from watcher.model import Alert, FeedState, Update
from watcher.service.context import Context
from watcher.service.network import Network, Suspect
from watcher.store.schema import NETWORK_DOWN

_LEASE = timedelta(minutes=1)


class Health:
    """Events, and alerts where `health:` names a channel; these wait for `flush`."""

    def __init__(self, context: Context) -> None:
        self.network = Network()
        self._context = context
        self._told: list[Alert] = []
        self._down_since: datetime | None = None
        """As the store has it, from one run to the next."""

    async def recall(self) -> None:
        """Take up what an earlier run told: an outage that is known is not told anew."""
        since = await self._context.write(self._context.store.recall, NETWORK_DOWN)
        self._down_since = datetime.fromisoformat(since) if since else None
        self.network.is_down = self._down_since is not None

    def asking(self, url: str) -> AbstractContextManager[None]:
        """While a feed is asked, its host may yet answer."""
        return self.network.asking(urlsplit(url).hostname or url)

    def note_answer(self, url: str, now: datetime) -> None:
        """Note that a host answered: the network is there, and those that do not answer fail by themselves."""
        was_down = self.network.is_down
        self.network.note(urlsplit(url).hostname or url, True, now)
        if was_down:
            self._context.tell("network.up")
            self._tell("network", "up", "hosts answer again", now)
        if self.network.suspects:
            self._blame(self.network.convicted())

    def note_failure(self, url: str, error: WatcherError, now: datetime) -> None:
        """Note a failed poll, and tell when it shows that our own network is down."""
        if polling.is_unasked(error):
            return
        if not polling.is_unreachable(error):
            self.note_answer(url, now)
            return
        was_down = self.network.is_down
        self.network.note(urlsplit(url).hostname or url, False, now)
        if self.network.is_down and not was_down:
            reason = polling.NO_NETWORK
            self._context.tell("network.down", hosts=len(self.network.hosts), reason=reason)
            self._tell("network", "down", reason, now)

    async def acquit(self) -> None:
        """Our own network is down: take back what was held against feeds before that was known."""
        now = self._context.now()
        for url, one in list(self.network.suspects.items()):
            claim = await self._context.write(self._context.store.claim_feed, url, now, _LEASE)
            if claim is not None:  # else it is being polled, and is acquitted after that
                self.network.suspects.pop(url, None)
                state = replace(one.before, next_poll_at=claim.state.next_poll_at)
                await self._context.write(self._context.store.save_feeds, [(claim, state)], now)

    def blame(self, before: FeedState, after: FeedState, error: WatcherError) -> None:
        """Report a failure, at once where a host answered since; else when it is known whose fault it is."""
        if polling.is_unreachable(error) and self._has_hosts(3):
            self.network.suspect(before, after, self._context.now())
        else:
            self._blame([Suspect(before, after, self._context.now())])

    def _has_hosts(self, enough: int) -> bool:
        """Whether feeds of so many hosts are watched: of fewer no outage can be told."""
        found: set[str | None] = set()
        for url in self._context.plan.feeds:
            found.add(urlsplit(url).hostname)
            if len(found) >= enough:
                return True
        return False

    def _blame(self, found: list[Suspect]) -> None:
        for one in found:
            self._context.tell(
                "feed.failed", feed=one.after.url, reason=one.after.last_error, failures=one.after.failures
            )
            self.tell_condition(one.before, one.after)

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

    async def flush(self, *, at_end: bool = False) -> None:
        """Plan deliveries of what was said about health since the last time. `at_end` of a run nothing stays in doubt."""
        now = self._context.now()
        self._blame(self.network.convicted(None if at_end else now))
        told = tuple(self._told)
        if told:
            channels = tuple(
                d.policy
                for n, d in self._context.plan.destinations.items()
                if n.split("/")[0] == self._context.plan.health_channel
            )
            planned = alerts.together(
                [delivery for alert in told for delivery in alerts.plan(alert, channels, (), {}, now)],
                now,
                self._context.plan.policy.gather,
            )
            await self._context.write(self._context.store.add_update, Update(alerts=told, deliveries=planned), now)
            del self._told[: len(told)]  # not before: what a full disk refuses is told once it has room
            self._context.woken()
        if self.network.is_down != (self._down_since is not None):
            self._down_since = now if self.network.is_down else None
            value = now.isoformat(timespec="seconds") if self.network.is_down else ""
            await self._context.write(self._context.store.remember, NETWORK_DOWN, value)

    def _tell(self, about: str, condition: str, reason: str, now: datetime, name: str = "") -> None:
        if self._context.plan.health_channel:
            self._told.append(alerts.health(about, name, condition, reason, now))
