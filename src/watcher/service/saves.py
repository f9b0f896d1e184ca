"""States of feeds whose polls brought no document, written together: those of the same moment share one commit."""

from __future__ import annotations

import asyncio
import contextlib

from watcher.model import FeedState
from watcher.ports import Claim
from watcher.service.context import Context

_LINGER = 0.02
"""Seconds for which a state waits for company. A commit costs as much as twenty of the updates in it."""
_MOST = 64


class Saves:
    """Saves of one event loop. A crash before the commit costs nothing: the feed's lease ends and it is polled again."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._waiting: list[tuple[Claim, FeedState]] = []
        self._full = asyncio.Event()
        self._next: asyncio.Task[None] | None = None

    async def save(self, claim: Claim, state: FeedState) -> None:
        """Write a state and give its lease back; returns when it is on disk. Raises StoreError."""
        self._waiting.append((claim, state))
        if self._next is None:
            self._next = asyncio.create_task(self._together())
        together = self._next
        if len(self._waiting) >= _MOST:
            self._full.set()
        await asyncio.shield(together)

    async def close(self) -> None:
        """Wait for what has been handed in."""
        while self._next is not None:
            await asyncio.wait([self._next])

    async def _together(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LINGER):
                await self._full.wait()
        batch, self._waiting, self._full, self._next = self._waiting, [], asyncio.Event(), None
        await self._context.write(self._context.store.save_feeds, batch, self._context.now())
