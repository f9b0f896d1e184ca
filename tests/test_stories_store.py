"""Stories merged or told apart in a real store: where their messages thread, and what the next report does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from build import NOON, alert, delivery, later, story, update, write
from watcher.cli.main import main
from watcher.model import Report, Update
from watcher.store import Store, open_store

LEASE = timedelta(minutes=5)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(str(tmp_path / "watcher.db"))
    yield opened
    opened.close()


def test_after_a_merge_a_follow_up_threads_with_the_message_of_either_story(store: Store) -> None:
    older, younger = story("s1"), story("s2", told=frozenset({"desk"}))
    store.add_update(update(delivery("first", alert("s2:1", "s2")), stories=(older, younger)), NOON)
    token, sent = store.claim_message("desk", NOON, LEASE)
    store.delivered([each.key for each in sent], token, NOON, "receipt")
    store.add_update(Update(stories=(older, replace(younger, merged_into="s1"))), later(hours=1))
    store.add_update(update(delivery("second", alert("s1:2", "s1", kind="follow_up"))), later(hours=2))
    _, (follow_up,) = store.claim_message("desk", later(hours=2), LEASE)
    assert (follow_up.key, follow_up.thread) == ("second", "first")


def test_a_story_goes_into_one_that_the_same_update_begins_and_lists_later(store: Store) -> None:
    older = story("s1")
    store.add_update(Update(stories=(older,), story_keys={"s1": frozenset({"name:x"})}), NOON)
    store.add_update(Update(stories=(replace(older, merged_into="s2"), story("s2"))), later(hours=1))
    found = store.story("s1")
    assert found is not None
    assert found.id == "s2"


def stories_command(path: Path, *arguments: str) -> Result:
    config = path.with_name("watcher.yaml")
    config.write_text(
        f"database: {path}\nfeeds: [https://news.example/rss]\nrules: [{{name: any, any: [AI]}}]\n", "utf-8"
    )
    return CliRunner().invoke(main, ("-c", str(config), "stories", *arguments))


def test_merge_and_split_by_hand_beside_a_daemon_move_items_and_reports(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "watcher.db"
    writes = tuple(write(f"i{n}", f"s{n}", ("any",), title=f"Country {n} plans AI") for n in (1, 2, 3))
    first, second, third = (
        story(
            f"s{n}",
            reports=(Report(f"i{n}", "One", "en", "A title", f"https://news.example/i{n}", NOON),),
            facts={"report_count": 1},
        )
        for n in (1, 2, 3)
    )
    store.add_update(Update(items=writes, stories=(first, second, third)), NOON)
    merged = stories_command(path, "merge", "s1", "s2")
    assert (merged.exit_code, merged.stdout) == (0, "s1 and s2 are one story: s1, 2 reports\n")
    assert stories_command(path, "merge", "s2", "s3").exit_code == 0
    known = store.story("s3")
    assert known is not None and known.id == "s1" and len(known.reports) == 3
    again = stories_command(path, "merge", "s3", "s2")
    assert again.exit_code == 2 and "one story already" in again.stderr
    parted = stories_command(path, "split", "s2", "i3")
    assert parted.exit_code == 0 and "s1 keeps 2" in parted.stdout
    absent = stories_command(path, "split", "s1", "i3", "i1")
    assert absent.exit_code == 1 and "has no item i3" in absent.stderr
    every = stories_command(path, "split", "s1", "i1", "i2")
    assert every.exit_code == 2 and "name fewer" in every.stderr
