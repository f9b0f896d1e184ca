"""What comes in: subscriptions, documents, entries."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any


@dataclass(frozen=True, slots=True)
class Feed:
    """A subscription. `url` identifies it; `lang` and `country` are hints for reading its items."""

    url: str
    name: str = ""
    tags: frozenset[str] = frozenset()
    lang: str = ""
    country: str = ""
    every: timedelta | None = None
    first_run: str = ""
    """digest, alert, silent, or empty for the default of `polling:`."""
    full_text: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """What a fetch returned: bytes as received (after content decoding), never yet parsed."""

    url: str
    body: bytes
    media_type: str = ""
    charset: str = ""
    final_url: str = ""
    permanent_url: str = ""
    """Where permanent redirects alone (301, 308) lead; empty without one."""
    etag: str = ""
    last_modified: str = ""
    max_age: timedelta | None = None
    """Freshness that the answer claims (Cache-Control, Expires)."""
    hub: str = ""


@dataclass(frozen=True, slots=True)
class FeedState:
    """What the store remembers of a feed between polls. `history` is JSON-able, owned by `polling`."""

    url: str
    etag: str = ""
    last_modified: str = ""
    body_hash: str = ""
    next_poll_at: datetime | None = None
    last_polled_at: datetime | None = None
    last_success_at: datetime | None = None
    last_new_at: datetime | None = None
    failures: int = 0
    last_error: str = ""
    condition: str = "new"
    """new, ok, failing, refused, silent, html, login, challenge, frozen, misdated, empty, gone, poison."""
    redirect_to: str = ""
    retired: bool = False
    history: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as its document says it. `title` may hold entities; `summary` and `content` are HTML."""

    title: str
    summary: str = ""
    content: str = ""
    guid: str = ""
    url: str = ""
    author: str = ""
    categories: tuple[str, ...] = ()
    published: datetime | None = None
    updated: datetime | None = None
    lang: str = ""
    source: str = ""
    """Publisher that the entry itself names (RSS `source`, aggregators)."""
