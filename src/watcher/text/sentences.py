"""Where sentences end, in every script."""

from __future__ import annotations

import re
from functools import cache

from watcher.text.tables import table

# Folded text: full-width ！？． have become !?. already. Stops of scripts without spaces need none after them.
_END = re.compile(
    "(?P<always>[\u3002\uff61\u0964\u0965\u1362\u1367\u1368\u17d4\u17d5\u104b\u0f0d\u0589\u061f\u06d4]+[\"')\\]\u300d\u300f]*)"
    "|(?P<strong>[!?]+[.!?]*[\"')\\]\u300d\u300f]*)(?=\\s|$|[^\\x00-\\x7f])"
    "|(?P<stop>\\.+[\"')\\]]*)(?=\\s|$)"
    "|(?P<greek>;)(?=\\s|$)"
)
_LAST_WORD = re.compile(r"([^\W_]+(?:\.[^\W_]+)*)$")
_OPENING = "\"'([{¿¡-"


def ends(cased: str, lang: str = "") -> list[int]:
    """Offsets just after each sentence but the last, in order. `cased` is folded text that keeps its case.

    A full stop ends a sentence unless it closes an abbreviation or an initial, or the next word is in lower case.
    """
    found = []
    for match in _END.finditer(cased):
        if match.end() >= len(cased):
            break
        if match["always"] or match["strong"]:
            found.append(match.end())
        elif match["greek"]:
            if "\u0370" <= cased[match.start() - 1 : match.start()] <= "\u03ff":
                found.append(match.end())
        elif _is_stop(cased, match.start(), match.end(), lang):
            found.append(match.end())
    return found


def _is_stop(cased: str, start: int, end: int, lang: str) -> bool:
    following = cased[end : end + 8].lstrip(" " + _OPENING)[:1]
    if following and following.islower():
        return False
    if end - start > 1:
        return True
    last = _LAST_WORD.search(cased, max(0, start - 24), start)
    if last is None:
        return True
    word = last[1]
    if word.isdecimal():
        return not (len(word) <= 2 and (not lang or lang in _ordinal_languages()))
    if len(word) == 1 and word.upper() == word and word.lower() != word:
        return False
    return word.lower() not in _abbreviations()


@cache
def _abbreviations() -> frozenset[str]:
    return frozenset(table("sentences")["abbreviations"])


@cache
def _ordinal_languages() -> frozenset[str]:
    return frozenset(table("sentences")["ordinal_languages"])
