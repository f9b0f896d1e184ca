"""What only a server promises: who may write, what a lost connection means, and the same tables and words as SQLite's."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import postgres
from build import NOON, alert, delivery, later, story, update, write
from watcher.config import load
from watcher.errors import ConfigError, StoreError
from watcher.model import Update
from watcher.store import Lists, Store, holder, open_lists, open_store, schema
from watcher.store.care import backup
from watcher.store.held import Holder
from watcher.store.query import search_query
from watcher.store.words import Words, parted
from watcher.text.folding import fold

psycopg = pytest.importorskip("psycopg", reason="the extra `postgres` is not installed")
LEASE = timedelta(minutes=5)


@pytest.fixture
def url(postgres_server: postgres.Server) -> str:
    return postgres_server.fresh()


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    opened = open_store(url)
    yield opened
    opened.close()


@pytest.fixture
def lists(store: Store, url: str) -> Iterator[Lists]:
    opened = open_lists(url)
    yield opened
    opened.close()


def asked(url: str, sql: str) -> list[Any]:
    """Rows of a statement, on a connection of its own."""
    with psycopg.connect(url, autocommit=True) as connection:
        return connection.execute(sql).fetchall() if sql.startswith("SELECT") else [connection.execute(sql)]


def test_a_second_daemon_is_told_who_holds_the_database(url: str, store: Store) -> None:
    script = f"from watcher.store import open_store\nopen_store({url!r})"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert f"StoreError: another watcher ({Holder.ourselves()}) uses this database" in done.stderr
    assert holder(url) == Holder.ourselves()


def test_a_database_is_free_when_its_daemon_is_gone(url: str) -> None:
    open_store(url).close()
    assert holder(url) is None
    open_store(url).close()


def test_a_person_may_change_things_beside_the_daemon(url: str, store: Store) -> None:
    store.add_update(Update(stories=(story("s1"),)), NOON)
    other = open_store(url, shared=True)
    assert other.mute_story("s1", later(days=1))
    other.close()


def test_writers_take_turns(url: str, store: Store) -> None:
    other = open_store(url, shared=True)
    done: list[str] = []

    def first(connection: Any) -> None:
        thread.start()
        thread.join(0.3)
        done.append("first")

    thread = threading.Thread(target=lambda: other.write(lambda connection: done.append("second")))
    store.write(first)
    thread.join()
    other.close()
    assert done == ["first", "second"]


def test_an_empty_database_and_one_of_another_version_are_told_apart(url: str) -> None:
    with pytest.raises(StoreError, match="is empty; start"):
        open_lists(url)
    open_store(url).close()
    asked(url, "DELETE FROM watcher_migration WHERE name = 'm002_failing'")
    with pytest.raises(StoreError, match="db migrate"):
        open_lists(url)
    asked(url, "INSERT INTO watcher_migration (name) VALUES ('m999_later')")
    with pytest.raises(StoreError, match="newer Watcher"):
        open_store(url)


@pytest.mark.parametrize("count", [1, len(schema.STEPS) - 1])
def test_a_database_of_an_older_version_is_brought_up_to_date(
    url: str, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    with monkeypatch.context() as then:
        then.setattr(schema, "STEPS", dict(list(schema.STEPS.items())[:count]))
        open_store(url).close()
    opened = open_store(url)
    assert opened.migrated == list(schema.STEPS)[count:]
    opened.close()


def test_a_migration_that_breaks_off_leaves_nothing_behind(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as then:
        broken = "CREATE TABLE half (a TEXT) STRICT;\nCREATE TABLE half (a TEXT) STRICT;"
        then.setattr(schema, "STEPS", schema.STEPS | {"m900": broken})
        with pytest.raises(StoreError, match="half"):
            open_store(url)
    with pytest.raises(StoreError, match="is empty"):
        open_lists(url)


def test_both_databases_have_the_same_tables_columns_and_indexes(url: str, store: Store, tmp_path: Path) -> None:
    path = tmp_path / "watcher.db"
    open_store(str(path)).close()
    with sqlite3.connect(path) as connection:
        names = connection.execute(
            "SELECT type, name FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE '%sqlite_%'"
            " AND name NOT LIKE 'item_search_%'"
        ).fetchall()
        here = {name for kind, name in names if kind == "index"}
        for table in (name for kind, name in names if kind == "table"):
            here |= {f"{table}.{row[1]}" for row in connection.execute(f"PRAGMA table_xinfo({table})") if not row[6]}
    there = {
        f"{table}.{column}"
        for table, column in asked(
            url,
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema()",
        )
        if column != "rowid" and table != "watcher_migration"
    }
    indexes = asked(url, "SELECT indexname FROM pg_indexes WHERE schemaname = current_schema()")
    there |= {name for (name,) in indexes if not name.endswith("_pkey") and name != "item_id_key"}
    assert there - {"item_search_words"} == here


def test_rows_are_numbered_without_gaps_though_items_are_edited(store: Store, lists: Lists) -> None:
    for version in (1, 2, 3):
        store.add_update(Update(items=(write("i1", version=version),)), NOON)
    store.add_update(Update(items=(write("i2"),)), NOON)
    assert lists.counts()["items"] == 2
    assert [row["number"] for row in lists.items()] == [1, 2]


def test_a_long_address_and_a_long_text_are_stored_and_found(store: Store, lists: Lists) -> None:
    text = " ".join(f"word{number}" for number in range(90_000))
    found = write("i1", title="Long", summary=text)
    address = "https://news.example/" + "".join(f"{number:x}" for number in range(3000))
    object.__setattr__(found.verdict.item.entry, "url", address)
    store.add_update(Update(items=(found,)), NOON)
    (row,) = lists.search('"word20000"')
    assert row["url"] == address
    assert lists.item(address) is not None


def test_a_check_finds_what_points_to_nothing(url: str, store: Store, lists: Lists) -> None:
    store.add_update(Update(items=(write("i1"),)), NOON)
    assert lists.check() == []
    asked(url, "DELETE FROM item_search")
    assert lists.check() == ["the words of an item is missing, 1 times"]


def test_a_backup_is_for_the_servers_own_tool(url: str, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="pg_dump"):
        backup(url, tmp_path / "copy")


def test_lists_can_not_write(lists: Lists) -> None:
    with pytest.raises(StoreError, match="read-only"):
        lists._rows("DELETE FROM item RETURNING id")


# The connection is lost.


def ended_by(url: str) -> None:
    """End every other connection to the database, as a server does that is shut down."""
    asked(
        url,
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND application_name LIKE 'watcher %'",
    )


def test_what_comes_after_a_lost_connection_is_done_on_a_new_one_that_holds_the_lock(
    url: str, store: Store, lists: Lists
) -> None:
    store.add_update(update(delivery("d1", alert("a1"))), NOON)
    ended_by(url)
    token, (claim,) = store.claim_message("desk", NOON, LEASE)
    assert (claim.key, claim.attempts) == ("d1", 1)
    assert holder(url) == Holder.ourselves()
    assert store.delivered(["d1"], token, NOON, "m1") == 1


@pytest.mark.parametrize("lost_at", ["work", "commit"])
def test_a_transaction_whose_connection_is_lost_is_done_once(
    url: str, store: Store, monkeypatch: pytest.MonkeyPatch, lost_at: str
) -> None:
    ran: list[int] = []

    def work(connection: Any) -> int:
        ran.append(1)
        connection.execute(
            "INSERT INTO meta VALUES ('told', '') ON CONFLICT (key) DO UPDATE SET value = meta.value || 'x'"
        )
        if lost_at == "work" and len(ran) == 1:
            ended_by(url)
        return len(ran)

    if lost_at == "commit":
        _lose_the_answer_to_commit(store, url, monkeypatch)
    assert store.write(work) == len(ran) == (2 if lost_at == "work" else 1)
    assert store.recall("told") == ""  # written once: the second time would have added to it


def _lose_the_answer_to_commit(store: Any, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once, the server commits and the connection is gone before it says so."""
    raw = store._session.raw
    execute: Callable[..., Any] = raw.execute

    def losing(statement: Any, *args: Any) -> Any:
        done = execute(statement, *args)
        if statement == "COMMIT":
            raw.close()
            raise psycopg.OperationalError("the connection was lost")
        return done

    monkeypatch.setattr(raw, "execute", losing)


