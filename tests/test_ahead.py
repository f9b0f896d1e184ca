"""Dates to come, resolved against the item's own day."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from watcher.facts.ahead import ahead
from watcher.model import Entry, Feed, Item
from watcher.text import read


def item(lang: str, text: str, day: str | None = "2025-02-05") -> Item:
    published = datetime.fromisoformat(day).replace(tzinfo=UTC) if day else None
    seen = datetime(2025, 2, 5, tzinfo=UTC)
    return Item("i", Feed(""), Entry(text), read(text), read(""), lang, "", published, seen)


DATES = [
    ("en", "Parliament will amend the law in March", ["2025-03"]),
    ("en", "A law may pass in April", ["2025-04"]),
    ("en", "A third of firms by 2030", ["2030"]),
    ("en", "The centre opens on 14 March 2026", ["2026-03-14"]),
    ("en", "Bids close on June 3", ["2025-06-03"]),
    ("en", "A draft next month", ["2025-03"]),
    ("en", "A draft next year", ["2026"]),
    ("en", "A vote next week", ["2025-02"]),
    ("en", "A vote tomorrow", ["2025-02-06"]),
    ("fr", "une loi à modifier au parlement en mars", ["2025-03"]),
    ("fr", "d'ici 2030", ["2030"]),
    ("fr", "le 1er avril 2026", ["2026-04-01"]),
    ("de", "Das Gesetz soll im März kommen", ["2025-03"]),
    ("de", "bis Ende 2027", ["2027"]),
    ("de", "am 14. März 2026", ["2026-03-14"]),
    ("es", "el 3 de abril de 2026", ["2026-04-03"]),
    ("pt", "em maio", ["2025-05"]),
    ("it", "entro il 2026", ["2026"]),
    ("nl", "volgende maand", ["2025-03"]),
    ("pl", "w marcu", ["2025-03"]),
    ("ru", "в марте 2026 года", ["2026-03"]),
    ("ru", "до 2030 года", ["2030"]),
    ("uk", "у березні", ["2025-03"]),
    ("tr", "Mart 2026'da", ["2026-03"]),
    ("ar", "في مارس المقبل", ["2025-03"]),
    ("ar", "بحلول 2031", ["2031"]),
    ("hi", "अगले साल", ["2026"]),
    ("id", "pada Maret 2026", ["2026-03"]),
    ("vi", "tháng 3/2026", ["2026-03"]),
    ("th", "ภายในปี 2570", ["2027"]),
    ("zh-Hans", "2026年3月14日启用", ["2026-03-14"]),
    ("zh-Hans", "明年建成", ["2026"]),
    ("ja", "2027年までに", ["2027"]),
    ("ja", "３月に法改正", ["2025-03"]),
    ("ko", "내년 3월", ["2026", "2025-03"]),
    ("ko", "다음 달 국회", ["2025-03"]),
]


@pytest.mark.parametrize(("lang", "text", "expected"), DATES, ids=[f"{d[0]}:{d[1][:24]}" for d in DATES])
def test_dates_ahead_are_read(lang: str, text: str, expected: list[str]) -> None:
    assert [one.when for one in ahead(item(lang, text))] == expected


@pytest.mark.parametrize("text", ["on 31 February 2026", "31.02.2026", "2026-13-01", "in 2019", "in January 2025"])
def test_what_does_not_exist_or_is_past_yields_nothing(text: str) -> None:
    assert [one.when for one in ahead(item("en", text))] in ([], ["2026"])
    assert all("-02-" not in one.when for one in ahead(item("en", text)))


def test_without_a_day_only_what_the_text_puts_ahead() -> None:
    assert [one.when for one in ahead(item("en", "The lab will open in 2031", None))] == ["2031"]
    assert ahead(item("en", "next month", None)) == ()
    assert [one.when for one in ahead(item("fr", "La loi doit être amendée en mars", None))] == ["2025-03"]
    assert ahead(item("fr", "La loi a été amendée en mars", None)) == ()


def test_what_is_ahead_comes_with_its_sentence() -> None:
    (found,) = ahead(item("en", "The bill is ready. Parliament will vote in March. The rest is silence."))
    assert found.what == "Parliament will vote in March."


def test_sums_and_counts_are_no_years() -> None:
    assert ahead(item("en", "2,030 firms got $2030 and 2040% more")) == ()


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01"])
def test_a_misdated_item_raises_nothing(day: str) -> None:
    assert all(one.when for one in ahead(item("en", "A vote tomorrow, next week, next month, in March 2027", day)))
