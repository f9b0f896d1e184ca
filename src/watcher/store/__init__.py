"""Where everything is kept. `open_store` is the one door for writers, `open_lists` for readers.

The writer's side is loaded when it is asked for: a command that reads starts in half the time without it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from watcher.errors import StoreError
from watcher.store.lists import Lists

if TYPE_CHECKING:
    from watcher.store.store import Message, Store

__all__ = ["Lists", "Message", "Store", "open_lists", "open_store"]


def __getattr__(name: str) -> Any:
    if name in ("Message", "Store"):
        from watcher.store import store

        return getattr(store, name)
    raise AttributeError(name)


def open_store(location: str, *, shared: bool = False, apart: bool = False) -> Store:
    """Open for writing. Raises StoreError: held by another process (unless `shared`), newer, locked, full, corrupt.

    `apart` migrates in a process of its own, for what stays long.
    """
    from watcher.store.sqlite import SqliteStore

    return SqliteStore(_path(location), shared=shared, apart=apart)


def open_lists(location: str) -> Lists:
    """Open for reading, beside a running daemon. Raises StoreError when there is no database yet, or one of another version."""
    from watcher.store.sqlite_lists import SqliteLists

    return SqliteLists(_path(location))


def _path(location: str) -> Path:
    if "://" in location and not location.startswith("sqlite:///"):
        raise StoreError("io", f"the database '{location.split('://')[0]}://…' is not supported; name a SQLite file")
    return Path(location.removeprefix("sqlite:///"))
