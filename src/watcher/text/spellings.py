"""The other ways in which a term may stand in a text, for what folding one character at a time can not make one.

Each is a literal in folded text with hyphens opened to spaces, to be held to `edges.is_whole` like the term itself.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from unicodedata import normalize

from watcher.text.folding import fold
from watcher.text.language import base
from watcher.text.scripts import script_of
from watcher.text.tables import language_table, table

_HANGUL_FROM = 4
"""Syllables from which a Korean term is also written with a space inside."""
_HAN_FROM = 2
_SORANI = frozenset("ەێۆڕڵڤ")
"""Letters by which Kurdish in Arabic script is told."""
_MAX_HAN = 8
"""So many traditional spellings of a term at most: 发 is 發 or 髮, 台 one of four."""


def spellings(term: str, lang: str = "") -> tuple[str, ...]:
    """All literals to look for, the folded term first.

    Arabic: للذكاء for الذكاء, and the article on later words. Hebrew: the article on later words. Korean: compounds with or
    without spaces. Persian: what a non-joiner parts, written in one. Kurdish: the kinds of h and e. German: Kuenstliche for Künstliche. Chinese: the
    other of simplified and traditional characters. Hashtags of phrases.
    """
    folded = fold(term).replace("-", " ")
    if not folded:
        return ()
    script = script_of(folded[0])
    found = [folded]
    if script == "arabic":
        found += _arabic(term, folded, base(lang) if lang else "")
    elif script == "hebrew":
        found += _with_articles(folded, language_table("he")["article"])
    elif script == "hangul":
        found += _korean(folded)
    elif any(script_of(char) == "han" for char in folded):
        found += _han(folded, base(lang) if lang else "")
    elif script == "latin" and base(lang) == "de":
        found.append(_umlauts(term))
    if " " in folded and script in {"latin", "cyrillic", "greek"}:
        found.append("#" + folded.replace(" ", ""))
    return tuple(dict.fromkeys(found))


def _arabic(term: str, folded: str, lang: str) -> list[str]:
    if _SORANI.intersection(term) or (lang in {"", "ckb", "ku"} and "ه\u200c" in term):
        return _sorani(term)
    if lang in {"fa", "ur", "ps", "ku"}:
        return [fold(term.replace("\u200c", "")).replace("-", " ")] if "\u200c" in term else []
    facts = language_table("ar")
    article: str = facts["article"]
    if folded.startswith(article) and len(folded) > len(article) + 1:
        return [facts["article_after_l"] + folded[len(article) :]]
    return _with_articles(folded, article)


def _sorani(term: str) -> list[str]:
    """The consonant h is written ه or ھ, the vowel e ە or, on older keyboards, ه with a non-joiner, which folds to a space."""
    plain = term.replace("ه\u200c", "ە").replace("\u200c", "")
    spelled = []
    for consonant in "هھ":
        letters = plain.replace("ھ", "ه").replace("ه", consonant)
        spelled += [letters, re.sub("ە(?=\\w)", "ه\u200c", letters)]
    return [fold(other).replace("-", " ") for other in spelled]


def _with_articles(folded: str, article: str) -> list[str]:
    """The definite form of a phrase: the article on each word after the first, or on the last only (construct)."""
    words = folded.split(" ")
    if len(words) < 2 or any(word.startswith(article) for word in words[1:]):
        return []
    all_words = [words[0], *(article + word for word in words[1:])]
    last_only = [*words[:-1], article + words[-1]]
    return [" ".join(all_words), " ".join(last_only)]


def _korean(folded: str) -> list[str]:
    joined = folded.replace(" ", "")
    if len(joined) < _HANGUL_FROM or any(script_of(char) != "hangul" for char in joined):
        return []
    if " " in folded:
        return [joined]
    return [f"{joined[:place]} {joined[place:]}" for place in range(2, len(joined) - 1)]


def _han(folded: str, lang: str) -> list[str]:
    """In simplified and in traditional characters. Of one character alone too little is certain: 后 is queen, or after."""
    if lang == "ja" or len(folded) < _HAN_FROM:
        return []
    to_traditional, to_simplified = _han_pairs()
    simplified = [to_simplified.get(char, char) for char in folded]
    found = [""]
    for char in simplified:
        found = [start + other for start in found for other in to_traditional.get(char, char)][:_MAX_HAN]
    return ["".join(simplified), *found]


@cache
def _han_pairs() -> tuple[dict[str, str], dict[str, str]]:
    """The traditional characters of each simplified one, and the simplified one of each traditional."""
    lines = files("watcher.text").joinpath("han.tsv").read_text(encoding="utf-8").splitlines()
    to_traditional = {line[0]: line[2:] for line in lines if not line.startswith("#")}
    to_simplified = {other: char for char, others in to_traditional.items() for other in others if other != char}
    return to_traditional, {other: char for other, char in to_simplified.items() if other not in to_traditional}


def _umlauts(term: str) -> str:
    spelled = normalize("NFC", term)
    for letter, pair in table("folding")["german"].items():
        spelled = spelled.replace(letter, pair)
    return fold(spelled).replace("-", " ")
