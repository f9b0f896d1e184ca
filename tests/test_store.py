"""The store's promises: one contract for every database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from build import FEED, NO_LOOKUP, NOON, alert, claimed, committed, delivery, later, story, update, write
from watcher.model import Feed, Known, Lookup, Update
from watcher.store import Lists, Store, open_lists, open_store
from watcher.store.care import Limits, prune

LEASE = timedelta(minutes=5)


@pytest.fixture
def store(location: str) -> Iterator[Store]:
    opened = open_store(location)
    yield opened
    opened.close()


@pytest.fixture
def lists(store: Store, location: str) -> Iterator[Lists]:
    opened = open_lists(location)
    yield opened
    opened.close()


def sent(store: Store, channel: str = "desk", at: timedelta = timedelta(0)) -> list[str]:
    """Keys of the channel's next message, claimed."""
    return [claimed.key for claimed in store.claim_message(channel, NOON + at, LEASE)[1]]


def test_a_feed_is_claimed_once(store: Store) -> None:
    store.sync_feeds([FEED, Feed(url="https://feeds.example/two")], NOON)
    assert len(store.claim_due_feeds(later(minutes=1), 1, LEASE)) == 1
    assert len(store.claim_due_feeds(later(minutes=1), 9, LEASE)) == 1
    assert store.claim_due_feeds(later(minutes=1), 9, LEASE) == []


def test_a_lease_that_ran_out_is_claimed_again_and_the_first_claim_is_fenced(store: Store) -> None:
    old = claimed(store)
    (new,) = store.claim_due_feeds(later(minutes=6), 9, LEASE)
    assert (
        store.commit_poll(old, NO_LOOKUP, lambda _: Update(items=(write("i1"),)), lambda _: old.state, [], NOON) is None
    )
    assert store.commit_poll(new, NO_LOOKUP, lambda _: Update(), lambda _: new.state, [], NOON) is not None


def test_a_claim_that_is_given_back_is_due_when_said_and_only_while_it_is_held(store: Store) -> None:
    old = claimed(store)
    store.give_back_feeds([old], later(seconds=15))
    assert store.claim_due_feeds(later(seconds=14), 9, LEASE) == []
    (new,) = store.claim_due_feeds(later(seconds=15), 9, LEASE)
    store.give_back_feeds([old], later(seconds=16))
    assert store.claim_due_feeds(later(minutes=1), 9, LEASE) == []
    assert store.commit_poll(new, NO_LOOKUP, lambda _: Update(), lambda _: new.state, [], NOON) is not None


def test_a_fenced_commit_writes_nothing(store: Store, lists: Lists) -> None:
    old = claimed(store)
    store.claim_due_feeds(later(minutes=6), 9, LEASE)
    store.commit_poll(old, NO_LOOKUP, lambda _: Update(items=(write("i1"),)), lambda _: old.state, [], NOON)
    assert lists.item("i1") is None


def test_an_error_in_deciding_leaves_nothing_behind(store: Store, lists: Lists) -> None:
    claim = claimed(store)

    def finish(_: Update) -> None:
        raise RuntimeError("boom")

    with pytest.raises(RuntimeError):
        store.commit_poll(claim, NO_LOOKUP, lambda _: Update(items=(write("i1"),)), finish, [], NOON)  # type: ignore[arg-type]
    assert lists.counts()["items"] == 0


def test_what_was_written_is_known_to_the_next_poll(store: Store) -> None:
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


def test_a_story_older_than_asked_for_is_not_known(store: Store) -> None:
    committed(store, Update(stories=(story("s1"),), story_keys={"s1": frozenset({"k"})}))
    (claim,) = store.claim_due_feeds(later(days=1), 9, LEASE)
    asked = Lookup(frozenset(), frozenset({"k"}), later(hours=1))
    known: list[Known] = []
    store.commit_poll(claim, asked, lambda seen: known.append(seen) or Update(), lambda _: claim.state, [], NOON)  # type: ignore[func-returns-value]
    assert known[0].story_index == {}


def test_an_edited_item_keeps_its_earlier_versions(store: Store, lists: Lists) -> None:
    committed(store, Update(items=(write("i1", title="First"),)))
    store.add_update(Update(items=(write("i1", version=2, title="Second"),)), later(hours=1))
    row = lists.item("i1")
    assert row is not None
    assert (row["title"], row["version"], [old["title"] for old in row["versions"]]) == ("Second", 2, ["First"])


def test_a_delivery_can_not_be_stored_twice(store: Store, lists: Lists) -> None:
    for _ in range(2):
        store.add_update(update(delivery("d1", alert("a1"))), NOON)
    assert len(lists.deliveries()) == 1


