"""Index keys: small facts about an item, each a string, by which the index finds the rules to look at.

A key is a whole word of a script that puts spaces between words (as it stands), a piece of text (marked), or a
fact such as a country (marked). A key may only promise what is certain: where a condition holds, its keys occur.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from itertools import chain

from watcher.text.scripts import script_of
from watcher.text.tables import language_table, languages

LITERAL = "\x01"
FACT = "\x02"

_SPACED = (
    "latin", "cyrillic", "greek", "armenian", "georgian", "digit", "arabic", "hebrew", "devanagari", "bengali",
    "gurmukhi", "gujarati", "oriya", "tamil", "telugu", "kannada", "malayalam", "sinhala", "ethiopic",
)  # fmt: skip
"""Scripts in which a word ends where its letters end, so that a term that stands whole is a run of its own.

In Arabic and Hebrew article, conjunction and prepositions may stand before it: there it is the rest of a run.
"""
_BLOCKS = (
    range(0x20, 0xE00),
    range(0x10A0, 0x1100),
    range(0x1200, 0x13A0),
    range(0x1C80, 0x2000),
    range(0x2C60, 0x2E00),
    range(0xA640, 0xAB70),
    range(0xFB13, 0xFF00),
)
_SEMITIC = ("\u0590", "\u0900")
REMEMBERED = 1 << 14


def _classes() -> dict[str, str]:
    """For each such script, its characters as ranges for a regular expression."""
    ranges: dict[str, list[list[int]]] = {script: [] for script in _SPACED}
    for code in chain.from_iterable(_BLOCKS):
        found = ranges.get(script_of(chr(code)))
        if found is None:
            continue
        if found and found[-1][1] == code - 1:
            found[-1][1] = code
        else:
            found.append([code, code])
    return {
        script: "".join(f"{chr(low)}-{chr(high)}" for low, high in found) for script, found in ranges.items() if found
    }


RUNS = re.compile("|".join(f"[{letters}]+" for letters in _classes().values()))
"""Runs of letters of one spaced script, or of digits."""
_LETTERS = re.compile("[" + "".join(_classes().values()) + "]+")


def words_in(flat: str) -> set[str]:
    """Every word by which a term could stand whole in a folded text, with and without what is attached before it."""
    return set(chain.from_iterable(map(_words_of_run, set(_LETTERS.findall(flat)))))


@lru_cache(maxsize=REMEMBERED)
def _words_of_run(letters: str) -> tuple[str, ...]:
    runs: list[str] = RUNS.findall(letters)
    attached = [
        run[size:]
        for run in runs
        if _SEMITIC[0] <= run[0] < _SEMITIC[1]
        for size in range(1, min(_longest_proclitic() + 1, len(run)))
        if run[:size] in _proclitics()
    ]
    return (*runs, *attached)


@cache
def _proclitics() -> frozenset[str]:
    """What may be attached before a word, in any language."""
    tables = [language_table(lang) for lang in languages()]
    return frozenset(
        chain.from_iterable((*table.get("proclitics", ()), *table.get("proclitics_short", ())) for table in tables)
    )


@cache
def _longest_proclitic() -> int:
    return max(map(len, _proclitics()), default=0)


_WORD_COSTS = (1.0, 0.9, 0.6, 0.3, 0.12, 0.05, 0.03, 0.015, 0.008, 0.004)
_LITERAL_COSTS = (1.0, 0.3, 0.03, 0.005)
_FACT_COSTS: Mapping[str, float] = {"country": 0.05, "instrument": 0.1, "stage": 0.2, "lang": 0.2, "tag": 0.2}
FIRST_RUNNING = "\u0e00"
"""From here on most scripts say more with a character than an alphabet does."""
RAREST_WORD = 0.002
RAREST_LITERAL = 0.001
OTHER_FACT = 0.4
MAX_LITERAL = 24
MAX_KEYS = 3
"""Of a phrase the rarest so many words are enough to know."""


def literal_key(text: str) -> str:
    """The key of a piece of folded text that may stand anywhere; of a long one its beginning tells enough."""
    return LITERAL + text[:MAX_LITERAL]


def fact_key(field: str, value: str = "") -> str:
    """The key of a fact: a value of a field, or that the field has any."""
    return f"{FACT}{field}:{value}"


def text_keys(flat: str, *, whole: bool) -> tuple[str, ...]:
    """The keys that every text with this literal holds, rarest first. `whole`: it is bounded by word edges on both sides."""
    pieces = [literal_key(piece) for piece in flat.split()]
    if whole:
        runs = RUNS.findall(flat)
        pieces = runs + [piece for piece in pieces if piece[1:] not in runs]
    return tuple(sorted(dict.fromkeys(pieces), key=cost)[:MAX_KEYS])


def words_of(keys: tuple[str, ...]) -> tuple[str, ...]:
    """Those keys that are words: all words of an item are known, so their absence decides."""
    words = tuple([key for key in keys if not key.startswith((LITERAL, FACT))])
    return keys if len(words) == len(keys) else words  # thousands of terms hold either, so that one of both is kept


def file_under(by_key: dict[str, tuple[int, ...]], keys: Iterable[str], number: int) -> None:
    """Add a number to those filed under each of the keys. Most stand alone there: equal ones are one tuple."""
    for key in keys:
        known = by_key.get(key)
        by_key[key] = (*known, number) if known else _alone(number)


@cache
def _alone(number: int) -> tuple[int]:
    return (number,)


def cost(key: str) -> float:
    """Roughly how likely an item is to hold the key, 0–1, judged by its length: long words are rare."""
    if key.startswith(FACT):
        return _FACT_COSTS.get(key[1:].partition(":")[0], OTHER_FACT)
    if key.startswith(LITERAL):
        length = len(key) - 1
        if key[1] < FIRST_RUNNING:
            length //= 2
        return _LITERAL_COSTS[length] if length < len(_LITERAL_COSTS) else RAREST_LITERAL
    return _WORD_COSTS[len(key)] if len(key) < len(_WORD_COSTS) else RAREST_WORD


def cost_of(keys: Iterable[str]) -> float:
    """Roughly how likely an item is to hold at least one of the keys, for comparison; may exceed 1."""
    return sum(map(cost, keys))


def cheapest(needs: tuple[frozenset[str], ...]) -> frozenset[str]:
    """The set of keys that fewest items hold one of; empty when nothing is known."""
    return needs[0] if len(needs) == 1 else min(needs, key=cost_of, default=frozenset())
