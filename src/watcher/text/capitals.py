"""Lines in capitals: there an acronym's case says nothing, and AI may be Italian «ai», IT the pronoun.

Tables in languages/*.toml under [capitals]: by word, a pattern for what must stand around it for it to be the language's
own word (`word`), or the acronym all the same (`acronym`); `_` is the word itself, everything folded. With only `acronym`
the word is the language's own unless that pattern is found; with `word` it is so only where that one is.
"""

from __future__ import annotations

import re
from functools import cache

from watcher.text.language import base
from watcher.text.tables import language_table

_REACH = 60
"""How far around the word its line is looked at, in characters."""
_MIN_CAPITALS = 4
"""So many other letters must be capitals for a text without small letters to count as one in capitals."""
_MIN_BESIDE = 12
"""And so many must follow each other around the word where the text goes on in small letters (a dateline, a heading)."""


def is_own_word(cased: str, start: int, end: int, lang: str) -> bool:
    """Whether an acronym found with its case in `ReadText.cased` is but a word of the language, in a line of capitals."""
    if not lang or not cased[start:end].isupper():
        return False
    patterns = _patterns(base(lang)).get(cased[start:end].lower())
    if patterns is None:
        return False
    line = _line_in_capitals(cased[max(0, start - _REACH) : start], cased[end : end + _REACH])
    if not line:
        return False
    word, acronym = patterns
    if acronym is not None and acronym.search(line):
        return False
    return word is None or word.search(line) is not None


def _line_in_capitals(before: str, after: str) -> str:
    """What stands in capitals around a word, in small letters, with `_` for the word; empty when it is no such line."""
    left = max((at + 1 for at, char in enumerate(before) if char.islower()), default=0)
    right = next((at for at, char in enumerate(after) if char.islower()), len(after))
    line = f"{before[left:]}_{after[:right]}"
    capitals = sum(map(str.isupper, line))
    is_all = left == 0 and right == len(after)
    return line.lower() if capitals >= (_MIN_CAPITALS if is_all else _MIN_BESIDE) else ""


@cache
def _patterns(code: str) -> dict[str, tuple[re.Pattern[str] | None, re.Pattern[str] | None]]:
    table = language_table(code).get("capitals", {})
    return {
        word: (_compiled(kinds.get("word", "")), _compiled(kinds.get("acronym", ""))) for word, kinds in table.items()
    }


def _compiled(pattern: str) -> re.Pattern[str] | None:
    return re.compile(pattern) if pattern else None
