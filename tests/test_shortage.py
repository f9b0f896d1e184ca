"""A disk that is full: what could not be stored is asked for again, what is owed still leaves, and it is said."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

from build import FEED, NOON
from farm import rss
from watcher.errors import StoreError
from watcher.feeds.parse import parse_document
from watcher.feeds.parsed import ParsedFeed
from watcher.model import Document, Feed, FeedState
from watcher.pipeline import Policy
from watcher.polling import PollingPolicy
from watcher.rules import compile_rules
from watcher.service import Plan, Service
from watcher.store.sqlite import SqliteStore


class Feeds:
    """A feed of sixty items: its server and parser in one, without a network."""

    async def fetch(self, feed: Feed, state: FeedState) -> Document | None:
        return Document(feed.url, rss(*(f"Bulletin {n} of the day" for n in range(60))))

    async def parse(self, document: Document, known: frozenset[str]) -> ParsedFeed:
        return parse_document(document, known)


class Installation:
    """A service on one feed, whose clock is set by hand and whose database can be kept from growing."""

    def __init__(self, path: Path) -> None:
        self.now = NOON
        self.store = SqliteStore(path)
        self.store.sync_feeds([FEED], NOON)
        plan = Plan({FEED.url: FEED}, compile_rules([]), Policy(), PollingPolicy(), {})
        feeds = Feeds()
        self.service = Service(plan, self.store, feeds, feeds, lambda _: None, lambda: self.now, lambda: 0.0)

    def let_grow(self, is_allowed: bool) -> None:
        pages = 1_000_000 if is_allowed else 1  # a limit below the present size means the present size
        self.store._connection.execute(f"PRAGMA max_page_count = {pages}")

    async def polled(self, **later: float) -> list[str]:
        """Poll what is due so long after noon. Returns what came of each."""
        self.now = NOON + timedelta(**later)
        outcomes = []
        for claim in await self.service.claim(9):
            try:
                update = await self.service.poll(claim)
                outcomes.append(f"{len(update.items) if update else 0} items")
            except StoreError as error:
                outcomes.append(error.kind)
        return outcomes


def test_a_feed_that_a_full_disk_refused_is_polled_again_soon(tmp_path: Path) -> None:
    async def work() -> list[list[str]]:
        there = Installation(tmp_path / "watcher.db")
        there.let_grow(False)
        refused = await there.polled()
        there.let_grow(True)
        rounds = [
            refused,
            await there.polled(seconds=1),
            await there.polled(seconds=15),
            await there.polled(seconds=17),
        ]
        await there.service.close()
        return rounds

    assert asyncio.run(work()) == [["full"], [], [], ["60 items"]]
