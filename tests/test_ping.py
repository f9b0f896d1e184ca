"""The dead man's switch hears from us only while all is well."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from farm import Answer, Farm
from watcher.daemon.chores import Chores
from watcher.daemon.clock import wall_clock
from watcher.errors import StoreError
from watcher.pipeline import Policy
from watcher.polling import PollingPolicy
from watcher.rules import compile_rules
from watcher.service import Plan, Service
from watcher.store import open_store


async def _fill(service: Service) -> None:
    store: Any = service.store
    store._connection.execute("PRAGMA max_page_count = 1")
    with pytest.raises(StoreError):
        await service.write(store.remember, "long", "x" * 100_000)


async def _nothing(service: Service) -> None:
    pass


@pytest.mark.parametrize(
    ("spoil", "is_alive", "pings"),
    [(_nothing, True, 1), (_nothing, False, 0), (_fill, True, 0)],
    ids=["well", "stuck", "full disk"],
)
def test_it_is_told_only_while_all_is_well(
    tmp_path: Path, spoil: Callable[[Service], Awaitable[None]], is_alive: bool, pings: int
) -> None:
    async def ping(url: str) -> None:
        database = str(tmp_path / "watcher.db")
        plan = Plan({}, compile_rules([]), Policy(), PollingPolicy(), {})
        unused: Any = None
        store = open_store(database)
        service = Service(plan, store, unused, unused, lambda event: None, wall_clock, lambda: 0.0)
        await spoil(service)
        settings: Any = SimpleNamespace(database=database, health=SimpleNamespace(ping=url))
        await Chores(service, lambda: settings, None, lambda: is_alive).ping()
        await service.close()

    with Farm() as farm:
        farm["/ping"] = Answer(b"ok")
        asyncio.run(ping(farm.url("/ping")))
        assert len(farm.requests("/ping")) == pings
