"""Polling one feed: fetch, parse, judge and settle, and what is recorded when that fails."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from watcher import polling
from watcher.errors import FetchError, HostBusy, ParseError, StoreError
from watcher.feeds import websub
from watcher.feeds.fetch import body_hash
from watcher.feeds.parsed import ParsedFeed
from watcher.model import Document, Feed, FeedState, Update
from watcher.pipeline import lookup, settle
from watcher.ports import Claim, Fetcher
from watcher.service.context import Context
from watcher.service.health import Health
from watcher.service.judging import Judges
from watcher.service.room import Room
from watcher.service.saves import Saves
from watcher.store.schema import COPIED, TAKEN_UP

POLL_LEASE = timedelta(minutes=5)

AGAIN = timedelta(seconds=15)
"""When a feed is asked again whose poll the store could not take; sooner where `polling.min` is shorter."""

IN_HAND = 4
"""Documents between parsing and the store: enough to keep judges and store busy. Verdicts are large, and those of a hundred documents
at once, judged before any was written, left a daemon 15 MB heavier for good."""

ABSENCE = timedelta(days=2)
"""Away for longer than this, what came meanwhile is told in one digest a channel."""


class Parser(Protocol):
    """Parses one document somewhere that may be killed. Raises ParseError."""

    async def parse(self, document: Document, known: frozenset[str]) -> ParsedFeed:
        """The document's entries; blocks whose hash is in `known` are left out."""


