"""Where a literal may begin and end in running text, by script: clitics before it, endings after it."""

from __future__ import annotations

from functools import cache

from watcher.text.scripts import RUNNING, script_of

_PROCLITICS = {
    "arabic": frozenset(
        {"ال", "و", "ف", "ب", "ل", "ك", "س", "وال", "بال", "لل", "فال", "كال", "ول", "وب", "وبال", "ولل", "وكال", "ا"}
    ),
    "hebrew": frozenset(
        {
            "ה",
            "ו",
            "ב",
            "ל",
            "מ",
            "ש",
            "כ",
            "וה",
            "שה",
            "מה",
            "כש",
            "לכ",
            "וב",
            "ול",
            "ומ",
            "שב",
            "של",
            "כשה",
            "ושה",
            "בה",
        }
    ),
}
_LONGEST_PROCLITIC = 4


@cache
def _class(char: str) -> str:
    script = script_of(char)
    if script in ("katakana", "hangul", "arabic", "hebrew", "", "digit"):
        return script
    return "running" if script in RUNNING else "word"


def script_at(char: str) -> str:
    """The script of a character, '' for what is no part of a word."""
    return script_of(char)


def starts_well(folded: str, start: int) -> bool:
    """Whether a literal at `start` begins a word, or follows what may be written together with it."""
    if start == 0:
        return True
    kind, before = _class(folded[start]), _class(folded[start - 1])
    if kind == "running" or before == "":
        return True
    if kind in ("arabic", "hebrew") and before == kind:
        word = start
        while word > 0 and start - word <= _LONGEST_PROCLITIC and _class(folded[word - 1]) == kind:
            word -= 1
        return folded[word:start] in _PROCLITICS[kind]
    return kind != before and not (kind == "word" and before == "digit")


def ends_well(folded: str, end: int, tail: int) -> int:
    """Where the word that a literal ends in ends: at most `tail` letters on. -1 where it runs on.

    Korean takes particles, scripts without spaces take anything.
    """
    kind = _class(folded[end - 1])
    if kind in ("running", "hangul"):
        return end
    stop = end
    length = len(folded)
    while stop < length and _class(folded[stop]) == kind and kind:
        stop += 1
        if stop - end > tail:
            return -1
    return stop
