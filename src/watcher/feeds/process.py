"""One parser process as the pool sees it: start it, ask it, end it.

Answers are unpickled with a list of what may come, so that a parser that was taken over gains nothing by them.
"""

from __future__ import annotations

import asyncio
import io
import os
import pickle
import signal
import sys
from pathlib import Path
from typing import Any

from watcher.feeds.child import HEADER, READY

_LONGEST_START = 60.0
"""Seconds; a busy machine may take some, and no document is to blame for them."""
_LARGEST_ANSWER = 200_000_000
_KEPT_ENVIRONMENT = (
    "PATH",
    "PYTHONHOME",
    "LANG",
    "LC_ALL",
    "TMPDIR",
    "VIRTUAL_ENV",
)
_ALLOWED = (
    {("builtins", name) for name in ("frozenset", "set", "complex", "bytearray", "slice", "range")}
    | {("datetime", name) for name in ("datetime", "date", "time", "timedelta", "timezone")}
    | {("decimal", "Decimal")}
)


class Process:
    """One parser process as the pool sees it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.served = 0
        self.idle_since = 0.0
        self.out_of_time = False

    @classmethod
    async def start(cls, memory_bytes: int) -> Process:
        """A process that is ready for tasks. Raises OSError where none can be started."""
        environment = {name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ}
        home = str(Path(__file__).parents[2])
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, (home, os.environ.get("PYTHONPATH", ""))))
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",
            "-m",
            "watcher.feeds.child",
            str(memory_bytes),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=environment,
            limit=1 << 20,
        )
        started = cls(process)
        try:
            async with asyncio.timeout(_LONGEST_START):
                if process.stdout is None or await process.stdout.readexactly(len(READY)) != READY:
                    raise EOFError
        except BaseException as error:
            await started.kill()
            if isinstance(error, (EOFError, TimeoutError)):
                raise ChildProcessError("it ended before it was ready") from error
            raise
        return started

    async def ask(self, task: object) -> object:
        """The answer, or None if the process is no more."""
        stdin, stdout = self.process.stdin, self.process.stdout
        if stdin is None or stdout is None:
            return None
        self.served += 1
        data = pickle.dumps(task, pickle.HIGHEST_PROTOCOL)
        try:
            stdin.write(len(data).to_bytes(HEADER, "big"))
            stdin.write(data)
            await stdin.drain()
            size = int.from_bytes(await stdout.readexactly(HEADER), "big")
            if size > _LARGEST_ANSWER:
                return None
            return _Answers(io.BytesIO(await stdout.readexactly(size))).load()
        except (ConnectionError, asyncio.IncompleteReadError):
            return None
        except (pickle.UnpicklingError, EOFError, AttributeError, ImportError, IndexError, TypeError, ValueError):
            return ("unreadable",)

    @property
    def overspent(self) -> bool:
        """Whether it ended for the time it took, of the clock or of the processor."""
        return self.out_of_time or self.process.returncode == -signal.SIGXCPU

    @property
    def epitaph(self) -> str:
        """Why this process did not answer."""
        if self.overspent:
            return "parsing it took too long: the document is broken or hostile"
        return f"the parser broke down over it{self._last_word}: the document is broken or hostile"

    @property
    def _last_word(self) -> str:
        code = self.process.returncode
        if code is None or code >= 0:
            return ""
        if code == -signal.SIGKILL:
            return " (killed, as the system does when memory runs out)"
        return f" ({signal.strsignal(-code) or f'signal {-code}'})"

    def close(self) -> None:
        """Let the process end by itself: it stops at the end of its input."""
        if self.process.stdin:
            self.process.stdin.close()

    async def stop(self) -> None:
        """End a process that is idle."""
        self.close()
        try:
            async with asyncio.timeout(1):
                await self.process.wait()
        except TimeoutError:
            await self.kill()

    async def kill(self) -> None:
        """End a process, whatever it does."""
        if self.process.returncode is None:
            try:
                async with asyncio.timeout(0.05):
                    await self.process.wait()  # it may have ended itself, and then says by which signal
            except TimeoutError:
                self.process.kill()
                await self.process.wait()
        self.close()


class _Answers(pickle.Unpickler):
    """Reads only values of ours and of the standard types that they are made of."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in _ALLOWED:
            return super().find_class(module, name)
        if module.startswith("watcher."):
            found = super().find_class(module, name)
            if isinstance(found, type) and found.__module__ == module:
                return found
        raise pickle.UnpicklingError(f"{module}.{name} is not expected in an answer")
