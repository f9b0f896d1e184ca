"""What holds for sums in any text."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watcher.facts.money import amounts, amounts_of
from watcher.facts.money_language import rows
from watcher.facts.money_text import level
from watcher.text import plain_text

LANGUAGES = [row[0] for row in rows("languages")] + ["xx", "", "zh-Hant-HK"]
PIECES = st.sampled_from(
    ["$", "€", "¥", "5", "1.5", "1,000", "2 000", " ", "-", "–", " billion", "bn", "億円", "兆", "万", "조", "원", " crore",
     "Rs ", " milliards d'", "euros", "млрд", " руб.", "(", ")", " bis ", "e999", "∞", "٣", "५", "مليار", " دولار", "a", "A",
     "é", "e\u0301", "\u200b", "\u00ad", "ß", "İ", "ﬁ", "한", "ล้าน", "บาท", "one ", "hundred ", "half a ", "0", "00", ".", ","]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(), st.lists(PIECES, max_size=30).map("".join)), st.sampled_from(LANGUAGES))
def test_any_text_gives_finite_sums_with_valid_spans(text: str, lang: str) -> None:
    read = plain_text(text)
    for one in amounts(read, "title", lang, "", None):
        assert one.value.is_finite() and 0 < one.value < 10**20
        assert len(one.currency) == 3
        assert 0 <= one.span.start < one.span.end <= len(read.plain)
        assert read.plain[one.span.start : one.span.end] == one.text


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=80))
def test_levelling_keeps_places(text: str) -> None:
    levelled = level(text)
    for at in range(len(levelled.text)):
        start, end = levelled.span(at, at + 1)
        assert 0 <= start < end <= len(text)


@settings(max_examples=60, deadline=None)
@given(st.lists(PIECES, max_size=30).map("".join), st.sampled_from(LANGUAGES))
def test_reading_twice_gives_the_same(text: str, lang: str) -> None:
    assert amounts(plain_text(text), "title", lang, "", None) == amounts(plain_text(text), "title", lang, "", None)


@pytest.mark.parametrize(
    "piece", ["1 ", "$1 billion ", "billion ", "1,", "百", "10 a 20 ", "1e9", "(", "조", "one hundred "]
)
@pytest.mark.parametrize("lang", ["en", "zh-Hans", "ko", "hu"])
def test_a_million_characters_take_seconds_not_minutes(piece: str, lang: str) -> None:
    text = plain_text(piece * (1_000_000 // len(piece)))
    start = time.process_time()
    amounts_of((("summary", text),), lang, "", None)
    assert time.process_time() - start < 10


@pytest.mark.parametrize(
    "text", ["$1e999 trillion", "$" + "9" * 400 + " trillion", "€" + "1,000" * 200 + " billion", "9" * 5000]
)
def test_an_absurd_number_is_no_sum(text: str) -> None:
    assert amounts(plain_text(text), "title", "en", "", None) == ()
