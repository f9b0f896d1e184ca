"""A full disk: no feed is polled while it lasts, alerts still leave out of a reserve, and it is told once."""

from __future__ import annotations

from datetime import datetime, timedelta

from watcher import alerts
from watcher.model import Update
from watcher.service import notices
from watcher.service.context import Context
from watcher.store.schema import DISK_FULL

TOLD_AFTER = timedelta(seconds=5)
"""A disk that is full for less is logged, and no alert."""


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
            self._since = datetime.fromisoformat(text) if text else None
            self._is_known = True
            if text and context.store.is_short:
                self._log()
        if context.store.is_short and not await context.write(context.store.keep_room):
            await self._full()
            return False
        if self._since is not None:
            await self._well(self._since)
        return True

    async def _full(self) -> None:
        """Write down since when; tell it, once. Told again after a restart, the alert has the same key."""
        context, now = self._context, self._context.now()
        if self._since is None:
            await context.write(context.store.remember, DISK_FULL, now.isoformat())
            self._since = now
            self._log()
        if not self._is_told and abs(now - self._since) >= TOLD_AFTER:
            await self._tell(notices.disk_full(context.plan, self._since, context.store.folder, now), now)
            self._is_told = True

    def _log(self) -> None:
        at = self._context.store.folder
        self._context.tell("disk.full", at=at, remedy="make room there; until then no feed is polled")

    async def _well(self, since: datetime) -> None:
        context, now = self._context, self._context.now()
        if await context.write(context.store.has_alert, alerts.disk_key(since)):
            await self._tell(notices.disk_well(context.plan, since, now), now)
        await context.write(context.store.remember, DISK_FULL, "")
        context.tell("disk.well", at=context.store.folder)
        self._since, self._is_told = None, False

    async def _tell(self, update: Update, now: datetime) -> None:
        if update.deliveries:
            await self._context.write(self._context.store.add_update, update, now)
            self._context.woken()
