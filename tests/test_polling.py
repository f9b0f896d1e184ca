"""When a feed is asked again, and what it is called, as a table of cases under an injected clock."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watcher.errors import FetchError, ForbiddenAddress, ParseError, RefusedError, WatcherError
from watcher.model import Document, Feed, FeedState
from watcher.polling import (
    Hints,
    PollingPolicy,
    after_failure,
    after_outage,
    after_success,
    expected_delay,
    is_unreachable,
    network_down,
    not_modified,
)
from watcher.polling.cadence import Rhythm, expected_entries

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)  # a Tuesday
POLICY = PollingPolicy()
URL = "https://news.example/rss"
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
NEW = FeedState(URL)


def read(
    state: FeedState = NEW,
    *,
    new: Sequence[datetime | None] = (),
    at: datetime = NOW,
    entries: int = 20,
    hints: Hints | None = None,
    policy: PollingPolicy = POLICY,
    jitter: float = 0.0,
    body_hash: str = "h",
    **document: Any,
) -> FeedState:
    return after_success(
        state,
        document=Document(URL, b"", **document),
        hints=hints,
        entries=entries,
        new_entries=new,
        body_hash=body_hash,
        now=at,
        policy=policy,
        jitter=jitter,
    )


def wait(state: FeedState) -> timedelta:
    assert state.next_poll_at is not None and state.last_polled_at is not None
    return state.next_poll_at - state.last_polled_at


def lived(per_day: float, days: int, hours: Sequence[int] = range(24), weekdays: Sequence[int] = range(7)) -> FeedState:
    """A feed polled when due for so long, that publishes evenly within these hours and weekdays."""
    start = NOW - timedelta(days=days)
    gap = DAY * len(hours) / 24 / per_day
    times, moment = [], start
    while moment < NOW:
        if moment.hour in hours and moment.weekday() in weekdays:
            times.append(moment)
        moment += gap
    state, at, taken = NEW, start, 0
    while at <= NOW:
        new = [time for time in times[taken:] if time <= at]
        taken += len(new)
        state = (
            read(state, new=new, at=at)
            if new or state is NEW
            else not_modified(state, now=at, policy=POLICY, jitter=0.5)
        )
        assert state.next_poll_at is not None
        at = state.next_poll_at
    return state


def test_a_new_feed_starts_near_every() -> None:
    assert POLICY.every / 2 < wait(read()) < POLICY.every * 2


def test_a_busy_feed_is_asked_more_often_than_a_quiet_one() -> None:
    busy, quiet = lived(200, 5), lived(0.5, 5)
    assert POLICY.min <= wait(busy) < timedelta(minutes=8)
    assert wait(quiet) > timedelta(minutes=40)


def test_a_first_document_already_tells_the_rhythm() -> None:
    often = read(new=[NOW - i * timedelta(minutes=10) for i in range(30)])
    seldom = read(new=[NOW - i * timedelta(hours=25) for i in range(15)])
    assert wait(often) < timedelta(minutes=10)
    assert wait(seldom) > timedelta(minutes=30)


def test_it_sleeps_when_the_feed_sleeps() -> None:
    state = lived(30, 20, hours=range(8, 18))
    at_work = not_modified(state, now=NOW.replace(hour=10) + DAY, policy=POLICY, jitter=0)
    at_night = not_modified(state, now=NOW.replace(hour=22), policy=POLICY, jitter=0)
    assert wait(at_night) > 2 * wait(at_work)


def test_it_wakes_when_the_feed_wakes() -> None:
    state = lived(30, 20, hours=range(8, 18))
    before_dawn = not_modified(state, now=NOW.replace(hour=6), policy=POLICY, jitter=0)
    assert before_dawn.next_poll_at is not None and before_dawn.next_poll_at < NOW.replace(hour=8, minute=30)


def test_weekends_are_learned_after_two_weeks() -> None:
    state = lived(30, 28, weekdays=range(5))
    saturday = not_modified(state, now=NOW + 4 * DAY, policy=POLICY, jitter=0)
    wednesday = not_modified(state, now=NOW + DAY, policy=POLICY, jitter=0)
    assert wait(saturday) > 1.5 * wait(wednesday)


@pytest.mark.parametrize(
    ("hints", "max_age", "least"),
    [
        (Hints(ttl=HOUR), None, HOUR),
        (Hints(period=2 * HOUR), None, 2 * HOUR),
        (None, 40 * MINUTE, 40 * MINUTE),
        (Hints(ttl=HOUR), 2 * HOUR, 2 * HOUR),
        (Hints(ttl=100 * HOUR), None, POLICY.max),
        (None, 100 * HOUR, POLICY.max),
    ],
)
def test_what_the_feed_asks_for_is_heeded(hints: Hints | None, max_age: timedelta | None, least: timedelta) -> None:
    state = read(hints=hints, max_age=max_age)
    assert wait(state) == least
    again = not_modified(state, now=NOW + least, policy=POLICY, jitter=0)
    assert again.next_poll_at is not None and again.next_poll_at - NOW - least >= least


def test_hints_are_kept_for_answers_without_a_document() -> None:
    state = not_modified(read(hints=Hints(ttl=3 * HOUR)), now=NOW + 3 * HOUR, policy=POLICY, jitter=0)
    assert wait(state) == 3 * HOUR
    assert json.loads(json.dumps(state.history)) == state.history


def test_the_users_own_interval_outranks_hints_but_not_freshness() -> None:
    policy = POLICY.for_feed(Feed(URL, every=5 * MINUTE))
    assert wait(read(hints=Hints(ttl=3 * HOUR), policy=policy)) < 15 * MINUTE
    assert wait(read(max_age=3 * HOUR, policy=policy)) == 3 * HOUR


def test_skipped_hours_and_days_are_left_alone() -> None:
    state = read(hints=Hints(skip_hours=frozenset({12, 13, 14})))
    assert state.next_poll_at is not None and state.next_poll_at.hour == 15
    state = read(hints=Hints(skip_days=frozenset({1, 2})))
    assert state.next_poll_at is not None and state.next_poll_at.weekday() == 3
    everything = Hints(skip_hours=frozenset(range(24)))
    assert wait(read(hints=everything)) <= POLICY.max


def test_every_wait_lies_within_bounds_and_is_spread() -> None:
    same = lived(50, 3)
    waits = {wait(not_modified(same, now=NOW, policy=POLICY, jitter=jitter)) for jitter in (0.0, 0.5, 1.0)}
    assert len(waits) == 3


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 30)), max_size=30), st.floats(0, 1))
def test_whatever_happens_the_next_poll_is_set_within_bounds(steps: list[tuple[int, int]], jitter: float) -> None:
    state, at = NEW, NOW
    for minutes, new in steps:
        at += timedelta(minutes=minutes)
        state = read(state, new=[at - i * MINUTE for i in range(new)], at=at, jitter=jitter)
        assert POLICY.min <= wait(state) <= POLICY.max * 1.1
        json.dumps(state.history)


def test_validators_are_those_of_what_was_read() -> None:
    state = read(etag='"1"', last_modified="yesterday")
    assert (state.etag, state.last_modified, state.body_hash) == ('"1"', "yesterday", "h")
    failed = after_failure(state, FetchError(URL, "down"), NOW, POLICY, 0.5)
    assert (failed.etag, failed.last_modified, failed.body_hash) == ('"1"', "yesterday", "h")


def test_not_modified_is_not_believed_for_ever() -> None:
    state, at = read(etag='"1"'), NOW
    asked_plainly = []
    for _ in range(24 * 10):
        at += HOUR
        state = not_modified(state, now=at, policy=POLICY, jitter=0)
        asked_plainly.append(not state.etag)
        state = replace(state, etag='"1"')
    assert 2 <= sum(asked_plainly) <= 4


def test_failures_grow_apart_and_end_at_most_at_max() -> None:
    state, waits = read(), []
    for _ in range(12):
        state = after_failure(state, FetchError(URL, "down"), NOW, POLICY, 0.9)
        waits.append(wait(state))
    assert waits[0] < HOUR and waits[-1] > 5 * HOUR
    assert max(waits) <= POLICY.max
    early = {wait(after_failure(read(), FetchError(URL, "down"), NOW, POLICY, jitter / 10)) for jitter in range(11)}
    assert len(early) == 11


def test_a_success_ends_a_backoff() -> None:
    state = read()
    for _ in range(8):
        state = after_failure(state, FetchError(URL, "down"), NOW, POLICY, 0.9)
    again = read(state)
    assert (again.failures, again.last_error, again.condition) == (0, "", "ok")
    assert wait(again) < HOUR


def test_retry_after_is_kept_and_spread() -> None:
    error = RefusedError(URL, "slow down", status=429, retry_after=HOUR)
    waits = [wait(after_failure(read(), error, NOW, POLICY, jitter / 10)) for jitter in range(11)]
    assert min(waits) >= HOUR
    assert max(waits) - min(waits) >= 25 * MINUTE


def test_a_feed_asked_often_is_back_soon_after_a_refusal_of_its_host() -> None:
    error = RefusedError(URL, "its host asked us to wait", retry_after=MINUTE)
    busy = lived(600, 5)
    late = wait(after_failure(busy, error, NOW, POLICY, 1.0))
    assert late <= MINUTE + 2.5 * wait(busy) < 15 * MINUTE
    assert late >= MINUTE + wait(busy)


def test_a_refusal_of_another_feed_of_the_host_slows_no_polls_that_follow() -> None:
    usual = lived(50, 5)
    waited = after_failure(usual, RefusedError(URL, "its host asked us to wait", retry_after=HOUR), NOW, POLICY, 0.5)
    assert wait(not_modified(waited, now=NOW + HOUR, policy=POLICY, jitter=0)) == wait(
        not_modified(usual, now=NOW + HOUR, policy=POLICY, jitter=0)
    )


def test_a_refusal_slows_the_polls_that_follow_and_wears_off() -> None:
    usual = lived(50, 5)
    refused = after_failure(usual, RefusedError(URL, "403", status=403), NOW, POLICY, 0.5)
    first = not_modified(refused, now=NOW + HOUR, policy=POLICY, jitter=0)
    second = not_modified(first, now=NOW + HOUR, policy=POLICY, jitter=0)
    unhurt = not_modified(usual, now=NOW + HOUR, policy=POLICY, jitter=0)
    assert wait(first) > 1.9 * wait(unhurt)
    assert wait(second) < 1.1 * wait(unhurt)


def test_a_feed_that_is_gone_is_retired_but_asked_now_and_then() -> None:
    state = after_failure(read(), FetchError(URL, "gone", status=410, permanent=True), NOW, POLICY, 0.5)
    assert (state.condition, state.retired) == ("gone", True)
    assert 6 * DAY < wait(state) < 8 * DAY
    back = read(state, at=NOW + 7 * DAY)
    assert (back.condition, back.retired) == ("ok", False)


def test_no_feed_stops_for_good() -> None:
    state = read()
    for _ in range(100):
        state = after_failure(state, FetchError(URL, "404", status=404, permanent=True), NOW, POLICY, 1.0)
    assert wait(state) <= DAY


@pytest.mark.parametrize(
    ("error", "times", "condition"),
    [
        (FetchError(URL, "500", status=500), 2, "ok"),
        (FetchError(URL, "500", status=500), 3, "failing"),
        (RefusedError(URL, "429", status=429), 8, "ok"),
        (RefusedError(URL, "429", status=429), 10, "refused"),
        (ForbiddenAddress(URL, "private", permanent=True), 1, "failing"),
        (ParseError(URL, "html", "a page"), 1, "ok"),
        (ParseError(URL, "html", "a page"), 2, "html"),
        (ParseError(URL, "login", "a log-in page"), 2, "login"),
        (ParseError(URL, "consent", "a consent page"), 2, "challenge"),
        (ParseError(URL, "challenge", "a bot check"), 2, "challenge"),
        (ParseError(URL, "empty", "nothing"), 2, "empty"),
        (ParseError(URL, "poison", "a bomb"), 2, "poison"),
        (ParseError(URL, "broken", "no XML"), 3, "failing"),
    ],
)
def test_what_ails_a_feed_is_named(error: WatcherError, times: int, condition: str) -> None:
    state = read()
    for i in range(times):
        state = after_failure(state, error, NOW + i * 15 * MINUTE, POLICY, 0.5)
    assert state.condition == condition
    assert state.last_error
    assert read(state).condition == "ok"


def quiet_since(state: FeedState, hours: int, *, document_moves: bool) -> FeedState:
    at = NOW
    for _ in range(hours):
        at += HOUR
        if document_moves:
            state = read(state, at=at, body_hash=f"{at}")
        else:
            state = not_modified(state, now=at, policy=POLICY, jitter=0)
    return state


def test_silence_against_its_own_habit_is_named() -> None:
    busy = lived(100, 20, hours=range(6, 22))
    assert busy.condition == "ok"
    assert quiet_since(busy, 8, document_moves=False).condition == "ok"
    assert quiet_since(busy, 36, document_moves=False).condition == "frozen"
    assert quiet_since(busy, 36, document_moves=True).condition == "silent"


def test_what_ails_a_feed_that_answers_comes_with_what_to_do() -> None:
    frozen = quiet_since(lived(100, 20), 36, document_moves=False)
    assert "look at the site" in frozen.last_error
    assert frozen.failures == 0
    assert read(frozen, new=[NOW + 37 * HOUR], at=NOW + 37 * HOUR).last_error == ""


def test_a_feed_that_fails_promises_no_delay() -> None:
    assert expected_delay(after_failure(read(), FetchError(URL, "down"), NOW, POLICY, 0.5)) is None


def test_a_document_read_again_in_full_has_not_moved() -> None:
    state = quiet_since(lived(100, 20), 36, document_moves=False)
    again = read(state, at=NOW + 36 * HOUR)
    assert (again.condition, not_modified(again, now=NOW + 37 * HOUR, policy=POLICY, jitter=0).condition) == (
        "frozen",
        "frozen",
    )


def test_a_feed_whose_entries_come_in_batches_owes_as_many_batches() -> None:
    batches = [NOW - days * DAY - i * MINUTE for days in range(5) for i in range(6)]
    single = [NOW - hours * 4 * HOUR for hours in range(30)]
    for dates, condition in ((batches, "ok"), (single, "frozen")):
        assert quiet_since(read(new=dates), 84, document_moves=False).condition == condition


def test_a_first_document_that_is_old_is_not_called_silent() -> None:
    long_ago = NOW - 10 * DAY
    state = read(new=[long_ago - i * 20 * MINUTE for i in range(30)])
    assert state.condition == "ok"
    assert quiet_since(state, 30, document_moves=False).condition == "frozen"


def test_a_feed_that_seldom_speaks_is_not_called_silent() -> None:
    assert quiet_since(lived(0.3, 60), 24 * 5, document_moves=False).condition == "ok"


def test_a_weekend_is_not_silence() -> None:
    friday = NOW + 3 * DAY
    state = lived(40, 28, hours=range(8, 18), weekdays=range(5))
    state = read(state, new=[friday], at=friday)
    for hours in range(1, 60):
        state = not_modified(state, now=friday + hours * HOUR, policy=POLICY, jitter=0)
    assert state.condition == "ok"


def test_a_feed_that_lost_its_entries_is_named_at_the_second_time() -> None:
    once = read(read(), entries=0)
    assert once.condition == "ok"
    assert read(once, entries=0).condition == "empty"
    assert not_modified(once, now=NOW + HOUR, policy=POLICY, jitter=0.5).condition == "empty"
    assert read(read(once, entries=0), entries=5).condition == "ok"
    assert read(read(entries=0), entries=0).condition == "ok"


def test_wrong_dates_are_named() -> None:
    state = read(new=[datetime(1970, 1, 1, tzinfo=UTC)] * 5)
    assert state.condition == "misdated"
    state = read(new=[NOW + 30 * DAY] * 5)
    assert state.condition == "misdated"
    for i in range(12):
        state = read(state, new=[NOW + i * HOUR], at=NOW + i * HOUR)
    assert state.condition == "ok"


def test_a_move_is_believed_after_a_day_and_three_polls() -> None:
    there = "https://new.example/rss"
    state = read()
    for hours in (1, 2, 3):
        state = read(state, at=NOW + hours * HOUR, permanent_url=there)
    assert state.redirect_to == ""
    state = read(state, at=NOW + 30 * HOUR, permanent_url=there)
    assert state.redirect_to == there
    back = after_failure(state, FetchError(URL, "404", status=404, permanent=True), NOW, POLICY, 0.5)
    assert back.redirect_to == ""


def test_a_move_that_changes_its_mind_is_not_believed() -> None:
    state = read()
    for hours in range(0, 100, 10):
        state = read(state, at=NOW + hours * HOUR, permanent_url=f"https://new{hours}.example/rss")
    assert state.redirect_to == ""


def test_the_expected_delay_is_what_was_seen() -> None:
    state = read()
    assert expected_delay(state) == wait(state) / 2
    for i in range(1, 10):
        at = NOW + i * HOUR
        state = read(state, new=[at - 6 * MINUTE], at=at)
    assert expected_delay(state) == 6 * MINUTE


@given(
    st.lists(st.tuples(st.integers(0, 23), st.integers(0, 6)), max_size=40),
    st.integers(0, 28 * 24),
    st.integers(0, 60 * 24),
)
def test_what_a_feed_owes_is_the_sum_over_the_hours(
    news: list[tuple[int, int]], begin: int, hours_watched: int
) -> None:
    rhythm = Rhythm(NOW, [0.0] * 24, [0.0] * 7, exposure=hours_watched, watched=hours_watched)
    rhythm.learn([NOW.replace(hour=hour) + day * DAY for hour, day in news], NOW)
    since = NOW - begin * HOUR - 17 * MINUTE
    hours, days = rhythm.factors()
    moments = [since + i * HOUR for i in range(begin)]
    owed = sum(rhythm.mean_rate() * hours[moment.hour] * days[moment.weekday()] for moment in moments)
    assert expected_entries(rhythm, since, NOW) == pytest.approx(owed)


def test_answers_that_bring_nothing_leave_what_was_learned_as_it_is_stored() -> None:
    state = lived(30, 20)
    later = not_modified(state, now=NOW + HOUR, policy=POLICY, jitter=0.5)
    assert later.history is state.history
    # and are learned with the next news, as if each had been written down
    at = NOW
    for _ in range(48):
        at += HOUR
        later = not_modified(later, now=at, policy=POLICY, jitter=0.5)
    rhythm = Rhythm.load(read(later, new=[at], at=at).history["rhythm"], at)
    assert rhythm.watched == pytest.approx(Rhythm.load(state.history["rhythm"], NOW).watched + 48, abs=1.5)


def test_our_own_outage_blames_no_feed() -> None:
    error = FetchError(URL, "host name can not be resolved")
    assert is_unreachable(error)
    assert not is_unreachable(FetchError(URL, "500", status=500))
    assert not is_unreachable(ForbiddenAddress(URL, "private"))
    assert network_down(5, 5) and network_down(97, 100)
    assert not network_down(2, 2) and not network_down(5, 8) and not network_down(0, 0)
    assert network_down(5, 100, streak=5, quiet=MINUTE)
    assert not network_down(5, 100, streak=4, quiet=HOUR) and not network_down(15, 100, streak=15, quiet=MINUTE / 2)
    assert network_down(3, 3) and not network_down(3, 3, under_way=1)
    state = read()
    after = after_outage(state, NOW, POLICY, 0.5)
    assert (after.failures, after.condition, after.last_error) == (0, "ok", "")
    assert after.next_poll_at is not None and POLICY.min <= after.next_poll_at - NOW <= POLICY.every
