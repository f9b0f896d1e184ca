"""In which items a vocabulary's term of a language is sought.

A term that can hardly mean anything else is sought in every item, whatever language was detected, because detection
errs on short headlines: phrases of two words and nine letters, words of nine letters, and terms in a script that one
language uses. Short words and acronyms (`=IA` is «j'ai» folded, `fond`, `plan`, `ai`) are sought only in items of their own
language or its relatives (relatives.toml), and where no language was detected. The key `any` is every language.
See docs/decisions/0004-vocabulary-scoping.md.
"""

from __future__ import annotations

import tomllib
import unicodedata
from functools import cache
from importlib import resources

from watcher.rules.tree import Regex, Term

ANY = ("", "any", "*", "all")
LETTERS = 9
"""A word, or a phrase of several words, with so many letters is unambiguous enough for every language."""
HAN_CHARACTERS = 3

_OWN_SCRIPT = (
    "HANGUL", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR", "GREEK", "ARMENIAN", "GEORGIAN", "HEBREW",
    "TAMIL", "TELUGU", "KANNADA", "MALAYALAM", "GUJARATI", "GURMUKHI", "BENGALI", "ORIYA", "SINHALA", "ETHIOPIC",
    "TIBETAN", "THAANA",
)  # fmt: skip


def languages_of(term: Term | Regex, lang: str) -> frozenset[str] | None:
    """The languages of items in which the term is sought; None is all."""
    if lang in ANY:
        return None
    if isinstance(term, Term) and _is_unambiguous(term):
        return None
    return _sought_in(lang)


@cache
def _sought_in(lang: str) -> frozenset[str]:
    return relatives(lang) | {"", "und"}


@cache
def relatives(lang: str) -> frozenset[str]:
    """The language itself, its base (`zh` of `zh-Hans`) and its close relatives."""
    base = lang.split("-")[0]
    found = {lang, base}
    for group in _groups():
        if lang in group or base in group:
            found |= group
    return frozenset(found)


@cache
def _groups() -> tuple[frozenset[str], ...]:
    source = resources.files(__package__).joinpath("relatives.toml").read_text("utf-8")
    return tuple(frozenset(group) for group in tomllib.loads(source)["groups"])


def _is_unambiguous(term: Term) -> bool:
    letters = [char for word in term.words for char in word.text if char.isalpha()]
    scripts = {unicodedata.name(char, "").split(" ")[0] for char in letters}
    if any(script in _OWN_SCRIPT for script in scripts):
        return True
    if scripts and scripts <= {"CJK", "LATIN"} and "CJK" in scripts:
        return len(letters) >= HAN_CHARACTERS
    return len(letters) >= LETTERS
