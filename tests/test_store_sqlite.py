"""What only a SQLite file promises: how it is opened, locked, migrated, copied, and what a full disk does."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from hashlib import blake2b
from pathlib import Path

import pytest

from build import NOON, alert, committed, delivery, update, write
from watcher.errors import StoreError
from watcher.model import Feed, FeedState, Known, Lookup, Update
from watcher.store import Lists, migrations, open_lists, open_store, schema
from watcher.store.care import backup
from watcher.store.sqlite import SqliteStore

LEASE = timedelta(minutes=5)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "watcher.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    opened = SqliteStore(path)
    yield opened
    opened.close()


@pytest.fixture
def lists(store: SqliteStore, path: Path) -> Iterator[Lists]:
    opened = open_lists(str(path))
    yield opened
    opened.close()


def test_the_file_is_opened_to_keep_its_promises(path: Path, store: SqliteStore) -> None:
    connection = store._connection
    answers = {
        name: connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "synchronous", "foreign_keys")
    }
    assert answers == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_a_second_writer_is_told_who_holds_the_database(path: Path, store: SqliteStore) -> None:
    script = f"from watcher.store import open_store\nopen_store({str(path)!r})"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert "StoreError: another watcher (process " in done.stderr


def test_a_database_of_a_newer_watcher_is_refused(path: Path) -> None:
    open_store(str(path)).close()
    with sqlite3.connect(path) as connection:
        connection.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('watcher', 'm999_later', '')"
        )
    with pytest.raises(StoreError, match="newer Watcher"):
        open_store(str(path))


def test_opening_again_migrates_nothing(path: Path) -> None:
    first = open_store(str(path))
    assert first.migrated
    first.close()
    second = open_store(str(path))
    assert second.migrated == []
    second.close()


RELEASED = {
    "m001_first": "62dec959185c61ba",
    "m002_failing": "de6550d138ecc8a2",
    "m004_care": "c89ec1cdbb80b71c",
    "m003_alert_item": "19e78ce8dca20a00",
    "m004_outbox_order": "f4c73ab2e358c2e7",
    "m005_misses": "b4f367a205755f1e",
    "m006_identities_by_feed": "22f881850ec786cc",
}
"""Fingerprints: a migration that databases have been through is never edited."""


def test_no_migration_that_databases_have_been_through_was_edited() -> None:
    prints = {name: blake2b(script.encode(), digest_size=8).hexdigest() for name, script in schema.STEPS.items()}
    assert RELEASED.items() <= prints.items()
    assert set(RELEASED) == set(prints), "add its fingerprint"


def shape(path: Path) -> dict[str, str]:
    """Tables and indexes of a database; a table's columns by name, for ALTER TABLE writes them its own way."""
    with sqlite3.connect(path) as connection:
        names = connection.execute(
            "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'"
        ).fetchall()
        return {
            name: sql if kind == "index" else str(connection.execute(f"PRAGMA table_xinfo({name})").fetchall())
            for kind, name, sql in names
        }


