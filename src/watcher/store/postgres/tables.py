"""The tables, made of the migrations that SQLite goes through: the same names, the same columns, in PostgreSQL's words."""

from __future__ import annotations

import re
from collections.abc import Iterator

import psycopg

from watcher.store import schema
from watcher.store.postgres.connection import Session, as_store_error, shown, transaction

_WORDS = (
    (r"\bINTEGER PRIMARY KEY\b", "BIGINT PRIMARY KEY DEFAULT next_item()"),
    (r"\bINTEGER\b", "BIGINT"),
    (r"\bREAL\b", "DOUBLE PRECISION"),
    # Sorted, and matched from its beginning, by code points, as in SQLite.
    (r"\bTEXT\b", 'TEXT COLLATE "C"'),
    (r"\) STRICT, WITHOUT ROWID$", ")"),
    (r"\) STRICT$", ", rowid BIGINT GENERATED ALWAYS AS IDENTITY)"),
    # A tree refuses a row of more than 2,704 bytes, and addresses are longer at times.
    (r"^(CREATE INDEX item_url ON item) \(url\)", r"\1 USING hash (url)"),
)
_SEARCH = "CREATE TABLE item_search (rowid BIGINT PRIMARY KEY, words tsvector NOT NULL)"
_SEARCHED = "CREATE INDEX item_search_words ON item_search USING gin (words)"

_BEFORE = (
    # As SQLite numbers rows; a sequence would count every edit of an item, and the highest number says how many there are.
    """CREATE FUNCTION next_item() RETURNS BIGINT LANGUAGE plpgsql AS
       $$ BEGIN RETURN (SELECT coalesce(max(number), 0) + 1 FROM item); END $$""",
    # Of SQLite's functions those that statements use, over JSON text.
    """CREATE FUNCTION json_each(document TEXT) RETURNS TABLE (value TEXT) LANGUAGE sql IMMUTABLE AS
       $$ SELECT json_array_elements_text(document::json) $$""",
    """CREATE FUNCTION json_array_length(document TEXT, path TEXT) RETURNS INTEGER LANGUAGE sql IMMUTABLE AS
       $$ SELECT json_array_length(document::json #> string_to_array(substr(path, 3), '.')) $$""",
)
_RECORD = """CREATE TABLE watcher_migration (name TEXT PRIMARY KEY, applied_at TIMESTAMPTZ NOT NULL DEFAULT now(),
               number BIGINT GENERATED ALWAYS AS IDENTITY)"""


def migrate(session: Session, url: str) -> list[str]:
    """Bring the schema up to date, in one transaction. Returns the names applied; refuses a database from a newer Watcher."""
    try:
        if applied(session) is not None and not missing(session, url):
            return []
        with transaction(session):
            if applied(session) is None:
                for statement in (_RECORD, *_BEFORE):
                    session.execute(statement)
            pending = missing(session, url)
            for name in pending:
                for statement in statements(schema.STEPS[name]):
                    session.execute(statement)
                session.execute("INSERT INTO watcher_migration (name) VALUES (?)", (name,))
    except psycopg.Error as error:
        raise as_store_error(error, url) from error
    return pending


def missing(session: Session, url: str) -> list[str]:
    """Names of the migrations that the database has not been through. Raises StoreError for one of a newer Watcher."""
    return schema.missing(applied(session) or [], shown(url))


def applied(session: Session) -> list[str] | None:
    """Names of the migrations done, None where there are no tables of ours."""
    found = session.execute("SELECT to_regclass(?) AS it", (f'"{session.home}".watcher_migration',)).fetchone()
    if found is None or found["it"] is None:
        return None
    return [row["name"] for row in session.execute("SELECT name FROM watcher_migration ORDER BY number").fetchall()]


def statements(script: str) -> Iterator[str]:
    """A migration's statements, translated."""
    for statement in re.split(r";\s*(?:\n|$)", script):
        statement = statement.strip()
        if "USING fts5" in statement:
            yield from (_SEARCH, _SEARCHED)
        elif statement:
            for pattern, words in _WORDS:
                statement = re.sub(pattern, words, statement)
            yield statement
