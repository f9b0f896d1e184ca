"""Which language a text is in."""

from __future__ import annotations

import math
import re
from collections import Counter
from functools import cache, lru_cache

from watcher.text.ngrams import scores
from watcher.text.scripts import script_of
from watcher.text.tables import languages, table

UNKNOWN = "und"
_CODES = {
    "no": "nb",
    "tl": "fil",
    "iw": "he",
    "in": "id",
    "ji": "yi",
    "mo": "ro",
    "sh": "sr",
    "nn": "nb",
    "cmn": "zh",
    "yue": "zh-Hant",
}
_REGIONS = {
    "tw": "zh-Hant",
    "hk": "zh-Hant",
    "mo": "zh-Hant",
    "hant": "zh-Hant",
    "cn": "zh-Hans",
    "sg": "zh-Hans",
    "my": "zh-Hans",
    "hans": "zh-Hans",
}
_LONGEST = 700
"""Characters that are looked at: more do not change the answer."""
_PIECE = 64
"""Characters of a piece of a long text."""
_SURE = 1.5
"""By how much the likeliest language of pieces must lead to be the whole text's: of 4,600 items' none was another."""
_NOISE = re.compile(r"https?://\S+|www\.\S+|\S+@\S+|[@#]\w+|\d+")


@lru_cache(maxsize=1024)
def base(lang: str) -> str:
    """The language without script or region: zh-Hans → zh, pt-BR → pt, no → nb."""
    code = re.split("[-_]", lang.strip().lower(), maxsplit=1)[0]
    return _CODES.get(code, code).split("-", 1)[0]


def normal(lang: str) -> str:
    """A language tag as feeds write it → a code as we use it: zh-TW → zh-Hant, no → nb, pt-BR → pt."""
    parts = re.split("[-_]", lang.strip().lower())
    if parts[0] in {"zh", "cmn"}:
        return next((_REGIONS[part] for part in parts[1:] if part in _REGIONS), "zh")
    return _CODES.get(parts[0], parts[0])


def detect(plain: str, hint: str = "") -> str:
    """The language code of a text, such as fr, zh-Hans, nb; 'und' for one without letters and without a hint.

    `hint` (of the feed) is a prior: it decides short or doubtful text, and clear text overrules it.
    """
    hinted = normal(hint) if hint else ""
    text = _NOISE.sub(" ", plain[:_LONGEST])
    counts = _scripts(text)
    if not counts:
        return hinted or UNKNOWN
    scripts = table("language")["scripts"]
    weights = {script: count * (3 if script in _DENSE else 1) for script, count in counts.items()}
    main = max(weights, key=lambda script: weights[script])
    if main == "han" or main in {"hiragana", "katakana"}:
        return _han(text, counts, hinted)
    choices: list[str] = scripts.get(main, [])
    if len(choices) == 1:
        return choices[0]
    if not choices:
        return hinted or UNKNOWN
    return _statistical(text, tuple(choices), hinted, counts[main])


_DENSE = frozenset({"han", "hiragana", "katakana", "hangul"})
_NO_SCRIPT = frozenset({"", "digit", "other"})


def _scripts(text: str) -> Counter[str]:
    """How many letters of each script, in order of appearance."""
    counts: Counter[str] = Counter()
    for char, count in Counter(text).items():
        script = script_of(char)
        if script not in _NO_SCRIPT:
            counts[script] += count
    return counts


def _han(text: str, counts: Counter[str], hinted: str) -> str:
    kana = counts["hiragana"] + counts["katakana"]
    if kana and kana * 12 >= counts["han"]:
        return "ja"
    data = table("language")["han"]
    simplified = sum(text.count(char) for char in data["simplified"])
    traditional = sum(text.count(char) for char in data["traditional"])
    japanese = sum(text.count(char) for char in data["japanese"])
    if japanese > max(simplified, traditional) or (hinted == "ja" and not simplified and (japanese or len(text) < 40)):
        return "ja"
    if simplified == traditional:
        return hinted if hinted.startswith("zh-") else "zh-Hans"
    return "zh-Hans" if simplified > traditional else "zh-Hant"


def _statistical(text: str, choices: tuple[str, ...], hinted: str, letters: int) -> str:
    if sure := _by_sample(text, choices, hinted):
        return _near(sure, text, hinted)
    allowed = _allowed(text, choices)
    best = next(iter(allowed))
    if hinted != best and hinted in allowed and allowed[hinted] + math.log(_hint_weight(letters)) >= allowed[best]:
        return hinted
    return _near(best, text, hinted)


def _allowed(text: str, choices: tuple[str, ...]) -> dict[str, float]:
    return {own: score for code, score in scores(text) if (own := _CODES.get(code, code)) in choices}


def _by_sample(text: str, choices: tuple[str, ...], hinted: str) -> str:
    """The language of a long text where a piece of its beginning and one from its middle leave no doubt; else empty.

    Two pieces, for some feeds have summaries in another language than their titles.
    """
    if len(text) < 2 * _PIECE + _PIECE // 2:
        return ""
    middle = len(text) // 2
    beginning = text[:_PIECE].rsplit(" ", 1)[0]
    further = text[middle : middle + _PIECE].partition(" ")[2].rsplit(" ", 1)[0]
    (best, most), (_, next_most), *_ = _allowed(f"{beginning} {further}", choices).items()
    return best if most - next_most >= _SURE and (hinted == best or hinted not in choices) else ""


def _hint_weight(letters: int) -> float:
    """How many times likelier another language must be than the hinted one: much for a short text, little for a long one."""
    return 1 + 400 / max(letters, 4)


def _near(best: str, text: str, hinted: str) -> str:
    """Tell apart languages that share most of their words, by the words that they do not share."""
    for group in _near_groups():
        if best not in group:
            continue
        words = re.findall(r"[^\W\d_]+", text.casefold())[:300]
        scores = {code: sum(marks.match(word) is not None for word in words) for code, marks in group.items()}
        top = max(scores.values())
        leaders = [code for code, score in scores.items() if score == top]
        if hinted in leaders:
            return hinted
        return best if best in leaders and best not in _RARE else leaders[0]
    return best


_RARE = frozenset({"bs"})
"""Named only where their own words outnumber the others'."""


@cache
def _near_groups() -> tuple[dict[str, re.Pattern[str]], ...]:
    return tuple(
        {code: re.compile(f"(?:{'|'.join(marks.split())})$".replace("*", ".*")) for code, marks in group.items()}
        for group in table("language")["near"]
    )


__all__ = ["UNKNOWN", "base", "detect", "languages", "normal"]
