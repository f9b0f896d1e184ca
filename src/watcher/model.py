"""Frozen values that pass between steps; nothing else.

Feed → Document → Entry → Item → Facts → Match = Verdict → Story, Alert → Delivery.
All times are aware UTC. Money is Decimal with an ISO 4217 code. Collections are immutable.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol


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


@dataclass(frozen=True, slots=True)
class Span:
    """A place in an item's field (title, summary, author, category, url). Characters of the plain text, `end` exclusive."""

    field: str
    start: int
    end: int


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
class Amount:
    """A sum of money. `text` as written; `usd` at the reference rate of the item's day, None where no rate is known.

    `qualifier`: '', at_least, up_to, about. `same_as` is the index of the amount that states the same
    sum in another currency («34 billions de won, soit 169,966 milliards de yuans») or in the title, or None.
    An `uncertain` amount is shown as such and never decides anything alone.
    """

    text: str
    value: Decimal
    currency: str
    usd: Decimal | None
    span: Span
    qualifier: str = ""
    uncertain: bool = False
    same_as: int | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A fact read out of text: its value (a code or a name), where it stands and why it was taken for that."""

    value: str
    span: Span
    why: str = ""


@dataclass(frozen=True, slots=True)
class Ahead:
    """Something to come. `when` is ISO 8601 at the precision known (2027, 2027-03, 2027-03-14) or empty; `what` as written."""

    when: str
    what: str
    span: Span


@dataclass(frozen=True, slots=True)
class Facts:
    """What an item says, each with its place. `stage` is the furthest stage stated, None where none is."""

    countries: tuple[Found, ...] = ()
    amounts: tuple[Amount, ...] = ()
    stage: Found | None = None
    instruments: tuple[Found, ...] = ()
    actors: tuple[Found, ...] = ()
    ahead: tuple[Ahead, ...] = ()
    attributed_to: tuple[Found, ...] = ()


STAGES = (
    "considered",
    "planned",
    "announced",
    "proposed",
    "approved",
    "enacted",
    "launched",
    "funded",
    "delayed",
    "cancelled",
    "reviewed",
)
"""Stages in the order of progress; the last three are turns, not progress."""

INSTRUMENTS = (
    "fund", "loan", "equity", "grant", "tax_credit", "procurement", "compute", "law", "committee", "agency",
    "strategy", "education", "agreement",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a condition held. `start`/`end` index the plain text of `field`; `term` is the condition as written, `why` a sentence part."""

    field: str
    start: int
    end: int
    text: str
    term: str
    why: str


@dataclass(frozen=True, slots=True)
class Quorum:
    """A rule's `within: 2h, publishers: 3`: fires only when so many independent sources carry the story."""

    publishers: int
    within: timedelta


@dataclass(frozen=True, slots=True)
class Match:
    """A rule that holds for an item. `score` is 0.0–1.0; `notify` names channels, empty for all."""

    rule: str
    score: float
    severity: str
    per: str
    notify: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    quorum: Quorum | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """All that reading one entry gives."""

    item: Item
    facts: Facts
    matches: tuple[Match, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """One item of a story, as the story remembers it."""

    item_id: str
    publisher: str
    lang: str
    title: str
    url: str
    at: datetime
    credits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """What moved in a story. `kind`: new, amount, stage, instrument, actor, date, correction. `old` is empty for what is new."""

    kind: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Story:
    """One event. `profile` is what `stories.assign` compares by, JSON-able; `facts` as merged, JSON-able, for alerts and pages.

    `revision` counts the changes that were worth telling, from 1. `merged_into` is set on a story that turned out to be another.
    """

    id: str
    title: str
    first_at: datetime
    last_at: datetime
    revision: int
    reports: tuple[Report, ...]
    rules: frozenset[str]
    facts: Mapping[str, object]
    profile: Mapping[str, object]
    merged_into: str = ""
    muted_until: datetime | None = None
    told: frozenset[str] = frozenset()
    """Channels that have been alerted to this story."""


@dataclass(frozen=True, slots=True)
class Alert:
    """Something to tell. `key` identifies it for ever: (story or item, revision). `body` is JSON-able: all that rendering needs."""

    key: str
    kind: str
    """new, follow_up, item, health, catch_up."""
    story: str
    item: str
    rules: tuple[str, ...]
    severity: str
    created_at: datetime
    changes: tuple[Change, ...]
    body: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Delivery:
    """An alert for one channel. `key` = hash of (alert key, channel); a second one can not be stored.

    `batch`: deliveries of one channel with the same batch that are due leave as one message
    ('' alone; 'digest:…', 'catch-up:…', 'over-limit:…' together).
    `state`: pending, sending, delivered, dead, held, dropped is never one.
    """

    key: str
    alert: Alert
    channel: str
    due_at: datetime
    batch: str = ""
    state: str = "pending"
    attempts: int = 0
    thread: str = ""
    """Key of the story's first delivered message on this channel, for threading."""


@dataclass(frozen=True, slots=True)
class StoredItem:
    """What identity and editing need of an item already stored."""

    id: str
    identities: frozenset[str]
    content_hash: str
    version: int
    story: str
    rules: frozenset[str]
    published: datetime | None
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class Lookup:
    """Which stored things a batch of verdicts may touch. `identities` are exact keys, `story_keys` blocking keys."""

    identities: frozenset[str]
    story_keys: frozenset[str]
    since: datetime


@dataclass(frozen=True, slots=True)
class Known:
    """What the store answered to a Lookup. `stories` maps id → Story; `story_index` blocking key → story ids."""

    items: Mapping[str, StoredItem] = field(default_factory=dict)
    """By identity key."""
    stories: Mapping[str, Story] = field(default_factory=dict)
    story_index: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    channel_counts: Mapping[str, int] = field(default_factory=dict)
    feed_is_new: bool = False
    new_rules: frozenset[str] = frozenset()
    new_channels: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ItemWrite:
    """An item to store: new, or a new version of `item_id`. `fate` says what became of it."""

    item_id: str
    version: int
    verdict: Verdict
    identities: frozenset[str]
    content_hash: str
    fate: str
    """no_rule, matched, joined, alerted, held, too_old, edited, silent."""
    story: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Update:
    """All that one settle decides, written in one transaction. An empty Update writes nothing."""

    items: tuple[ItemWrite, ...] = ()
    repeats: tuple[str, ...] = ()
    """Ids of items seen again unchanged."""
    stories: tuple[Story, ...] = ()
    story_keys: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Blocking keys to add, by story id."""
    alerts: tuple[Alert, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    void: frozenset[str] = frozenset()
    """Identity keys that several items of a document bear, so that they name none of them."""
