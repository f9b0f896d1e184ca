"""When the configuration is read again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from watcher.daemon import reload
from watcher.errors import StoreError


class Told:
    """A service that keeps what it is told."""

    def __init__(self) -> None:
        self.events: list[str] = []

    def tell(self, event: str, **about: Any) -> None:
        self.events.append(event)


def reloader(work: Callable[[], Awaitable[None]], *files: Path) -> tuple[reload.Reloader, Told]:
    told = Told()
    return reload.Reloader(told, work, lambda: files), told  # type: ignore[arg-type]  # of a service only `tell` is asked


async def until_done(one: reload.Reloader) -> None:
    assert one._task is not None
    await asyncio.wait_for(one._task, 5)


def test_a_store_that_fails_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reload, "RETRY_SECONDS", 0.0)
    tries: list[int] = []

    async def work() -> None:
        tries.append(1)
        if len(tries) < 3:
            raise StoreError("full", "the disk is full")

    async def main() -> list[str]:
        one, told = reloader(work)
        one.ask()
        await until_done(one)
        return told.events

    assert asyncio.run(main()) == ["store.failed", "store.failed"] and len(tries) == 3


def test_any_other_failure_is_told_and_ends_nothing() -> None:
    async def work() -> None:
        raise ValueError("odd")

    async def main() -> list[str]:
        one, told = reloader(work)
        one.ask()
        await until_done(one)
        return told.events

    assert asyncio.run(main()) == ["internal.error"]


def test_one_at_a_time_and_once_more_where_asked_meanwhile() -> None:
    running, seen = [0], []

    async def work() -> None:
        running[0] += 1
        seen.append(running[0])
        await asyncio.sleep(0.02)
        running[0] -= 1

    async def main() -> None:
        one, _ = reloader(work)
        one.ask()
        await asyncio.sleep(0.01)
        for _ in range(3):
            one.ask()
        await until_done(one)

    asyncio.run(main())
    assert seen == [1, 1]


def test_files_that_change_and_settle_are_read_again(tmp_path: Path) -> None:
    file, calls = tmp_path / "watcher.yaml", []
    file.write_text("a")

    async def work() -> None:
        calls.append(file.read_text())

    async def main() -> None:
        one, _ = reloader(work, file)
        await one.watch()
        assert one._task is None
        for change in (lambda: file.write_text("ab"), lambda: (tmp_path / "more.yaml").write_text("c"), file.unlink):
            change()
            await one.watch()
            before = len(calls)
            await one.watch()
            if file.exists():
                await until_done(one)
                assert len(calls) == before + 1
            await one.watch()

    asyncio.run(main())
    assert calls == ["ab", "ab"]
