"""What every use case works with: the plan, the store, the clock, chance, and whom to tell."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any, TypeVar

from watcher import alerts
from watcher.errors import StoreError
from watcher.ports import Event, Observer
from watcher.service.plan import Plan
from watcher.store import Store

_T = TypeVar("_T")


class Context:
    """`clock` and `chance` are injected; `woken` is called when deliveries were planned."""

    def __init__(
        self,
        plan: Plan,
        store: Store,
        observe: Observer,
        clock: Callable[[], datetime],
        chance: Callable[[], float],
    ) -> None:
        self.plan = plan
        self.store = store
        self.woken: Callable[[], None] = lambda: None
        self.now = clock
        self.chance = chance
        self.store_failed_at: datetime | None = None
        self._observe = observe
        self._writer = ThreadPoolExecutor(1, "store")

    async def close(self) -> None:
        """Wait for the writer, then close the store."""
        await self.write(self.store.close)
        self._writer.shutdown(wait=True)

    async def write(self, work: Callable[..., _T], *args: Any, **named: Any) -> _T:
        """Run a store method on the writer thread; on a full disk once more, with the reserve. Raises StoreError."""

        def owed() -> _T:
            try:
                return work(*args, **named)
            except StoreError as error:
                if error.kind != "full" or not self.store.make_room():
                    raise
                return work(*args, **named)

        return await self._on_writer(owed)

    async def write_news(self, work: Callable[..., _T], *args: Any, **named: Any) -> _T:
        """As `write`, but for what can be had later: the reserve is not for it, and with a full disk it is refused."""

        def news() -> _T:
            if self.store.is_short:
                raise StoreError("full", "the disk is full: what room is left is for alerts under way")
            try:
                return work(*args, **named)
            except StoreError as error:
                if error.kind == "full":
                    self.store.make_room()
                raise

        return await self._on_writer(news)

    async def _on_writer(self, work: Callable[[], _T]) -> _T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._writer, work)
        except StoreError:
            self.store_failed_at = self.now()
            raise

    def tell(self, name: str, **fields: Any) -> None:
        """Report an event."""
        self._observe(Event(name, fields))

    async def counts(self, now: datetime) -> dict[str, int]:
        """Messages of each capped channel within its window."""
        since = {
            name: start
            for name, destination in self.plan.destinations.items()
            if (start := alerts.counted_since(destination.policy, now)) is not None
        }
        return await self.write(self.store.counts, since) if since else {}
