"""What the readers of facts tell each other: money and states of one item."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from watcher.facts import extract
from watcher.facts.publisher import PUBLISHER
from watcher.model import Entry, Facts, Feed, Item
from watcher.pipeline import read_entry
from watcher.replay import facts_json
from watcher.rules import Line, RuleSpec, compile_rules
from watcher.text import read


def facts_of(lang: str, title: str, summary: str = "") -> Facts:
    published = datetime(2021, 5, 11, tzinfo=UTC)
    entry = Entry(title, summary, published=published)
    return extract(Item("i", Feed(""), entry, read(title), read(summary), lang, "", published, published))


def test_the_state_that_wording_and_money_tell_counts_in_its_own_dollars() -> None:
    found = facts_of("en", "Coalition to open AI centres", "The programme puts $33.7 million into pilot projects.")
    assert [one.value for one in found.countries] == ["AU"]
    assert [one.currency for one in found.amounts] == ["AUD"]


def test_no_state_is_guessed_for_a_language_that_many_share() -> None:
    assert facts_of("en", "New AI law takes effect").countries == ()


def test_a_sum_said_again_is_listed_once_and_links_count_what_is_listed() -> None:
    found = facts_of("zh-Hant", "南韓建AI中心　總值14兆韓元", "涵蓋國家AI運算中心（14兆韓元約新台幣3,000億元）。")
    listed = facts_json(found)["amounts"]
    assert [(one["value"], one["currency"]) for one in listed] == [(14 * 10**12, "KRW"), (3 * 10**11, "TWD")]
    assert [one.value for one in found.amounts].count(Decimal(14 * 10**12)) == 2


@pytest.mark.parametrize(
    ("source", "title", "is_own"),
    [
        ("Norlab News", "Norlab opens an office in Seoul", True),
        ("Norlab | Blog", "Minister visits Norlab", True),
        ("Arcadia (AI research)", "Arcadia joins forces with a hospital", True),
        ("AI Security Institute", "AI Security Institute signs an agreement", False),
        ("Norlab News", "Norlabs opens an office", False),
        ("Example Daily", "Example of a good law", False),
        ("World News", "World leaders meet", False),
        ("China News", "China presents a plan", False),
        ("White House releases", "White House presents an action plan", False),
        ("", "Norlab opens an office", False),
    ],
)
def test_a_publisher_in_its_own_title_is_told_from_a_state(source: str, title: str, is_own: bool) -> None:
    item = read_entry(Entry(title, lang="en"), Feed("u", name=source), datetime(2026, 1, 1, tzinfo=UTC))
    found = extract(item)
    assert (PUBLISHER in [one.why for one in found.actors]) is is_own
    rule = RuleSpec(name="r", match=Line("title:acts:publisher"))
    assert bool(compile_rules([rule], []).match(item, found)) is is_own


def test_an_institute_places_an_item_but_is_no_organ_of_its_state() -> None:
    for title, acts in (("DFKI startet Projekt", "institute"), ("Bundestag startet Projekt", "body")):
        item = read_entry(Entry(title, lang="de"), Feed("u"), datetime(2026, 1, 1, tzinfo=UTC))
        found = extract(item)
        assert [one.value for one in found.countries] == ["DE"]
        assert compile_rules([RuleSpec(name="r", match=Line(f"acts:{acts}"))], []).match(item, found)
