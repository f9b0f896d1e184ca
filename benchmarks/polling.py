"""What polling costs: rounds over a farm of feeds on loopback, beside other readers in the same run.

    python benchmarks/polling.py [--feeds 1000,10000] [--changed 0.05] [--peers]

Each round fetches every feed as the daemon does (conditional requests, limits, guard), parses what changed in child
processes with the hashes of known entries, and computes the feed's next time. The first round reads everything; the
second finds `--changed` of the feeds with three new entries and the others unchanged (304), the third all of them with
three or six new entries. CPU is that of this process
and its children, without the farm's, which runs in a process of its own. `--peers` adds `reader` (PyPI) and newsboat
(Debian), where they are installed, on 500 feeds of 30 new items.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from multiprocessing.connection import Connection
from pathlib import Path

import aiohttp

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from farm import Answer, Farm, Request, rss
from watcher.feeds.fetch import FetchLimits, HttpFetcher, body_hash
from watcher.feeds.worker import ParserPool
from watcher.model import Feed, FeedState
from watcher.polling import PollingPolicy, after_success, not_modified

HOSTS = 100
ITEMS = 30
WORDS = (
    "The government will found a national committee for artificial intelligence and invest 34 trillion won in it. " * 5
)
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def run_farm(pipe: Connection, changed: float) -> None:
    """The farm's process: one of every 1/changed feeds changes in the second round, all in the third."""
    generation = 0

    @cache
    def document(number: int, generation: int) -> bytes:
        new = [f"New {number % 50} {generation} {i} {WORDS}"[:90] for i in range(3 * generation)]
        old = [f"Old {number % 50} {i} {WORDS}"[:90] for i in range(ITEMS)]
        # New ones at the end: the farm dates by place, and those of the old ones must stay.
        made: bytes = rss(*old, *new).replace(b"About", WORDS.encode())
        return made

    def script(request: Request) -> Answer:
        number = int(request.path.rpartition("/")[2].partition("?")[0])
        current = generation if generation == 2 or number % round(1 / changed) == 0 else 0
        return Answer(document(number % 50, current), etag=f'"{current}"')

    with Farm(*(f"127.1.{i // 250}.{i % 250 + 1}" for i in range(HOSTS))) as farm:
        farm["*"] = script
        pipe.send(farm.port)
        while (message := pipe.recv()) is not None:
            generation = message
            farm.log.clear()
            pipe.send(True)


@dataclass
class Poller:
    """What the service does for each feed, without a store."""

    fetcher: HttpFetcher
    pool: ParserPool
    states: dict[str, FeedState]
    known: dict[str, frozenset[str]] = field(default_factory=dict)
    policy: PollingPolicy = field(default_factory=PollingPolicy)
    entries: int = 0

    async def poll(self, url: str) -> None:
        """Fetch, parse and plan one feed."""
        state = self.states[url]
        document = await self.fetcher.fetch(Feed(url), state)
        if document is None:
            self.states[url] = not_modified(state, now=NOW, policy=self.policy, jitter=0.5)
            return
        parsed = await self.pool.parse(document, self.known.get(url, frozenset()))
        self.known[url] = parsed.blocks
        self.entries += len(parsed.entries)
        self.states[url] = after_success(
            state,
            document=document,
            hints=parsed.hints,
            entries=parsed.total,
            new_entries=[entry.published for entry in parsed.entries],
            body_hash=body_hash(document.body),
            now=NOW,
            policy=self.policy,
            jitter=0.5,
        )

    async def round(self, workers: int = 64) -> None:
        """Poll every feed once."""
        waiting = iter(list(self.states))

        async def work() -> None:
            for url in waiting:
                await self.poll(url)

        await asyncio.gather(*(work() for _ in range(workers)))


def cpu() -> float:
    """Seconds of CPU of this process and its children, those that run too."""
    total = 0.0
    for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
        used = resource.getrusage(who)
        total += used.ru_utime + used.ru_stime
    for stat in children():
        times = stat.read_text().rpartition(")")[2].split()
        total += (int(times[11]) + int(times[12])) / os.sysconf("SC_CLK_TCK")
    return total


def children() -> list[Path]:
    """The `stat` of each running parser process."""
    own = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return [
        Path("/proc", pid, "stat")
        for pid in own
        if b"watcher.feeds.child" in Path("/proc", pid, "cmdline").read_bytes()
    ]


