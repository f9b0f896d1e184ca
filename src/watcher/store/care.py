"""Backups, pruning and room on disk."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from watcher.errors import StoreError
from watcher.store.codec import stamp
from watcher.store.connection import SqliteError, as_store_error, connect
from watcher.store.sqlite import SqliteStore

BATCH = 1000
"""Rows removed in one transaction: the daemon waits 22 ms for so many, half a second for 100,000."""


def backup(location: str, target: Path) -> int:
    """Copy a database that may be in use. The copy is checked, synced, then renamed into place. Returns its size in bytes."""
    source = Path(location.removeprefix("sqlite:///"))
    if not source.exists():
        raise StoreError("io", f"there is no database {source} yet")
    partial = target.with_name(target.name + ".partial")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        partial.unlink(missing_ok=True)
        db = connect(source, read_only=True)
        db.execute("VACUUM INTO ?", (str(partial),))
        db.close()
        copy = connect(partial, read_only=True)
        answer = copy.execute("PRAGMA integrity_check").fetchone()[0]
        copy.close()
        if answer != "ok":
            raise StoreError("corrupt", f"the copy of {source} is damaged: {answer}")
        os.chmod(partial, 0o600)
        with partial.open("rb") as handle:
            os.fsync(handle.fileno())
        partial.replace(target)
    except (SqliteError, OSError) as error:
        partial.unlink(missing_ok=True)
        raise as_store_error(error, target) from error
    return target.stat().st_size


def prune(store: SqliteStore, items_before: datetime, stories_before: datetime) -> dict[str, int]:
    """Remove items and stories older than that, in small transactions. Identity keys stay, as tombstones."""
    removed = {
        "items": _in_batches(store, lambda c: _prune_items(c, items_before)),
        "stories": _in_batches(store, lambda c: _prune_stories(c, stories_before)),
        "story keys": _in_batches(
            store,
            lambda c: (
                c.execute(
                    "DELETE FROM story_key WHERE story IN (SELECT id FROM story WHERE last_at < ? LIMIT 100)",
                    (stamp(items_before),),
                ).rowcount
            ),
        ),
    }
    store.shrink()
    return removed


def _in_batches(store: SqliteStore, work: Callable[[Any], int]) -> int:
    total = 0
    while count := store.write(work):
        total += count
    return total


def _prune_items(connection: Any, before: datetime) -> int:
    rows = connection.execute(
        "SELECT number, id FROM item WHERE seen_at < ? AND last_seen_at < ? LIMIT ?",
        (stamp(before), stamp(before), BATCH),
    ).fetchall()
    connection.executemany("DELETE FROM item_search WHERE rowid = ?", [(row["number"],) for row in rows])
    connection.executemany("DELETE FROM item WHERE number = ?", [(row["number"],) for row in rows])
    return len(rows)


def _prune_stories(connection: Any, before: datetime) -> int:
    rows = connection.execute("SELECT id FROM story WHERE last_at < ? LIMIT ?", (stamp(before), BATCH)).fetchall()
    for row in rows:
        connection.execute(
            "DELETE FROM delivery WHERE alert IN (SELECT key FROM alert WHERE story = ?) AND state IN ('delivered', 'dead')",
            (row["id"],),
        )
        connection.execute(
            "DELETE FROM alert WHERE story = ? AND NOT EXISTS (SELECT 1 FROM delivery WHERE delivery.alert = alert.key)",
            (row["id"],),
        )
        connection.execute("DELETE FROM story WHERE id = ?", (row["id"],))
    return len(rows)
