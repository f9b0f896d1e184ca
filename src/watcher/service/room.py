"""A full disk: no feed is polled while it lasts, alerts still leave out of a reserve, and it is told once."""

from __future__ import annotations

from datetime import datetime, timedelta

from watcher.model import Update
from watcher.service import notices
from watcher.service.context import Context
from watcher.store.schema import DISK_FULL

TOLD_AFTER = timedelta(seconds=5)
"""A disk that is full for less is no news."""


class Room:
    """Asked before each round of polls whether there is room for what they bring."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._since: datetime | None = None
        self._is_told = False
        self._is_known = False
        """Whether it was asked for what an earlier run left."""

    async def has_room(self) -> bool:
        """Whether news may be taken; looks whether there is room again, and tells what changed. Raises StoreError."""
        context = self._context
        if not self._is_known:
            await context.write(context.store.keep_room)
            text = await context.write(context.store.recall, DISK_FULL)
            self._since, self._is_told = datetime.fromisoformat(text) if text else None, bool(text)
            self._is_known = True
        if context.store.is_short and not await context.write(context.store.keep_room):
            await self._full()
            return False
        if self._since is not None:
            await self._well(self._since)
        return True

    async def _full(self) -> None:
        """Write down since when, and tell it, once."""
        context, now = self._context, self._context.now()
        since = self._since = self._since or now
        if self._is_told or abs(now - since) < TOLD_AFTER:
            return
        await context.write(context.store.remember, DISK_FULL, since.isoformat())
        await self._tell(notices.disk_full(context.plan, since, context.store.folder, now), now)
        context.tell("disk.full", at=context.store.folder, remedy="make room there; polls then go on by themselves")
        self._is_told = True

    async def _well(self, since: datetime) -> None:
        context, now = self._context, self._context.now()
        if self._is_told:
            await context.write(context.store.remember, DISK_FULL, "")
            await self._tell(notices.disk_well(context.plan, since, now), now)
            context.tell("disk.well", at=context.store.folder)
        self._since, self._is_told = None, False

    async def _tell(self, update: Update, now: datetime) -> None:
        if update.deliveries:
            await self._context.write(self._context.store.add_update, update, now)
            self._context.woken()