def test_a_daemon_ends_a_connection_of_its_own_that_the_server_still_believes_in(url: str, store: Any) -> None:
    lost, store._session = store._session, None  # as when the network between died: the server was not told
    store.remember("key", "value")
    assert store.recall("key") == "value"
    with pytest.raises(psycopg.Error):
        lost.execute("SELECT 1")
    lost.close()


def test_a_server_that_is_gone_is_said_and_one_that_comes_back_is_used(tmp_path: Path) -> None:
    if reason := postgres.why_not():
        pytest.skip(reason)
    server = postgres.Server()
    try:
        store = open_store(server.url)
        store.add_update(update(delivery("d1", alert("a1"))), NOON)
        token, _ = store.claim_message("desk", NOON, LEASE)
        server.stop("immediate")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("watcher.store.postgres.store.PATIENCE", 0.1)
            with pytest.raises(StoreError) as caught:
                store.delivered(["d1"], token, NOON, "m1")
            assert (caught.value.kind, "watcher@" in caught.value.reason) == ("io", True)
        server.start()
        assert store.delivered(["d1"], token, NOON, "m1") == 1
        store.close()
    finally:
        server.remove()


# Configuration.


def test_a_password_is_shown_nowhere(tmp_path: Path) -> None:
    for url in ("postgresql://me:s3cret%21word@127.0.0.1:1/x", "postgresql://me:s3cret%21word@127.0.0.1:nan/x"):
        with pytest.raises(StoreError) as caught:
            open_store(url)
        assert "s3cret" not in str(caught.value)
    (tmp_path / "password").write_text("s3cret!word\n")
    (tmp_path / "password").chmod(0o600)
    config = tmp_path / "watcher.yaml"
    config.write_text("database: postgresql://me:${file:password}@127.0.0.1:1/x?password=other%20one\n")
    assert {"s3cret!word", "other one", "other%20one"} <= load(config).secrets


