"""The store on PostgreSQL: one daemon by a lock of its session, and a connection that may be lost and made anew."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

import psycopg

from watcher.errors import StoreError
from watcher.store.held import Holder
from watcher.store.postgres.connection import (
    DAEMON,
    Session,
    as_store_error,
    connect,
    holder,
    lock_of,
    shown,
    transaction,
)
from watcher.store.postgres.tables import migrate
from watcher.store.store import Store

_T = TypeVar("_T")

PATIENCE = 5.0
"""Seconds that a server which restarts gets before what was asked of it fails, and is asked again by those who can wait."""

RETRY = 0.25


class PostgresStore(Store):
    """A database of a server. `shared` leaves the lock to the daemon: for a person's small changes beside it."""

    def __init__(self, url: str, *, shared: bool = False) -> None:
        super().__init__()
        self.url = url
        self._shared = shared
        self._session: Session | None = None
        self._session = self._opened(own_is_dead=False)
        try:
            self.migrated = migrate(self._session, url)
        except StoreError:
            self._session.close()
            raise

    def close(self) -> None:
        """Close the connection, which gives the lock back."""
        if self._session is not None:
            with suppress(psycopg.Error):
                self._session.close()

    def shrink(self) -> None:
        """Nothing to do: autovacuum lets the room of what was removed be used again."""

    def _write(self, work: Callable[[Any], _T]) -> _T:
        ready: list[tuple[str, _T]] = []

        def attempt(session: Session) -> _T:
            ready.clear()
            with transaction(session) as transaction_id:
                done = work(session)
                ready.append((transaction_id, done))
            return done

        def again(session: Session) -> _T:
            """After the connection was lost: what it had committed is done; everything else is done now."""
            if ready and _is_committed(session, ready[0][0]):
                return ready[0][1]
            return attempt(session)

        return self._run(attempt, again)

    def _read(self, work: Callable[[Any], _T]) -> _T:
        return self._run(work, work)

    def _run(self, attempt: Callable[[Session], _T], again: Callable[[Session], _T]) -> _T:
        """`attempt` on our connection; where that turns out to be lost, `again` on a new one."""
        try:
            session = self._session
            if session is not None and not session.is_lost:
                try:
                    return attempt(session)
                except psycopg.Error:
                    if not session.is_lost:
                        raise
                    self._session = self._opened_within(PATIENCE)
                    return again(self._session)
            self._session = self._opened(own_is_dead=True)
            return attempt(self._session)
        except psycopg.Error as error:
            raise as_store_error(error, self.url) from error

    def _opened_within(self, seconds: float) -> Session:
        end = time.monotonic() + seconds
        while True:
            try:
                return self._opened(own_is_dead=True)
            except StoreError as error:
                if error.kind == "held" or time.monotonic() > end:
                    raise
                time.sleep(RETRY)

    def _opened(self, *, own_is_dead: bool) -> Session:
        """A new connection that holds the daemon's lock. Raises StoreError('held') naming the process that has it.

        `own_is_dead`: a connection of this very process holds it that was lost on our side only, so it is ended.
        """
        session = connect(self.url)
        if self._shared:
            return session
        try:
            end = time.monotonic() + 2
            while not _took(session):
                # A process that was killed a moment ago may still be in the server's books.
                if (found := holder(session)) is not None and own_is_dead and found[0] == Holder.ourselves():
                    session.execute("SELECT pg_terminate_backend(?, 5000)", (found[1],))
                elif time.monotonic() > end:
                    who = f" ({found[0]})" if found else ""
                    raise StoreError(
                        "held", f"another watcher{who} uses this database; stop it first ({shown(self.url)})"
                    )
                time.sleep(0.1)
        except psycopg.Error as error:
            session.close()
            raise as_store_error(error, self.url) from error
        except StoreError:
            session.close()
            raise
        return session


def _took(session: Session) -> bool:
    row = session.execute("SELECT pg_try_advisory_lock(?, ?) AS got", lock_of(session, DAEMON)).fetchone()
    return bool(row and row["got"])


def _is_committed(session: Session, transaction_id: str) -> bool:
    """Whether a transaction whose end we did not hear of is in. Our lock is ours again, so it is not under way any more."""
    try:
        row = session.execute("SELECT pg_xact_status(?::xid8) AS status", (transaction_id,)).fetchone()
    except psycopg.errors.InvalidParameterValue:
        # The server crashed, and knows no transaction so late: nothing of it had reached the disk.
        return False
    return bool(row and row["status"] == "committed")
