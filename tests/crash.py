"""Kills the real process at system-call boundaries of one poll and delivery, and counts what was lost or repeated.

`strace` delivers SIGKILL at the n-th call of a name. It counts for each thread by itself, so that the calls of a thread
that begins early would hide those of all others: each point names its thread, and only that one is traced. Each point
gets a fresh folder: the killed run, then two plain ones that must make good. Runs are forked from a process that has
imported the product. The checker is outside: what the farm published is owed, what the sink took is got.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from farm import Answer, Farm, rss
from sinks import HttpSink, told_titles
from zygote import Forked, Zygote

CALLS = ("pwrite64", "fdatasync", "fsync", "sendto", "connect", "ftruncate", "unlink", "rename")
TITLES = ("bulletin 1 of the day", "bulletin 2 of the day", "bulletin 3 of the day")
DESTINATIONS = ("one", "two")
THREADS = ("MainThread", "store_0", *(f"send-{name}_0" for name in DESTINATIONS))
"""Where the product works: it opens the store and fetches in the first, writes in the second, sends in the others."""
SECONDS = 120.0
"""How long a run may take: the machine may be busy."""

CONFIG = """
polling: {{every: 1s, min: 1s, max: 1s, private_networks: allow, first_run: alert, timeout: 5s}}
feeds: ["{feed}"]
rules:
  - {{name: all, any: [bulletin], per: item}}
