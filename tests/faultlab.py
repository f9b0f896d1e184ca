"""Whole-daemon fault runs: the real `watcher run`, feeds and destinations that misbehave, and a course of faults by seed.

    counts = Lab(zygote, folder, seed=7).run()
    print(counts); assert counts.is_good

A course kills, stops, pauses and reloads the daemon, fills its disk, sets its clock and takes its destinations away.
Then all is mended, and everything owed must have arrived. `python tests/faultlab.py 1-20` runs seeds and prints their counts.
"""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from farm import Farm
from faultcount import Clock, Counts, over_cap, repeats, sent_in_quiet, titles
from faultworld import AMBIGUOUS, FEEDS, STEPS, Feeds, ShakyDaemon, Steps, pick
from sinks import HttpSink, Ledger
from zygote import Zygote

CAP, QUIET_FROM, QUIET_TO = 4, 22, 7
CHANNELS = {
    "steady": "",
    "shaky": "",
    "quiet": f", quiet_hours: '{QUIET_FROM}:00-0{QUIET_TO}:00', timezone: UTC",
    "capped": f", at_most: {CAP}/m",
    "hourly": ", digest: hourly",
}
"""The shaky one has a server of its own, which refuses connections for a while."""

HOURS = (12, 20, 21, 22, 3, 6)
"""A run begins a few seconds before one of these is full, by the clock that the daemon is shown (UTC)."""

HOUR, YEAR = 3600.0, 365 * 86400.0
STOP_SECONDS = 45.0
PATIENCE = 1.8
"""Seconds without news before the clock is put ahead to what is waited for, if it is time that is waited for."""


