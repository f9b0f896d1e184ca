"""What follows when the clock is set while deliveries wait."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, timedelta
from pathlib import Path

import pytest

from build import NOON, alert, delivery, later, update
from watcher.alerts import ChannelPolicy, release
from watcher.store import Store, open_store
from watcher.ticks import Every

LEASE = timedelta(minutes=5)
HORIZON = timedelta(hours=12)
YEAR = timedelta(days=365)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(str(tmp_path / "watcher.db"))
    yield opened
    opened.close()


def test_a_tick_that_was_missed_for_a_year_comes_once() -> None:
    tick = Every(seconds=0.5, timezone=UTC)
    now = NOON + YEAR
    latest = tick.get_next_fire_time(NOON, now)
    assert latest is not None
    assert now - timedelta(seconds=0.5) <= latest <= now
    assert tick.get_next_fire_time(latest, now) == latest + timedelta(seconds=0.5)


def test_a_tick_in_time_comes_after_its_interval() -> None:
    tick = Every(seconds=30, timezone=UTC)
    assert tick.get_next_fire_time(NOON, NOON) == NOON + timedelta(seconds=30)


def test_a_batch_that_a_wrong_year_planned_leaves_when_the_year_is_right(store: Store) -> None:
    wrong = NOON + YEAR
    store.add_update(update(delivery("d1", alert("a1"), due_at=later(days=365, hours=9), batch="quiet:x")), wrong)
    store.reclock(NOON, HORIZON, -YEAR)
    assert store.next_due("desk") == NOON


def test_a_weekly_digest_keeps_its_time_when_the_clock_is_set_back(store: Store) -> None:
    friday = later(days=6)
    store.add_update(update(delivery("d1", alert("a1"), due_at=friday, batch="digest:x")), NOON)
    store.reclock(NOON - timedelta(hours=1), HORIZON, -timedelta(hours=1))
    assert store.next_due("desk") == friday


def test_what_was_sent_in_an_hour_to_come_counts_as_sent_by_now(store: Store) -> None:
    ahead = later(hours=1)
    store.add_update(update(delivery("d1", alert("a1"))), NOON)
    token, _ = store.claim_message("desk", ahead, LEASE)
    store.delivered(["d1"], token, ahead, "m1")
    store.reclock(later(seconds=2), HORIZON, -timedelta(hours=1))
    assert store.sent_times("desk", NOON) == [later(seconds=2)]


def test_a_start_that_finds_sends_to_come_counts_them_as_sent_now(store: Store) -> None:
    """The clock was set back, and the disk was full until the stop: nobody could write down by how much."""
    ahead = later(hours=1)
    store.add_update(update(delivery("d1", alert("a1"))), NOON)
    token, _ = store.claim_message("desk", ahead, LEASE)
    store.delivered(["d1"], token, ahead, "m1")
    store.reclock(later(seconds=2), HORIZON)
    assert store.sent_times("desk", NOON) == [later(seconds=2)]


def test_sends_of_a_wrong_year_do_not_fill_a_cap_for_a_year() -> None:
    channel = ChannelPolicy("desk", at_most="1/m")
    waiting = [delivery("d1", alert("a1"))]
    assert release(waiting, channel, NOON, [NOON + YEAR]) is None
    assert release(waiting, channel, NOON, [later(seconds=-5)]) == later(seconds=55)
