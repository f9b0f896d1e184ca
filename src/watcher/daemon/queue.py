"""The polls under way: a tick claims what is due, as much as there is room for, so that a backlog is no flood of tasks."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from watcher.daemon.chores import guarded
from watcher.errors import StoreError
from watcher.model import Update
from watcher.service import Service

PLACES = 4
"""Polls under way for each request that may be under way: feeds that wait for a turn at their host hold up no other."""
LONGEST_LINE = timedelta(seconds=10)
"""A feed that would wait longer for its turn goes back into the schedule: a host that hangs fills no more than a few places."""


class PollQueue:
    """Polls what is due. `tasks` are the polls under way."""

    def __init__(self, service: Service) -> None:
        self.tasks: set[asyncio.Task[Update | None]] = set()
        self._service = service
        self._is_open = True

    def close(self) -> None:
        """Begin no further poll. What a tick has claimed meanwhile is taken up again at the next start."""
        self._is_open = False

    async def tick(self, concurrency: int) -> bool:
        """Begin to poll what is due; `concurrency` is how many requests may be made at once. False: the store failed."""
        free = PLACES * concurrency - len(self.tasks)
        try:
            claims = await self._service.claim(free) if free > 0 else []
        except StoreError as error:
            self._service.tell("store.failed", kind=error.kind, reason=error.reason)
            return False
        for claim in claims if self._is_open else ():
            task = asyncio.create_task(guarded(self._service, self._service.poll(claim), feed=claim.state.url))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)
        return True
