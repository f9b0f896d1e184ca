"""Ten thousand pending alerts to one webhook on loopback, served by a process of its own: messages a second, and memory.

Beside it, in the same run, a bare loop of the same POSTs with the HTTP library that Apprise uses. Memory is the
daemon's own, from when the first tenth has left until the end.

    python benchmarks/delivery.py [COUNT]
"""

from __future__ import annotations

import asyncio
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

import requests

from build import alert, delivery, update
from sinks import read_ledger
from watcher.alerts import ChannelPolicy
from watcher.channels import senders
from watcher.pipeline import Policy
from watcher.polling import PollingPolicy
from watcher.ports import Event
from watcher.rules import compile_rules
from watcher.service import Destination, Plan, Service
from watcher.store import open_store

SINKS = Path(__file__).parent.parent / "tests" / "sinks.py"


class Gauge:
    """Peak memory when a tenth of the messages has left."""

    def __init__(self, count: int) -> None:
        self._left, self.early = count // 10, 0

    def __call__(self, event: Event) -> None:
        """Count a message."""
        self._left -= event.name == "alert.delivered"
        if self._left == 0 and not self.early:
            self.early = peak()


def peak() -> int:
    """Peak memory of this process in KiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


async def deliver(url: str, count: int, folder: str, gauge: Gauge) -> float:
    """Seconds that it takes to deliver `count` alerts through outbox and Apprise."""
    policy = ChannelPolicy("hook")
    plan = Plan(
        {}, compile_rules([]), Policy(), PollingPolicy(), {"hook": Destination(policy, senders.open(url, "hook"))}
    )
    store = open_store(f"{folder}/bench.db")
    for start in range(0, count, 500):
        batch = [delivery(f"d{n}", alert(f"a{n}", f"s{n}"), "hook") for n in range(start, start + 500)]
        store.add_update(update(*batch), datetime.now(UTC))
    service = Service(plan, store, None, None, gauge, lambda: datetime.now(UTC), random.random)  # type: ignore[arg-type]
    begin = time.perf_counter()
    await service.deliver("hook")
    seconds = time.perf_counter() - begin
    await service.close()
    return seconds


def main() -> None:
    """Run both and print the ratio."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    gauge = Gauge(count)
    with tempfile.TemporaryDirectory() as folder:
        ledger = Path(folder, "ledger.jsonl")
        sink = subprocess.Popen([sys.executable, SINKS, ledger], stdout=subprocess.PIPE, text=True)
        try:
            assert sink.stdout is not None
            port = json.loads(sink.stdout.readline())["http"]
            seconds = asyncio.run(deliver(f"json://127.0.0.1:{port}/hook", count, folder, gauge))
            grown = (peak() - gauge.early) / 1024
            arrived = len({one.key for one in read_ledger(ledger)})
            bare_count = max(1, count // 10)
            begin = time.perf_counter()
            for number in range(bare_count):
                requests.post(
                    f"http://127.0.0.1:{port}/bare", json={"title": "A title", "message": str(number)}, timeout=30
                )
            bare = bare_count / (time.perf_counter() - begin)
        finally:
            sink.kill()
    rate = count / seconds
    print("| | messages/s | |\n|---|---|---|")
    print(
        f"| Watcher: outbox, rendering, Apprise | {rate:.0f} | {arrived} of {count} arrived, peak memory + {grown:.0f} MB |"
    )
    print(f"| bare `requests.post` in a loop | {bare:.0f} | Watcher takes {bare / rate:.1f}× the time |")


if __name__ == "__main__":
    main()
