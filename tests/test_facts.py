"""What the readers of facts tell each other: money and states of one item."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from watcher.facts import extract
from watcher.model import Entry, Facts, Feed, Item
from watcher.replay import facts_json
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
