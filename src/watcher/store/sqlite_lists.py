"""Lists of a SQLite file, read beside the daemon that writes it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from watcher.errors import StoreError
from watcher.store.connection import SqliteError, as_store_error, connect, missing
from watcher.store.lists import Lists
from watcher.store.rows import Row, read_item


class SqliteLists(Lists):
    """Raises StoreError when there is no database yet, or one of another version."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            raise StoreError("io", f"there is no database {path} yet; start `watcher run` or `watcher once` first")
        self.path = path
        self._connection = connect(path, read_only=True)
        try:
            older = missing(self._connection, path)
        except SqliteError as error:
            raise as_store_error(error, path) from error
        if older:
            raise StoreError("older", f"{path} was made by an older Watcher: run `watcher db migrate` once")

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _rows(self, sql: str, **values: Any) -> list[Row]:
        try:
            return [dict(row) for row in self._connection.execute(sql, values).fetchall()]
        except SqliteError as error:
            raise as_store_error(error, self.path) from error

    def search(self, query: str, limit: int = 50) -> list[Row]:
        """Items whose folded words satisfy an FTS5 query, latest first."""
        rows = self._rows(
            """SELECT item.* FROM item_search JOIN item ON item.number = item_search.rowid
               WHERE item_search MATCH :query ORDER BY item_search.rowid DESC LIMIT :limit""",
            query=query,
            limit=limit,
        )
        return [read_item(row) for row in rows]

    def check(self) -> list[str]:
        """What SQLite finds wrong with the file; empty is sound."""
        faults = [str(next(iter(row.values()))) for row in self._rows("PRAGMA integrity_check")]
        broken = [
            f"{row['table']}: row {row['rowid']} points to nothing in {row['parent']}"
            for row in self._rows("PRAGMA foreign_key_check")
        ]
        return [fault for fault in faults if fault != "ok"] + broken

    def size(self) -> int:
        """Bytes on disk, the write-ahead log included."""
        parts = (self.path, self.path.with_name(self.path.name + "-wal"))
        return sum(part.stat().st_size for part in parts if part.exists())