def test_the_attempt_is_counted_before_anything_is_sent(store: Store, lists: Lists) -> None:
    store.add_update(update(delivery("d1", alert("a1"))), NOON)
    token, claims = store.claim_message("desk", NOON, LEASE)
    assert [claim.attempts for claim in claims] == [1]
    assert [(row["state"], row["attempts"]) for row in lists.deliveries()] == [("sending", 1)]
    store.delivered(["d1"], token, NOON, "m1")
    assert [(row["state"], row["attempts"]) for row in lists.deliveries()] == [("delivered", 1)]


def test_a_delivery_that_was_being_sent_at_a_crash_is_due_again(location: str) -> None:
    first = open_store(location)
    first.add_update(update(delivery("d1", alert("a1"))), NOON)
    assert sent(first) == ["d1"]
    first.close()
    second = open_store(location)
    assert second.recover(NOON) == 1
    assert sent(second) == ["d1"]
    second.close()


def test_a_crash_holds_the_delivery_where_the_channel_asks_for_that(location: str) -> None:
    first = open_store(location)
    first.add_update(update(delivery("d1", alert("a1"))), NOON)
    sent(first)
    first.close()
    second = open_store(location)
    second.recover(NOON, hold=["desk"])
    assert sent(second) == []
    second.close()


def test_an_outcome_with_a_lost_claim_is_not_taken(store: Store, lists: Lists) -> None:
    store.add_update(update(delivery("d1", alert("a1"))), NOON)
    old, _ = store.claim_message("desk", NOON, LEASE)
    store.claim_message("desk", later(minutes=6), LEASE)
    assert store.delivered(["d1"], old, NOON, "m1") == 0
    assert lists.deliveries()[0]["state"] == "sending"


def test_a_later_alert_of_a_story_waits_for_the_earlier_one(store: Store) -> None:
    store.add_update(update(delivery("d1", alert("a1"))), NOON)
    store.add_update(update(delivery("d2", alert("a2"))), later(minutes=1))
    token, _ = store.claim_message("desk", later(minutes=2), LEASE)
    store.postponed(["d1"], token, NOON, later(hours=1), "refused")
    assert sent(store, at=timedelta(minutes=3)) == []
    assert sent(store, at=timedelta(hours=1)) == ["d1"]


def test_another_storys_alert_does_not_wait(store: Store) -> None:
    store.add_update(update(delivery("d1", alert("a1"))), NOON)
    token, _ = store.claim_message("desk", NOON, LEASE)
    store.postponed(["d1"], token, NOON, later(hours=1), "refused")
    store.add_update(update(delivery("d2", alert("a2", "s2"))), later(minutes=1))
    assert sent(store, at=timedelta(minutes=2)) == ["d2"]


def test_a_batch_leaves_as_one_message(store: Store) -> None:
    due = later(hours=1)
    deliveries = [delivery(f"d{n}", alert(f"a{n}", f"s{n}"), due_at=due, batch="digest:x") for n in range(3)]
    store.add_update(update(*deliveries), NOON)
    assert sent(store) == []
    assert sent(store, at=timedelta(hours=1)) == ["d0", "d1", "d2"]


def test_what_is_caught_up_on_leaves_together_within_half_an_hour(store: Store) -> None:
    for n, minutes in enumerate((0, 3, 29, 33)):
        due = later(minutes=minutes + 2)
        planned = update(delivery(f"d{n}", alert(f"a{n}", f"s{n}"), due_at=due, batch="catch-up:2026-03-02"))
        store.add_update(planned, later(minutes=minutes))
    # The first has waited for long enough when the last comes.
    assert sent(store, at=timedelta(minutes=31)) == ["d0"]
    assert sent(store, at=timedelta(minutes=35)) == ["d1", "d2", "d3"]


def test_an_outcome_and_the_next_claim_are_one_transaction(store: Store) -> None:
    store.add_update(update(*(delivery(f"d{n}", alert(f"a{n}", f"s{n}")) for n in range(2))), NOON)
    token, _ = store.claim_message("desk", NOON, LEASE)
    fresh, (second,) = store.delivered_and_next(["d0"], token, NOON, "m0", Update(), "desk", LEASE)
    assert (second.key, second.attempts) == ("d1", 1)
    assert store.delivered_and_next(["d1"], fresh, NOON, "m1", Update(), "desk", LEASE)[1] == []
    assert store.last_heard("desk") == NOON


