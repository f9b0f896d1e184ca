"""The store on SQLite: one writer, every commit one BEGIN IMMEDIATE."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from watcher.errors import StoreError
from watcher.store.connection import SqliteError, WriterLock, as_store_error, connect, migrate, transaction
from watcher.store.store import Store

_T = TypeVar("_T")


class SqliteStore(Store):
    """A file. `shared` leaves the lock to the daemon: for a person's small changes beside it, which SQLite itself puts in turn.

    `apart` migrates in a process of its own, for what stays long.
    """

    def __init__(self, path: Path, *, shared: bool = False, apart: bool = False) -> None:
        super().__init__()
        self.path = path
        self._lock = WriterLock(path)
        if not shared:
            self._lock.acquire()
        try:
            self._connection = connect(path)
            self.migrated = migrate(self._connection, path, apart=apart)
        except StoreError:
            self._lock.release()
            raise

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

    def shrink(self) -> None:
        """Give freed pages back to the disk, and empty the write-ahead log."""
        try:
            self._connection.executescript("PRAGMA incremental_vacuum(20000); PRAGMA optimize;")
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except SqliteError as error:
            raise as_store_error(error, self.path) from error
