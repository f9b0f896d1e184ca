"""Ten thousand pending alerts to one webhook on loopback: messages a second, and memory.

Beside it, in the same run, a bare loop of the same POSTs with the HTTP library that Apprise uses.

    python benchmarks/delivery.py [COUNT]
"""

from __future__ import annotations

import asyncio
import random
import resource
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

import requests

from build import alert, delivery, update
from sinks import HttpSink
from watcher.alerts import ChannelPolicy
from watcher.channels import senders
from watcher.pipeline import Policy
from watcher.polling import PollingPolicy
from watcher.rules import compile_rules
from watcher.service import Destination, Plan, Service
from watcher.store import open_store


async def deliver(url: str, count: int, folder: str) -> float:
    """Seconds that it takes to deliver `count` alerts through outbox and Apprise."""
    policy = ChannelPolicy("hook")
    plan = Plan({}, compile_rules([]), Policy(), PollingPolicy(), {"hook": Destination(policy, senders.open(url, "hook"))})
    store = open_store(f"{folder}/bench.db")
    for start in range(0, count, 500):
        batch = [delivery(f"d{n}", alert(f"a{n}", f"s{n}"), "hook") for n in range(start, start + 500)]
        store.add_update(update(*batch), datetime.now(UTC))
    service = Service(plan, store, None, None, lambda event: None, lambda: datetime.now(UTC), random.random)  # type: ignore[arg-type]
    begin = time.perf_counter()
    await service.deliver("hook")
    seconds = time.perf_counter() - begin
    await service.close()
    return seconds


def main() -> None:
    """Run both and print the ratio."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with HttpSink() as sink, tempfile.TemporaryDirectory() as folder:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        seconds = asyncio.run(deliver(sink.url("json", "hook"), count, folder))
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        arrived = len(sink.received("hook"))
        bare_count = max(1, count // 10)
        begin = time.perf_counter()
        for number in range(bare_count):
            requests.post(sink.url("http", "bare"), json={"title": "A title", "message": str(number)}, timeout=30)
        bare = bare_count / (time.perf_counter() - begin)
    rate = count / seconds
    print("| | messages/s | |\n|---|---|---|")
    print(f"| Watcher: outbox, rendering, Apprise | {rate:.0f} | {arrived} of {count} arrived, peak memory + {grown:.0f} MB |")
    print(f"| bare `requests.post` in a loop | {bare:.0f} | Watcher takes {bare / rate:.1f}× the time |")


if __name__ == "__main__":
    main()
