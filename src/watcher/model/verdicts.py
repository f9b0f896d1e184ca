"""What the rules say of an item."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from watcher.model.facts import Facts
from watcher.model.items import Item, Names


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
class Miss:
    """A rule that does not hold for an item, and the smallest reason why, in words."""

    rule: str
    reason: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """All that reading one entry gives."""

    item: Item
    facts: Facts
    matches: tuple[Match, ...]
    misses: tuple[Miss, ...] | None = None
    """Rules that came nearest without holding; None where nobody asked."""
    signature: object = None
    """What `stories` compares it by, where that was made already; only they know its shape."""
    names: Names | None = None
    """What its item is known by, where that was made already."""
