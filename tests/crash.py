"""Kills the real process at system-call boundaries of one poll and delivery, and counts what was lost or repeated.

`strace` delivers SIGKILL at the n-th call of a name, counted for each name and thread. Each point gets a fresh folder: the killed
run, then two plain ones that must make good. The checker is outside: what the farm published is owed, what the sink
took is got.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from farm import Answer, Farm, rss
from sinks import HttpSink, told_titles

CALLS = ("pwrite64", "fdatasync", "fsync", "sendto", "connect", "ftruncate", "unlink", "rename")
TITLES = ("bulletin 1 of the day", "bulletin 2 of the day", "bulletin 3 of the day")
DESTINATIONS = ("one", "two")
FAULTS = Path(__file__).parent / "faults.py"

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
    """The n-th call of a name."""

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


def run(folder: Path, fault: str, strace: Sequence[str] = ()) -> int:
    """One `watcher once`, traced or plain, with a seeded fault or none. Returns its exit code, negative for a signal."""
    program = [sys.executable, str(FAULTS), fault, "-c", str(folder / "watcher.yaml"), "-q", "once", "--all"]
    done = subprocess.run(
        [*strace, *program],
        capture_output=True,
        check=False,
        timeout=120,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
    )
    return done.returncode


class Scenario:
    """One feed of three bulletins, two destinations, one poll and its deliveries."""

    def __init__(self, folder: Path, fault: str = "none") -> None:
        self.folder, self.fault = folder, fault

    def points(self) -> list[Point]:
        """Every boundary that a whole run passes."""
        log = self.folder / "trace.txt"
        with self._servers("trace") as (folder, _):
            run(folder, self.fault, ["strace", "-f", "-e", "trace=" + ",".join(CALLS), "-o", str(log)])
        calls = (re.match(r"(\d+)\s+(\w+)\(", line) for line in log.read_text("utf-8", "replace").splitlines())
        by_thread = Counter((match[2], match[1]) for match in calls if match)
        counts = {call: max((n for (name, _), n in by_thread.items() if name == call), default=0) for call in CALLS}
        return [Point(call, number) for call in CALLS for number in range(1, counts[call] + 1)]

    def kill_at(self, point: Point) -> Outcome:
        """Kill there, make good twice, and count."""
        with self._servers(f"{point.call}-{point.number}") as (folder, sink):
            inject = f"inject={point.call}:signal=KILL:when={point.number}"
            code = run(
                folder,
                self.fault,
                ["strace", "-f", "-qq", "-e", f"trace={point.call}", "-e", inject, "-o", "/dev/null"],
            )
            for _ in range(2):
                run(folder, self.fault)
            got = {name: told_titles(sink, name) for name in DESTINATIONS}
            lost = sum(title not in got[name] for name in DESTINATIONS for title in TITLES)
            repeats = max(sum(number - 1 for number in got[name].values()) for name in DESTINATIONS)
            return Outcome(point, code in (137, -9), lost, repeats)

    def walk(self, points: Sequence[Point], workers: int = 2) -> list[Outcome]:
        """Kill at every one of these points."""
        with ThreadPoolExecutor(workers) as pool:
            return list(pool.map(self.kill_at, points))

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
