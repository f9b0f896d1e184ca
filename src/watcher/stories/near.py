"""Echoes: the same text with other trimmings, found by MinHash over word shingles."""

from __future__ import annotations

import re
from operator import eq

from rensa import RMinHash

from watcher.model import Text

PERMUTATIONS = 64
BANDS = 16
SEED = 20_260_101
_ROWS = PERMUTATIONS // BANDS
_WORD = re.compile(r"[^\W_]", re.UNICODE)


def shingles(*texts: Text) -> frozenset[str]:
    """Runs of three words (of four characters in scripts without spaces), each text by itself, so that trimmings cost little."""
    found: set[str] = set()
    for text in texts:
        words = [text.folded[token.start : token.end] for token in text.tokens[:400]]
        words = [word for word in words if _WORD.search(word)]
        found |= {" ".join(words[i : i + 3]) for i in range(max(1, len(words) - 2))} if words else set()
    return frozenset(found)


def signature(parts: frozenset[str]) -> tuple[int, ...]:
    """The MinHash of a set of shingles; empty for an empty set."""
    if not parts:
        return ()
    sketch = RMinHash(PERMUTATIONS, SEED)
    sketch.update(sorted(parts))
    return tuple(sketch.digest())


def resemblance(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    """Estimated Jaccard similarity of two signatures."""
    if not one or len(one) != len(other):
        return 0.0
    return float(sum(map(eq, one, other))) / len(one)


def bands(digest: tuple[int, ...]) -> tuple[str, ...]:
    """Keys that near-equal signatures share, one a band."""
    return tuple(
        f"{band:x}{hash_rows(digest[band * _ROWS : (band + 1) * _ROWS]):x}" for band in range(BANDS if digest else 0)
    )


def hash_rows(rows: tuple[int, ...]) -> int:
    """A stable 52-bit number for the rows of a band."""
    number = 0
    for row in rows:
        number = (number * 4_294_967_311 + row) & 0xFFFFFFFFFFFFF
    return number