class Polls:
    """Polls feeds, one claim at a time; many may be under way at once."""

    def __init__(self, context: Context, health: Health, fetcher: Fetcher, parser: Parser, judges: Judges) -> None:
        self.takes_push = False
        self.copy_taken_up: datetime | None = None
        """When polling began with a copy of the database."""
        self._context, self._health = context, health
        self._fetcher, self._parser, self._judges = fetcher, parser, judges
        self._saves, self._room = Saves(context), Room(context)
        self._turns = asyncio.Semaphore(IN_HAND)
        self._refused: list[Claim] = []
        """Polls that the store could not take: it may not even have taken that their claims end."""

    async def close(self) -> None:
        """Wait for states that are being written."""
        await self._saves.close()

    async def take_up_copy(self) -> None:
        """See whether the store is a backup that was put back: then every feed's first poll is after an absence."""
        store = self._context.store
        if await self._context.write(store.recall, COPIED):
            await self._context.write(store.remember, TAKEN_UP, self._context.now().isoformat())
            await self._context.write(store.remember, COPIED, "")
        since = await self._context.write(store.recall, TAKEN_UP)
        self.copy_taken_up = datetime.fromisoformat(since) if since else None

    async def claim(self, limit: int, *, every: bool = False) -> list[Claim]:
        """Feeds to poll now, at most `limit`; none while the disk is full. Raises StoreError."""
        if not await self._room.has_room():
            return []
        if self._refused:
            await self._give_back()
        return await self._context.write(
            self._context.store.claim_due_feeds, self._context.now(), limit, POLL_LEASE, every=every
        )

    async def _give_back(self) -> None:
        refused, self._refused = self._refused, []
        due_at = self._context.now() + min(AGAIN, self._context.plan.polling.min)
        try:
            await self._context.write(self._context.store.give_back_feeds, refused, due_at)
        except StoreError:
            self._refused += refused
            raise

    @contextmanager
    def _taken(self, claim: Claim) -> Iterator[None]:
        """Whatever the store does not take of a poll is polled again soon, and not only when its lease ends."""
        try:
            yield
        except StoreError:
            self._refused.append(claim)
            raise

    async def poll(self, claim: Claim) -> Update | None:
        """Fetch, parse, judge and settle one feed; whatever happens is recorded with it. None: nothing was new.

        Raises StoreError; the feed is then polled again soon.
        """
        with self._taken(claim):
            return await self._poll(claim)

    async def take(self, claim: Claim, document: Document) -> Update | None:
        """Parse, judge and settle a document of a claimed feed that was pushed to us. Raises StoreError as `poll` does.

        One that can not be read is the hub's fault: nothing is held against the feed, and polling goes on as it was to.
        """
        with self._taken(claim):
            try:
                return await self._take(claim, document)
            except ParseError as error:
                due = claim.state.next_poll_at or self._context.now()
                await self._context.write(self._context.store.give_back_feeds, [claim], due)
                self._context.tell("push.unreadable", feed=claim.state.url, reason=error.reason)
                return None

    async def _poll(self, claim: Claim) -> Update | None:
        feed = self._context.plan.feeds.get(claim.state.url)
        if feed is None:
            return None
        try:
            with self._health.asking(feed.url):
                document = await self._fetcher.fetch(feed, claim.state)
        except HostBusy as busy:
            await self._saves.save(claim, polling.after_sent_away(claim.state, busy, self._context.now()))
            return None
        except FetchError as error:
            await self._failed(claim, error)
            return None
        if document is None:
            await self._unchanged(claim)
            return None
        try:
            return await self._take(claim, document)
        except ParseError as error:
            await self._failed(claim, error)
            return None

    async def _take(self, claim: Claim, document: Document) -> Update | None:
        feed = self._context.plan.feeds[claim.state.url]
        known = await self._context.write(self._context.store.known_hashes, feed.url)
        parsed = await self._parser.parse(document, known)
        # A whole page is waited for, which must hold up no other feed.
        async with nullcontext() if feed.full_text else self._turns:
            return await self._commit(claim, feed, document, parsed)

    async def _unchanged(self, claim: Claim) -> None:
        self._health.note_answer(claim.state.url, self._context.now())
        state = polling.not_modified(
            claim.state,
            now=self._context.now(),
            policy=self._context.plan.polling_of(claim.state.url),
            jitter=self._context.chance(),
        )
        await self._saves.save(claim, state)
        self._health.tell_condition(claim.state, state)
        self._context.tell("feed.polled", feed=claim.state.url, outcome="unchanged")

    async def _failed(self, claim: Claim, error: FetchError | ParseError) -> None:
        """Record a failure against the feed; or, when no host at all answers, against our own network and no feed."""
        now, policy = self._context.now(), self._context.plan.polling_of(claim.state.url)
        self._health.note_failure(claim.state.url, error, now)
        if self._health.network.is_down:
            state = polling.after_outage(claim.state, now, policy, self._context.chance())
            await self._saves.save(claim, state)
            await self._health.acquit()
            return
        state = polling.after_failure(claim.state, error, now, policy, self._context.chance())
        await self._saves.save(claim, state)
        self._health.blame(claim.state, state, error)

    async def _commit(self, claim: Claim, feed: Feed, document: Document, parsed: ParsedFeed) -> Update | None:
        now = self._context.now()
        self._health.note_answer(feed.url, now)
        verdicts = await self._judges.verdicts(feed, parsed, now)
        policy = replace(
            self._context.plan.policy, counts=await self._context.counts(now), catch_up=self._was_away(claim.state, now)
        )
        states: list[FeedState] = []

        def finish(update: Update) -> FeedState:
            fresh = [write.verdict.item.entry.published for write in update.items if write.version == 1]
            states[:] = [
                polling.after_success(
                    claim.state,
                    document=document,
                    hints=parsed.hints,
                    entries=parsed.total,
                    new_entries=fresh,
                    body_hash=body_hash(document.body),
                    now=now,
                    policy=self._context.plan.polling_of(feed.url),
                    jitter=jitter,
                )
            ]
            if self.takes_push:
                wanted = websub.announced(websub.of_state(claim.state), document, parsed.hub, parsed.self_url)
                states[0] = websub.with_subscription(states[0], wanted)
            return states[0]

        jitter = self._context.chance()
        asked = await self._judges.think(lookup, verdicts, now)
        update = await self._context.write_news(
            self._context.store.commit_poll,
            claim,
            asked,
            lambda known: settle(verdicts, known, policy, now),
            finish,
            parsed.blocks,
            now,
        )
        if update is None:
            self._context.tell("feed.lost_lease", feed=feed.url)
            return None
        self._health.tell_condition(claim.state, states[0])
        if (moved := states[0].redirect_to) and moved != claim.state.redirect_to:
            self._context.tell("feed.moved", feed=feed.url, to=moved)
        self._context.tell(
            "feed.polled", feed=feed.url, outcome="new" if update.items else "nothing new", items=len(update.items)
        )
        self._told_update(update, now)
        return update

    def _was_away(self, state: FeedState, now: datetime) -> bool:
        if state.last_polled_at is None:
            return False
        if self.copy_taken_up is not None and state.last_polled_at < self.copy_taken_up:
            return True
        return now - state.last_polled_at > max(ABSENCE, 2 * self._context.plan.polling.max)

    def _told_update(self, update: Update, now: datetime) -> None:
        for write in update.items:
            for match in write.verdict.matches:
                published = write.verdict.item.published
                delay = (now - published).total_seconds() if published else None
                self._context.tell(
                    "item.matched",
                    rule=match.rule,
                    title=write.verdict.item.title.plain,
                    story=write.story,
                    fate=write.fate,
                    delay=delay,
                )
        if update.deliveries:
            self._context.woken()
