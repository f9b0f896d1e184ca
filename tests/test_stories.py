"""Reports of one event become one story, in any language; two events stay two; only what moves is told."""

from __future__ import annotations

import itertools
import json
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from watcher import facts, text
from watcher.model import Entry, Feed, Found, Item, Match, Span, Story, Verdict
from watcher.stories import assign, begin, due_dates, join, merge, part, should_merge, story_keys, with_dates_told
from watcher.stories.keys import keys_for
from watcher.stories.model import model
from watcher.stories.names import figures, names
from watcher.stories.near import resemblance, shingles, signature
from watcher.stories.profile import read_signature, sign

_NUMBERS = itertools.count()
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def verdict(title: str, summary: str = "", *, lang: str = "en", at: datetime = NOW, source: str = "A") -> Verdict:
    number = next(_NUMBERS)
    entry = Entry(title, summary, url=f"https://e.org/{number}", published=at)
    item = Item(f"i{number}", Feed("https://f"), entry, text.read(title), text.read(summary), lang, source, at, at)
    return Verdict(item, facts.extract(item), (Match("any", 1.0, "normal", "story", (), ()),))


class Desk:
    """Stories as the pipeline keeps them, with the index of blocking keys."""

    def __init__(self) -> None:
        self.stories: dict[str, Story] = {}
        self.index: dict[str, list[str]] = defaultdict(list)
        self.changes: list[tuple[str, str, str]] = []

    def read(self, report: Verdict) -> str:
        now = report.item.seen_at
        keys = story_keys(report)
        found = {name: self.stories[name] for key in keys for name in self.index[key][-40:]}
        name = assign(report, found, now)
        if name is None:
            name = f"s{len(self.stories)}"
            self.stories[name] = begin(report, name, now)
        else:
            self.stories[name], changes = join(self.stories[name], report, now)
            self.changes += [(change.kind, change.old, change.new) for change in changes]
        for key in keys:
            if name not in self.index[key]:
                self.index[key].append(name)
        return name

    def read_all(self, reports: Iterable[Verdict]) -> list[str]:
        return [self.read(report) for report in reports]


LAW = "Parliament of Norway adopts first law on artificial intelligence with 92 votes"
LAW_TEXT = "The act takes effect in August and sets up a supervisory authority under minister Karianne Tung in Oslo."


@pytest.mark.parametrize(
    ("title", "summary"),
    [
        (LAW, LAW_TEXT),
        (LAW.upper(), LAW_TEXT),
        (LAW, LAW_TEXT + " (Reuters)"),
        (LAW + " - Example News", LAW_TEXT + " Read more at Example News."),
        ("UPDATE 1-" + LAW, LAW_TEXT),
    ],
    ids=["same", "capitals", "agency", "outlet", "update"],
)
def test_an_echo_joins_and_tells_nothing(title: str, summary: str) -> None:
    desk = Desk()
    assert len(set(desk.read_all([verdict(LAW, LAW_TEXT), verdict(title, summary, source="B")]))) == 1
    assert desk.changes == []


def test_a_translation_joins_by_state_sum_and_names() -> None:
    desk = Desk()
    reports = [
        verdict(
            "Denmark to spend 2.4 billion kroner on Gefion AI supercomputer",
            "Minister Caroline Stage presented the plan in Copenhagen.",
        ),
        verdict(
            "Dänemark steckt 2,4 Milliarden Kronen in KI-Supercomputer Gefion",
            "Ministerin Caroline Stage stellte den Plan vor.",
            lang="de",
        ),
        verdict(
            "Данія виділить 2,4 млрд крон на суперкомп'ютер Gefion для ШІ",
            "План представила міністерка Каролін Стейдж.",
            lang="uk",
        ),
    ]
    assert len(set(desk.read_all(reports))) == 1


def test_two_events_of_one_state_in_one_week_stay_apart() -> None:
    desk = Desk()
    reports = [
        verdict("France to invest 3 billion euros in AI chips", "Economy minister Lescure announced a fund for semiconductor firms in Grenoble."),
        verdict("French schools get AI course from September", "Education minister Geffray said all pupils aged 13 will follow the module.", at=NOW + timedelta(days=2)),
        verdict("French audit court criticises AI spending in hospitals", "The report says health data projects were late.", at=NOW + timedelta(days=3)),
    ]  # fmt: skip
    assert len(set(desk.read_all(reports))) == 3


def test_like_events_of_two_states_stay_apart() -> None:
    desk = Desk()
    reports = [
        verdict("Chile presents national AI strategy", "The plan sets goals for education and data centres."),
        verdict("Peru presents national AI strategy", "The plan sets goals for education and data centres."),
    ]
    assert len(set(desk.read_all(reports))) == 2


