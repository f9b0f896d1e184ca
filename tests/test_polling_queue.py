"""The daemon's queue over a real farm: a host that hangs, with many feeds, holds up no other; results stay those of polls."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from farm import Answer, Farm, rss
from watcher.daemon.queue import PollQueue
from watcher.feeds.fetch import FetchLimits, HttpFetcher
from watcher.feeds.worker import ParserPool
from watcher.model import Feed
from watcher.pipeline import Policy
from watcher.polling import PollingPolicy
from watcher.ports import Event
from watcher.rules import compile_rules
from watcher.service import Plan, Service
from watcher.store import open_store

HUNG, GOOD, CONCURRENCY = "127.0.0.2", "127.0.0.3", 4
LIMITS = FetchLimits(
    private_networks="allow",
    timeout=timedelta(seconds=2),
    concurrency=CONCURRENCY,
    longest_line=timedelta(seconds=0.5),
)


@pytest.fixture
def farm() -> Iterator[Farm]:
    with Farm(HUNG, GOOD) as farm:
        for i in range(40):
            farm[f"/good{i}"] = Answer(rss(f"good {i}"), etag='"1"')
            farm[f"/hung{i}"] = Answer(hang=True)
        yield farm


def test_a_host_that_hangs_with_many_feeds_holds_up_no_other(farm: Farm, tmp_path: Path) -> None:
    hung = [farm.url(f"/hung{i}", HUNG) for i in range(40)]
    good = [farm.url(f"/good{i}", GOOD) for i in range(40)]
    told: list[Event] = []
    plan = Plan(
        {url: Feed(url) for url in (*hung, *good)}, compile_rules((), ()), Policy(timedelta(7)), PollingPolicy(), {}
    )

    async def run() -> tuple[float, int]:
        store = open_store(str(tmp_path / "w.db"))
        async with HttpFetcher(LIMITS) as fetcher, ParserPool() as pool:
            service = Service(plan, store, fetcher, pool, told.append, lambda: datetime.now(UTC), lambda: 0.5)
            await service.write(store.sync_feeds, [Feed(url) for url in hung], datetime.now(UTC))
            queue, begun = PollQueue(service), time.monotonic()
            await queue.tick(CONCURRENCY)
            await asyncio.sleep(0.2)
            # The others become due when the places are taken.
            await service.write(store.sync_feeds, [Feed(url) for url in (*hung, *good)], datetime.now(UTC))
            most = 0
            while time.monotonic() - begun < 60 and sum(event.name == "feed.polled" for event in told) < len(good):
                assert await queue.tick(CONCURRENCY)
                most = max(most, sum(claimed.get_coro() is not None for claimed in queue.tasks))
                await asyncio.sleep(0.05)
            took = time.monotonic() - begun
            for task in queue.tasks:
                task.cancel()
            await service.close()
        return took, most

    took, most = asyncio.run(run())
    polled = {event.fields["feed"] for event in told if event.name == "feed.polled"}
    assert polled == set(good)
    assert took < 15  # one hung request after the other, two at once, would be 40 s
    assert most <= 4 * CONCURRENCY
    # Who was sent away is blamed for nothing.
    assert sum(event.name == "feed.failed" for event in told) <= 2 * took + 2
    assert not [event for event in told if event.name in ("internal.error", "store.failed")]
