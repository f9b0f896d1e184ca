"""Where everything is kept. `open_store` is the one door for writers, `open_lists` for readers."""

from __future__ import annotations

from pathlib import Path

from watcher.errors import StoreError
from watcher.store.lists import Lists
from watcher.store.sqlite import Message, SqliteStore

__all__ = ["Lists", "Message", "SqliteStore", "open_lists", "open_store"]


def open_store(location: str, *, shared: bool = False) -> SqliteStore:
    """Open for writing. Raises StoreError: held by another process (unless `shared`), newer, locked, full, corrupt."""
    return SqliteStore(_path(location), shared=shared)


def open_lists(location: str) -> Lists:
    """Open for reading, beside a running daemon. Raises StoreError when there is no database yet."""
    return Lists(_path(location))


def _path(location: str) -> Path:
    if "://" in location and not location.startswith("sqlite:///"):
        raise StoreError("io", f"the database '{location.split('://')[0]}://…' is not supported; name a SQLite file")
    return Path(location.removeprefix("sqlite:///"))
