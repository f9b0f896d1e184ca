"""Brings a database's schema up to date, by way of sqlite-utils' migrations. Loaded only when there is something to do."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable, Iterator
from typing import Any

from sqlite_utils import Database, Migrations

from watcher.store.schema import STEPS

NAME = "watcher"
"""The set's name in `_sqlite_migrations`."""


def apply(connection: sqlite3.Connection) -> list[str]:
    """Apply what is pending, each migration in one transaction with the record of it. Returns their names."""
    migrations = Migrations(NAME)
    for name, script in STEPS.items():
        migrations(name=name)(_step(script))
    db = Database(connection)
    pending = [migration.name for migration in migrations.pending(db)]
    migrations.apply(db)
    return pending


def _step(script: str) -> Callable[[Any], None]:
    def step(db: Any) -> None:
        # Not `executescript`, which would commit first: a crash must not leave half a migration, or one without its record.
        for statement in _statements(script):
            db.conn.execute(statement)

    return step


def _statements(script: str) -> Iterator[str]:
    lines: list[str] = []
    for line in script.splitlines():
        lines.append(line)
        if sqlite3.complete_statement("\n".join(lines)):
            yield "\n".join(lines)
            lines = []


if __name__ == "__main__":
    apply(sqlite3.connect(sys.argv[1], timeout=30, isolation_level=None))
