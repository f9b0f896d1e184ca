"""Inflection: the forms of a word, and the words that only look like it."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from watcher.text import fold
from watcher.text.morphology import forms, prefix, same_word
from watcher.text.tables import language_table, languages


def _rows() -> list[tuple[str, str, str, bool]]:
    table = Path(__file__).parent / "data" / "text_forms.tsv"
    found = []
    with table.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            found += [(row["lang"], row["word"], form, True) for form in row["forms"].split()]
            found += [(row["lang"], row["word"], other, False) for other in row["others"].split()]
    return found


ROWS = _rows()


@pytest.mark.parametrize(("lang", "word", "other", "same"), ROWS)
def test_a_form_is_told_from_another_word(lang: str, word: str, other: str, same: bool) -> None:
    assert same_word(fold(word), fold(other), lang) == same


@pytest.mark.parametrize(("lang", "word", "form"), [row[:3] for row in ROWS if row[3] and row[0] != "sr"])
def test_the_token_of_a_form_holds_the_prefix(lang: str, word: str, form: str) -> None:
    assert prefix(fold(word), lang) in fold(form)


def test_listed_forms_are_the_same_word() -> None:
    for lang, word, _, _ in ROWS:
        for form in forms(fold(word), lang):
            assert same_word(fold(word), form, lang)


def test_a_short_word_is_only_itself() -> None:
    assert not same_word("ии", "иия", "ru")
    assert prefix("ии", "ru") == "ии"


def test_serbian_is_one_word_in_two_scripts() -> None:
    assert same_word("стратегија", "strategija", "sr")
    assert same_word("strategija", "стратегију", "sr")
    assert prefix("стратегија", "sr") == "стратег"


def test_affixes_that_are_none_make_another_word() -> None:
    assert not same_word("dana", "xyzdana", "id")
    assert not same_word("da", "dada", "tr")


def test_an_unknown_language_has_no_forms() -> None:
    assert same_word("plan", "plan", "xx")
    assert not same_word("plan", "plans", "xx")
    assert forms("plan", "xx") == {"plan"}


@pytest.mark.parametrize("code", languages())
def test_each_table_compiles(code: str) -> None:
    table = language_table(code)
    assert table
    assert prefix("strategia", code)
    assert not same_word("strategia", "parlament", code)
