"""Sums of money as newspapers of each language write them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from watcher.facts.money import amounts, amounts_of
from watcher.model import Amount
from watcher.text import plain_text

CASES = Path(__file__).parent / "data" / "money.tsv"


def written_sums() -> Iterator[tuple[str, str, str, list[tuple[Decimal, str]]]]:
    for line in CASES.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            text, lang, country, expected = line.split("\t")
            pairs = [entry.split() for entry in expected.split(";") if entry.strip()]
            yield text, lang, country, sorted((Decimal(value), currency) for value, currency in pairs)


def read(text: str, lang: str = "en", country: str = "", day: date | None = None) -> tuple[Amount, ...]:
    return amounts(plain_text(text), "title", lang, country, day)


def said(found: tuple[Amount, ...]) -> list[tuple[Decimal, str]]:
    return sorted((one.value, one.currency) for one in found)


@pytest.mark.parametrize(("text", "lang", "country", "expected"), list(written_sums()))
def test_a_sum_is_read_as_its_language_means_it(
    text: str, lang: str, country: str, expected: list[tuple[Decimal, str]]
) -> None:
    assert said(read(text, lang, country)) == expected


def test_the_cases_cover_at_least_45_languages() -> None:
    assert len({lang for _, lang, _, _ in written_sums()}) >= 45


def test_a_span_gives_back_what_stands_in_the_text() -> None:
    text = "Le plan coûte 34 billions de won, dit-on"
    (one,) = read(text, "fr", "KR")
    assert (one.text, text[one.span.start : one.span.end]) == ("34 billions de won", "34 billions de won")


def test_two_sums_that_are_one_are_linked() -> None:
    won, yuan = read("34 billions de won, soit 169,966 milliards de yuans", "fr", "KR", date(2025, 9, 9))
    assert (won.same_as, yuan.same_as) == (None, 0)


def test_two_sums_far_apart_in_value_are_two() -> None:
    _, second = read("$500 billion (£4 billion)", day=date(2025, 9, 9))
    assert second.same_as is None


def test_a_bare_sum_of_the_summary_takes_the_currency_of_the_title() -> None:
    parts = (
        ("title", plain_text("Ottawa injectera 2,4 milliards de dollars")),
        ("summary", plain_text("L'essentiel, soit 2 milliards, ira au calcul.")),
    )
    found = amounts_of(parts, "fr", "", None)
    assert [(one.span.field, one.value, one.currency) for one in found] == [
        ("title", Decimal(2_400_000_000), "CAD"),
        ("summary", Decimal(2_000_000_000), "CAD"),
    ]


def test_toman_is_ten_rial() -> None:
    assert said(read("۱۲۰۰ میلیارد تومان", "fa")) == [(Decimal(12 * 10**12), "IRR")]


@pytest.mark.parametrize(
    ("text", "country", "currency"),
    [
        ("Government pledges $50 million", "", "USD"),
        ("Government pledges $50 million", "CA", "CAD"),
        ("Trudeau pledges $50 million", "", "CAD"),
        ("Amazon to pour AU$20 billion into Australia", "", "AUD"),
        ("A plan worth Rs 500 million, says Islamabad", "", "PKR"),
        ("A plan worth Rs 500 crore, says Pakistan's neighbour", "", "INR"),
    ],
)
def test_the_country_decides_whose_dollar_or_rupee(text: str, country: str, currency: str) -> None:
    assert [one.currency for one in read(text, "en", country)] == [currency]


@pytest.mark.parametrize(
    ("text", "lang", "qualifier"),
    [
        ("more than $5 billion", "en", "at_least"),
        ("up to €2bn", "en", "up_to"),
        ("about £300m", "en", "about"),
        ("£300m", "en", ""),
        ("plus de 3 milliards d'euros", "fr", "at_least"),
        ("bis zu 10 Mrd. Euro", "de", "up_to"),
        ("1兆円超", "ja", "at_least"),
        ("约500亿元", "zh-Hans", "about"),
    ],
)
def test_a_limit_is_read(text: str, lang: str, qualifier: str) -> None:
    assert [one.qualifier for one in read(text, lang)] == [qualifier]


def test_kroner_of_an_unknown_country_are_left_out() -> None:
    assert read("500 million kroner", "en") == ()


def test_a_doubtful_decimal_mark_is_said() -> None:
    (one,) = read("2,340 millones de euros", "es")
    assert one.uncertain


def test_digits_with_marks_of_other_scripts_and_decomposed_letters() -> None:
    assert said(read("٢٫٥ مليار دولار", "ar")) == [(Decimal(2_500_000_000), "USD")]
    assert said(read("1,2 milhões de euros", "pt")) == [(Decimal(1_200_000), "EUR")]


def test_invisible_marks_do_not_hide_a_sum() -> None:
    text = "a \u200b$\u200e5\u00ad billion\u200b plan"
    (one,) = read(text)
    assert (one.value, text[one.span.start : one.span.end]) == (Decimal(5_000_000_000), one.text)


def test_a_sum_that_the_summary_says_again_is_one() -> None:
    parts = (
        ("title", plain_text("34조 규모 첨단기금 조성")),
        ("summary", plain_text("정부가 최소 34조원짜리 기금을 만든다. 10조원은 융자다.")),
    )
    found = amounts_of(parts, "ko", "KR", None)
    assert [(one.value, one.same_as) for one in found] == [
        (Decimal(34 * 10**12), None),
        (Decimal(34 * 10**12), 0),
        (Decimal(10**13), None),
    ]
    assert found[0].qualifier == "at_least"


def test_equal_sums_of_one_field_are_two() -> None:
    found = read("Berlin pledges 5 billion euros, Paris another 5 billion euros", "en", "DE")
    assert [one.same_as for one in found] == [None, None]


@pytest.mark.parametrize(
    ("lang", "country", "day", "currency"),
    [
        ("bg", "BG", date(2025, 6, 1), "BGN"),
        ("bg", "BG", date(2026, 1, 1), "EUR"),
        ("hr", "HR", date(2022, 6, 1), "HRK"),
        ("hr", "HR", date(2025, 6, 1), "EUR"),
    ],
)
def test_a_bare_sum_is_in_the_money_of_its_day(lang: str, country: str, day: date, currency: str) -> None:
    text = "100 милиона за изкуствен интелект" if lang == "bg" else "100 milijuna za umjetnu inteligenciju"
    assert [one.currency for one in read(text, lang, country, day)] == [currency]


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("Instagram erreicht 400 Millionen Nutzer", "de"),
        ("L'appli compte 60 millions d'abonnés", "fr"),
        ("Nu är det 700 mil till Kiruna", "sv"),
        ("Mais de 60 milhões de pessoas votaram", "pt"),
        ("Plus de 33 millions d'exemplaires écoulés", "fr"),
        ("Die Nutzer: schon 31 Millionen", "de"),
        ("112 miljoen kuub drinkwater", "nl"),
        ("打造3个万亿元级产业", "zh-Hans"),
    ],
)
def test_what_is_counted_is_no_money(text: str, lang: str) -> None:
    assert read(text, lang) == ()
