"""Other spellings of a term that folding can not make one."""

from __future__ import annotations

import re

import pytest

from watcher.text import edges, read
from watcher.text.spellings import spellings


def _stands(term: str, text: str, lang: str) -> bool:
    folded = read(text).folded
    opened = folded.replace("-", " ")
    return any(
        edges.is_whole(folded, match.start(), match.end(), lang)
        for literal in spellings(term, lang)
        for match in re.finditer(re.escape(literal), opened)
    )


@pytest.mark.parametrize(
    ("term", "text", "lang"),
    [
        ("الذكاء الاصطناعي", "استراتيجية للذكاء الاصطناعي", "ar"),
        ("الذكاء الاصطناعي", "وللذكاء الاصطناعي دور", "ar"),
        ("ذكاء اصطناعي", "الذكاء الاصطناعي", "ar"),
        ("ذكاء اصطناعي", "بالذكاء الاصطناعي", "ar"),
        ("בינה מלאכותית", "הבינה המלאכותית", "he"),
        ("בינה מלאכותית", "חוק בינה המלאכותית", "he"),
        ("인공지능", "인공 지능 투자", "ko"),
        ("인공 지능", "국가인공지능전략", "ko"),
        ("국가전략", "국가 전략을 발표", "ko"),
        ("برنامه‌ریزی", "برنامهریزی ملی", "fa"),
        ("برنامه‌ریزی", "برنامه ریزی ملی", "fa"),
        ("Künstliche Intelligenz", "Kuenstliche Intelligenz", "de"),
        ("Künstliche Intelligenz", "Künstliche-Intelligenz-Strategie", "de"),
        ("artificial intelligence", "#ArtificialIntelligence now", "en"),
        ("sovereign AI", "sovereign-AI plan", "en"),
    ],
)
def test_a_term_is_found_as_others_write_it(term: str, text: str, lang: str) -> None:
    assert _stands(term, text, lang)


@pytest.mark.parametrize(
    ("term", "text", "lang"),
    [
        ("인공지능", "인공 호수와 지능", "ko"),
        ("미국", "미 국", "ko"),
        ("artificial intelligence", "artificialintelligence", "en"),
        ("الذكاء", "لذكاء", "ar"),
        ("Künstliche", "Kunstlicht", "de"),
    ],
)
def test_another_word_is_not_another_spelling(term: str, text: str, lang: str) -> None:
    assert not _stands(term, text, lang)


def test_the_folded_term_comes_first_and_nothing_is_empty() -> None:
    assert spellings("KI-Strategie", "de")[0] == "ki strategie"
    assert spellings("", "de") == ()
    assert spellings("plan") == ("plan",)
    assert spellings("ذكاء", "ar") == ("ذكاء",)
