"""The daemon on PostgreSQL: killed, stopped for a while, its sessions ended and its server crashed at random moments."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

import postgres
from farm import Farm
from kit import FAST, Daemon, wait_until
from publisher import RULES, Publisher
from sinks import HttpSink, told_titles

KILLS = int(os.environ.get("WATCHER_KILLS", "50"))
SEED = int(os.environ.get("WATCHER_SEED", "20260302"))
DISTURBANCES = {"kill": 4, "sessions": 3, "crash": 2, "pause": 1}


@pytest.fixture
def server() -> Iterator[postgres.Server]:
    """A server of the test's own, which it may stop."""
    yield from postgres.served()


def test_fifty_disturbances_lose_nothing_and_repeat_at_most_once_each(tmp_path: Path, server: postgres.Server) -> None:
    chance = random.Random(SEED)
    done: Counter[str] = Counter()
    with Farm() as farm, HttpSink() as sink:
        publisher = Publisher(farm)
        destinations = ("one", "two")
        channels = [(name, f"url: '{sink.url('json', name)}'") for name in destinations]
        daemon = Daemon(tmp_path, publisher.urls, channels, RULES, f"database: '{server.url}'\n{FAST}")
        daemon.start()
        for _ in range(KILLS):
            time.sleep(chance.uniform(0.5, 2.5))
            what = chance.choices(list(DISTURBANCES), list(DISTURBANCES.values()))[0]
            done[what] += 1
            _disturb(what, daemon, server, chance)
            _watch_over(daemon)
        owed = publisher.stop()

        def all_told() -> bool:
            _watch_over(daemon)
            return all(owed <= told_titles(sink, name).keys() for name in destinations)

        try:
            wait_until(all_told, 120, f"{len(owed)} bulletins at every destination")
            wait_until(lambda: not json.loads(daemon.call("audit", "--json").stdout)["pending"], 30, "an empty outbox")
            audit = json.loads(daemon.call("audit", "--json").stdout)
        finally:
            daemon.stop()
        repeats = {name: sum(n - 1 for n in told_titles(sink, name).values()) for name in destinations}
        print(f"\nseed={SEED} {dict(done)} owed={len(owed)} lost=0 repeats={repeats} audit={audit}")
        assert audit["lost"] == 0
        assert all(number <= KILLS for number in repeats.values())


def _watch_over(daemon: Daemon) -> None:
    """As its service manager does: one that ended, because there was no server when it started, is started again."""
    assert daemon.process is not None
    if daemon.process.poll() is not None:
        daemon.start()


def _disturb(what: str, daemon: Daemon, server: postgres.Server, chance: random.Random) -> None:
    import psycopg

    match what:
        case "kill":
            with contextlib.suppress(ProcessLookupError):
                daemon.kill()
            daemon.start()
        case "sessions":
            with psycopg.connect(server.url, autocommit=True) as connection:
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
                    " AND backend_type = 'client backend'"
                )
        case "crash":
            server.stop("immediate")
            time.sleep(chance.uniform(0, 1.5))
            server.start()
        case _:
            daemon.signal(signal.SIGSTOP)
            time.sleep(chance.uniform(0.5, 3))
            daemon.signal(signal.SIGCONT)
