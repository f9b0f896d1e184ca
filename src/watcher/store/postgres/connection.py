"""One connection that takes the statements SQLite takes, and keeps the same promises."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import dict_row
from psycopg.types.string import StrDumper

from watcher.errors import StoreError
from watcher.store.held import Holder
from watcher.store.postgres.words import WordsDumper
from watcher.store.words import Words

OLDEST = 150000
"""PostgreSQL 15, the oldest version that the tests run on."""

DAEMON, TURN = 0x57_41_54_43, 0x57_41_54_44
"""First halves of our advisory locks' names; the second is of the schema, so that two may share a database."""

_PLACE = re.compile(r"'[^']*'|\"[^\"]*\"|::|\?|:(?P<name>[a-z_][a-z_0-9]*)|%")
_SETTINGS = {
    "lock_timeout": "30s",
    # The machine of a daemon may die without a word: its lock ends with its connection, within a minute.
    "tcp_keepalives_idle": "30",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
}


class Session:
    """A connection of psycopg that reads `?` and `:name` as SQLite does."""

    def __init__(self, connection: psycopg.Connection[dict[str, Any]]) -> None:
        self.raw = connection
        self.home = ""
        """The schema that our tables are in."""

    @property
    def is_lost(self) -> bool:
        """Whether the server is gone, and with it the transaction and the writer's lock."""
        return self.raw.closed

    def execute(self, statement: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> psycopg.Cursor[dict[str, Any]]:
        """Run one statement."""
        return self.raw.execute(sql.SQL(_translated(statement)), values)

    def executemany(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run one statement for each row of values, in one round trip."""
        if rows := list(rows):
            self.raw.cursor().executemany(sql.SQL(_translated(statement)), rows)

    def close(self) -> None:
        """Close the connection, and give back all that it holds."""
        self.raw.close()


@lru_cache(maxsize=512)
def _translated(statement: str) -> str:
    """The statement with psycopg's placeholders."""

    def place(match: re.Match[str]) -> str:
        if match[0] == "?":
            return "%s"
        return f"%({match['name']})s" if match["name"] else match[0].replace("%", "%%")

    return _PLACE.sub(place, statement)


def connect(url: str, *, read_only: bool = False) -> Session:
    """Open the database at `url`: durable commits, bounded waits. Raises StoreError, which never shows a password."""
    try:
        given = conninfo_to_dict(url)
    except psycopg.Error as error:
        # libpq quotes what it can not read, and that may be the password.
        hint = "write postgresql://user@host:5432/name, special characters as %XX"
        raise StoreError("io", f"the database's URL can not be read: {hint}") from error
    try:
        raw = psycopg.connect(
            url,
            autocommit=True,
            row_factory=dict_row,
            application_name=Holder.ourselves().name,
            client_encoding="UTF8",
            connect_timeout=int(given.get("connect_timeout") or 10),
            keepalives_idle=30,
            keepalives_interval=10,
            keepalives_count=3,
            tcp_user_timeout=30_000,
        )
        raw.adapters.register_dumper(str, StrDumper)
        raw.adapters.register_dumper(Words, WordsDumper)
        session = Session(raw)
        _settle_in(session, url, read_only=read_only)
    except psycopg.Error as error:
        raise as_store_error(error, url) from error
    return session


def _settle_in(session: Session, url: str, *, read_only: bool) -> None:
    row = session.execute(
        "SELECT current_setting('server_encoding') AS encoding, current_setting('synchronous_commit') AS durable, current_schema() AS home"
    ).fetchone()
    fault = ""
    if session.raw.info.server_version < OLDEST:
        fault = "Watcher needs PostgreSQL 15 or newer"
    elif row is None or row["encoding"] != "UTF8":
        fault = "the database must be in UTF8: createdb --encoding=UTF8 --template=template0"
    elif row["home"] is None:
        fault = "there is no schema to put tables in: see search_path"
    if fault:
        session.close()
        raise StoreError("io", f"{shown(url)}: {fault}")
    session.home = str(row["home"]) if row else ""
    settings = _SETTINGS | {"default_transaction_read_only": "on" if read_only else "off"}
    if row and row["durable"] == "off":
        settings["synchronous_commit"] = "on"
    for name, value in settings.items():
        session.execute("SELECT set_config(?, ?, false)", (name, value))


@contextmanager
def transaction(session: Session) -> Iterator[str]:
    """All or nothing, and one writer after the other, as SQLite's BEGIN IMMEDIATE has it. Yields the transaction's id."""
    name, home = lock_of(session, TURN)
    try:
        begun = session.raw.execute(
            f"BEGIN; SELECT pg_advisory_xact_lock({name}, {home}); SELECT pg_current_xact_id()::text AS id"
        )
        while begun.nextset():
            pass
        yield (begun.fetchone() or {})["id"]
        session.raw.execute("COMMIT")
    except BaseException:
        if not session.is_lost:
            session.raw.execute("ROLLBACK")
        raise


def lock_of(session: Session, kind: int) -> tuple[int, int]:
    """The name of a lock of our schema: DAEMON, held while one lives, or TURN, taken for each transaction that writes."""
    return kind, zlib.crc32(session.home.encode()) & 0x7FFFFFFF


def holder(session: Session) -> tuple[Holder, int] | None:
    """Who holds the writer's lock, and the server's process for it; None when nobody does."""
    name, home = lock_of(session, DAEMON)
    row = session.execute(
        """SELECT pid, application_name AS called FROM pg_locks JOIN pg_stat_activity USING (pid)
           WHERE locktype = 'advisory' AND granted AND classid = ? AND objid = ? AND objsubid = 2
             AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())""",
        (name, home),
    ).fetchone()
    if row is None:
        return None
    return Holder.named(row["called"]), row["pid"]


def running(url: str) -> Holder | None:
    """The daemon that runs on the database, None when none does. Raises StoreError."""
    session = connect(url, read_only=True)
    try:
        found = holder(session)
    except psycopg.Error as error:
        raise as_store_error(error, url) from error
    finally:
        session.close()
    return found[0] if found else None


def shown(url: str) -> str:
    """The URL without its password and options, for messages."""
    scheme, _, rest = url.partition("://")
    place = rest.partition("?")[0]
    user, at, where = place.rpartition("@")
    return f"{scheme}://{user.partition(':')[0]}{at}{where}"


_KINDS: tuple[tuple[type[psycopg.Error] | tuple[type[psycopg.Error], ...], str], ...] = (
    ((psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected), "locked"),
    (psycopg.errors.DiskFull, "full"),
    ((psycopg.errors.DataCorrupted, psycopg.errors.IndexCorrupted), "corrupt"),
)


def as_store_error(error: psycopg.Error, url: str) -> StoreError:
    """What PostgreSQL says, told apart by what a person can do about it."""
    kind = next((kind for types, kind in _KINDS if isinstance(error, types)), "io")
    text = " ".join(str(error).split())
    return StoreError(kind, f"{shown(url)}: {text}")
