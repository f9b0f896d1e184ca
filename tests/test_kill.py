"""`kill -9` at random moments: nothing lost, at most one repeat for each kill."""

from __future__ import annotations

import os
import random
import threading
import time
from pathlib import Path

from farm import Answer, Farm, rss
from kit import Daemon, wait_until
from sinks import HttpSink, told_titles

KILLS = int(os.environ.get("WATCHER_KILLS", "50"))
SEED = int(os.environ.get("WATCHER_SEED", "20260302"))
FEEDS = 4
RULES = "rules:\n  - {name: everything, any: [bulletin], per: item}\n"


class Publisher:
    """Publishes numbered bulletins on several feeds."""

    def __init__(self, farm: Farm) -> None:
        self.published: list[list[str]] = [[] for _ in range(FEEDS)]
        self._lock = threading.Lock()
        self._stop = threading.Event()
        for number in range(FEEDS):
            farm[f"/{number}.xml"] = lambda request, n=number: self._answer(n)
        self._thread = threading.Thread(target=self._publish, daemon=True)
        self._thread.start()

    def _answer(self, number: int) -> Answer:
        with self._lock:
            titles = list(self.published[number])
        return Answer(rss(*reversed(titles)), etag=f'"{len(titles)}-{titles[-1] if titles else ""}"')

    def _publish(self) -> None:
        count = 0
        while not self._stop.wait(0.12):
            with self._lock:
                self.published[count % FEEDS].append(f"bulletin {count} of the day")
            count += 1

    def stop(self) -> set[str]:
        """Stop publishing. Returns every title published."""
        self._stop.set()
        self._thread.join()
        return {title for titles in self.published for title in titles}


def test_fifty_kills_lose_nothing_and_repeat_at_most_once_each(tmp_path: Path) -> None:
    chance = random.Random(SEED)
    with Farm() as farm, HttpSink() as sink:
        publisher = Publisher(farm)
        destinations = ("one", "two")
        channels = [(name, f"url: '{sink.url('json', name)}'") for name in destinations]
        daemon = Daemon(tmp_path, [farm.url(f"/{n}.xml") for n in range(FEEDS)], channels, RULES)
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
