"""What a fault run happens in: feeds that grow and answer badly, destinations that remember what they did, a daemon under `shaky.py`."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import threading
from collections import defaultdict
from datetime import datetime
from pathlib import Path

from farm import Answer, Farm, Request, rss
from faultcount import Clock
from kit import Daemon
from sinks import Scripts
from zygote import Zygote

HEAD = (
    "polling: {every: 1s, min: 1s, max: 1s, private_networks: allow, first_run: alert, per_host: 32, timeout: 3s, max_age: 9000d}\n"
    "rules:\n  - {name: everything, any: [bulletin], per: item}\n"
)
FEEDS = 3
WINDOW = 25
"""How many items a document shows."""

STEPS = {
    "ok": 8,
    "status 500": 3,
    "status 404": 1,
    "status 503": 1,
    "retry_after 2": 1,
    "close": 3,
    "slow 1.5": 2,
    "hang": 1,
    "redirect 302": 1,
}
AMBIGUOUS = ("close", "hang")
FEED_FAULTS = {"ok": 14, "status": 1, "cut": 1, "reset": 1, "drip": 1, "stall": 1}


class Steps(Scripts):
    """Scripts that remember what was played."""

    def __init__(self) -> None:
        super().__init__()
        self.played: dict[str, list[str]] = defaultdict(list)

    def next(self, destination: str) -> str:
        """The step for this request."""
        step = super().next(destination)
        self.played[destination].append(step)
        return step


class Feeds:
    """Feeds whose documents grow, and scroll; some answers are bad ones. Remembers what the daemon says it holds."""

    def __init__(self, farm: Farm, seed: int, clock: Clock) -> None:
        self.is_well = False
        self._chance, self._clock = random.Random(seed), clock
        self._published: list[list[tuple[str, datetime]]] = [[] for _ in range(FEEDS)]
        self._served: dict[tuple[int, str], tuple[str, ...]] = {}
        self._held: set[str] = set()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        for number in range(FEEDS):
            farm[f"/{number}.xml"] = lambda request, n=number: self._answer(n, request)
        self._thread = threading.Thread(target=self._publish, args=(seed,), daemon=True)
        self._thread.start()

    def _publish(self, seed: int) -> None:
        count = 0
        while not self._stop.wait(0.25):
            with self._lock:
                self._published[count % FEEDS].append((f"bulletin {count} of seed {seed}", self._clock.at()))
            count += 1

    def stop(self) -> None:
        """Publish no more, and answer well."""
        self._stop.set()
        self._thread.join()
        self.is_well = True

    def owed(self) -> set[str]:
        """What the daemon claimed to hold, and what it can still see."""
        with self._lock:
            return self._held | {title for feed in self._published for title, _ in feed[-WINDOW:]}

    def _answer(self, number: int, request: Request) -> Answer:
        with self._lock:
            self._held.update(self._served.get((number, request.headers.get("if-none-match", "")), ()))
            window = self._published[number][-WINDOW:]
            tag = f'"{len(self._published[number])}"'
            fault = "ok" if self.is_well else pick(self._chance, FEED_FAULTS)
            if fault in ("ok", "drip"):
                self._served[number, tag] = tuple(title for title, _ in window)
        published = window[-1][1] if window else None
        body = rss(*(title for title, _ in reversed(window)), published=published)
        match fault:
            case "status":
                return Answer(b"", status=self._chance.choice((500, 503, 404)))
            case "cut" | "stall" | "reset":
                return Answer(body, **{fault: True})
            case _:
                return Answer(body, etag=tag, drip=0.0001 if fault == "drip" else 0.0)


def pick(chance: random.Random, weights: dict[str, int]) -> str:
    """One of these, by weight."""
    return chance.choices(list(weights), list(weights.values()))[0]


class ShakyDaemon(Daemon):
    """The daemon under `shaky.py`, forked from a process that has imported the product."""

    def __init__(
        self, zygote: Zygote, folder: Path, feeds: list[str], channels: list[tuple[str, str]], clock: Clock
    ) -> None:
        self._zygote = zygote
        self.control = folder / "control.json"
        self._clock = clock
        super().__init__(folder, feeds, channels, "", HEAD)
        self.tell()

    def tell(self, file_bytes: int | None = None, *, is_full: bool = False) -> None:
        """Say how clock and disk are from now on."""
        fresh = self.control.with_suffix(".new")
        fresh.write_text(
            json.dumps({"offset": self._clock.offset, "file_bytes": file_bytes, "is_full": is_full}), "utf-8"
        )
        fresh.replace(self.control)

    def start(self, **environ: str) -> None:
        """Start it in a session of its own, its log appended to log.txt."""
        arguments = [str(self.control), "-c", str(self.config), "run"]
        self.process = self._zygote.start("shaky", arguments, log=self.log, environ=environ)

    def call(self, *arguments: str, given: str | None = None, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        """Run another command on the same configuration."""
        said, complained = self.folder / "said.txt", self.folder / "complained.txt"
        for file in (said, complained):
            file.unlink(missing_ok=True)
        asked = [str(self.control), "-c", str(self.config), *arguments]
        code = self._zygote.start("shaky", asked, log=said, errors=complained).wait(timeout)
        return subprocess.CompletedProcess(asked, code, said.read_text("utf-8"), complained.read_text("utf-8"))

    def has_begun(self) -> bool:
        """Whether it runs and has said so: from then on it takes signals."""
        if self.process is None or self.process.poll() is not None:
            return False
        return f"pid={self.process.pid}" in self.log.read_text("utf-8", "replace")

    def kill(self) -> None:
        """SIGKILL the whole group, or what is left of it."""
        assert self.process is not None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def is_running(self) -> bool:
        """Whether its process lives."""
        return self.process is not None and self.process.poll() is None

    def workers(self) -> list[int]:
        """Its child processes."""
        assert self.process is not None
        with contextlib.suppress(OSError):
            return [
                int(pid)
                for pid in Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
            ]
        return []
