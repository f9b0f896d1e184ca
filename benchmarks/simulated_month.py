"""A month of polling in minutes: the daemon's own queue, polls, fetcher and manners under an injected clock.

    python benchmarks/simulated_month.py [--feeds 5000] [--days 30] [--seed 1]

All that decides when a request goes out is the daemon's: the queue and its ticks, the fetcher's lines, gaps, places and
waits, what answers make of a feed's state. Time is an event loop's that leaps; behind the last door of the fetcher stand
simulated feeds, and a ledger in memory stands for the store.

Feeds publish by rhythms drawn from a heavy-tailed law (a few bring hundreds of entries a day, most a few a week), by the
hours of their time zone, fewer at weekends, some only in bursts and some at a fixed hour. A fixed interval of 15 minutes
is computed beside it. One host with many feeds answers 429 for an hour in the middle, each time for ten minutes.
"""

from __future__ import annotations

import argparse
import asyncio
import heapq
import math
import random
import statistics
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).parent))
from rhythms import START, publish
from virtual_time import VirtualTime

from watcher.daemon.queue import LONGEST_LINE, PollQueue
from watcher.feeds import failures
from watcher.feeds.fetch import FetchLimits, HttpFetcher
from watcher.feeds.limits import Extras
from watcher.feeds.parsed import ParsedFeed
from watcher.model import Document, Entry, Feed, FeedState, Update
from watcher.pipeline import Policy
from watcher.polling import PollingPolicy
from watcher.ports import Claim, Event
from watcher.rules import compile_rules
from watcher.service import Plan, Service

FIXED = timedelta(minutes=15)
SHOWN = 30
"""Entries in a document."""
REFUSED_FOR = timedelta(minutes=10)
LIMITS = FetchLimits(longest_line=LONGEST_LINE)
PER_MINUTE = 300
"""Requests a minute to a host at the gap between two of them."""


@dataclass
class Source:
    """A simulated feed: when it publishes, in seconds from the start (negative: before us), and what came of it."""

    url: str
    items: list[float]
    taken: int = 0
    delays: list[float] = field(default_factory=list)
    usual: float = 0.0
    """Seconds between its polls before its host refused."""
    healed: float = 0.0
    """When it was first read after that, 0 before."""


@dataclass
class World:
    """The feeds, the web that they are on, and what is noted of both."""

    sources: dict[str, Source]
    days: int
    requests: int = 0
    refusals: int = 0
    begun: dict[str, float] = field(default_factory=dict)
    """When the last request to a host began."""
    least_gap: float = math.inf
    open_now: Counter[str] = field(default_factory=Counter)
    most_open: int = 0
    per_minute: Counter[tuple[str, int]] = field(default_factory=Counter)
    told: Counter[str] = field(default_factory=Counter)
    surprise: Event | None = None
    """What no run should report."""
    wait_left: float = 0.0
    """Seconds for which the refusing host's last wait outlasted its refusal."""

    @property
    def refusing(self) -> tuple[float, float]:
        """From when till when the first host refuses."""
        return self.days / 2 * 86400.0, self.days / 2 * 86400.0 + 3600

    def note(self, event: Event) -> None:
        """Count what is said of feeds."""
        if event.name == "feed.condition":
            self.told[event.fields["condition"]] += 1
        elif event.name not in ("feed.polled", "feed.failed"):
            self.surprise = self.surprise or event


