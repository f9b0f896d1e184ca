"""What a decision asks of the store, and what it writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from watcher.model.stories import Alert, Delivery, Story
from watcher.model.verdicts import Verdict


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
    moved: Mapping[str, str] = field(default_factory=dict)
    """Story id by item id, for items that a person put elsewhere."""
    void: frozenset[str] = frozenset()
    """Identity keys that several items of a document bear, so that they name none of them."""