def test_order_of_arrival_does_not_part_a_story() -> None:
    reports = [
        verdict("Kenya launches AI strategy to 2030", "Cabinet secretary William Kabogo presented it in Nairobi."),
        verdict(
            "Kenya unveils national AI strategy, Kabogo says", "The strategy runs to 2030.", at=NOW + timedelta(days=1)
        ),
        verdict(
            "Kabogo: Kenya's AI strategy will create jobs", "It was launched in Nairobi.", at=NOW + timedelta(days=2)
        ),
    ]
    for order in ((0, 1, 2), (2, 0, 1), (1, 2, 0)):
        assert len(set(Desk().read_all(reports[i] for i in order))) == 1


def test_a_follow_up_tells_the_new_sum_and_more_outlets_tell_nothing() -> None:
    desk = Desk()
    desk.read_all(
        [
            verdict("South Korea plans 10 trillion won fund for AI chips", "Finance minister Choi Sang-mok announced the fund in Seoul."),
            verdict("South Korea plans AI chip fund of 10 trillion won", "The fund was announced by Choi Sang-mok in Seoul.", source="B"),
            verdict("South Korea raises AI chip fund to 34 trillion won", "Finance minister Choi Sang-mok announced the larger fund in Seoul.", source="C", at=NOW + timedelta(days=1)),
        ]
    )  # fmt: skip
    assert len(desk.stories) == 1
    assert [change for change in desk.changes if change[0] == "amount"] == [
        ("amount", "10000000000000 KRW", "34000000000000 KRW")
    ]


def test_a_later_stage_is_told_and_an_earlier_one_is_not() -> None:
    first, later = (
        verdict(LAW, LAW_TEXT),
        verdict("Norway's law on artificial intelligence enters into force", "Karianne Tung spoke in Oslo."),
    )
    place = Span("title", 0, 3)
    first = replace(first, facts=replace(first.facts, stage=Found("approved", place)))
    later = replace(later, facts=replace(later.facts, stage=Found("enacted", place)))
    told = join(begin(first, "s", NOW), later, NOW)[1]
    assert [(change.kind, change.old, change.new) for change in told if change.kind == "stage"] == [
        ("stage", "approved", "enacted")
    ]
    assert [change for change in join(begin(later, "s", NOW), first, NOW)[1] if change.kind == "stage"] == []


def test_a_date_reached_is_told_once() -> None:
    story = replace(
        begin(verdict(LAW, LAW_TEXT), "s", NOW), facts={"ahead": [{"when": "2026-04", "what": "takes effect"}]}
    )
    assert due_dates(story, NOW) == ()
    told = due_dates(story, NOW + timedelta(days=31))
    assert [(change.kind, change.old) for change in told] == [("date", "2026-04")]
    assert due_dates(replace(story, facts=with_dates_told(story.facts, told)), NOW + timedelta(days=40)) == ()


def test_stories_that_turn_out_to_be_one_are_merged_with_all_their_reports() -> None:
    one, other = begin(verdict(LAW, LAW_TEXT), "s1", NOW), begin(verdict(LAW, LAW_TEXT, source="B"), "s2", NOW)
    one, other = replace(one, told=frozenset({"desk"})), replace(other, told=frozenset({"inbox"}))
    assert should_merge(one, other)
    assert not should_merge(one, one)
    merged = merge(one, other)
    assert (merged.id, len(merged.reports), merged.told, merged.facts["report_count"]) == (
        "s1",
        2,
        {"desk", "inbox"},
        2,
    )
    far = begin(
        verdict("Brazil funds AI for rain forests with 5 million reais", "Marina Silva spoke in Manaus."), "s3", NOW
    )
    assert not should_merge(one, far)


def test_what_either_story_was_told_or_muted_holds_for_both_when_merged() -> None:
    one, other = begin(verdict(LAW, LAW_TEXT), "s1", NOW), begin(verdict(LAW, LAW_TEXT, source="B"), "s2", NOW)
    until = NOW + timedelta(days=3)
    other = replace(other, muted_until=until, facts={**other.facts, "reached": ["2026-03"]})
    merged = merge(one, other)
    assert merged.muted_until == until
    assert merged.facts["reached"] == ["2026-03"]


def test_what_a_person_told_apart_is_not_merged_again_until_a_person_says_so() -> None:
    one, other = part(begin(verdict(LAW, LAW_TEXT), "s1", NOW), begin(verdict(LAW, LAW_TEXT, source="B"), "s2", NOW))
    assert not should_merge(one, other)
    third = merge(begin(verdict(LAW, LAW_TEXT, source="C"), "s3", NOW), other)
    grown, _ = join(one, verdict("Norway's first AI law is adopted", LAW_TEXT), NOW)
    assert not should_merge(grown, third)
    by_hand = merge(grown, third)
    assert should_merge(by_hand, begin(verdict(LAW, LAW_TEXT, source="D"), "s4", NOW))
    assert "apart" not in by_hand.profile