def test_a_follow_up_knows_the_first_message_of_its_story(store: Store) -> None:
    store.add_update(update(delivery("d1", alert("a1"))), NOON)
    token, _ = store.claim_message("desk", NOON, LEASE)
    store.delivered(["d1"], token, NOON, "m1")
    store.add_update(update(delivery("d2", alert("a2"))), later(hours=1))
    _, (follow_up,) = store.claim_message("desk", later(hours=1), LEASE)
    assert follow_up.thread == "d1"


def test_resending_makes_due_again_with_the_same_key(store: Store) -> None:
    store.add_update(update(delivery("d1", alert("a1"))), NOON)
    token, _ = store.claim_message("desk", NOON, LEASE)
    store.given_up(["d1"], token, NOON, "gone")
    assert sent(store, at=timedelta(days=1)) == []
    assert store.resend(["d1"], later(days=1)) == 1
    assert sent(store, at=timedelta(days=1)) == ["d1"]


def test_the_audit_accounts_for_every_delivery(store: Store, lists: Lists) -> None:
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


def test_the_audit_names_an_item_whose_alert_is_missing(store: Store, lists: Lists) -> None:
    committed(store, Update(items=(write("i1", story="s1", rules=("any",)),), stories=(story("s1"),)))
    assert lists.audit()["lost_items"] == ["i1"]


def aged(days: float, items: float = 0, stories: float = 0) -> Limits:
    """The limits so many days after NOON, of a store that keeps items and stories for so many."""
    return Limits.of(later(days=days), timedelta(days=items), timedelta(days=stories))


def test_pruned_items_stay_known(store: Store, lists: Lists) -> None:
    committed(store, Update(items=(write("i1"),)))
    removed = prune(store, aged(days=1, items=0.9))
    assert removed["items"] == 1
    assert lists.item("i1") is None
    (claim,) = store.claim_due_feeds(later(days=2), 9, LEASE)
    known: list[Known] = []
    asked = Lookup(frozenset({"guid:i1"}), frozenset(), NOON)
    store.commit_poll(claim, asked, lambda seen: known.append(seen) or Update(), lambda _: claim.state, [], NOON)  # type: ignore[func-returns-value]
    assert known[0].items["guid:i1"].content_hash == "hash-i1-1"


def test_a_trace_stays_as_long_again_as_its_item(store: Store, lists: Lists) -> None:
    committed(store, Update(items=(write("i1"), write("i2"))))
    assert prune(store, aged(days=1.5, items=1))["traces"] == 0
    assert prune(store, aged(days=2.5, items=1))["traces"] > 0


def test_stories_are_pruned_whole_and_their_keys_before_them(store: Store, lists: Lists) -> None:
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


@pytest.mark.parametrize(
    ("title", "query"),
    [
        ("国会通过人工智能法", '"人 工"'),
        ("The fund is approved", '"fund"'),
        ("Правительство одобрило стратегию", '"стратегию"'),
        ("सरकार ने एआई मिशन को मंजूरी दी", '"मिशन"'),
    ],
)
def test_search_finds_every_script(store: Store, lists: Lists, title: str, query: str) -> None:
    committed(store, Update(items=(write("i1", title=title), write("i2", title="Something else"))))
    assert [row["id"] for row in lists.search(query)] == ["i1"]


def test_states_are_saved_together_and_only_by_who_holds_the_claim(store: Store) -> None:
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


def test_setting_the_clock_back_makes_everything_due(store: Store) -> None:
    claim = claimed(store)
    store.save_feeds([(claim, replace(claim.state, next_poll_at=later(days=365)))], NOON)
    assert store.claim_due_feeds(later(days=1), 9, LEASE) == []
    store.reclock(NOON, timedelta(hours=12))
    assert len(store.claim_due_feeds(NOON, 9, LEASE)) == 1


def test_text_that_no_wire_takes_is_stored_clean(store: Store, lists: Lists) -> None:
    committed(store, Update(items=(write("i1", title="a\x00b\ud800c"),)))
    row = lists.item("i1")
    assert row is not None
    assert row["title"] == "ab\N{REPLACEMENT CHARACTER}c"


def test_an_item_is_found_by_the_keys_of_its_feed_and_by_those_from_before_keys_had_one(
    store: Store, lists: Lists
) -> None:
    committed(store, Update(items=(write("i1"),)))
    store.add_update(Update(items=(write("i2"),)), NOON)
    others = [(f"https://feeds.example/{number}", "guid:i1") for number in range(300)]
    assert lists.item_of(others) is None
    found = lists.item_of([*others, (FEED.url, "guid:i1")])
    assert found is not None and (found["id"], found["identities"]) == ("i1", ["guid:i1"])
    before = lists.item_of([*others, (FEED.url, "guid:i2")])
    assert before is not None and (before["id"], before["identities"]) == ("i2", ["guid:i2"])
