"""Events, and what is told of them to whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


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
