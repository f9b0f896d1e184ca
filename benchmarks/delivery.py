"""Delivery: pending alerts to webhooks on loopback, through the real store, renderer and senders.

    python benchmarks/delivery.py [ALERTS] [DESTINATIONS]

The sinks run in a process of their own. Prints messages a second, CPU and peak memory of ours, and what was
lost or repeated.
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
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests")]

from sinks import read_ledger  # noqa: E402
from test_render import alert  # noqa: E402
from watcher import alerts  # noqa: E402
from watcher.alerts import ChannelPolicy  # noqa: E402
from watcher.channels import senders  # noqa: E402
from watcher.model import Update  # noqa: E402
from watcher.pipeline import Policy  # noqa: E402
from watcher.polling import PollingPolicy  # noqa: E402
from watcher.rules import compile_rules  # noqa: E402
from watcher.service import Destination, Plan, Service  # noqa: E402
from watcher.store import open_store  # noqa: E402


def _now() -> datetime:
    return datetime.now(UTC)


async def deliver(folder: Path, port: int, count: int, channels: int) -> float:
    """Seconds to deliver `count` alerts, spread over `channels` webhooks."""
    names = [f"hook{number}" for number in range(channels)]
    policies = [ChannelPolicy(name) for name in names]
    opened = {name: senders.open(f"json://127.0.0.1:{port}/{name}", name) for name in names}
    destinations = {policy.name: Destination(policy, opened[policy.name]) for policy in policies}
    plan = Plan({}, compile_rules([], []), Policy(channels=tuple(policies)), PollingPolicy(), destinations)
    store = open_store(str(folder / "watcher.db"))
    made = [alert(number, title=f"⟦{number}⟧ Le gouvernement va investir") for number in range(count)]
    for begin in range(0, count, 500):
        some = made[begin : begin + 500]
        planned = [
            alerts.plan(one, [policies[number % channels]], (), {}, _now())[0] for number, one in enumerate(some, begin)
        ]
        store.add_update(Update(alerts=tuple(some), deliveries=tuple(planned)), _now())
    service = Service(plan, store, None, None, lambda event: None, _now, random.random)  # type: ignore[arg-type]
    begun = time.perf_counter()
    await asyncio.gather(*(service.deliver(name) for name in names))
    seconds = time.perf_counter() - begun
    await service.close()
    return seconds


def main() -> None:
    """Run once and print one line."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    channels = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        ledger = folder / "ledger"
        sink = subprocess.Popen([sys.executable, str(ROOT / "tests" / "sinks.py"), str(ledger)], stdout=subprocess.PIPE)
        assert sink.stdout is not None
        port = json.loads(sink.stdout.readline())["http"]
        before = time.process_time()
        try:
            seconds = asyncio.run(deliver(folder, port, count, channels))
        finally:
            sink.kill()
            sink.wait()
        got = Counter(one.key for one in read_ledger(ledger))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{count} alerts to {channels} webhook(s): {count / seconds:.0f}/s, {time.process_time() - before:.1f} s of CPU, "
        f"peak {memory:.0f} MiB, lost {count - len(got)}, repeated {sum(got.values()) - len(got)}"
    )


if __name__ == "__main__":
    main()
