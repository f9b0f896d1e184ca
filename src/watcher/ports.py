"""What the core wants from outside, and the events that it reports.

A protocol states its promises once: threads, transactions, what may be called twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from watcher.model import Delivery, Document, Feed, Known, Lookup, Story, Update
from watcher.model import FeedState as FeedState


@dataclass(frozen=True, slots=True)
class Claim:
    """A feed to poll now. `token` fences: a commit with an older token is refused."""

    state: FeedState
    token: str


class Fetcher(Protocol):
    """Fetches one document. Raises FetchError; returns None for 'not modified'."""

    async def fetch(self, feed: Feed, state: FeedState) -> Document | None: ...


class Sender(Protocol):
    """Sends one rendered message to one destination. Blocking; raises DeliveryError."""

    def send(self, message: Any) -> None: ...


class Store(Protocol):
    """The one database. All methods are blocking and are called from one writer thread, except reads for lists.

    `commit_poll` runs `decide` inside its transaction; `decide` may run twice and must be pure.
    """

    def sync_feeds(self, feeds: Sequence[Feed], now: datetime) -> None: ...
    def claim_due_feeds(self, now: datetime, limit: int, lease: timedelta) -> list[Claim]: ...
    def known_hashes(self, url: str) -> frozenset[str]: ...
    def commit_poll(
        self, claim: Claim, state: FeedState, lookup: Lookup, decide: Callable[[Known], Update], hashes: Iterable[str]
    ) -> Update | None: ...
    def claim_due_deliveries(self, channel: str, now: datetime, limit: int, lease: timedelta) -> list[Delivery]: ...
    def delivered(self, keys: Sequence[str], now: datetime, receipt: str) -> None: ...
    def postponed(self, keys: Sequence[str], due_at: datetime, error: str) -> None: ...
    def given_up(self, keys: Sequence[str], now: datetime, error: str) -> None: ...
    def story(self, story_id: str) -> Story | None: ...


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, for logs and metrics. `name` such as feed.polled, alert.delivered; `fields` flat and free of secrets."""

    name: str
    fields: dict[str, Any]


class Observer(Protocol):
    """Told of events; must not raise."""

    def __call__(self, event: Event) -> None: ...