def test_a_database_of_another_make_is_refused_where_it_stands(tmp_path: Path) -> None:
    config = tmp_path / "watcher.yaml"
    config.write_text("log: json\ndatabase: mysql://localhost/news\n")
    with pytest.raises(
        ConfigError, match=r"watcher.yaml:2:\d+: the database 'mysql://…' is not supported \(name a SQLite"
    ):
        load(config)


def test_a_missing_extra_is_said_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    config = tmp_path / "watcher.yaml"
    config.write_text("database: postgresql://localhost/news\n")
    with pytest.raises(ConfigError, match=r":1:\d+: a database on PostgreSQL needs the extra `postgres` \(pip install"):
        load(config)
    with pytest.raises(StoreError, match="pip install"):
        open_lists("postgresql://localhost/news")


# Words: what one index finds, the other finds.

LETTERS = st.text(alphabet="abKIé ßΣςİ국회人工मित्र'-_.\"٣2ﬁ", max_size=12)


@pytest.fixture(scope="module")
def indexes(postgres_server: postgres.Server) -> Iterator[tuple[sqlite3.Connection, Any]]:
    here = sqlite3.connect(":memory:")
    here.execute(next(line for line in schema.STEPS["m001_first"].split(";") if "fts5" in line))
    with psycopg.connect(postgres_server.url, autocommit=True) as there:
        yield here, there
    here.close()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(
    text=LETTERS,
    words=st.lists(LETTERS.filter(str.strip), min_size=1, max_size=2),
    star=st.booleans(),
    operator=st.sampled_from(["", "AND", "OR", "NOT", "NEAR/1"]),
)
def test_both_indexes_find_the_same(
    indexes: tuple[sqlite3.Connection, Any], text: str, words: list[str], star: bool, operator: str
) -> None:
    from watcher.store.postgres.words import query, vector

    here, there = indexes
    stored = Words(parted(fold(text)))
    quoted = ['"' + word.replace('"', "") + '"' for word in words]
    try:
        asked_for = search_query(f" {operator} ".join(quoted) + ("*" if star else ""))
    except ValueError:
        return  # no words
    if operator == "NEAR/1":
        assume(not star and not set(fold(words[0])) & set(fold(words[-1])))  # SQLite's NEAR lets a word be near itself
    here.execute("DELETE FROM item_search")
    here.execute("INSERT INTO item_search (words) VALUES (?)", (stored,))
    found = here.execute("SELECT 1 FROM item_search WHERE item_search MATCH ?", (asked_for,)).fetchone() is not None
    (row,) = there.execute("SELECT %s::tsvector @@ %s::tsquery", (vector(stored), query(asked_for))).fetchall()
    assert row[0] == found, (stored, asked_for)
