"""What the use cases want from outside, and the events that they report.

A protocol states its promises once. The store's are those of `store.Store`; `store.open_store` is its door.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from watcher.model import Document, Feed, FeedState


@dataclass(frozen=True, slots=True)
class Claim:
    """A feed to poll now. `token` fences: a commit with an older token is refused."""

    state: FeedState
    token: str


class Fetcher(Protocol):
    """Fetches one document. Raises FetchError; returns None for 'not modified'."""

    async def fetch(self, feed: Feed, state: FeedState) -> Document | None:
        """The feed's document, None where nothing changed since `state`."""


class Sender(Protocol):
    """Sends rendered messages to one destination; called from one thread at a time."""

    @property
    def service(self) -> Any:
        """What rendering needs to know of the destination: `channels.message.Service`."""

    def send(self, message: Any) -> None:
        """Send one `channels.message.Message`. Blocks; raises DeliveryError."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, for logs and metrics. `name` such as feed.polled; `fields` flat and free of secrets."""

    name: str
    fields: dict[str, Any]


class Observer(Protocol):
    """Told of events; must not raise."""

    def __call__(self, event: Event) -> None:
        """Take note of `event`."""
