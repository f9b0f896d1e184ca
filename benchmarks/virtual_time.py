"""An event loop that does not wait: where nothing is ready, its clock leaps to the next timer."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any


class _Leaping(selectors.SelectSelector):
    """Waits for no socket."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            raise RuntimeError("nothing is left that could happen")
        self.now += max(0.0, timeout)
        return []


class VirtualTime(asyncio.SelectorEventLoop):
    """`time` begins at 0 and passes only while everybody sleeps. Work for other threads is done at once, in place."""

    def __init__(self) -> None:
        self._leaping = _Leaping()
        super().__init__(self._leaping)

    def time(self) -> float:
        """Seconds since the loop began."""
        return self._leaping.now

    def run_in_executor(  # type: ignore[override]  # the same promise, kept at once
        self, executor: Executor | None, func: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        """The result of `func`, with no thread in between."""
        future = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:
            future.set_exception(error)
        return future
