"""`settle`: what becomes of a batch, and its two laws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from build import FEED, NOON, later
from watcher.alerts import ChannelPolicy
from watcher.model import Entry, Feed, Known, Update, Verdict
from watcher.pipeline import Policy, judge, lookup, read_entry, remind, settle
from watcher.replay import Memory
from watcher.rules import Line, RuleSpec, compile_rules

DESK, INBOX = ChannelPolicy("desk"), ChannelPolicy("inbox")
POLICY = Policy(channels=(DESK, INBOX))

SEOUL = (
    "South Korea to invest 34 trillion won in AI",
    "The government in Seoul plans a national AI committee and a new fund of 34 trillion won.",
)
RAISED = (
    "South Korea raises its AI fund to 50 trillion won",
    "The government in Seoul said the new national AI fund will hold 50 trillion won.",
)
PARIS = (
    "France approves 2 billion euros for AI computing",
    "The government in Paris approved a plan worth 2 billion euros for artificial intelligence.",
)


def rulebook(**fields: Any) -> Any:
    return compile_rules([RuleSpec(name="ai", match=Line("AI"), **fields)], [])


BOOK = rulebook()


def read(
    title: str, summary: str, guid: str, *, source: str = "One", book: Any = BOOK, hours: float = 0, **fields: Any
) -> Verdict:
    at = later(hours=hours)
    entry = Entry(
        title=title,
        summary=summary,
        guid=f"urn:report:{guid}:2026",
        url=f"https://n.example/{guid}",
        published=at,
        source=source,
        lang="en",
        **fields,
    )
    feed = FEED if source == "One" else replace(FEED, url=f"https://feeds.example/{source}", name=source)
    return judge(entry, feed, book, at)


class World:
    """Memory that settles batch after batch."""

    def __init__(self, policy: Policy = POLICY) -> None:
        self.memory, self.policy = Memory(), policy

    def settle(self, *verdicts: Verdict, hours: float = 0, feed_is_new: bool = False) -> Update:
        now = later(hours=hours)
        known = replace(self.memory.known(lookup(verdicts, now)), feed_is_new=feed_is_new)
        update = settle(verdicts, known, self.policy, now)
        self.memory.apply(update, now)
        return update


def told(update: Update) -> list[tuple[str, str]]:
    return [(delivery.channel, delivery.alert.kind) for delivery in update.deliveries]


def test_a_new_story_is_told_to_every_channel_once() -> None:
    world = World()
    assert told(world.settle(read(*SEOUL, "a"))) == [("desk", "new"), ("inbox", "new")]
    assert world.settle(read(*SEOUL, "a")).deliveries == ()


def test_another_outlets_report_joins_and_is_not_told() -> None:
    world = World()
    first = world.settle(read(*SEOUL, "a"))
    second = world.settle(read(*SEOUL, "b", source="Two"), hours=1)
    assert second.deliveries == ()
    assert second.items[0].story == first.items[0].story
    assert second.items[0].fate == "joined"


def test_a_higher_sum_is_told_as_a_follow_up() -> None:
    world = World()
    world.settle(read(*SEOUL, "a"))
    update = world.settle(read(*RAISED, "b", hours=5), hours=5)
    assert told(update) == [("desk", "follow_up"), ("inbox", "follow_up")]
    assert [(change.kind, change.new) for change in update.alerts[0].changes if change.kind == "amount"] == [
        ("amount", "50000000000000 KRW")
    ]


def test_another_states_story_is_a_story_of_its_own() -> None:
    world = World()
    stories = {world.settle(read(*SEOUL, "a")).items[0].story, world.settle(read(*PARIS, "b")).items[0].story}
    assert len(stories) == 2


@pytest.mark.parametrize(
    ("source", "name", "shown"),
    [
        ("", "<script>alert(1)</script><b>The Times</b>", "The Times"),
        ("R&amp;D <i>Weekly</i>", "Feed", "R&D Weekly"),
        ("", "AT&T News", "AT&T News"),
        ("", "<img src=x>", "news.example"),
    ],
)
def test_a_publishers_name_is_shown_without_markup(source: str, name: str, shown: str) -> None:
    entry = Entry(title="A title", url="https://news.example/1", source=source)
    assert judge(entry, Feed("https://feeds.example/one", name=name), compile_rules([]), NOON).item.source == shown


def test_an_edited_item_is_a_new_version_and_not_told_again() -> None:
    world = World()
    world.settle(read(*SEOUL, "a"))
    update = world.settle(read(SEOUL[0], SEOUL[1] + " Officials gave no date.", "a"), hours=1)
    assert [(write.version, write.item_id) for write in update.items] == [(2, read(*SEOUL, "a").item.id)]
    assert update.deliveries == ()


def test_an_old_item_is_stored_and_not_told() -> None:
    update = World().settle(read(*SEOUL, "a", hours=-24 * 30))
    assert update.deliveries == ()
    assert update.items[0].fate == "too_old"


def test_a_date_in_2199_counts_as_none() -> None:
    item = read_entry(Entry(title="AI", published=NOON.replace(year=2199)), FEED, NOON)
    assert item.published is None


def test_items_of_a_new_feed_leave_as_one_batch() -> None:
    update = World().settle(read(*SEOUL, "a"), read(*PARIS, "b"), feed_is_new=True)
    assert {delivery.batch for delivery in update.deliveries if delivery.channel == "desk"} == {"catch-up:2026-03-02"}


def test_a_new_feed_may_stay_silent_and_what_it_held_is_never_new() -> None:
    world = World(replace(POLICY, first_run="silent"))
    assert world.settle(read(*SEOUL, "a"), feed_is_new=True).deliveries == ()
    assert world.settle(read(*SEOUL, "b", source="Two"), hours=1).deliveries == ()


def test_a_rule_names_its_channels() -> None:
    book = rulebook(notify=("inbox",))
    assert told(World().settle(read(*SEOUL, "a", book=book))) == [("inbox", "new")]


def test_a_rule_that_notifies_nobody_is_stored_and_shown() -> None:
    update = World().settle(read(*SEOUL, "a", book=rulebook(notify=("-",))))
    assert update.deliveries == ()
    assert update.stories[0].rules == {"ai"}


def test_several_recipients_of_a_channel_are_each_told() -> None:
    channels = (ChannelPolicy("inbox/a@example.org"), ChannelPolicy("inbox/b@example.org"))
    policy = Policy(channels=channels, recipients={"inbox": tuple(channel.name for channel in channels)})
    update = World(policy).settle(read(*SEOUL, "a", book=rulebook(notify=("inbox",))))
    assert [channel for channel, _ in told(update)] == ["inbox/a@example.org", "inbox/b@example.org"]


def test_a_quorum_waits_for_its_publishers() -> None:
    book = rulebook(within=timedelta(hours=2), publishers=3)
    world = World()
    counts = [
        len(world.settle(read(*SEOUL, name, source=name, book=book, hours=n / 4), hours=n / 4).deliveries)
        for n, name in enumerate("abcd")
    ]
    assert counts == [0, 0, 2, 0]


def test_per_item_rules_tell_every_item() -> None:
    book = rulebook(per="item")
    world = World()
    assert told(world.settle(read(*SEOUL, "a", book=book)))[0] == ("desk", "item")
    assert told(world.settle(read(*SEOUL, "b", source="Two", book=book)))[0] == ("desk", "item")
    assert world.settle(read(SEOUL[0] + "!", SEOUL[1] + " More.", "b", source="Two", book=book)).deliveries == ()


def test_two_rules_make_one_alert_that_names_both() -> None:
    book = compile_rules([RuleSpec(name="ai", match=Line("AI")), RuleSpec(name="fund", match=Line("fund"))], [])
    update = World().settle(read(*SEOUL, "a", book=book))
    assert [alert.rules for alert in update.alerts] == [("ai", "fund")]


def test_a_muted_story_says_nothing() -> None:
    world = World()
    story = world.settle(read(*SEOUL, "a")).stories[0]
    world.memory.apply(Update(stories=(replace(story, muted_until=later(days=9)),)), NOON)
    assert world.settle(read(*RAISED, "b", hours=5), hours=5).deliveries == ()


def test_a_date_that_is_reached_is_told_once() -> None:
    world = World()
    story = world.settle(read(SEOUL[0], SEOUL[1] + " Parliament is to amend the law in May 2026.", "a")).stories[0]
    due = later(days=70)
    update = remind([story], POLICY, due)
    assert [change.kind for change in update.alerts[0].changes] == ["date"]
    assert remind(update.stories, POLICY, due).alerts == ()


def test_a_story_that_moves_each_minute_speaks_six_times_a_day_and_then_says_the_rest_at_once() -> None:
    world = World()
    alerts = []
    for minute in range(12):
        title = f"South Korea raises its AI fund to {50 * 2**minute} trillion won"
        alerts += world.settle(read(title, RAISED[1], "live", hours=minute / 60), hours=minute / 60).alerts
    assert [alert.kind for alert in alerts] == ["new"] + ["follow_up"] * 6
    (story,) = [each for each in world.memory._stories.values() if not each.merged_into]
    assert remind([story], POLICY, later(hours=20)).alerts == ()
    late = remind([story], POLICY, later(hours=26))
    (change,) = [each for each in late.alerts[0].changes if each.kind == "amount"]
    assert change.old == f"{50 * 2**6}000000000000 KRW"
    assert change.new == f"{50 * 2**11}000000000000 KRW"
    assert remind(late.stories, POLICY, later(hours=60)).alerts == ()


def test_one_poll_brings_no_flood_of_follow_ups() -> None:
    titles = [f"South Korea raises its AI fund to {50 * 2**number} trillion won" for number in range(12)]
    update = World().settle(*(read(title, RAISED[1], f"part-{number}") for number, title in enumerate(titles)))
    assert [alert.kind for alert in update.alerts] == ["new"] + ["follow_up"] * 6


@pytest.mark.parametrize(
    "text", ["\x00", "\ud800", "<" * 50_000, "AI " * 50_000, "&#0;&#xD800;", "‮AI", "$1e999 trillion for AI"]
)
def test_no_text_stops_the_pipeline(text: str) -> None:
    update = World().settle(read(text, text, "a"))
    assert len(update.items) == 1


TEXTS = (SEOUL, RAISED, PARIS, ("AI briefing", ""), ("AI", "AI"), ("Football", "United win the cup."))
ENTRIES = st.lists(
    st.tuples(st.sampled_from(TEXTS), st.sampled_from("abcdef"), st.sampled_from(("One", "Two"))),
    min_size=1,
    max_size=7,
)


def verdicts(rows: Sequence[tuple[tuple[str, str], str, str]]) -> list[Verdict]:
    return [read(*text, guid, source=source) for text, guid, source in rows]


def decided(update: Update) -> tuple[Any, ...]:
    """What of an update reaches anybody or anything."""
    return update.items, update.stories, update.alerts, update.deliveries


@settings(max_examples=60, deadline=None)
@given(ENTRIES)
def test_settling_twice_equals_once(rows: Sequence[tuple[tuple[str, str], str, str]]) -> None:
    batch = verdicts(rows)
    world = World()
    world.settle(*batch)
    world.settle(*batch)  # names that several bear are known to name nothing from here on
    assert world.settle(*batch).deliveries == ()


@settings(max_examples=60, deadline=None)
@given(ENTRIES, st.integers(0, 7))
def test_splitting_a_batch_tells_the_same(rows: Sequence[tuple[tuple[str, str], str, str]], cut: int) -> None:
    unique = list({(guid): (text, guid, source) for text, guid, source in rows}.values())
    whole, parts = World(), World()
    at_once = told(whole.settle(*verdicts(unique)))
    in_turn = told(parts.settle(*verdicts(unique[:cut]))) + told(parts.settle(*verdicts(unique[cut:])))
    assert at_once == in_turn


def test_settling_needs_no_store() -> None:
    assert decided(settle([], Known(), POLICY, NOON)) == ((), (), (), ())
