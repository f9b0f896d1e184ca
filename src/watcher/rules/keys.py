"""Index keys: small facts about an item, each a string, by which the index finds the rules to look at.

A key is a whole word of a script that puts spaces between words (as it stands), a piece of text (marked), or a
fact such as a country (marked). A key may only promise what is certain: where a condition holds, its keys occur.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import chain

from watcher.text.scripts import script_of

LITERAL = "\x01"
FACT = "\x02"

_SPACED = ("latin", "cyrillic", "greek", "armenian", "georgian", "digit")
"""Scripts in which a word ends where its letters end, so that a term that stands whole is a run of its own."""
_BLOCKS = (
    range(0x20, 0x600),
    range(0x10A0, 0x1100),
    range(0x1C80, 0x2000),
    range(0x2C60, 0x2E00),
    range(0xA640, 0xAB70),
)


def _runs_pattern() -> re.Pattern[str]:
    """Runs of letters of one such script, or of digits."""
    ranges: dict[str, list[list[int]]] = {script: [] for script in _SPACED}
    for code in chain.from_iterable(_BLOCKS):
        found = ranges.get(script_of(chr(code)))
        if found is None:
            continue
        if found and found[-1][1] == code - 1:
            found[-1][1] = code
        else:
            found.append([code, code])
    classes = ("".join(f"{chr(low)}-{chr(high)}" for low, high in found) for found in ranges.values())
    return re.compile("|".join(f"[{letters}]+" for letters in classes))


RUNS = _runs_pattern()

_WORD_COSTS = (1.0, 0.9, 0.6, 0.3, 0.12, 0.05, 0.03, 0.015, 0.008, 0.004)
_LITERAL_COSTS = (1.0, 0.3, 0.03, 0.005)
_FACT_COSTS: Mapping[str, float] = {"country": 0.05, "instrument": 0.1, "stage": 0.2, "lang": 0.2, "tag": 0.2}
FIRST_RUNNING = "\u0e00"
"""From here on most scripts say more with a character than an alphabet does."""
RAREST_WORD = 0.002
RAREST_LITERAL = 0.001
OTHER_FACT = 0.4
MAX_KEYS = 3
"""Of a phrase the rarest so many words are enough to know."""


def literal_key(text: str) -> str:
    """The key of a piece of folded text that may stand anywhere."""
    return LITERAL + text


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


def words_of(keys: Iterable[str]) -> frozenset[str]:
    """Those keys that are words: all words of an item are known, so their absence decides."""
    return frozenset(key for key in keys if not key.startswith((LITERAL, FACT)))


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
    return min(needs, key=cost_of, default=frozenset())
