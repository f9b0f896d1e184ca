"""The pool of parser processes: documents are parsed where a bomb can only hurt itself.

The other side is `watcher.feeds.child`.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from types import TracebackType
from typing import Any

from watcher.errors import ParseError
from watcher.feeds import trim
from watcher.feeds.child import parse_then
from watcher.feeds.parsed import ParsedFeed
from watcher.feeds.process import Process
from watcher.model import Document

_GRACE = 0.5
_SMALL = 600_000
"""Bodies up to this size are trimmed in the event loop: at most a few milliseconds."""


@dataclass(frozen=True, slots=True)
class ParseLimits:
    """What one document may cost: CPU and wall-clock time, address space of its process, and how many processes there are.

    The clock is for what hangs without work: long enough for a machine that is busy with other things.

    A process that has been idle for `idle` ends; one that has parsed `documents` is replaced.
    For each document that takes longer than half a second one more process is started, up to `burst`.
    """

    cpu: timedelta = timedelta(seconds=4)
    wall: timedelta = timedelta(seconds=20)
    memory_bytes: int = 1 << 30
    processes: int = 2
    burst: int = 2
    idle: timedelta = timedelta(seconds=60)
    documents: int = 2_000


@contextmanager
def parsing() -> Iterator[Callable[[Document], ParsedFeed]]:
    """A blocking way to parse documents one by one in a child, for commands without an event loop."""
    with asyncio.Runner() as runner:
        pool = ParserPool()
        try:
            yield lambda document: runner.run(pool.parse(document))
        finally:
            runner.run(pool.close())


class ParserPool:
    """Parses documents in child processes. An async context manager; `parse` may be called concurrently.

    Children start at the first document and end when idle. A child that crashes or exceeds a limit costs its document
    a ParseError of kind `poison`; the next document gets a new child.
    """

    def __init__(self, limits: ParseLimits | None = None) -> None:
        self.limits = limits or ParseLimits()
        self._free: list[Process] = []
        self._count = 0
        self._busy: dict[Process, float] = {}
        """Since when."""
        self._waiting: list[asyncio.Future[None]] = []
        self._reaper: asyncio.TimerHandle | None = None
        self.killed = 0
        """Children that had to be ended or died, for metrics."""

    @property
    def processes(self) -> int:
        """How many children there are now."""
        return self._count

    async def __aenter__(self) -> ParserPool:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """End the children."""
        if self._reaper:
            self._reaper.cancel()
        children, self._free = self._free, []
        for child in children:
            await child.stop()

    async def parse(
        self, document: Document, known: frozenset[str] = frozenset(), then: Callable[[ParsedFeed], Any] | None = None
    ) -> Any:
        """The ParsedFeed, or what `then` makes of it in the child (`then` must be picklable; its result `watcher` values).

        A document that holds nothing but known entries is answered here, without hints and without `then`.
        Raises ParseError; an exception of `then` comes back as a ParseError of kind poison too.
        """
        if known and len(document.body) <= _SMALL:
            cut = trim.cut(document.body, known)
            if cut.total and not cut.left:
                return ParsedFeed((), blocks=cut.hashes, total=cut.total)
        return await self.run(parse_then, document, known, then, url=document.url)

    async def run(self, work: Callable[..., Any], *arguments: Any, url: str) -> Any:
        """What `work` returns in a child, for other work on untrusted documents. All must be picklable.

        Raises ParseError about `url` as `parse` does.
        """
        task = (work, arguments, max(1, math.ceil(self.limits.cpu.total_seconds())))
        process = await self._take(url)
        is_fresh = process.served == 0
        answer = await self._ask(process, task)
        if answer is None and not is_fresh and not process.overspent:
            # It may have died of what came before; a new process decides.
            process = await self._take(url, fresh=True)
            answer = await self._ask(process, task)
        match answer:
            case None:
                raise ParseError(url, "poison", process.epitaph)
            case ("done", result):
                return result
            case ("no feed", str(error_kind), str(reason)):
                raise ParseError(url, error_kind, reason)
            case ("failed", str(reason)):
                raise ParseError(url, "poison", reason)
            case _:
                raise ParseError(url, "poison", "the parser gave an answer that can not be read")

    async def _ask(self, child: Process, task: object) -> object:
        """One task to one child, under the clock; None if the child did not survive it. Gives the child back or ends it."""
        self._busy[child] = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(self.limits.wall.total_seconds()):
                answer = await child.ask(task)
        except TimeoutError:
            child.out_of_time = True
            answer = None
        except BaseException:
            await self._end(child)
            raise
        finally:
            del self._busy[child]
        if answer is None:
            self.killed += 1
            await self._end(child)
        elif child.served >= self.limits.documents:
            await self._end(child)
        else:
            child.idle_since = asyncio.get_running_loop().time()
            self._free.append(child)
            self._wake()
            self._schedule_reaper()
        return answer

    async def _take(self, url: str, *, fresh: bool = False) -> Process:
        loop = asyncio.get_running_loop()
        while True:
            if self._free and not fresh:
                return self._free.pop()
            stuck = sum(loop.time() - begun > _GRACE for begun in self._busy.values())
            if self._count < self.limits.processes + min(stuck, self.limits.burst):
                self._count += 1
                try:
                    return await self._started(url)
                except BaseException:
                    self._count -= 1
                    self._wake()
                    raise
            waiter = loop.create_future()
            self._waiting.append(waiter)
            try:
                await asyncio.wait_for(waiter, _GRACE)
            except TimeoutError:
                continue
            finally:
                if waiter in self._waiting:
                    self._waiting.remove(waiter)

    async def _started(self, url: str) -> Process:
        try:
            return await Process.start(self.limits.memory_bytes)
        except OSError:
            # One may be killed as it begins, or the machine be out of processes for a moment.
            await asyncio.sleep(_GRACE)
        try:
            return await Process.start(self.limits.memory_bytes)
        except OSError as error:
            reason = (
                f"no parser process can be started ({error}): the installation or the machine is at fault, not the feed"
            )
            raise ParseError(url, "unread", reason) from error

    async def _end(self, child: Process) -> None:
        try:
            await child.kill()
        finally:
            self._count -= 1
            self._wake()

    def _wake(self) -> None:
        while self._waiting:
            waiter = self._waiting.pop(0)
            if not waiter.done():
                waiter.set_result(None)
                return

    def _schedule_reaper(self) -> None:
        if self._reaper is None or self._reaper.when() < asyncio.get_running_loop().time():
            loop = asyncio.get_running_loop()
            self._reaper = loop.call_later(self.limits.idle.total_seconds() + 0.05, self._reap)

    def _reap(self) -> None:
        now = asyncio.get_running_loop().time()
        idle = self.limits.idle.total_seconds()
        old = [child for child in self._free if now - child.idle_since >= idle]
        self._free = [child for child in self._free if child not in old]
        for child in old:
            self._count -= 1
            child.close()
        self._reaper = None
        if self._free:
            self._schedule_reaper()
