"""Backups, pruning and room on disk."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from watcher.errors import StoreError
from watcher.location import is_server
from watcher.store.codec import stamp
from watcher.store.connection import SqliteError, as_store_error, connect
from watcher.store.schema import COPIED
from watcher.store.store import Store

BATCH = 500
"""Rows removed in one transaction: polls and sends that wait for their turn wait some ten milliseconds."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What is older goes: items, stories with their alerts, and what is known of items that are gone themselves."""

    items: datetime
    stories: datetime
    traces: datetime

    @classmethod
    def of(cls, now: datetime, items: timedelta, stories: timedelta) -> Limits:
        """By the ages of `keep:`; a story stays as long as its items at least, or the audit would miss it.

        The trace of an item stays as long again as the item: a feed that shows it once more brings nothing new.
        """
        return cls(now - items, now - max(stories, items), now - 2 * items)


def backup(location: str, target: Path) -> int:
    """Copy a database that may be in use. The copy is checked, synced, then renamed into place. Returns its size in bytes.

    Raises StoreError; also for a database of a server, which has its own tool for it.
    """
    if is_server(location):
        raise StoreError(
            "io", "a database on PostgreSQL is copied with pg_dump: `pg_dump --format=custom --file=FILE URL`"
        )
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
        # Not by `connect`: the copy is to be one file, without a log beside it.
        copy = sqlite3.connect(partial, isolation_level=None)
        copy.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (COPIED, datetime.now(UTC).isoformat()))
        answer = copy.execute("PRAGMA integrity_check").fetchone()[0]
        copy.close()
        if answer != "ok":
            raise StoreError("corrupt", f"the copy of {source} is damaged: {answer}")
        os.chmod(partial, 0o600)
        with partial.open("rb") as handle:
            os.fsync(handle.fileno())
        partial.replace(target)
    except SqliteError as error:
        partial.unlink(missing_ok=True)
        raise as_store_error(error, target) from error
    except OSError as error:
        with suppress(OSError):
            partial.unlink()
        raise StoreError("io", f"can not write {target}: {error.strerror}") from error
    return target.stat().st_size


def prune(store: Store, limits: Limits) -> dict[str, int]:
    """Remove what is older than the limits, in small transactions. Returns how much of what."""
    removed = dict.fromkeys(_STEPS, 0)
    for name in _STEPS:
        while count := prune_some(store, name, limits):
            removed[name] += count
    store.shrink()
    return removed


def prune_some(store: Store, name: str, limits: Limits) -> int:
    """One transaction of one of the `steps`. Returns how many rows it removed, 0 when nothing is left."""
    return store.write(lambda connection: _STEPS[name](connection, limits))


def steps() -> tuple[str, ...]:
    """What `prune_some` removes, in the order to do it."""
    return tuple(_STEPS)


def _prune_items(connection: Any, limits: Limits) -> int:
    rows = connection.execute(
        "SELECT number, id FROM item WHERE seen_at < ? AND last_seen_at < ? LIMIT ?",
        (stamp(limits.items), stamp(limits.items), BATCH),
    ).fetchall()
    connection.executemany("DELETE FROM item_search WHERE rowid = ?", [(row["number"],) for row in rows])
    connection.executemany("DELETE FROM item WHERE number = ?", [(row["number"],) for row in rows])
    return len(rows)


def _prune_story_keys(connection: Any, limits: Limits) -> int:
    """Keys of stories too old to be joined."""
    sql = """DELETE FROM story_key WHERE story IN (SELECT id FROM story WHERE last_at < ?
               AND EXISTS (SELECT 1 FROM story_key AS kept WHERE kept.story = story.id) LIMIT ?)"""
    return int(connection.execute(sql, (stamp(limits.items), BATCH // 10)).rowcount)


def _prune_stories(connection: Any, limits: Limits) -> int:
    sql = "DELETE FROM story WHERE id IN (SELECT id FROM story WHERE last_at < ? LIMIT ?)"
    return int(connection.execute(sql, (stamp(limits.stories), BATCH // 10)).rowcount)


def _prune_alerts(connection: Any, limits: Limits) -> int:
    """Alerts whose story is gone or that never had one, when nothing of them waits any more."""
    rows = connection.execute(
        """SELECT key FROM alert WHERE created_at < ? AND NOT EXISTS (SELECT 1 FROM story WHERE story.id = alert.story)
             AND NOT EXISTS (SELECT 1 FROM delivery WHERE delivery.alert = alert.key AND state NOT IN ('delivered', 'dead')) LIMIT ?""",
        (stamp(limits.stories), BATCH),
    ).fetchall()
    keys = [(row["key"],) for row in rows]
    connection.executemany("DELETE FROM delivery WHERE alert = ?", keys)
    connection.executemany("DELETE FROM alert WHERE key = ?", keys)
    return len(rows)


def _prune_traces(connection: Any, limits: Limits) -> int:
    sql = """DELETE FROM identity WHERE (feed, key) IN (SELECT feed, key FROM identity WHERE seen_at < ?
               AND NOT EXISTS (SELECT 1 FROM item WHERE item.id = identity.item) LIMIT ?)"""
    return int(connection.execute(sql, (stamp(limits.traces), BATCH)).rowcount)


_STEPS: dict[str, Callable[[Any, Limits], int]] = {
    "items": _prune_items,
    "story keys": _prune_story_keys,
    "stories": _prune_stories,
    "alerts": _prune_alerts,
    "traces": _prune_traces,
}
