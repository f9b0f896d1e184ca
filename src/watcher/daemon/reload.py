"""When the configuration is read again: on SIGHUP, and when one of its files changes."""

from __future__ import annotations

import asyncio
import contextlib
import traceback
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path

from watcher import telemetry
from watcher.errors import StoreError
from watcher.service import Service

RETRY_SECONDS = 5.0
"""When a reload is tried again that the store could not take: its disk is full, say."""

State = frozenset[tuple[str, int, int, int]]


class Reloader:
    """Runs one reload at a time, and one more where it was asked for meanwhile. `files` names those that were read last."""

    def __init__(
        self, service: Service, reload: Callable[[], Awaitable[None]], files: Callable[[], Iterable[Path]]
    ) -> None:
        self._service, self._reload, self._files = service, reload, files
        self._task: asyncio.Task[None] | None = None
        self._again = False
        self._known = self._settling = state_of(files())

    def ask(self) -> None:
        """Reload soon. To be called on the event loop."""
        self._again = True
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._run())

    async def watch(self) -> None:
        """Ask for a reload once the files differ from those known and are the same at two looks: an editor may be writing."""
        state = await asyncio.to_thread(state_of, self._files())
        if state != self._known and state == self._settling:
            self.ask()
        self._settling = state

    async def close(self) -> None:
        """End what is under way."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        while self._again:
            self._again = False
            self._known = await asyncio.to_thread(state_of, self._files())
            try:
                await self._reload()
            except StoreError as error:
                self._service.tell("store.failed", kind=error.kind, reason=error.reason, sweep="reload")
                telemetry.notify(f"READY=1\nSTATUS=the reload waits for the store: {error.reason}")
                await asyncio.sleep(RETRY_SECONDS)
                self._again = True
            except Exception as error:
                self._service.tell("internal.error", error=type(error).__name__, trace=traceback.format_exc())
                telemetry.notify("READY=1\nSTATUS=the reload failed, the old configuration stays")


def state_of(files: Iterable[Path]) -> State:
    """What tells a change of the files: name, time, size and inode of each, and of each YAML file beside them."""
    known = set(files)
    beside = {other for folder in {file.parent for file in known} for other in folder.glob("*.y*ml")}
    found = []
    for file in known | beside:
        with contextlib.suppress(OSError):
            status = file.stat()
            found.append((str(file), status.st_mtime_ns, status.st_size, status.st_ino))
    return frozenset(found)
