"""The store's promises, on a real file."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from hashlib import blake2b
from pathlib import Path

import pytest

from build import FEED, NOON, alert, delivery, later, story, update, write
from watcher.errors import StoreError
from watcher.model import Feed, Known, Lookup, Update
from watcher.ports import Claim
from watcher.store import Lists, SqliteStore, connection, migrations, open_lists, open_store, schema
from watcher.store.care import Limits, backup, prune

LEASE = timedelta(minutes=5)
NOTHING = Lookup(frozenset(), frozenset(), NOON - timedelta(days=9))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "watcher.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    opened = open_store(str(path))
    yield opened
    opened.close()


@pytest.fixture
def lists(store: SqliteStore, path: Path) -> Iterator[Lists]:
    opened = open_lists(str(path))
    yield opened
    opened.close()


def claimed(store: SqliteStore) -> Claim:
    store.sync_feeds([FEED], NOON)
    (claim,) = store.claim_due_feeds(NOON, 10, LEASE)
    return claim


def committed(store: SqliteStore, decided: Update, lookup: Lookup = NOTHING) -> Known:
    """Commit a poll that decides `decided`, and return what was known to it."""
    seen: list[Known] = []

    def decide(known: Known) -> Update:
        seen.append(known)
        return decided

    claim = claimed(store)
    assert store.commit_poll(claim, lookup, decide, lambda _: claim.state, ["b1"], NOON) is not None
    return seen[0]


def sent(store: SqliteStore, channel: str = "desk", at: timedelta = timedelta(0)) -> list[str]:
    """Keys of the channel's next message, claimed."""
    return [claimed.key for claimed in store.claim_message(channel, NOON + at, LEASE)[1]]


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
        then.setattr(connection, "STEPS", older)
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
        then.setattr(connection, "STEPS", broken)
        with pytest.raises(StoreError, match="half"):
            open_store(str(path))
    store = open_store(str(path))
    assert store.migrated == []
    store.close()
    assert "half" not in shape(path)


def test_a_feed_is_claimed_once(store: SqliteStore) -> None:
    store.sync_feeds([FEED, Feed(url="https://feeds.example/two")], NOON)
    assert len(store.claim_due_feeds(later(minutes=1), 1, LEASE)) == 1
    assert len(store.claim_due_feeds(later(minutes=1), 9, LEASE)) == 1
    assert store.claim_due_feeds(later(minutes=1), 9, LEASE) == []


def test_a_lease_that_ran_out_is_claimed_again_and_the_first_claim_is_fenced(store: SqliteStore) -> None:
    old = claimed(store)
    (new,) = store.claim_due_feeds(later(minutes=6), 9, LEASE)
    assert (
        store.commit_poll(old, NOTHING, lambda _: Update(items=(write("i1"),)), lambda _: old.state, [], NOON) is None
    )
    assert store.commit_poll(new, NOTHING, lambda _: Update(), lambda _: new.state, [], NOON) is not None


def test_a_fenced_commit_writes_nothing(store: SqliteStore, lists: Lists) -> None:
    old = claimed(store)
    store.claim_due_feeds(later(minutes=6), 9, LEASE)
    store.commit_poll(old, NOTHING, lambda _: Update(items=(write("i1"),)), lambda _: old.state, [], NOON)
    assert lists.item("i1") is None


def test_an_error_in_deciding_leaves_nothing_behind(store: SqliteStore, lists: Lists) -> None:
    claim = claimed(store)

    def finish(_: Update) -> None:
        raise RuntimeError("boom")

    with pytest.raises(RuntimeError):
        store.commit_poll(claim, NOTHING, lambda _: Update(items=(write("i1"),)), finish, [], NOON)  # type: ignore[arg-type]
    assert lists.counts()["items"] == 0