def test_a_story_is_json_and_its_signature_survives_the_way() -> None:
    report = verdict(LAW, LAW_TEXT)
    story = begin(report, "s", NOW)
    assert (
        json.loads(json.dumps({"profile": dict(story.profile), "facts": dict(story.facts)}))["profile"] == story.profile
    )
    assert read_signature(sign(report).as_text()) == sign(report)
    assert len(json.dumps(story.profile)) < 4_000


def test_thousands_of_near_equal_items_make_one_bounded_story_in_linear_time() -> None:
    desk = Desk()
    begun = time.process_time()
    for number in range(600):
        desk.read(verdict(LAW, f"{LAW_TEXT} Ticket {'x' * (number % 7)}.", source=f"P{number % 200}"))
    assert len(desk.stories) <= 3
    assert time.process_time() - begun < 30
    story = max(desk.stories.values(), key=lambda each: len(each.reports))
    assert len(story.reports) <= 60
    assert len(json.dumps(story.profile)) < 30_000
    assert desk.changes == []


@pytest.mark.parametrize("title", ["Update", "News", "…", "AI", "要闻", ""])
def test_titles_of_one_word_make_no_runaway_story(title: str) -> None:
    desk = Desk()
    texts = ["France adopts a budget for schools", "Storm hits the coast of Chile", "Kenya names an AI envoy", ""]
    assert (
        len(set(desk.read_all(verdict(title, body, at=NOW + timedelta(hours=n)) for n, body in enumerate(texts)))) >= 3
    )


def test_reports_of_a_few_words_each_are_stories_of_their_own() -> None:
    desk = Desk()
    reports = [verdict("Update", f"Artificial intelligence {number}", source=f"P{number}") for number in range(12)]
    assert len(set(desk.read_all(reports))) == 12


def test_boilerplate_that_fills_most_of_the_text_joins_nothing() -> None:
    tail = "Subscribe to our newsletter for all the latest stories. " * 5
    desk = Desk()
    reports = [
        verdict("Italy names new AI agency head", "Mario Nobile leaves. " + tail),
        verdict("Chile opens data centre tender", "Bids are due in June. " + tail),
        verdict("India trains farmers to use AI", "The scheme covers Punjab. " + tail),
    ]
    assert len(set(desk.read_all(reports))) == 3


@pytest.mark.parametrize("at", [datetime(1970, 1, 1, tzinfo=UTC), datetime(2199, 1, 1, tzinfo=UTC)])
def test_any_date_can_be_read(at: datetime) -> None:
    desk = Desk()
    assert len(set(desk.read_all([verdict(LAW, LAW_TEXT, at=at), verdict(LAW, LAW_TEXT, at=at)]))) == 1


def test_blocking_keys_are_few_whatever_the_text() -> None:
    rich = " ".join(
        f"Name{n}son spends {n}{n} billion euros on law, chips, schools, research in France and Germany."
        for n in range(200)
    )
    assert len(keys_for(sign(verdict(rich[:300], rich)), model().rarity)) <= 90
    assert story_keys(verdict("", "")) is not None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("OpenAI", "오픈AI"), ("OpenAI", "オープンAI"), ("Altman", "ألتمان"), ("Altman", "Альтман"), ("Macron", "マクロン"), ("Macron", "마크롱은"),
        ("Macron", "Макрон"), ("Trump", "트럼프"), ("Trump", "トランプ"), ("Trump", "特朗普"), ("Stargate", "スターゲート"), ("SoftBank", "소프트뱅크"),
        ("Krishnan", "कृष्णन"), ("Oracle", "オラクル"),
    ],
)  # fmt: skip
def test_a_name_meets_itself_in_another_script(one: str, other: str) -> None:
    assert set(names(text.plain_text(one))) & set(names(text.plain_text(other)))


@pytest.mark.parametrize(
    ("written", "figure"),
    [("260,000 chips", "260000"), ("26만장", "260000"), ("26万張", "260000"), ("260 000 puces", "260000"), ("20 हजार", "20000"), ("२०,००० जीपीयू", "20000"), ("90,7%", "90.7")],
)  # fmt: skip
def test_figures_are_read_as_numbers(written: str, figure: str) -> None:
    assert figure in figures(written)


def test_years_and_digits_are_no_figures() -> None:
    assert figures("By 2030 there will be 3 of them, and 17 in 2035") == ("17",)


def test_resemblance_is_high_for_edits_and_low_for_other_texts() -> None:
    one, other, far = (
        signature(shingles(text.plain_text(each)))
        for each in (LAW_TEXT, LAW_TEXT + " (AFP)", "Storm hits the coast of Chile, thousands flee")
    )
    assert resemblance(one, one) == 1.0
    assert resemblance(one, other) > 0.7
    assert resemblance(one, far) < 0.1
    assert signature(frozenset()) == ()
