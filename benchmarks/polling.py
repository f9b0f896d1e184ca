"""What polling costs: rounds over a farm of feeds on loopback, beside other readers in the same run.

    python benchmarks/polling.py [--feeds 1000,10000] [--changed 0.05] [--rules none|plain|pack] [--peers]

Each round polls every feed as the daemon does, through its service: conditional requests, limits, guard; what changed is
parsed in child processes, read, held against the rules and stored, with the feed's next time. The first round reads everything; the
second finds `--changed` of the feeds with three new entries and the others unchanged (304), the third all of them with
three or six new entries. CPU is that of this process
and its children, without the farm's, which runs in a process of its own. `--peers` adds `reader` (PyPI) and newsboat
(Debian), where they are installed, on 200 feeds of 30 new items; they fetch, parse and store. So do we with `--unread`:
entries are stored as text, without looking for their language, facts, rules and stories. `--quick` leaves the first
round unread, which needs most of the time, and ends with the second; `--items` says how many entries a feed begins with.
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
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from multiprocessing.connection import Connection
from pathlib import Path

import aiohttp

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from farm import Answer, Farm, Request, rss
from watcher import text
from watcher.config.load import pack_rules
from watcher.feeds.fetch import FetchLimits, HttpFetcher
from watcher.feeds.worker import ParserPool
from watcher.model import Entry, Facts, Feed, Item, Verdict
from watcher.pipeline import Policy, item_id
from watcher.polling import PollingPolicy
from watcher.ports import Event
from watcher.rules import Line, Rulebook, RuleSpec, compile_rules
from watcher.service import Plan, Service, judging
from watcher.store import open_store

HOSTS = 100
ROUNDS = 5
"""Of unchanged feeds; the cheapest counts, which other work on the machine disturbed least."""
ITEMS = 30
WORDS = (
    "The government will found a national committee for artificial intelligence and invest 34 trillion won in it. " * 5
)
NOW = datetime.now(UTC)


def run_farm(pipe: Connection, changed: float, items: int) -> None:
    """The farm's process: one of every 1/changed feeds changes in the second round, all in the third."""
    generation = 0

    @cache
    def document(number: int, generation: int) -> bytes:
        new = [f"New {number % 50} {generation} {i} {WORDS}"[:90] for i in range(3 * generation)]
        old = [f"Old {number % 50} {i} {WORDS}"[:90] for i in range(items)]
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


RULES: dict[str, tuple[RuleSpec, ...]] = {
    "none": (),
    "plain": (RuleSpec(name="plain", match=Line('("artificial intelligence" OR AI) NEAR/20 invest* AND budget')),),
}
"""By `--rules`; `pack` is the pack of national AI instead."""


def unread(entry: Entry, feed: Feed, rulebook: Rulebook, now: datetime, **_: object) -> Verdict:
    """An entry as it is stored, without reading it."""
    title, summary = text.read(entry.title), text.read(entry.summary)
    item = Item(item_id(entry, feed), feed, entry, title, summary, "", feed.name, entry.published, now)
    return Verdict(item, Facts(), ())


def plan(urls: list[str], rules: str) -> Plan:
    """The feeds under some rules, and nowhere to send alerts."""
    specs, vocabularies = pack_rules("national-ai") if rules == "pack" else (RULES[rules], ())
    return Plan(
        {url: Feed(url) for url in urls},
        compile_rules(specs, vocabularies),
        Policy(max_age=timedelta(days=7)),
        PollingPolicy(),
        {},
    )


@dataclass
class Poller:
    """The daemon's service over a store, polling all feeds in rounds."""

    service: Service
    items: int = 0

    async def round(self, count: int, workers: int = 64) -> None:
        """Poll every feed once."""
        waiting = iter(await self.service.claim(count, every=True))

        async def work() -> None:
            for claim in waiting:
                update = await self.service.poll(claim)
                self.items += len(update.items) if update else 0

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


def told(event: Event) -> None:
    """Show what no run should report."""
    if event.name not in ("feed.polled", "item.matched"):
        print(event.name, {name: str(value)[:200] for name, value in event.fields.items()}, file=sys.stderr)