def test_what_was_written_is_known_to_the_next_poll(store: SqliteStore) -> None:
    committed(
        store,
        Update(
            items=(write("i1", story="s1", rules=("any",)),),
            stories=(story("s1"),),
            story_keys={"s1": frozenset({"k"})},
        ),
    )
    claim = store.claim_due_feeds(later(days=1), 9, LEASE)
    known: list[Known] = []
    asked = Lookup(frozenset({"guid:i1", "guid:i2"}), frozenset({"k", "other"}), NOON - timedelta(days=9))
    store.commit_poll(claim[0], asked, lambda seen: known.append(seen) or Update(), lambda _: claim[0].state, [], NOON)  # type: ignore[func-returns-value]
    assert known[0].items["guid:i1"].id == "i1"
    assert known[0].items["guid:i1"].rules == {"any"}
    assert known[0].story_index == {"k": ("s1",)}
    assert known[0].stories["s1"] == story("s1")
    assert known[0].feed_is_new is False


def test_a_story_older_than_asked_for_is_not_known(store: SqliteStore) -> None:
    committed(store, Update(stories=(story("s1"),), story_keys={"s1": frozenset({"k"})}))
    (claim,) = store.claim_due_feeds(later(days=1), 9, LEASE)
    asked = Lookup(frozenset(), frozenset({"k"}), later(hours=1))
    known: list[Known] = []
    store.commit_poll(claim, asked, lambda seen: known.append(seen) or Update(), lambda _: claim.state, [], NOON)  # type: ignore[func-returns-value]
    assert known[0].story_index == {}


def test_an_edited_item_keeps_its_earlier_versions(store: SqliteStore, lists: Lists) -> None:
    committed(store, Update(items=(write("i1", title="First"),)))
    store.add_update(Update(items=(write("i1", version=2, title="Second"),)), later(hours=1))
    row = lists.item("i1")
    assert row is not None
    assert (row["title"], row["version"], [old["title"] for old in row["versions"]]) == ("Second", 2, ["First"])


def test_a_delivery_can_not_be_stored_twice(store: SqliteStore, lists: Lists) -> None:
    for _ in range(2):
        store.add_update(update(delivery("d1", alert("a1"))), NOON)
    assert len(lists.deliveries()) == 1


def test_the_attempt_is_counted_before_anything_is_sent(store: SqliteStore, lists: Lists) -> None:
    store.add_update(update(delivery("d1", alert("a1"))), NOON)
    token, claims = store.claim_message("desk", NOON, LEASE)
    assert [claim.attempts for claim in claims] == [1]
    assert [(row["state"], row["attempts"]) for row in lists.deliveries()] == [("sending", 1)]
    store.delivered(["d1"], token, NOON, "m1")
    assert [(row["state"], row["attempts"]) for row in lists.deliveries()] == [("delivered", 1)]


def test_a_delivery_that_was_being_sent_at_a_crash_is_due_again(path: Path) -> None:
    first = open_store(str(path))
    first.add_update(update(delivery("d1", alert("a1"))), NOON)
    assert sent(first) == ["d1"]
    first.close()
    second = open_store(str(path))
    assert second.recover(NOON) == 1
    assert sent(second) == ["d1"]
    second.close()


def test_a_crash_holds_the_delivery_where_the_channel_asks_for_that(path: Path) -> None:
    first = open_store(str(path))
    first.add_update(update(delivery("d1", alert("a1"))), NOON)
    sent(first)
    first.close()
    second = open_store(str(path))
    second.recover(NOON, hold=["desk"])
    assert sent(second) == []
    second.close()


def test_an_outcome_with_a_lost_claim_is_not_taken(store: SqliteStore, lists: Lists) -> None:
    store.add_update(update(delivery("d1", alert("a1"))), NOON)
    old, _ = store.claim_message("desk", NOON, LEASE)
    store.claim_message("desk", later(minutes=6), LEASE)
    assert store.delivered(["d1"], old, NOON, "m1") == 0
    assert lists.deliveries()[0]["state"] == "sending"


def test_a_later_alert_of_a_story_waits_for_the_earlier_one(store: SqliteStore) -> None:
    store.add_update(update(delivery("d1", alert("a1"))), NOON)
    store.add_update(update(delivery("d2", alert("a2"))), later(minutes=1))
    token, _ = store.claim_message("desk", later(minutes=2), LEASE)
    store.postponed(["d1"], token, NOON, later(hours=1), "refused")
    assert sent(store, at=timedelta(minutes=3)) == []
    assert sent(store, at=timedelta(hours=1)) == ["d1"]


