"""Which language a text is in."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from watcher.text.language import base, detect, normal

DATA = Path(__file__).parent / "data"
CORPUS = Path(__file__).parents[2] / "shared" / "corpus" / "dev.jsonl"


def _headlines() -> list[tuple[str, str]]:
    with (DATA / "text_languages.tsv").open(encoding="utf-8", newline="") as file:
        return [(row["lang"], row["title"]) for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]


@pytest.mark.parametrize(("lang", "title"), _headlines())
def test_a_headline_tells_its_language(lang: str, title: str) -> None:
    assert detect(title) == lang


@pytest.mark.parametrize(
    ("text", "hint", "lang"),
    [
        ("", "", "und"),
        ("2026 – 34 %", "", "und"),
        ("2026", "fr", "fr"),
        ("AI Act", "de", "de"),
        ("AI-strategi", "da", "da"),
        ("AI-strategi", "nb", "nb"),
        ("人工智能", "zh-Hant", "zh-Hant"),
        ("人工知能", "ja", "ja"),
        ("The government of South Korea said on Monday it would set up a national committee", "ko", "en"),
        ("Le gouvernement sud-coréen va créer un comité national de l’intelligence artificielle", "en-GB", "fr"),
        ("Vlada je usvojila plan", "sr-Latn-RS", "sr"),
        ("한국 정부", "en", "ko"),
        ("Vlada je usvojila plan", "bs", "bs"),
        ("ᠮᠣᠩᠭᠣᠯ", "mn", "mn"),
        ("ᠮᠣᠩᠭᠣᠯ", "", "und"),
    ],
)
def test_a_hint_decides_only_what_is_doubtful(text: str, hint: str, lang: str) -> None:
    assert detect(text, hint) == lang


@pytest.mark.parametrize(
    ("tag", "code"),
    [
        ("zh-TW", "zh-Hant"),
        ("zh_CN", "zh-Hans"),
        ("zh-Hant-HK", "zh-Hant"),
        ("no", "nb"),
        ("tl", "fil"),
        ("pt-BR", "pt"),
        ("EN-us", "en"),
        ("iw", "he"),
    ],
)
def test_tags_of_feeds_become_our_codes(tag: str, code: str) -> None:
    assert normal(tag) == code


def test_the_base_of_a_language_has_no_script() -> None:
    assert [base(code) for code in ("zh-Hans", "zh", "pt-BR", "no", "fil")] == ["zh", "zh", "pt", "nb", "fil"]


@pytest.mark.skipif(not CORPUS.exists(), reason="the labelled corpus is not beside the project")
def test_the_corpus_is_told_apart_without_hints() -> None:
    rows = [json.loads(line) for line in CORPUS.read_text(encoding="utf-8").splitlines()]
    right = sum(detect(f"{row['title']} {row['summary']}") == row["lang"] for row in rows)
    assert right / len(rows) >= 0.99