@pytest.mark.parametrize("count", range(1, len(schema.STEPS)))
def test_a_database_of_every_older_version_is_brought_up_to_date(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    with monkeypatch.context() as then:
        older = dict(list(schema.STEPS.items())[:count])
        then.setattr(migrations, "STEPS", older)
        then.setattr(schema, "STEPS", older)
        open_store(str(path)).close()
    with sqlite3.connect(path) as old:
        old.execute("INSERT INTO alert VALUES ('s1:1', 'new', 's1', 'i1', 'high', 0.0, '[]', '[]', '{}', NULL)")
        old.execute(
            """INSERT INTO delivery (key, alert, channel, story, batch, state, due_at, planned_at, attempts)
               VALUES ('desk s1:1', 's1:1', 'desk', 's1', '', 'pending', 0.0, 0.0, 2)"""
        )
    with pytest.raises(StoreError, match="db migrate"):
        open_lists(str(path))
    store = open_store(str(path))
    assert store.migrated == list(schema.STEPS)[count:]
    store.close()
    lists = open_lists(str(path))
    (alert,) = lists.alerts()
    lists.close()
    assert [delivery["attempts"] for delivery in alert["deliveries"]] == [2]
    fresh = tmp_path / "fresh.db"
    open_store(str(fresh)).close()
    assert shape(path) == shape(fresh)


def test_a_migration_that_breaks_off_leaves_nothing_behind(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as then:
        broken = schema.STEPS | {"m900": "CREATE TABLE half (a TEXT);\nCREATE TABLE half (a TEXT);"}
        then.setattr(migrations, "STEPS", broken)
        then.setattr(schema, "STEPS", broken)
        with pytest.raises(StoreError, match="half"):
            open_store(str(path))
    store = open_store(str(path))
    assert store.migrated == []
    store.close()
    assert "half" not in shape(path)


def test_the_next_message_is_found_without_looking_at_all_that_wait_or_ever_left(store: SqliteStore) -> None:
    def effort() -> int:
        """Steps of SQLite's machine, in thousands, to take one message and write down that it arrived."""
        steps = [0]
        store._connection.set_progress_handler(lambda: steps.__setitem__(0, steps[0] + 1), 10)
        for _ in range(10):
            token, (claim,) = store.claim_message("desk", NOON, LEASE)
            store.delivered([claim.key], token, NOON, claim.key)
        store._connection.set_progress_handler(None, 0)
        return steps[0]

    def add(first: int, last: int) -> None:
        store.add_update(update(*(delivery(f"d{n}", alert(f"a{n}", f"s{n}")) for n in range(first, last))), NOON)

    add(0, 20)
    few = effort()
    add(20, 2000)
    assert effort() < 2 * few
    for _ in range(500):
        token, (claim,) = store.claim_message("desk", NOON, LEASE)
        store.delivered([claim.key], token, NOON, claim.key)
    assert effort() < 2 * few


def test_a_backup_of_a_database_in_use_is_whole(store: SqliteStore, path: Path, tmp_path: Path) -> None:
    committed(store, Update(items=(write("i1"),)))
    target = tmp_path / "copies" / "copy.db"
    assert backup(str(path), target) > 0
    copy = open_lists(str(target))
    assert copy.check() == []
    assert copy.item("i1") is not None
    copy.close()
    assert target.stat().st_mode & 0o077 == 0


def test_a_full_disk_is_said_and_loses_nothing(store: SqliteStore, lists: Lists) -> None:
    committed(store, Update(items=(write("i1"),)))
    pages = store._connection.execute("PRAGMA page_count").fetchone()[0]
    store._connection.execute(f"PRAGMA max_page_count = {pages + 1}")
    with pytest.raises(StoreError) as caught:
        store.add_update(Update(items=(write("i2", summary="x" * 900_000),)), NOON)
    assert caught.value.kind == "full"
    store._connection.execute("PRAGMA max_page_count = 1000000")
    store.add_update(Update(items=(write("i2", summary="x" * 900_000),)), NOON)
    assert lists.counts()["items"] == 2


def test_what_was_known_before_keys_stood_by_feed_is_known_after(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as then:
        older = dict(list(schema.STEPS.items())[: list(schema.STEPS).index("m006_identities_by_feed")])
        then.setattr(migrations, "STEPS", older)
        then.setattr(schema, "STEPS", older)
        open_store(str(path)).close()
    with sqlite3.connect(path) as old:
        for url in ("https://a.example/", "https://b.example/"):
            old.execute("INSERT INTO feed (url, first_seen_at) VALUES (?, 0.0)", (url,))
        old.execute(
            """INSERT INTO item (id, feed, source, lang, title, summary, url, author, categories, published, seen_at, last_seen_at,
                                 version, content_hash, fate, detail, story, matches, facts)
               VALUES ('i1', 'https://b.example/', '', 'en', '', '', '', '', '[]', NULL, 0, 0, 1, 'c', 'no_rule', '', '', '[]', '{}')"""
        )
        for key, holder in (("guid:here", "i1"), ("guid:pruned", "i0"), ("link:nothing", "")):
            old.execute("INSERT INTO identity VALUES (?, ?, 'c', 0)", (key, holder))
    store = open_store(str(path))
    store.sync_feeds([Feed("https://b.example/"), Feed("https://c.example/")], NOON)
    claims = {claim.state.url: claim for claim in store.claim_due_feeds(NOON, 9, LEASE)}
    asked = Lookup(frozenset({"guid:here", "guid:pruned", "link:nothing", "guid:none"}), frozenset(), NOON)
    found: list[dict[str, str]] = []

    def decide(known: Known) -> Update:
        found.append({key: item.id for key, item in known.items.items()})
        return Update()

    for url in ("https://b.example/", "https://c.example/"):
        state: FeedState = claims[url].state
        store.commit_poll(claims[url], asked, decide, lambda _: state, [], NOON)  # noqa: B023  # called at once
    store.close()
    # Keys hold their feed's address, so what another feed may see of these it never asks for.
    assert found == [
        {"guid:here": "i1", "guid:pruned": "i0", "link:nothing": ""},
        {"guid:pruned": "i0", "link:nothing": ""},
    ]
