"""Where a word may begin and end."""

from __future__ import annotations

import pytest

from watcher.text import fold
from watcher.text.edges import has_left_edge, has_right_edge, is_whole


def _stands(term: str, text: str, lang: str) -> bool:
    folded = fold(text)
    start = folded.index(fold(term))
    return is_whole(folded, start, start + len(fold(term)), lang)


@pytest.mark.parametrize(
    ("term", "text", "lang"),
    [
        ("人工智能", "2030人工智能", "zh"),
        ("조원", "34조원", "ko"),
        ("34", "총34조원", "ko"),
        ("34", "約34兆円", "ja"),
        ("AI", "AI100强", "zh"),
        ("AI", "AI 2", "en"),
        ("covid", "covid19", "en"),
        ("euro", "100euro", "en"),
        ("million", "20million", "en"),
        ("בינה", 'ה"בינה" החדשה', "he"),
        ("חוק", "חוק", "he"),
        ("מס", "המס החדש", "he"),
        ("رز", "الرز", "ar"),
        ("AI", "a...AI", "en"),
        ("AI", "(AI)", "en"),
        ("AI", "AI.", "en"),
        ("AI", "AI.The minister", "en"),
        ("&c", "x &c", "en"),
        ("c++", "c++ code", "en"),
        ("ai", "ai", ""),
        ("plan", "https://example.org/plan", "en"),
    ],
)
def test_a_word_stands_here(term: str, text: str, lang: str) -> None:
    assert _stands(term, text, lang)


@pytest.mark.parametrize(
    ("term", "text", "lang"),
    [
        ("AI", "AI2x", "en"),
        ("AI", "x2AI", "en"),
        ("AI", "3AI", "en"),
        ("2", "123", "en"),
        ("20", "G20", "en"),
        ("20", "20th", "en"),
        ("צה", 'צה"ל הודיע', "he"),
        ("ל", 'צה"ל', "he"),
        ("מס", "במס", "he"),
        ("رز", "برز", "ar"),
        ("ปัญญ", "ปัญญา", "th"),
        ("ဉာဏ်ရ", "ဉာဏ်ရည်", "my"),
        ("कृ", "कृत्रिम", "hi"),
        ("क", "कृत्रिम", "hi"),
        ("logo", "open logo.svg now", "en"),
        ("gov", "see www.gov.example/x now", "en"),
    ],
)
def test_no_word_stands_here(term: str, text: str, lang: str) -> None:
    assert not _stands(term, text, lang)


def test_nothing_is_no_word() -> None:
    assert not is_whole("ai", 1, 1, "en")


def test_each_edge_can_be_asked_for_alone() -> None:
    assert has_left_edge("funding", 0, 4)
    assert not has_right_edge("funding", 0, 4)
    assert not has_left_edge("refund", 2, 6)
    assert has_right_edge("refund", 2, 6)
