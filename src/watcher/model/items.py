"""An entry as read: text, its places, the item."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from watcher.model.feeds import Entry, Feed


@dataclass(frozen=True, slots=True)
class Span:
    """A place in an item's field (title, summary, author, category, url). Characters of the plain text, `end` exclusive."""

    field: str
    start: int
    end: int

    def overlaps(self, other: Span) -> bool:
        """Whether the two have a character in common."""
        return self.field == other.field and self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True)
class Token:
    """A word (or one character of a script without spaces) of folded text.

    `start` and `end` index `Text.folded`. `place` measures distance: a word advances it by 2, a
    character of a script without spaces by 1, so NEAR/n means a gap of at most 2·n.
    `sentence` counts sentences from 0.
    """

    start: int
    end: int
    place: int
    sentence: int


class Text(Protocol):
    """A field as read: `plain` for people, `folded` for matching, and the way back between them."""

    @property
    def plain(self) -> str:
        """HTML stripped, entities decoded, white space collapsed. Offsets shown to users count its characters."""

    @property
    def folded(self) -> str:
        """`plain` with case, width, normal form, quotes, hyphens and ignorable marks made one."""

    @property
    def tokens(self) -> tuple[Token, ...]:
        """Tokens in order, computed at first use."""

    def to_plain(self, start: int, end: int) -> tuple[int, int]:
        """The range of `plain` that the range of `folded` came from."""


@dataclass(frozen=True, slots=True)
class Item:
    """An entry as we read it. `id` is ours and stable; `lang` a code such as fr, zh-Hans, fil, nb; `source` the publisher."""

    id: str
    feed: Feed
    entry: Entry
    title: Text
    summary: Text
    lang: str
    source: str
    published: datetime | None
    seen_at: datetime
    content: Text | None = None


@dataclass(frozen=True, slots=True)
class Names:
    """What an item is known by within its feed: exact keys, prefixed by kind, and a hash of what an edit changes."""

    identities: frozenset[str]
    content_hash: str
