"""The store on SQLite: one writer, every commit one BEGIN IMMEDIATE."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from watcher.errors import StoreError
from watcher.store.connection import SqliteError, WriterLock, as_store_error, connect, migrate, transaction
from watcher.store.reserve import CHECKPOINT, ENOUGH, SHORT_CHECKPOINT, SIZE, Reserve
from watcher.store.store import Store

_T = TypeVar("_T")


class SqliteStore(Store):
    """A file. `shared` leaves the lock to the daemon: for a person's small changes beside it, which SQLite itself puts in turn.

    `apart` migrates in a process of its own, for what stays long.
    """

    def __init__(self, path: Path, *, shared: bool = False, apart: bool = False) -> None:
        super().__init__()
        self.path = path
        self.folder = str(path.absolute().parent)
        self._lock = WriterLock(path)
        self._reserve = Reserve(path)
        if not shared:
            self._lock.acquire()
        try:
            self._open(apart)
        except StoreError as error:
            # Even to open it takes a little room.
            if shared or error.kind not in ("full", "io") or not self._reserve.give_up():
                self._lock.release()
                raise
            self._open_or_leave(apart)

    def _open_or_leave(self, apart: bool) -> None:
        try:
            self._open(apart)
        except StoreError:
            self._lock.release()
            raise

    def _open(self, apart: bool) -> None:
        self._connection = connect(self.path)
        self.migrated = migrate(self._connection, self.path, apart=apart)

    def close(self) -> None:
        """Close the connection and give the lock back."""
        try:
            with suppress(SqliteError):  # only statistics; a full disk must not spoil the end
                self._connection.execute("PRAGMA optimize")
        finally:
            self._connection.close()
            self._lock.release()

    def _write(self, work: Callable[[Any], _T]) -> _T:
        try:
            with transaction(self._connection) as connection:
                return work(connection)
        except SqliteError as error:
            raise as_store_error(error, self.path) from error

    def _read(self, work: Callable[[Any], _T]) -> _T:
        try:
            return work(self._connection)
        except SqliteError as error:
            raise as_store_error(error, self.path) from error

    def keep_room(self) -> bool:
        """Make the reserve where it is not there. False: the disk is too full for it."""
        if self._reserve.make(ENOUGH if self.is_short else 2 * SIZE):
            self._connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT}")
            self.is_short = False
        else:
            self._run_short()
        return not self.is_short

    def make_room(self) -> bool:
        """Give the reserve up for what is owed. False: there is none."""
        if not self._reserve.give_up():
            return False
        self._run_short()
        return True

    def _run_short(self) -> None:
        self.is_short = True
        self._connection.execute(f"PRAGMA wal_autocheckpoint = {SHORT_CHECKPOINT}")

    def shrink(self) -> None:
        """Give freed pages back to the disk, and empty the write-ahead log."""
        try:
            self._connection.executescript("PRAGMA incremental_vacuum(20000); PRAGMA optimize;")
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except SqliteError as error:
            raise as_store_error(error, self.path) from error
