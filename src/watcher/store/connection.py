"""One connection, opened the way that keeps our promises.

sqlite-utils' own transaction helpers are not used: `with db.conn` leaks rows through a rollback, and
`atomic()` begins deferred, which fails at once under contention. `transaction` is the only door.
sqlite-utils is loaded only where there is something to migrate: it brings numpy where that is installed, and a
command that lists stories would start in twice the time.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from watcher.errors import StoreError
from watcher.store import schema
from watcher.store.held import Holder

SqliteError = sqlite3.Error


def connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """Open the database at `path`: WAL, synchronous=FULL, foreign keys on. Raises StoreError."""
    try:
        if read_only:
            connection = sqlite3.connect(
                f"file:{path}?mode=ro", uri=True, timeout=30, isolation_level=None, check_same_thread=False
            )
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.exists():
                path.touch(mode=0o640)  # SQLite would let everybody read what is watched
            connection = sqlite3.connect(str(path), timeout=30, isolation_level=None, check_same_thread=False)
        connection.row_factory = sqlite3.Row
        if not read_only:
            connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA journal_size_limit = 67108864")
        connection.execute("PRAGMA foreign_keys = ON")
    except (SqliteError, OSError) as error:
        raise as_store_error(error, path) from error
    return connection


def migrate(connection: sqlite3.Connection, path: Path, *, apart: bool = False) -> list[str]:
    """Bring the schema up to date. Returns the names applied; refuses a database from a newer Watcher.

    `apart` does it in a process of its own, so that the 18 MB of its libraries do not stay with a daemon.
    """
    try:
        pending = missing(connection, path)
        if pending and apart:
            command = [sys.executable, "-P", "-m", "watcher.store.migrations", str(path)]
            if subprocess.run(command, stderr=subprocess.DEVNULL, check=False).returncode == 0:
                return pending
        if not pending:
            return []
        from watcher.store import migrations

        return migrations.apply(connection)
    except SqliteError as error:
        raise as_store_error(error, path) from error


def missing(connection: sqlite3.Connection, path: Path) -> list[str]:
    """Names of the migrations that a database has not been through. Raises StoreError for one of a newer Watcher."""
    return schema.missing(_applied(connection), str(path))


def _applied(connection: sqlite3.Connection) -> list[str]:
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = '_sqlite_migrations'").fetchone():
        return []
    rows = connection.execute("SELECT name FROM _sqlite_migrations WHERE migration_set = 'watcher' ORDER BY rowid")
    return [row["name"] for row in rows]


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """All or nothing: BEGIN IMMEDIATE … COMMIT, or ROLLBACK on any error. Yields the connection."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    try:
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def as_store_error(error: Exception, path: Path | str) -> StoreError:
    """What SQLite says, told apart by what a person can do about it."""
    text = str(error)
    kinds = {
        "locked": "locked",
        "busy": "locked",
        "full": "full",
        "malformed": "corrupt",
        "not a database": "corrupt",
        "I/O": "io",
    }
    kind = next((kind for sign, kind in kinds.items() if sign in text), "io")
    return StoreError(kind, f"{path}: {text}")


class WriterLock:
    """Held by the one daemon that writes: a second one is refused and told who holds it."""

    def __init__(self, database: Path) -> None:
        self._path = database.with_name(database.name + ".lock")
        self._file: int | None = None

    def acquire(self) -> None:
        """Take the lock. Raises StoreError('held') naming the process that has it."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.pread(handle, 64, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(handle)
            raise StoreError(
                "held", f"another watcher (process {holder}) uses this database; stop it first ({self._path})"
            ) from error
        os.ftruncate(handle, 0)
        with suppress(OSError):  # a full disk: the lock holds though its owner is not named
            os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        self._file = handle

    def release(self) -> None:
        """Give the lock back; closing the process does it too."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


def holder(path: Path) -> Holder | None:
    """The process that runs on a database, None when nobody does."""
    lock = path.with_name(path.name + ".lock")
    if not lock.exists():
        return None
    with lock.open("rb+") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            text = handle.read(64).decode("ascii", "replace").strip()
            return Holder(int(text) if text.isdecimal() else 0)
    return None
