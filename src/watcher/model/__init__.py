"""Frozen values that pass between steps; nothing else.

Feed → Document → Entry → Item → Facts → Match = Verdict → Story, Alert → Delivery.
All times are aware UTC. Money is Decimal with an ISO 4217 code. Collections are immutable.
"""

from __future__ import annotations

from watcher.model.facts import INSTRUMENTS, STAGES, Ahead, Amount, Facts, Found
from watcher.model.feeds import Document, Entry, Feed, FeedState
from watcher.model.items import Item, Names, Span, Text, Token
from watcher.model.store import ItemWrite, Known, Lookup, StoredItem, Update
from watcher.model.stories import Alert, Change, Delivery, Report, Story
from watcher.model.verdicts import Evidence, Match, Miss, Quorum, Verdict

__all__ = [
    "INSTRUMENTS",
    "STAGES",
    "Ahead",
    "Alert",
    "Amount",
    "Change",
    "Delivery",
    "Document",
    "Entry",
    "Evidence",
    "Facts",
    "Feed",
    "FeedState",
    "Found",
    "Item",
    "ItemWrite",
    "Known",
    "Lookup",
    "Match",
    "Miss",
    "Names",
    "Quorum",
    "Report",
    "Span",
    "StoredItem",
    "Story",
    "Text",
    "Token",
    "Update",
    "Verdict",
]
