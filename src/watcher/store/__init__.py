"""Where everything is kept. `open_store` is the one door for writers, `open_lists` for readers.

The location says which database: a file for SQLite, postgresql://… for PostgreSQL. Its side, and the writer's, are
loaded when they are asked for: a command that reads starts in half the time without them.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from watcher.errors import StoreError
from watcher.location import database_fault, is_server
from watcher.store.lists import Lists

if TYPE_CHECKING:
    from watcher.store.held import Holder
    from watcher.store.store import Message, Store

__all__ = ["Lists", "Message", "Store", "holder", "open_lists", "open_store"]


def __getattr__(name: str) -> Any:
    if name in ("Message", "Store"):
        from watcher.store import store

        return getattr(store, name)
    raise AttributeError(name)


def open_store(location: str, *, shared: bool = False, apart: bool = False) -> Store:
    """Open for writing. Raises StoreError: held by another process (unless `shared`), newer, locked, full, corrupt.

    `apart` migrates in a process of its own, for what stays long.
    """
    if _on_server(location):
        from watcher.store.postgres.store import PostgresStore

        return PostgresStore(location, shared=shared)
    from watcher.store.sqlite import SqliteStore

    return SqliteStore(_path(location), shared=shared, apart=apart)


def open_lists(location: str) -> Lists:
    """Open for reading, beside a running daemon. Raises StoreError when there is no database yet, or one of another version."""
    if _on_server(location):
        from watcher.store.postgres.lists import PostgresLists

        return PostgresLists(location)
    from watcher.store.sqlite_lists import SqliteLists

    return SqliteLists(_path(location))


def holder(location: str) -> Holder | None:
    """The daemon that runs on a database, None when none does. Raises StoreError where a server does not answer."""
    if _on_server(location):
        from watcher.store.postgres.connection import running

        return running(location)
    from watcher.store.connection import holder

    return holder(_path(location))


def _on_server(location: str) -> bool:
    """Raises StoreError for a database that can not be used here."""
    if fault := database_fault(location):
        raise StoreError("io", fault)
    return is_server(location)


def _path(location: str) -> Path:
    return Path(location.removeprefix("sqlite:///"))
