"""Lists of a PostgreSQL database, on a connection that can only read."""

from __future__ import annotations

from typing import Any

import psycopg

from watcher.errors import StoreError
from watcher.store.lists import Lists
from watcher.store.postgres.connection import as_store_error, connect, shown
from watcher.store.postgres.tables import applied, missing
from watcher.store.postgres.words import query as words_query
from watcher.store.rows import Row, read_item


class PostgresLists(Lists):
    """Raises StoreError when there are no tables yet, or those of another version."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._session = connect(url, read_only=True)
        try:
            if applied(self._session) is None:
                raise StoreError("absent", f"{shown(url)} is empty; start `watcher run` or `watcher once` first")
            if missing(self._session, url):
                raise StoreError("older", f"{shown(url)} was made by an older Watcher: run `watcher db migrate` once")
        except psycopg.Error as error:
            self._session.close()
            raise as_store_error(error, url) from error
        except StoreError:
            self._session.close()
            raise

    def close(self) -> None:
        """Close the connection."""
        self._session.close()

    def _rows(self, sql: str, **values: Any) -> list[Row]:
        try:
            rows = self._session.execute(sql, values).fetchall()
        except psycopg.Error as error:
            raise as_store_error(error, self.url) from error
        for row in rows:
            row.pop("rowid", None)  # SQLite has it too, and does not show it
        return rows

    def search(self, query: str, limit: int = 50) -> list[Row]:
        """Items whose folded words satisfy a query of `words.search_query`, latest first."""
        rows = self._rows(
            """SELECT item.* FROM item_search JOIN item ON item.number = item_search.rowid
               WHERE item_search.words @@ :query::tsquery ORDER BY item_search.rowid DESC LIMIT :limit""",
            query=words_query(query),
            limit=limit,
        )
        return [read_item(row) for row in rows]

    def check(self) -> list[str]:
        """Rows that point to nothing, or miss their words; empty is sound. Damage on disk is for pg_amcheck to find."""
        faults = {
            "alert of a delivery": "SELECT count(*) AS n FROM delivery LEFT JOIN alert ON alert.key = alert WHERE alert.key IS NULL",
            "story of a key": "SELECT count(*) AS n FROM story_key LEFT JOIN story ON story.id = story WHERE story.id IS NULL",
            "words of an item": """SELECT count(*) AS n FROM item LEFT JOIN item_search ON item_search.rowid = item.number
                                   WHERE item_search.rowid IS NULL""",
            "item of words": """SELECT count(*) AS n FROM item_search LEFT JOIN item ON item_search.rowid = item.number
                                WHERE item.number IS NULL""",
        }
        counted = {fault: self._rows(sql)[0]["n"] for fault, sql in faults.items()}
        return [f"the {fault} is missing, {n} times" for fault, n in counted.items() if n]

    def size(self) -> int:
        """Bytes on disk of our tables and their indexes."""
        found = self._rows(
            """SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::bigint AS bytes FROM pg_class
               WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace"""
        )
        return int(found[0]["bytes"])
