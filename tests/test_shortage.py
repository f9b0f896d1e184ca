"""A disk that is full: what could not be stored is asked for again, what is owed still leaves, and it is said."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from build import FEED, NOON, later
from farm import Answer, Farm, rss
from kit import FAST, Daemon, wait_until
from sinks import HttpSink, told_titles
from watcher.alerts import ChannelPolicy
from watcher.errors import StoreError
from watcher.feeds.parse import parse_document
from watcher.feeds.parsed import ParsedFeed
from watcher.model import Document, Feed, FeedState
from watcher.pipeline import Policy
from watcher.polling import PollingPolicy
from watcher.rules import compile_rules
from watcher.service import Destination, Plan, Service
from watcher.store.schema import DISK_FULL
from watcher.store.sqlite import SqliteStore

LEASE = timedelta(minutes=5)


class Feeds:
    """A feed of sixty items: its server and parser in one, without a network."""

    async def fetch(self, feed: Feed, state: FeedState) -> Document | None:
        return Document(feed.url, rss(*(f"Bulletin {n} of the day" for n in range(60))))

    async def parse(self, document: Document, known: frozenset[str]) -> ParsedFeed:
        return parse_document(document, known)


class NoRoom:
    """A reserve on a disk without room for it, once it was given up."""

    def __init__(self) -> None:
        self.is_held, self.has_room = True, False

    def make(self, free_bytes: int) -> bool:
        self.is_held = self.is_held or self.has_room
        return self.is_held

    def give_up(self) -> bool:
        was_held, self.is_held = self.is_held, False
        return was_held


class Installation:
    """A service on one feed, whose clock is set by hand and whose database can be kept from growing."""

    def __init__(self, path: Path, *channels: ChannelPolicy) -> None:
        self.now = NOON
        self.store = SqliteStore(path)
        self.store.sync_feeds([FEED], NOON)
        destinations = {policy.name: Destination(policy, None) for policy in channels}  # type: ignore[arg-type]
        plan = Plan({FEED.url: FEED}, compile_rules([]), Policy(), PollingPolicy(), destinations)
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


def test_while_the_disk_is_full_nothing_is_polled_and_it_is_told_once_and_when_it_is_over(tmp_path: Path) -> None:
    async def work() -> tuple[list[list[str]], list[str]]:
        there = Installation(tmp_path / "watcher.db", ChannelPolicy("desk"))
        reserve = NoRoom()
        there.store._reserve = reserve  # type: ignore[assignment]
        there.let_grow(False)
        rounds = [await there.polled(seconds=n) for n in (0, 20, 24, 26, 60)]
        since = there.store.recall(DISK_FULL)
        there.let_grow(True)
        rounds.append(await there.polled(seconds=70))
        reserve.has_room = True
        rounds += [await there.polled(seconds=n) for n in (80, 95)]
        assert (since, there.store.recall(DISK_FULL)) == (later(seconds=20).isoformat(), "")
        titles = [one.alert.body["title"] for one in there.store.claim_message("desk", there.now, LEASE)[1]]
        titles += [one.alert.body["title"] for one in there.store.claim_message("desk", there.now, LEASE)[1]]
        await there.service.close()
        return rounds, titles

    rounds, titles = asyncio.run(work())
    assert rounds == [["full"], [], [], [], [], [], [], ["60 items"]]
    assert titles == ["Disk full: nothing new is read", "Disk: room again, feeds are polled"]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 24 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(disk)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("file systems may not be mounted here")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


def fill(disk: Path) -> Path:
    """A file that takes all the room there is."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(b"x" * 4096):
            pass
    return ballast


def test_a_single_round_on_a_full_disk_polls_nothing_and_says_why(small_disk: Path, farm: Farm, sink: HttpSink) -> None:
    farm["/a.xml"] = rss("bulletin 1 of the day")
    rules = "rules:\n  - {name: all, any: [bulletin]}\n"
    daemon = Daemon(small_disk, [farm.url("/a.xml")], [("desk", f"url: '{sink.url('json', 'desk')}'")], rules)
    assert daemon.call("once").returncode == 0
    ballast = fill(small_disk)
    for _ in range(2):  # the second has no reserve to give up
        done = daemon.call("once", "--all")
        assert (done.returncode, "disk.full" in done.stderr) == (1, True)
    assert "the disk is full" in daemon.call("status").stdout
    ballast.unlink()
    assert daemon.call("once", "--all").returncode == 0
    assert len(farm.requests("/a.xml")) == 2
    assert "the disk is full" not in daemon.call("status").stdout


def test_on_a_full_disk_what_is_owed_still_leaves_it_is_told_and_nothing_is_lost(
    small_disk: Path, tmp_path: Path, farm: Farm, sink: HttpSink
) -> None:
    published: list[str] = []

    def grow() -> bytes:
        published.extend(f"bulletin {len(published) + n} of the day" for n in range(40))
        return rss(*reversed(published))

    farm["/a.xml"] = lambda request: Answer(grow())
    sink.script("shaky", "status 503")
    channels = [(name, f"url: '{sink.url('json', name)}'") for name in ("steady", "shaky")]
    head = FAST + "health: {channel: steady}\n"
    daemon = Daemon(
        small_disk, [farm.url("/a.xml")], channels, "rules:\n  - {name: all, any: [bulletin], per: item}\n", head
    )
    daemon.log = tmp_path / "log.txt"
    told = lambda name: told_titles(sink, name)  # noqa: E731
    daemon.start()
    try:
        wait_until(lambda: len(told("steady")) >= 40, 90, "the first bulletins")
        ballast = fill(small_disk)
        wait_until(lambda: "Disk full: nothing new is read" in told("steady"), 90, "the alert that the disk is full")
        status = daemon.call("status")
        assert (status.returncode, "the disk is full" in status.stdout) == (1, True)
        assert any(
            finding["check"] == "disk full" and not finding["ok"]
            for finding in json.loads(daemon.call("doctor", "--json", "--no-network").stdout)
        )
        asked, stored = len(farm.requests("/a.xml")), json.loads(daemon.call("status", "--json").stdout)["items"]
        sink.script("shaky", "ok")
        wait_until(lambda: len(told("shaky")) >= stored, 90, "all that waited, with the disk full")
        assert len(farm.requests("/a.xml")) == asked
        ballast.unlink()
        wait_until(lambda: "Disk: room again, feeds are polled" in told("steady"), 90, "the alert that there is room")
        wait_until(lambda: len(farm.requests("/a.xml")) > asked, 90, "polls going on")
        farm["/a.xml"] = rss(*reversed(published))
        wait_until(lambda: all(set(published) <= told(name).keys() for name in ("steady", "shaky")), 90, "everything")
        assert max(max(told(name).values()) for name in ("steady", "shaky")) == 1
    finally:
        daemon.stop()
    assert daemon.call("audit").returncode == 0
