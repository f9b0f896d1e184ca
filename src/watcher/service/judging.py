"""Verdicts on what a document brought, off the event loop, on a thread of their own."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from watcher.errors import FetchError, ParseError
from watcher.feeds.parsed import ParsedFeed
from watcher.model import Entry, Feed, Verdict
from watcher.pipeline import judge, signed
from watcher.service.context import Context

_T = TypeVar("_T")

ENCODED = 200
"""Of one document so many matched entries get a sentence vector, at some 40 ms each; a feed that brings thousands at once
must not hold all others up."""


PAGES = 50
"""Of one document so many whole pages are asked for, the latest: a new feed's backlog is no reason to fetch a publisher's archive."""

PAGES_TIME = timedelta(minutes=1)
"""For all pages of a document. A feed is leased for five minutes; pages that hang must not cost it its poll, again and again."""


class Judges:
    """Reads entries by the plan's rules. `whole_page` fetches the page of an entry, for feeds with `full_text`."""

    def __init__(self, context: Context) -> None:
        self.whole_page: Callable[[Entry, Feed], Awaitable[Entry]] | None = None
        self.read = 0
        """How many entries were read."""
        self._context = context
        self._pool = ThreadPoolExecutor(1, "judge")
        self._closed = False

    def close(self) -> None:
        """Judge no more. Whoever waits for a verdict gets none: half a document must not be taken for the whole."""
        self._closed = True
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def think(self, work: Callable[..., _T], *args: object) -> _T:
        """Run pure work on the judges' thread."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, work, *args)

    async def verdicts(self, feed: Feed, parsed: ParsedFeed, now: datetime) -> list[Verdict]:
        """Verdicts on the new entries, oldest first; matched ones on their whole page where the feed wants that."""
        verdicts = await self.think(self._judge_all, parsed.entries, _read_as(feed, parsed), now)
        if feed.full_text and self.whole_page is not None:
            verdicts = await self._with_whole_pages(verdicts, now)
        return await self.think(_sign_all, verdicts)

    def _judge_all(self, entries: Sequence[Entry], feed: Feed, now: datetime) -> list[Verdict]:
        """Verdicts in the order of the entries' age, oldest first; an entry that can not be read is reported, not its neighbours'."""
        verdicts = []
        for entry in reversed(entries):
            if self._closed:  # with the encoder an entry takes up to a second, a document minutes
                raise CancelledError
            self.read += 1
            try:
                verdicts.append(judge(entry, feed, self._context.plan.rulebook, now, why_not=True))
            except Exception:
                self._context.tell(
                    "internal.error",
                    feed=feed.url,
                    entry=entry.guid or entry.url or entry.title[:80],
                    trace=traceback.format_exc(),
                )
        return verdicts

    async def _with_whole_pages(self, verdicts: list[Verdict], now: datetime) -> list[Verdict]:
        """The verdicts in their order, the latest matched ones on their pages; those that take too long as they were."""
        matched = [index for index, verdict in enumerate(verdicts) if verdict.matches]
        tasks = {asyncio.create_task(self._with_whole_page(verdicts[index], now)): index for index in matched[-PAGES:]}
        if not tasks:
            return verdicts
        try:
            done, late = await asyncio.wait(tasks, timeout=PAGES_TIME.total_seconds())
        finally:
            for task in tasks:
                task.cancel()
        read = list(verdicts)
        for task in done:
            read[tasks[task]] = task.result()
        if late:
            await asyncio.wait(late)
            feed = verdicts[0].item.feed.url
            self._context.tell("page.failed", feed=feed, reason=f"{len(late)} pages were not had within {PAGES_TIME}")
        return read

    async def _with_whole_page(self, verdict: Verdict, now: datetime) -> Verdict:
        """A matched entry judged once more on the text of its page; where that can not be had, as it was."""
        if self.whole_page is None:
            return verdict
        entry = verdict.item.entry
        try:
            fuller = await self.whole_page(entry, verdict.item.feed)
        except (FetchError, ParseError) as error:
            self._context.tell("page.failed", feed=verdict.item.feed.url, page=entry.url, reason=error.reason)
            return verdict
        if fuller.content == entry.content:
            return verdict
        # Beside what the feed says, not in its place: a page that leaves out what matched must not unsay it.
        whole = replace(fuller, summary=f"{entry.summary}\n{fuller.content}", content="")
        return await self.think(
            partial(judge, why_not=True), whole, verdict.item.feed, self._context.plan.rulebook, now
        )


def _sign_all(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """The verdicts with what their stories are found by; the first matched ones with their meaning."""
    signs = iter(range(ENCODED))
    return [
        signed(verdict, with_meaning=bool(verdict.matches) and next(signs, None) is not None) for verdict in verdicts
    ]


def _read_as(feed: Feed, parsed: ParsedFeed) -> Feed:
    """The subscription, with what the document says of itself where the configuration is silent."""
    return replace(feed, name=feed.name or parsed.title, lang=feed.lang or parsed.lang)