class Lab:
    """One run, wholly by its seed but for the machine's timing."""

    def __init__(
        self, zygote: Zygote, folder: Path, seed: int, seconds: float = 6.0, settle_seconds: float = 240.0
    ) -> None:
        self.folder, self.seed = folder, seed
        self._zygote = zygote
        self._seconds, self._settle_seconds = seconds, settle_seconds
        self._chance = random.Random(seed)
        begin = self._chance.choice(HOURS) * HOUR - self._chance.uniform(2, 8)
        self._clock = Clock((begin - time.time()) % 86400)
        self._ledger, self._steps = Ledger(), Steps()
        self._kills = self._full = self._dead = 0
        self._wrongs: list[str] = []
        self._done: list[str] = []
        self._faults: dict[Callable[[], None], int] = {
            self._kill: 5,
            self._stop: 2,
            self._orphan: 1,
            self._kill_worker: 1,
            self._pause: 2,
            self._reload: 1,
            self._fill_files: 2,
            self._fill_pages: 2,
            self._away: 2,
            self._hour_on: 2,
            self._hour_back: 1,
            self._year_on: 1,
            self._year_back: 1,
        }

    def run(self) -> Counts:
        """Break things for a while, mend them, and count."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with Farm() as farm, self._sink() as sink:
            self._other = self._sink()
            self._other.__enter__()
            feeds = Feeds(farm, self.seed, self._clock)
            channels = []
            for name, options in CHANNELS.items():
                server = self._other if name == "shaky" else sink
                channels.append((name, f"url: '{server.url('json', name)}'{options}"))
                if name != "steady":
                    self._steps.put(name, *(pick(self._chance, STEPS) for _ in range(80)))
            urls = [farm.url(f"/{number}.xml") for number in range(FEEDS)]
            self._daemon = ShakyDaemon(self._zygote, self.folder, urls, channels, self._clock)
            try:
                self._daemon.start()
                self._break()
                feeds.stop()
                lost = self._settle(feeds)
                self._end()
            finally:
                self._daemon.kill()
                feeds.stop()
                self._other.__exit__()
        return self._count(feeds, lost)

    def _sink(self, port: int = 0) -> HttpSink:
        sink = HttpSink(self._ledger, port)
        sink.scripts = self._steps
        return sink

    # what breaks

    def _break(self) -> None:
        if self._chance.random() < 0.8:
            self._wait_for_news(10)
        end = time.monotonic() + self._seconds
        while time.monotonic() < end:
            self._watch_over()
            fault = self._chance.choices(list(self._faults), list(self._faults.values()))[0]
            self._done.append(fault.__name__[1:])
            fault()
            if self._chance.random() < 0.5:
                self._wait_for_news(4)
            time.sleep(self._chance.uniform(0.1, 1.5))

    def _wait_for_news(self, seconds: float) -> None:
        """Until a destination took something: what breaks while nothing goes on shows nothing."""
        known, end = len(self._ledger.of()), time.monotonic() + seconds
        while len(self._ledger.of()) == known and time.monotonic() < end:
            time.sleep(0.02)

    def _watch_over(self, *, may_have_ended: bool = False) -> None:
        """As an init system: start it again when it has ended, which it may only where the disk is full."""
        if self._daemon.is_running():
            return
        if not may_have_ended:
            self._wrongs.append(f"the daemon ended by itself after {', '.join(self._done[-3:])}")
        self._daemon.start()

    def _kill(self) -> None:
        self._kills += 1
        self._daemon.kill()
        self._daemon.start()

    def _orphan(self) -> None:
        """Only the daemon dies, not its workers; a new one must be able to start beside them."""
        self._kills += 1
        assert self._daemon.process is not None
        group = self._daemon.process.pid
        self._daemon.process.kill()
        self._daemon.process.wait()
        self._daemon.start()
        time.sleep(1.0)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)

    def _kill_worker(self) -> None:
        for pid in self._daemon.workers()[:1]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def _stop(self) -> None:
        self._ask_to_end()
        self._daemon.start()

    def _ask_to_end(self, *, is_full: bool = False) -> None:
        if not self._daemon.is_running():
            return
        try:
            code = self._daemon.stop(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._wrongs.append(f"SIGTERM did not end it within {STOP_SECONDS:.0f} s")
            self._daemon.kill()
            return
        if code not in (0, -signal.SIGTERM) and not is_full:
            self._wrongs.append(f"SIGTERM ended it with {code}")

    def _pause(self) -> None:
        self._daemon.signal(signal.SIGSTOP)
        time.sleep(self._chance.uniform(0.3, 2.0))
        self._daemon.signal(signal.SIGCONT)

    def _reload(self) -> None:
        if self._daemon.has_begun():
            self._daemon.signal(signal.SIGHUP)

    def _fill_files(self) -> None:
        self._fill(file_bytes=self._chance.choice((0, 4096, 65_536, 200_000)))

    def _fill_pages(self) -> None:
        self._fill(is_full=True)

    def _fill(self, *, file_bytes: int | None = None, is_full: bool = False) -> None:
        """The disk is full for a while; half the time the daemon is killed or stopped in it."""
        self._full += 1
        self._daemon.tell(file_bytes, is_full=is_full)
        time.sleep(self._chance.uniform(0.5, 2.5))
        what = self._chance.choice(("", "", "kill", "stop"))
        if what == "kill":
            self._kills += 1
            self._daemon.kill()
        elif what == "stop":
            self._ask_to_end(is_full=True)
        if what:
            self._done.append(f"{what} while full")
            self._watch_over(may_have_ended=True)
            time.sleep(1.0)
        self._daemon.tell()
        time.sleep(0.2)
        self._watch_over(may_have_ended=True)

    def _away(self) -> None:
        port = self._other.port
        self._other.__exit__()
        time.sleep(self._chance.uniform(0.5, 3.0))
        self._other = self._sink(port)
        self._other.__enter__()

    def _hour_on(self) -> None:
        self._set_clock(HOUR)

    def _hour_back(self) -> None:
        self._set_clock(-HOUR)

    def _year_on(self) -> None:
        self._set_clock(YEAR)

    def _year_back(self) -> None:
        self._set_clock(-YEAR)

    def _set_clock(self, seconds: float) -> None:
        """While it stands still, so that no message is on its way at a time that two clocks tell differently."""
        if self._daemon.is_running():
            self._daemon.signal(signal.SIGSTOP)
        time.sleep(0.05)
        self._clock.set_by(seconds)
        self._daemon.tell()
        self._daemon.signal(signal.SIGCONT)

    # what must come right

    def _settle(self, feeds: Feeds) -> int:
        """With all mended, wait until everything owed has arrived. Returns how many deliveries have not."""
        for name in CHANNELS:
            self._steps.put(name, "ok")
        self._watch_over()
        end, news, known, pushes = time.monotonic() + self._settle_seconds, time.monotonic(), -1, 0
        while time.monotonic() < end:
            self._watch_over()
            missing = self._missing(feeds)
            if not any(missing.values()):
                time.sleep(1.0)  # what comes twice comes now
                return 0
            count = sum(map(len, missing.values()))
            if count != known:
                known, news = count, time.monotonic()
            elif time.monotonic() - news > PATIENCE:
                self._resend_dead()
                if self._waits_for_time():
                    pushes += 1
                    self._set_clock(self._wait_for(missing, pushes))
                news = time.monotonic()
            time.sleep(0.1)
        missing = self._missing(feeds)
        self._wrongs += [f"{name} misses {len(lost)}: {sorted(lost)[:4]}" for name, lost in missing.items() if lost]
        self._wrongs.append(
            f"outbox: {self._ask('SELECT channel, state, count(*), min(due_at) FROM delivery GROUP BY 1, 2')}"
        )
        return sum(map(len, missing.values()))

    def _waits_for_time(self) -> bool:
        """Whether a delivery waits for a time to come. A slow machine may still be polling, and to set its clock would not help."""
        now = self._clock.at().timestamp()
        return bool(self._ask(f"SELECT 1 FROM delivery WHERE state = 'pending' AND due_at > {now + 1} LIMIT 1"))

    def _missing(self, feeds: Feeds) -> dict[str, set[str]]:
        owed = feeds.owed()
        return {
            name: owed - {title for message in self._ledger.of(name) for title in titles(message)} for name in CHANNELS
        }

    def _wait_for(self, missing: dict[str, set[str]], pushes: int) -> float:
        """How far the clock is put ahead: to the end of the quiet hours, past a minute's cap, past the full hour."""
        now = self._clock.at()
        if missing["quiet"] and (now.hour >= QUIET_FROM or now.hour < QUIET_TO) and pushes % 2:
            return ((QUIET_TO - now.hour) % 24) * HOUR - now.minute * 60 - now.second + 5
        return HOUR if pushes % 3 == 2 else 61.0

    def _resend_dead(self) -> None:
        """Dead letters are shown, and a person sends them again."""
        for alert, channel in self._ask("SELECT alert, channel FROM delivery WHERE state = 'dead'"):
            self._dead += 1
            done = self._daemon.call("alerts", "resend", alert, "--channel", channel)
            if done.returncode:
                self._wrongs.append(f"resend: {done.stderr[-200:]}")

    def _ask(self, sql: str) -> list[tuple[str, ...]]:
        """Rows of the database; none where it is not made yet."""
        where = f"file:{self._database}?mode=ro"
        try:
            with contextlib.closing(sqlite3.connect(where, uri=True, timeout=10)) as connection:
                return connection.execute(sql).fetchall()
        except sqlite3.OperationalError:
            return []

    @property
    def _database(self) -> Path:
        return self.folder / "watcher.db"

    def _end(self) -> None:
        """Stop it, and look whether the database is sound and its own audit finds nothing missing."""
        self._ask_to_end()
        checked = self._ask("PRAGMA integrity_check") + self._ask("PRAGMA foreign_key_check")
        if checked != [("ok",)]:
            self._wrongs.append(f"the database is damaged: {checked[:3]}")
        audit = self._daemon.call("audit", "--json")
        if audit.returncode:
            self._wrongs.append(f"audit: {audit.stdout[-300:]} {audit.stderr[-300:]}")
        log = self._daemon.log.read_text("utf-8", "replace")
        if "internal.error" in log:
            self._wrongs.append("internal error: " + log[log.index("internal.error") :][:1500])

    def _count(self, feeds: Feeds, lost: int) -> Counts:
        again = {name: repeats(self._ledger.of(name)) for name in CHANNELS}
        unclear = {name: sum(step in AMBIGUOUS for step in self._steps.played[name]) for name in CHANNELS}
        # An outcome that a full disk does not take is as unknown as that of a kill.
        free = self._kills + self._full
        return Counts(
            seed=self.seed,
            faults=", ".join(self._done),
            owed=len(feeds.owed()) * len(CHANNELS),
            lost=lost,
            repeats=sum(again.values()),
            allowed=sum(unclear.values()) + free * len(CHANNELS),
            excess=sum(max(0, again[name] - unclear[name] - free) for name in CHANNELS),
            in_quiet=sent_in_quiet(self._ledger.of("quiet"), self._clock, QUIET_FROM, QUIET_TO),
            over_cap=over_cap(self._ledger.of("capped"), self._clock, CAP, 60.0),
            dead=self._dead,
            wrongs=tuple(self._wrongs),
        )


def run_seeds(folder: Path, seeds: range, workers: int, seconds: float = 6.0) -> Iterator[Counts]:
    """Runs of these seeds, some at a time, as they end. A good run's folder is removed."""

    def one(seed: int) -> Counts:
        try:
            counts = Lab(zygote, folder / str(seed), seed, seconds).run()
        except Exception as error:
            broke = "".join(traceback.format_exception(error))
            return Counts(seed, "", 0, 0, 0, 0, 0, 0, 0, 0, (f"the run broke: {broke}",))
        if counts.is_good:
            shutil.rmtree(folder / str(seed), ignore_errors=True)  # a worker may still be ending in it
        return counts

    with Zygote() as zygote, ThreadPoolExecutor(workers) as pool:
        yield from (done.result() for done in as_completed([pool.submit(one, seed) for seed in seeds]))


def seeds_of(text: str) -> range:
    """Read `a-b`, or one seed."""
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


if __name__ == "__main__":
    place = Path(tempfile.mkdtemp(prefix="faults-"))
    for found in run_seeds(place, seeds_of(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 3):
        print(found, flush=True)
    print(f"folders of failed runs: {place}")
