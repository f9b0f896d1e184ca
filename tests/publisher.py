"""A publisher whose feeds grow by a bulletin eight times a second."""

from __future__ import annotations

import threading

from farm import Answer, Farm, rss

FEEDS = 4
RULES = "rules:\n  - {name: everything, any: [bulletin], per: item}\n"
"""Every bulletin is owed by itself."""


class Publisher:
    """Publishes numbered bulletins on several feeds."""

    def __init__(self, farm: Farm) -> None:
        self.published: list[list[str]] = [[] for _ in range(FEEDS)]
        self._lock = threading.Lock()
        self._stop = threading.Event()
        for number in range(FEEDS):
            farm[f"/{number}.xml"] = lambda request, n=number: self._answer(n)
        self.urls = [farm.url(f"/{number}.xml") for number in range(FEEDS)]
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