async def measure(urls: list[str], advance: Callable[[int], None], rules: str, quick: bool) -> None:
    """Three rounds, with the cost of each; if `quick`, the first is stored unread and the third left out."""
    limits = FetchLimits(private_networks=("127.0.0.0/8",))
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"{folder}/farm.db")
        async with HttpFetcher(limits) as fetcher, ParserPool() as pool:
            service = Service(plan(urls, rules), store, fetcher, pool, told, lambda: NOW, lambda: 0.5)
            await service.write(store.sync_feeds, [Feed(url) for url in urls], NOW)
            poller = Poller(service)
            reading = judging.judge
            for generation, name in enumerate(("all new", "few changed", "all changed")[: 2 if quick else 3]):
                judging.judge = unread if quick and not generation else reading
                advance(generation)
                poller.items = 0
                begun, used = time.perf_counter(), cpu()
                await poller.round(len(urls))
                spent = cpu() - used
                print(
                    f"{len(urls):6} feeds, {name:11}: {spent:6.2f} s of CPU, {spent / len(urls) * 1000:.2f} ms a feed, "
                    f"{time.perf_counter() - begun:.1f} s, {poller.items} items, {pool.processes} parser processes, "
                    f"peak {peak_mb():.0f} MB together",
                    flush=True,
                )
            await poller.round(len(urls))  # what moved without news is told by its validator from now on
            ours = min([await cost(lambda: poller.round(len(urls))) for _ in range(ROUNDS)]) / len(urls)
            etags = {url: state.etag for url in urls[:2000] if (state := store.feed_state(url))}
            await service.close()
        plain = await bare(etags)
    print(
        f"{len(urls):6} feeds, a poll answered 304: {ours * 1e6:.0f} µs with the store, "
        f"by bare aiohttp {plain * 1e6:.0f} µs: {ours / plain:.2f}×",
        flush=True,
    )


async def first_round(urls: list[str], rules: str) -> float:
    """Milliseconds of CPU a feed for a round in which all is new, with the store."""
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"{folder}/farm.db")
        async with HttpFetcher(FetchLimits(private_networks=("127.0.0.0/8",))) as fetcher, ParserPool() as pool:
            service = Service(plan(urls, rules), store, fetcher, pool, told, lambda: NOW, lambda: 0.5)
            await service.write(store.sync_feeds, [Feed(url) for url in urls], NOW)
            used = cpu()
            await Poller(service).round(len(urls))
            spent = cpu() - used
            await service.close()
    return spent / len(urls) * 1000


async def cost(work: Callable[[], Awaitable[None]]) -> float:
    """Seconds of CPU of this process."""
    used = time.process_time()
    await work()
    return time.process_time() - used


async def bare(etags: dict[str, str], workers: int = 64) -> float:
    """Least seconds of CPU that such a request costs with the bare HTTP client, as many at once."""
    waiting = iter(etags.items())
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=2 * workers)) as session:

        async def work() -> None:
            for url, etag in waiting:
                async with session.get(url, headers={"If-None-Match": etag}) as answer:
                    assert answer.status == 304
                    await answer.read()

        async def round_of_requests() -> None:
            nonlocal waiting
            waiting = iter(etags.items())
            await asyncio.gather(*(work() for _ in range(workers)))

        return min([await cost(round_of_requests) for _ in range(ROUNDS)]) / len(etags)


def peers(urls: list[str]) -> None:
    """The same 200 feeds, all new, through other programs."""
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
    options.add_argument("--rules", choices=("none", "plain", "pack"), default="plain")
    options.add_argument("--items", type=int, default=ITEMS)
    options.add_argument("--unread", action="store_true")
    options.add_argument("--quick", action="store_true")
    options.add_argument("--peers", action="store_true")
    given = options.parse_args()
    if given.unread:
        judging.judge = unread
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    process = multiprocessing.get_context("spawn").Process(
        target=run_farm, args=(theirs, given.changed, given.items), daemon=True
    )
    process.start()
    port = ours.recv()

    def advance(generation: int) -> None:
        ours.send(generation)
        ours.recv()

    def urls(count: int, kind: str) -> list[str]:
        return [f"http://127.1.{i % HOSTS // 250}.{i % HOSTS % 250 + 1}:{port}/{kind}/{i}" for i in range(count)]

    try:
        for count in given.feeds.split(","):
            asyncio.run(measure(urls(int(count), "feed"), advance, given.rules, given.quick))
        if given.peers:
            advance(0)
            peers(urls(200, "peer"))
            for name, judge in (
                ("fetched, parsed and stored", unread),
                ("read, judged and joined as well", judging.judge),
            ):
                judging.judge = judge
                print(
                    f"ours, {name}: {asyncio.run(first_round(urls(200, 'ours'), given.rules)):.1f} ms of CPU a feed, all new"
                )
    finally:
        ours.send(None)
        process.join(5)
        process.kill()


if __name__ == "__main__":
    main()