class Web(HttpFetcher):
    """The daemon's fetcher, with simulated feeds where it would go out to a server."""

    def __init__(self, world: World, chance: random.Random) -> None:
        super().__init__(LIMITS)
        self.world, self.random = world, chance

    async def _within_time(self, url: str, headers: dict[str, str], extras: Extras) -> Document | None:
        world, host, now = self.world, urlsplit(url).hostname or "", asyncio.get_running_loop().time()
        world.requests += 1
        world.per_minute[host, int(now // 60)] += 1
        world.least_gap = min(world.least_gap, now - world.begun.get(host, -math.inf))
        world.begun[host] = now
        world.open_now[host] += 1
        world.most_open = max(world.most_open, world.open_now[host])
        try:
            await asyncio.sleep(self.random.lognormvariate(-1, 0.8))
        finally:
            world.open_now[host] -= 1
        if host == "h0.example" and world.refusing[0] <= now < world.refusing[1]:
            world.refusals += 1
            error = failures.from_status(url, 429, "", REFUSED_FOR)
            self._remember_refusal(host, error)
            raise error
        self.hosts.answered(host)
        items, upto = world.sources[url].items, world.sources[url].taken
        while upto < len(items) and items[upto] <= now:
            upto += 1
        if headers.get("If-None-Match") == f'"{upto}"':
            return None
        return Document(url, str(upto).encode(), etag=f'"{upto}"')


class Shelf:
    """Stands for parsers, judges and store: what is remembered of feeds, and which entries are new."""

    def __init__(self, world: World, clock: VirtualTime) -> None:
        self.world, self.clock = world, clock
        self.states: dict[str, FeedState] = {}
        self.due: list[tuple[float, str]] = []

    def put(self, state: FeedState) -> None:
        """Remember a feed."""
        assert state.next_poll_at is not None
        self.states[state.url] = state
        heapq.heappush(self.due, ((state.next_poll_at - START).total_seconds(), state.url))

    def claim_due_feeds(self, now: datetime, limit: int, lease: timedelta, *, every: bool = False) -> list[Claim]:
        """What is due, longest due first; who is claimed is not due till it is put back."""
        claims: list[Claim] = []
        while self.due and self.due[0][0] <= (now - START).total_seconds() and len(claims) < limit:
            claims.append(Claim(self.states[heapq.heappop(self.due)[1]], ""))
        return claims

    def save_feeds(self, states: list[tuple[Claim, FeedState]], now: datetime) -> None:
        """Put feeds back."""
        for claim, state in states:
            self._note_read(claim.state, state)
            self.put(state)

    is_short = False

    def keep_room(self) -> bool:
        """There is always room."""
        return True

    def recall(self, key: str) -> str:
        """Nothing was told."""
        return ""

    def known_hashes(self, url: str) -> frozenset[str]:
        """None: each document holds all."""
        return frozenset()

    async def parse(self, document: Document, known: frozenset[str]) -> ParsedFeed:
        """The last entries of a feed, as a document shows them."""
        upto, items = int(document.body), self.world.sources[document.url].items
        shown = range(max(0, upto - SHOWN), upto)
        return ParsedFeed(
            tuple(Entry("", guid=str(i), published=START + timedelta(seconds=items[i])) for i in shown),
            total=len(shown),
        )

    async def verdicts(self, feed: Feed, parsed: ParsedFeed, now: datetime) -> list[Any]:
        """Nothing is read."""
        return [SimpleNamespace(item=SimpleNamespace(entry=entry), matches=()) for entry in parsed.entries]

    async def think(self, work: object, verdicts: list[Any], now: datetime) -> list[Any]:
        """Nothing is looked up."""
        return verdicts

    def commit_poll(self, claim: Claim, verdicts: list[Any], decide: Any, finish: Any, hashes: Any, now: Any) -> Update:
        """What of a document is new; the feed is put back."""
        source = self.world.sources[claim.state.url]
        new = [verdict for verdict in verdicts if int(verdict.item.entry.guid) >= source.taken]
        for verdict in new:
            age = (now - verdict.item.entry.published).total_seconds()
            if claim.state.last_success_at is not None:
                source.delays.append(age)
            source.taken = int(verdict.item.entry.guid) + 1
        update: Any = SimpleNamespace(
            items=[SimpleNamespace(version=1, verdict=verdict, story="", fate="no_rule") for verdict in new],
            deliveries=(),
        )
        state = finish(update)
        self._note_read(claim.state, state)
        self.put(state)
        return update  # type: ignore[no-any-return]  # only its items are looked at

    def close(self) -> None:
        """Nothing to close."""

    def _note_read(self, before: FeedState, after: FeedState) -> None:
        if urlsplit(after.url).hostname != "h0.example" or after.failures or after.last_polled_at is None:
            return
        source, at = self.world.sources[after.url], self.clock.time()
        if at < self.world.refusing[0]:
            assert after.next_poll_at is not None
            source.usual = (after.next_poll_at - after.last_polled_at).total_seconds()
        elif at >= self.world.refusing[1] and not source.healed and after.last_polled_at != before.last_polled_at:
            source.healed = at


def sources(chance: random.Random, count: int, days: int) -> list[Source]:
    """Feeds on hosts of very different sizes; the first host has 6 % of all."""
    made = []
    for i in range(count):
        per_day = min(max(math.exp(chance.gauss(math.log(3.0), 1.7)), 0.05), 300.0)
        host = "h0" if chance.random() < 0.06 else f"h{int(chance.paretovariate(0.6)) % (count // 3) + 1}"
        style = chance.choices(["people", "bursts", "clockwork"], [80, 12, 8])[0]
        zone = chance.choice([-8, -5, -5, -3, 0, 1, 1, 1, 2, 3, 5, 8, 8, 9])
        items = publish(chance, min(per_day, 20) if style == "clockwork" else per_day, zone, style, days)
        made.append(Source(f"https://{host}.example/{i}", items))
    return made


async def month(world: World, chance: random.Random, loop: VirtualTime) -> Shelf:
    """Let the daemon's queue run for the month."""
    urls = {url: Feed(url) for url in world.sources}
    plan = Plan(urls, compile_rules((), ()), Policy(max_age=timedelta(days=7)), PollingPolicy(), {})
    shelf: Any = Shelf(world, loop)
    for url in urls:
        shelf.put(FeedState(url, next_poll_at=START + timedelta(seconds=chance.random() * 900)))
    async with Web(world, chance) as web:
        service = Service(
            plan, shelf, web, shelf, world.note, lambda: START + timedelta(seconds=loop.time()), chance.random
        )
        service.judges.verdicts, service.judges.think = shelf.verdicts, shelf.think  # type: ignore[method-assign]
        queue = PollQueue(service)
        loop.call_at(
            world.refusing[1],
            lambda: setattr(world, "wait_left", web.hosts.asked_to_wait("h0.example", loop.time())),
        )
        while loop.time() < world.days * 86400:
            await queue.tick(LIMITS.concurrency)
            assert world.surprise is None, world.surprise
            # The daemon ticks each second; seconds in which nothing is due are left out.
            first = shelf.due[0][0] if shelf.due and not queue.tasks else loop.time()
            await asyncio.sleep(max(1.0, math.ceil(first) - loop.time()))
        for task in queue.tasks:
            task.cancel()
        await service.close()
    return shelf  # type: ignore[no-any-return]  # it stands for three things


def simulate(feeds: list[Source], days: int, chance: random.Random) -> tuple[World, Shelf]:
    """Run the month; what was noted, and the feeds' states at its end."""
    world = World({source.url: source for source in feeds}, days)
    with asyncio.Runner(loop_factory=VirtualTime) as runner:
        loop: Any = runner.get_loop()
        return world, runner.run(month(world, chance, loop))


def healing(world: World) -> str:
    """How soon the feeds of the refusing host were read again."""
    end = world.refusing[1]
    own = [source for source in world.sources.values() if source.usual]
    late = sorted((source.healed or math.inf) - end for source in own)
    rounds = sorted(((source.healed or math.inf) - end - world.wait_left) / source.usual for source in own)
    ninth = int(len(own) * 0.9)
    return (
        f"{len(own)} feeds, {world.refusals} requests refused in the hour; its last wait ended {world.wait_left / 60:.1f} min after; "
        f"90 % / all read after {late[ninth] / 60:.0f} / {late[-1] / 60:.0f} min; after the wait, within "
        f"{rounds[ninth]:.2f} / {rounds[-1]:.2f} of their own rounds"
    )


def main() -> None:
    """Print the figures."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--feeds", type=int, default=5000)
    options.add_argument("--days", type=int, default=30)
    options.add_argument("--seed", type=int, default=1)
    given = options.parse_args()
    chance = random.Random(given.seed)
    feeds = sources(chance, given.feeds, given.days)
    begun = time.process_time()
    world, shelf = simulate(feeds, given.days, chance)
    fixed = given.feeds * given.days * (86400 / FIXED.total_seconds())
    delays = sorted(delay for source in feeds for delay in source.delays)
    by_feed = [statistics.median(source.delays) for source in feeds if len(source.delays) >= 3]
    print(
        f"{given.feeds} feeds, {given.days} days, {len(delays)} entries, {time.process_time() - begun:.0f} s of CPU, "
        f"{(time.process_time() - begun) / world.requests * 1e6:.0f} µs a poll"
    )
    print(f"requests: {world.requests} against {fixed:.0f} at a fixed {FIXED}: {world.requests / fixed:.1%}")
    for name, share in (("median", 0.5), ("90 %", 0.9), ("99 %", 0.99)):
        ours, theirs = delays[int(len(delays) * share)], FIXED.total_seconds() * share
        print(f"delay, {name} of entries: {ours / 60:.1f} min against {theirs / 60:.1f} min")
    print(f"median of the feeds' own medians: {statistics.median(by_feed) / 60:.1f} min")
    print(f"conditions at the end: {dict(Counter(state.condition for state in shelf.states.values()))}")
    print(f"changes of condition: {dict(world.told)}")
    print(
        f"hosts: at most {world.most_open} requests at once (limit {LIMITS.per_host}), {world.least_gap:.3f} s between two "
        f"(limit 0.2), {max(world.per_minute.values())} in a minute"
    )
    print(f"a shared 429: {healing(world)}")


if __name__ == "__main__":
    main()
