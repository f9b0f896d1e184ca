"""The other side of `worker.ParserPool`: a program that works on untrusted documents, within limits, until its input ends.

It reads tasks from its standard input and answers on its standard output, each a length and a pickle.
"""

from __future__ import annotations

import math
import os
import pickle
import resource
import signal
import sys
from collections.abc import Callable
from typing import Any

from watcher.errors import ParseError
from watcher.feeds.parsed import ParsedFeed
from watcher.model import Document

HEADER = 8
"""Bytes of the length before each message."""
READY = b"ready\n"
"""What a child says before it takes tasks."""


def parse_then(document: Document, known: frozenset[str], then: Callable[[ParsedFeed], Any] | None) -> Any:
    """Parse a document, and give the outcome to `then`."""
    from watcher.feeds.parse import parse_document  # the pool's side imports this module too, and need not parse

    parsed = parse_document(document, known)
    return then(parsed) if then else parsed


def main() -> None:
    """Do each task of standard input."""
    for name in (signal.SIGINT, signal.SIGTERM):
        # Meant for the daemon, which finishes what it has begun; we end with our input.
        signal.signal(name, signal.SIG_IGN)
    _limit(int(sys.argv[1]))
    source, sink = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a stray print must not get into an answer
    import watcher.feeds.parse  # noqa: F401  # so that no document pays for it

    sink.write(READY)
    sink.flush()
    while len(header := source.read(HEADER)) == HEADER:
        data = pickle.dumps(_answer(source.read(int.from_bytes(header, "big"))), pickle.HIGHEST_PROTOCOL)
        sink.write(len(data).to_bytes(HEADER, "big") + data)
        sink.flush()


def _answer(task: bytes) -> tuple[object, ...]:
    try:
        work, arguments, cpu_seconds = pickle.loads(task)
        _allow_cpu(cpu_seconds)
        return "done", work(*arguments)
    except ParseError as error:
        return "no feed", error.kind, error.reason
    except MemoryError:
        return "failed", "parsing it takes too much memory: the document is broken or hostile"
    except Exception as error:
        return "failed", f"parsing it failed: {type(error).__name__}: {error}"[:300]


def _limit(memory_bytes: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _allow_cpu(seconds: int) -> None:
    """Let this process use so many seconds of CPU from now on; then SIGXCPU ends it."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(used.ru_utime + used.ru_stime) + seconds, hard))


if __name__ == "__main__":
    main()
