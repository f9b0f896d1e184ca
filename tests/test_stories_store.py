"""Stories merged or told apart in a real store: where their messages thread, and what the next report does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from build import NOON, alert, delivery, later, story, update
from watcher.model import Update
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