def test_another_storys_alert_does_not_wait(store: SqliteStore) -> None:
    store.add_update(update(delivery("d1", alert("a1"))), NOON)
    token, _ = store.claim_message("desk", NOON, LEASE)
    store.postponed(["d1"], token, NOON, later(hours=1), "refused")
    store.add_update(update(delivery("d2", alert("a2", "s2"))), later(minutes=1))
    assert sent(store, at=timedelta(minutes=2)) == ["d2"]


def test_a_batch_leaves_as_one_message(store: SqliteStore) -> None:
    due = later(hours=1)
    deliveries = [delivery(f"d{n}", alert(f"a{n}", f"s{n}"), due_at=due, batch="digest:x") for n in range(3)]
    store.add_update(update(*deliveries), NOON)
    assert sent(store) == []
    assert sent(store, at=timedelta(hours=1)) == ["d0", "d1", "d2"]


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


def test_an_outcome_and_the_next_claim_are_one_transaction(store: SqliteStore) -> None:
    store.add_update(update(*(delivery(f"d{n}", alert(f"a{n}", f"s{n}")) for n in range(2))), NOON)
    token, _ = store.claim_message("desk", NOON, LEASE)
    fresh, (second,) = store.delivered_and_next(["d0"], token, NOON, "m0", Update(), "desk", LEASE)
    assert (second.key, second.attempts) == ("d1", 1)
    assert store.delivered_and_next(["d1"], fresh, NOON, "m1", Update(), "desk", LEASE)[1] == []
    assert store.last_heard("desk") == NOON


def test_a_follow_up_knows_the_first_message_of_its_story(store: SqliteStore) -> None:
    store.add_update(update(delivery("d1", alert("a1"))), NOON)
    token, _ = store.claim_message("desk", NOON, LEASE)
    store.delivered(["d1"], token, NOON, "m1")
    store.add_update(update(delivery("d2", alert("a2"))), later(hours=1))
    _, (follow_up,) = store.claim_message("desk", later(hours=1), LEASE)
    assert follow_up.thread == "d1"


def test_resending_makes_due_again_with_the_same_key(store: SqliteStore) -> None:
    store.add_update(update(delivery("d1", alert("a1"))), NOON)
    token, _ = store.claim_message("desk", NOON, LEASE)
    store.given_up(["d1"], token, NOON, "gone")
    assert sent(store, at=timedelta(days=1)) == []
    assert store.resend(["d1"], later(days=1)) == 1
    assert sent(store, at=timedelta(days=1)) == ["d1"]


def test_the_audit_accounts_for_every_delivery(store: SqliteStore, lists: Lists) -> None:
    store.add_update(update(*(delivery(f"d{n}", alert(f"a{n}", f"s{n}")) for n in range(4))), NOON)
    for n, verb in enumerate((store.delivered, store.given_up, store.held)):
        token, (claim,) = store.claim_message("desk", NOON, LEASE)
        assert verb([claim.key], token, NOON, str(n)) == 1
    found = lists.audit()
    assert (found["planned"], found["delivered"], found["dead"], found["held"], found["pending"], found["lost"]) == (
        4,
        1,
        1,
        1,
        1,
        0,
    )


def test_the_audit_names_an_item_whose_alert_is_missing(store: SqliteStore, lists: Lists) -> None:
    committed(store, Update(items=(write("i1", story="s1", rules=("any",)),), stories=(story("s1"),)))
    assert lists.audit()["lost_items"] == ["i1"]


def aged(days: float, items: float = 0, stories: float = 0) -> Limits:
    """The limits so many days after NOON, of a store that keeps items and stories for so many."""
    return Limits.of(later(days=days), timedelta(days=items), timedelta(days=stories))


def test_pruned_items_stay_known(store: SqliteStore, lists: Lists) -> None:
    committed(store, Update(items=(write("i1"),)))
    removed = prune(store, aged(days=1, items=0.9))
    assert removed["items"] == 1
    assert lists.item("i1") is None
    (claim,) = store.claim_due_feeds(later(days=2), 9, LEASE)
    known: list[Known] = []
    asked = Lookup(frozenset({"guid:i1"}), frozenset(), NOON)
    store.commit_poll(claim, asked, lambda seen: known.append(seen) or Update(), lambda _: claim.state, [], NOON)  # type: ignore[func-returns-value]
    assert known[0].items["guid:i1"].content_hash == "hash-i1-1"