def peak_mb() -> float:
    """Peak resident size of this process and its parser processes together, in MB."""
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for stat in children():
        status = stat.with_name("status").read_text()
        own += int(status.partition("VmHWM:")[2].split()[0])
    return own / 1024


async def measure(urls: list[str], advance: Callable[[int], None]) -> None:
    """Three rounds, with the cost of each."""
    limits = FetchLimits(private_networks=("127.0.0.0/8",))
    async with HttpFetcher(limits) as fetcher, ParserPool() as pool:
        poller = Poller(fetcher, pool, {url: FeedState(url) for url in urls})
        for generation, name in enumerate(("all new", "few changed", "all changed")):
            advance(generation)
            poller.entries = 0
            begun, used = time.perf_counter(), cpu()
            await poller.round()
            spent = cpu() - used
            print(
                f"{len(urls):6} feeds, {name:11}: {spent:6.2f} s of CPU, {spent / len(urls) * 1000:.2f} ms a feed, "
                f"{time.perf_counter() - begun:.1f} s, {poller.entries} entries, {pool.processes} parser processes, "
                f"peak {peak_mb():.0f} MB together"
            )
        states = poller.states
    await bare(urls[:2000], limits, states)


async def bare(urls: list[str], limits: FetchLimits, states: dict[str, FeedState]) -> None:
    """What a 304 costs against the same request by the bare HTTP client."""
    async with aiohttp.ClientSession() as session:
        begun = cpu()
        for url in urls:
            async with session.get(url, headers={"If-None-Match": states[url].etag}) as answer:
                assert answer.status == 304
                await answer.read()
        plain = cpu() - begun
    async with HttpFetcher(limits) as fetcher, ParserPool() as pool:
        poller = Poller(fetcher, pool, {url: states[url] for url in urls})
        begun = cpu()
        for url in urls:
            await poller.poll(url)
        ours = cpu() - begun
    print(
        f"a poll answered 304: {ours / len(urls) * 1e6:.0f} µs, by bare aiohttp {plain / len(urls) * 1e6:.0f} µs: {ours / plain:.2f}×"
    )


def peers(urls: list[str]) -> None:
    """The same 500 feeds, all new, through other programs."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            import reader  # type: ignore[import-not-found]  # only where someone compares
        except ImportError:
            print("reader: not installed")
        else:
            library = reader.make_reader(f"{folder}/reader.sqlite")
            for url in urls:
                library.add_feed(url)
            used = cpu()
            library.update_feeds(workers=10)
            spent = cpu() - used
            print(
                f"reader {reader.__version__}: {spent / len(urls) * 1000:.1f} ms of CPU a feed, all new, with its store"
            )
            library.close()
        if program := shutil.which("newsboat"):
            Path(folder, "urls").write_text("\n".join(urls), "utf-8")
            used = cpu()
            subprocess.run(
                [program, "-u", f"{folder}/urls", "-c", f"{folder}/cache.db", "-C", "/dev/null", "-x", "reload"],
                check=True,
                capture_output=True,
                env={"HOME": folder, "PATH": "/usr/bin:/bin", "TERM": "dumb", "LANG": "C.UTF-8"},
            )
            print(f"newsboat: {(cpu() - used) / len(urls) * 1000:.1f} ms of CPU a feed, all new, with its store")
        else:
            print("newsboat: not installed")


def main() -> None:
    """Print the figures."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    options.add_argument("--feeds", default="1000,10000")
    options.add_argument("--changed", type=float, default=0.05)
    options.add_argument("--peers", action="store_true")
    given = options.parse_args()
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    process = multiprocessing.get_context("spawn").Process(target=run_farm, args=(theirs, given.changed), daemon=True)
    process.start()
    port = ours.recv()

    def advance(generation: int) -> None:
        ours.send(generation)
        ours.recv()

    def urls(count: int, kind: str) -> list[str]:
        return [f"http://127.1.{i % HOSTS // 250}.{i % HOSTS % 250 + 1}:{port}/{kind}/{i}" for i in range(count)]

    try:
        for count in given.feeds.split(","):
            asyncio.run(measure(urls(int(count), "feed"), advance))
        if given.peers:
            advance(0)
            peers(urls(500, "peer"))
    finally:
        ours.send(None)
        process.join(5)
        process.kill()


if __name__ == "__main__":
    main()
