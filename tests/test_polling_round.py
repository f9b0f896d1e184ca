"""A round over good and bad feeds together: what a bad one costs the others."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta

from farm import Answer, Farm, bomb, rss
from watcher.errors import FetchError, ParseError
from watcher.feeds.fetch import FetchLimits, HttpFetcher
from watcher.feeds.worker import ParseLimits, ParserPool
from watcher.model import Feed, FeedState

HOSTS = [f"127.0.0.{i}" for i in range(1, 31)]
COMMENTS = (
    b"<rss><channel><item><title>x</title><description>" + b"<!--" * 100_000 + b"</description></item></channel></rss>"
)
BAD = {
    "/hang": Answer(hang=True),
    "/drip": Answer(rss("x"), drip=0.05),
    "/head": Answer(rss("x"), head_drip=0.05),
    "/stall": Answer(rss("x"), stall=True),
    "/gzip": Answer(bomb(), headers={"Content-Encoding": "gzip"}),
    "/comments": Answer(COMMENTS),
    "/large": Answer(b"x" * 8_000_000),
    "/reset": Answer(reset=True),
    "/cut": Answer(rss("x"), cut=True),
}
LIMITS = FetchLimits(private_networks="allow", timeout=timedelta(seconds=3), max_bytes=5_000_000, concurrency=32)


async def polled(fetcher: HttpFetcher, pool: ParserPool, url: str) -> tuple[str, float]:
    """What became of one poll, and the seconds it took."""
    start = time.monotonic()
    try:
        document = await fetcher.fetch(Feed(url), FeedState(url))
        assert document is not None
        await pool.parse(document)
        outcome = "read"
    except (FetchError, ParseError) as error:
        outcome = error.reason
    return outcome, time.monotonic() - start


async def round_of(urls: list[str]) -> dict[str, tuple[str, float]]:
    async with HttpFetcher(LIMITS) as fetcher, ParserPool(ParseLimits(cpu=timedelta(seconds=1))) as pool:
        await asyncio.gather(*(polled(fetcher, pool, urls[-1]) for _ in range(2)))  # parsers are warm, as in a daemon
        return dict(zip(urls, await asyncio.gather(*(polled(fetcher, pool, url) for url in urls)), strict=True))


def test_bad_feeds_delay_no_other_and_each_has_its_reason() -> None:
    with Farm(*HOSTS) as farm:
        for path, answer in BAD.items():
            farm[path] = answer
        for i in range(60):
            farm[f"/good{i}"] = rss(*(f"{i} {j}" for j in range(10)))
        bad = [farm.url(path, HOSTS[i]) for i, path in enumerate(BAD)]
        good = [farm.url(f"/good{i}", HOSTS[len(BAD) + i % 20]) for i in range(60)]
        alone = asyncio.run(round_of(good))
        together = asyncio.run(round_of(bad + good))
    assert all(together[url][0] == "read" for url in good)
    assert all(together[url][0] != "read" for url in bad)
    assert max(together[url][1] for url in good) - max(took for _, took in alone.values()) < 1.5
