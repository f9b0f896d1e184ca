"""What the daemon does now and then, besides polling and delivering: sweeps, pruning, the dead man's switch."""

from __future__ import annotations

import asyncio
import gc
import traceback
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

import aiohttp

from watcher.config import Settings
from watcher.daemon.clock import wall_clock
from watcher.daemon.heap import forget, give_back_memory
from watcher.errors import StoreError
from watcher.push import Push
from watcher.service import Service
from watcher.store import care, open_lists

_T = TypeVar("_T")

STORE_DOUBTED = timedelta(minutes=3)
"""How long after the store refused something all is not well: polls of a full disk try in turn."""


async def guarded(service: Service, work: Awaitable[_T], **about: str) -> _T | None:
    """Await work; when it fails, say so and return None: one feed, channel or sweep disturbs nothing else."""
    try:
        return await work
    except StoreError as error:
        service.tell("store.failed", kind=error.kind, reason=error.reason, **about)
    except Exception as error:
        service.tell("internal.error", error=type(error).__name__, trace=traceback.format_exc(), **about)
    return None


class Chores:
    """Each method is one chore; who calls them says when. `settings` are those of the moment."""

    def __init__(
        self, service: Service, settings: Callable[[], Settings], push: Push | None, is_alive: Callable[[], bool]
    ) -> None:
        self._service, self._settings, self._push, self._is_alive = service, settings, push, is_alive
        self._read = -1
        self._rests = False

    async def sweep(self) -> None:
        """Escalate alerts that nobody acknowledged, tell what was said about health, ask hubs."""
        await guarded(self._service, self._service.escalate(), sweep="escalate")
        await guarded(self._service, self._service.flush_health(), sweep="health")
        if self._push is not None:
            await guarded(self._service, self._push.subscribe(), sweep="push")

    async def remind(self) -> None:
        """Follow up on stories whose dates are reached."""
        await guarded(self._service, self._service.remind(), sweep="dates ahead")

    async def lighten(self) -> None:
        """Give memory back to the system; first, when no entry was read since the last time, what is remembered for the next."""
        read, before = self._service.judges.read, self._read
        if read != before:
            self._read, self._rests = read, False
        elif not self._rests:
            self._rests = True
            forget()
            await asyncio.to_thread(gc.collect)
        await asyncio.to_thread(give_back_memory)

    async def prune(self) -> None:
        """Remove what is older than `keep:` says, and give its room back. Polls and sends take their turns in between."""
        keep, store = self._settings().keep, self._service.store
        limits = care.Limits.of(wall_clock(), keep.items, keep.stories)
        removed = dict.fromkeys(care.steps(), 0)
        for name in removed:
            while count := await guarded(
                self._service, self._service.write(care.prune_some, store, name, limits), sweep="prune"
            ):
                removed[name] += count
        await guarded(self._service, self._service.write(store.shrink), sweep="prune")
        if any(removed.values()):
            self._service.tell("store.pruned", **{name.replace(" ", "_"): number for name, number in removed.items()})

    async def ping(self) -> None:
        """Tell the dead man's switch that all is well: the loop advances, no delivery is lost, the store takes what is written.

        Otherwise stay silent, so that it speaks: on a full disk nothing new is told, though all else looks well.
        """
        failed_at = self._service.store_failed_at
        if self._service.store.is_short:
            return
        if failed_at is not None and abs(wall_clock() - failed_at) < STORE_DOUBTED:
            return
        lost = await asyncio.to_thread(_lost, self._settings().database)
        if lost or not self._is_alive():
            return
        timeout = aiohttp.ClientTimeout(total=20)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.get(self._settings().health.ping) as answer,
            ):
                answer.raise_for_status()
        except (aiohttp.ClientError, TimeoutError) as error:
            self._service.tell("ping.failed", reason=type(error).__name__)


def _lost(database: str) -> int:
    """Alerts that should have a delivery and have none."""
    lists = open_lists(database)
    try:
        return int(lists.audit()["lost"])
    finally:
        lists.close()