def test_a_trace_stays_as_long_again_as_its_item(store: SqliteStore, lists: Lists) -> None:
    committed(store, Update(items=(write("i1"), write("i2"))))
    assert prune(store, aged(days=1.5, items=1))["traces"] == 0
    assert prune(store, aged(days=2.5, items=1))["traces"] > 0


def test_stories_are_pruned_whole_and_their_keys_before_them(store: SqliteStore, lists: Lists) -> None:
    names = [f"s{number}" for number in range(130)]
    stories = tuple(story(name) for name in names)
    store.add_update(Update(stories=stories, story_keys={name: frozenset({f"k{name}"}) for name in names}), NOON)
    store.add_update(update(*(delivery(f"d{name}", alert(f"a{name}", name)) for name in names[:2])), NOON)
    token, (claim,) = store.claim_message("desk", NOON, LEASE)
    store.delivered([claim.key], token, NOON, "")
    removed = prune(store, aged(days=2, items=1, stories=9))
    assert (removed["story keys"], removed["stories"], removed["alerts"]) == (130, 0, 0)
    removed = prune(store, aged(days=10, items=1, stories=9))
    assert (removed["stories"], removed["alerts"]) == (130, 1)
    assert [row["state"] for row in lists.deliveries()] == ["pending"]


def test_a_backup_of_a_database_in_use_is_whole(store: SqliteStore, path: Path, tmp_path: Path) -> None:
    committed(store, Update(items=(write("i1"),)))
    target = tmp_path / "copies" / "copy.db"
    assert backup(str(path), target) > 0
    copy = open_lists(str(target))
    assert copy.check() == []
    assert copy.item("i1") is not None
    copy.close()
    assert target.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("title", "query"),
    [
        ("国会通过人工智能法", '"人 工"'),
        ("The fund is approved", '"fund"'),
        ("Правительство одобрило стратегию", '"стратегию"'),
        ("सरकार ने एआई मिशन को मंजूरी दी", '"मिशन"'),
    ],
)
def test_search_finds_every_script(store: SqliteStore, lists: Lists, title: str, query: str) -> None:
    committed(store, Update(items=(write("i1", title=title), write("i2", title="Something else"))))
    assert [row["id"] for row in lists.search(query)] == ["i1"]


def test_states_are_saved_together_and_only_by_who_holds_the_claim(store: SqliteStore) -> None:
    store.sync_feeds([Feed(f"https://x.example/{i}") for i in range(3)], NOON)
    first, second, lost = store.claim_due_feeds(NOON, 3, LEASE)
    assert store.claim_feed(lost.state.url, NOON + 2 * LEASE, LEASE) is not None
    told = replace(first.state, history={"learned": 1}, failures=2)
    states = [(first, told), (second, second.state), (lost, lost.state)]
    assert store.save_feeds(states, NOON) == [True, True, False]
    saved = store.feed_state(first.state.url)
    assert saved is not None and (saved.history, saved.failures) == ({"learned": 1}, 2)
    # A state whose history nobody touched keeps what is stored.
    (claim,) = [claim for claim in store.claim_due_feeds(later(days=9), 3, LEASE) if claim.state.url == saved.url]
    assert store.save_feeds([(claim, replace(claim.state, failures=0))], NOON) == [True]
    saved = store.feed_state(first.state.url)
    assert saved is not None and (saved.history, saved.failures) == ({"learned": 1}, 0)


def test_setting_the_clock_back_makes_everything_due(store: SqliteStore) -> None:
    claim = claimed(store)
    store.save_feeds([(claim, replace(claim.state, next_poll_at=later(days=365)))], NOON)
    assert store.claim_due_feeds(later(days=1), 9, LEASE) == []
    store.reclock(NOON, timedelta(hours=12))
    assert len(store.claim_due_feeds(NOON, 9, LEASE)) == 1


def test_text_that_no_wire_takes_is_stored_clean(store: SqliteStore, lists: Lists) -> None:
    committed(store, Update(items=(write("i1", title="a\x00b\ud800c"),)))
    row = lists.item("i1")
    assert row is not None
    assert row["title"] == "ab\N{REPLACEMENT CHARACTER}c"


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