channels:
{channels}
"""


@dataclass(frozen=True)
class Point:
    """The n-th call of a name in a thread."""

    thread: str
    call: str
    number: int


@dataclass(frozen=True)
class Outcome:
    """What a kill at a point led to."""

    point: Point
    killed: bool
    lost: int
    repeats: int
    """The most that any destination got more than once."""


def is_possible() -> bool:
    """Whether strace is here and may trace."""
    return (
        shutil.which("strace") is not None
        and subprocess.run(["strace", "-o", "/dev/null", "true"], check=False).returncode == 0
    )


def run(zygote: Zygote, folder: Path, fault: str = "none") -> int:
    """One `watcher once`, with a seeded fault or none. Returns its exit code, negative for a signal."""
    return start(zygote, folder, fault).wait(SECONDS)


def start(zygote: Zygote, folder: Path, fault: str, *, stop_at: str = "") -> Forked:
    """Begin a run; it stops where the thread `stop_at` begins, whose number it writes to a file."""
    arguments = [fault, "-c", str(folder / "watcher.yaml"), "-q", "once", "--all"]
    environ = {"WATCHER_STOP_AT": stop_at, "WATCHER_STOPPED": str(folder / "stopped.txt")}
    return zygote.start("faults", arguments, log=folder / "run.txt", environ=environ if stop_at else {})


def run_traced(zygote: Zygote, folder: Path, fault: str, strace: Sequence[str], thread: str = "") -> int:
    """One `watcher once` under strace: one thread, or all of them. Returns its exit code, negative for a signal."""
    process = start(zygote, folder, fault, stop_at=thread or THREADS[0])
    try:
        number = _stopped_thread(process, folder)
        options = [] if thread else ["-f"]
        with subprocess.Popen(
            ["strace", *options, *strace, "-p", str(number)], stderr=subprocess.PIPE, text=True
        ) as tracer:
            assert tracer.stderr is not None
            if "attached" not in (said := tracer.stderr.readline()):
                raise RuntimeError(f"strace did not attach: {said}")
            process.send_signal(signal.SIGCONT)
            code = process.wait(SECONDS)
            tracer.communicate(timeout=SECONDS)
        return code
    finally:
        process.kill()


def _stopped_thread(process: Forked, folder: Path) -> int:
    """Wait until the process has stopped itself. Returns the number of the thread that it stopped in."""
    file, end = folder / "stopped.txt", time.monotonic() + SECONDS
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(f"it ended with {process.returncode} before the thread began")
        state = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0]
        if state == "T" and file.exists():
            number = int(file.read_text())
            file.unlink()
            return number
        time.sleep(0.005)
    raise RuntimeError("it did not stop")


class Scenario:
    """One feed of three bulletins, two destinations, one poll and its deliveries."""

    def __init__(self, zygote: Zygote, folder: Path, fault: str = "none") -> None:
        self.folder, self.fault = folder, fault
        self._zygote = zygote

    def points(self, threads: Sequence[str] = THREADS) -> list[Point]:
        """Every boundary that a whole run passes, in these threads."""
        return [point for thread in threads for point in self._points(thread)]

    def _points(self, thread: str) -> Iterator[Point]:
        log = self.folder / f"{thread}.txt"
        with self._servers(f"trace-{thread}") as (folder, _):
            strace = ["-e", "trace=" + ",".join(CALLS), "-o", str(log)]
            code = run_traced(self._zygote, folder, self.fault, strace, thread)
        assert code == 0, f"the traced run ended with {code}"
        calls = Counter(line.partition("(")[0] for line in log.read_text("utf-8", "replace").splitlines())
        return (Point(thread, call, number) for call in CALLS for number in range(1, calls[call] + 1))

    def kill_at(self, point: Point) -> Outcome:
        """Kill there, make good twice, and count."""
        code, outcome = self._broken(point, "signal=KILL")
        return replace(outcome, killed=code in (137, -9))

    def fail_at(self, point: Point, error: str) -> tuple[int, Outcome]:
        """Let the call fail there with an error such as EIO, make good twice, and count. Returns the exit code too."""
        return self._broken(point, f"error={error}")

    def _broken(self, point: Point, how: str) -> tuple[int, Outcome]:
        place = f"{point.thread}-{point.call}-{point.number}-{how.replace('=', '-')}"
        with self._servers(place) as (folder, sink):
            inject = f"inject={point.call}:{how}:when={point.number}"
            strace = ["-e", f"trace={point.call}", "-e", inject, "-o", "/dev/null"]
            code = run_traced(self._zygote, folder, self.fault, strace, point.thread)
            for _ in range(2):
                run(self._zygote, folder, self.fault)
            got = {name: told_titles(sink, name) for name in DESTINATIONS}
            lost = sum(title not in got[name] for name in DESTINATIONS for title in TITLES)
            repeats = max(sum(number - 1 for number in got[name].values()) for name in DESTINATIONS)
            return code, Outcome(point, False, lost, repeats)

    def walk(self, points: Sequence[Point], workers: int = 2) -> list[Outcome]:
        """Kill at every one of these points."""
        with ThreadPoolExecutor(workers) as pool:
            return list(pool.map(self.kill_at, points))

    def first_found(self, points: Sequence[Point]) -> Outcome | None:
        """Kill at one after the other until something is lost, or repeated more than once; None where nothing ever is."""
        outcomes = (self.kill_at(point) for point in points)
        return next((found for found in outcomes if found.killed and (found.lost or found.repeats > 1)), None)

    def _servers(self, name: str) -> _Servers:
        return _Servers(self.folder / name)


class _Servers:
    """A farm and a sink of their own, and a configuration that names them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._farm, self._sink = Farm(), HttpSink()

    def __enter__(self) -> tuple[Path, HttpSink]:
        self._folder.mkdir(parents=True)
        farm, sink = self._farm.__enter__(), self._sink.__enter__()
        body = rss(*TITLES)
        # As a real server: what the client claims to know is not sent again.
        farm["/feed.xml"] = lambda request: Answer(body, etag='"v1"')
        channels = "\n".join(f"  - {{name: {name}, url: '{sink.url('json', name)}'}}" for name in DESTINATIONS)
        (self._folder / "watcher.yaml").write_text(CONFIG.format(feed=farm.url("/feed.xml"), channels=channels))
        return self._folder, sink

    def __exit__(self, *_: object) -> None:
        self._sink.__exit__(None, None, None)
        self._farm.__exit__(None, None, None)
        shutil.rmtree(self._folder, ignore_errors=True)


def report(outcomes: Sequence[Outcome]) -> str:
    """The counts in one line."""
    killed = [outcome for outcome in outcomes if outcome.killed]
    losing = sum(outcome.lost > 0 for outcome in killed)
    worst = max((outcome.repeats for outcome in killed), default=0)
    repeating = sum(outcome.repeats > 0 for outcome in killed)
    return f"points={len(outcomes)} killed={len(killed)} losing={losing} repeating={repeating} worst_repeat={worst}"
