"""`kill -9` at random moments: nothing lost, at most one repeat for each kill."""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

from farm import Farm
from kit import Daemon, wait_until
from publisher import RULES, Publisher
from sinks import HttpSink, told_titles

KILLS = int(os.environ.get("WATCHER_KILLS", "50"))
SEED = int(os.environ.get("WATCHER_SEED", "20260302"))


def test_fifty_kills_lose_nothing_and_repeat_at_most_once_each(tmp_path: Path) -> None:
    chance = random.Random(SEED)
    with Farm() as farm, HttpSink() as sink:
        publisher = Publisher(farm)
        destinations = ("one", "two")
        channels = [(name, f"url: '{sink.url('json', name)}'") for name in destinations]
        daemon = Daemon(tmp_path, publisher.urls, channels, RULES)
        for _ in range(KILLS):
            daemon.start()
            time.sleep(chance.uniform(0.3, 1.9))
            daemon.kill()
        owed = publisher.stop()
        daemon.start()
        try:
            wait_until(
                lambda: all(owed <= told_titles(sink, name).keys() for name in destinations), 60, _missing(sink, owed)
            )
        finally:
            daemon.stop()
        repeats = {name: sum(n - 1 for n in told_titles(sink, name).values()) for name in destinations}
        print(f"\nseed={SEED} kills={KILLS} owed={len(owed)} lost=0 repeats={repeats}")
        assert all(number <= KILLS for number in repeats.values())
        assert all(max(told_titles(sink, name).values()) <= 1 + KILLS for name in destinations)


def _missing(sink: HttpSink, owed: set[str]) -> str:
    return f"{len(owed)} bulletins at every destination"
