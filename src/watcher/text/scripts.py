"""Which script a character belongs to, as far as word edges and tokens need to know."""

from __future__ import annotations

from bisect import bisect_right
from functools import cache
from unicodedata import category

# First character of each block and the script it starts; Unicode 16 block boundaries, merged where edges behave alike.
_BLOCKS: tuple[tuple[int, str], ...] = (
    (0x0000, "latin"), (0x0370, "greek"), (0x0400, "cyrillic"), (0x0530, "armenian"), (0x0590, "hebrew"),
    (0x0600, "arabic"), (0x0700, "syriac"), (0x0750, "arabic"), (0x0780, "thaana"), (0x0860, "arabic"),
    (0x0900, "devanagari"), (0x0980, "bengali"), (0x0A00, "gurmukhi"), (0x0A80, "gujarati"), (0x0B00, "oriya"),
    (0x0B80, "tamil"), (0x0C00, "telugu"), (0x0C80, "kannada"), (0x0D00, "malayalam"), (0x0D80, "sinhala"),
    (0x0E00, "thai"), (0x0E80, "lao"), (0x0F00, "tibetan"), (0x1000, "burmese"), (0x10A0, "georgian"),
    (0x1100, "hangul"), (0x1200, "ethiopic"), (0x13A0, "cherokee"), (0x1780, "khmer"), (0x1800, "mongolian"),
    (0x1C80, "cyrillic"), (0x1C90, "georgian"), (0x1D00, "latin"), (0x1F00, "greek"), (0x2000, "other"),
    (0x2C60, "latin"), (0x2C80, "greek"), (0x2D00, "georgian"), (0x2D30, "tifinagh"), (0x2D80, "ethiopic"),
    (0x2DE0, "cyrillic"), (0x2E00, "other"), (0x2E80, "han"), (0x3008, "other"), (0x3021, "han"), (0x3040, "hiragana"),
    (0x30A0, "katakana"), (0x3100, "bopomofo"), (0x3130, "hangul"), (0x3190, "han"), (0x31F0, "katakana"),
    (0x3200, "other"), (0x3400, "han"), (0xA000, "yi"), (0xA640, "cyrillic"), (0xA6A0, "other"), (0xA720, "latin"),
    (0xA800, "other"), (0xA8E0, "devanagari"), (0xA900, "other"), (0xA960, "hangul"), (0xA980, "other"),
    (0xA9E0, "burmese"), (0xAA00, "other"), (0xAA60, "burmese"), (0xAA80, "other"), (0xAB30, "latin"),
    (0xAB70, "cherokee"), (0xABC0, "other"), (0xAC00, "hangul"), (0xD800, "other"), (0xF900, "han"), (0xFB00, "latin"),
    (0xFB13, "armenian"), (0xFB1D, "hebrew"), (0xFB50, "arabic"), (0xFE00, "other"), (0xFE70, "arabic"),
    (0xFF00, "latin"), (0xFF66, "katakana"), (0xFFA0, "hangul"), (0xFFE0, "other"), (0x10000, "other"),
    (0x20000, "han"), (0x323B0, "other"),
)  # fmt: skip
_STARTS = [start for start, _ in _BLOCKS]

RUNNING = frozenset({"han", "hiragana", "katakana", "bopomofo", "thai", "lao", "khmer", "burmese", "tibetan", "yi"})
"""Scripts written without spaces: each character counts alone, and a term stands anywhere in running text."""

RUNNING_CLASS = (
    "\u0e00-\u0e4f\u0e5a-\u0eff\u0f00-\u109f\u1780-\u17d3\u17d7\u17dc\u17dd"
    "\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3031-\u3035\u3038-\u303c\u3040-\u30fa\u30fc-\u312f"
    "\u3190-\u31ff\u3400-\u4dbf\u4e00-\ua4cf\ua9e0-\ua9ff\uaa60-\uaa7f\uf900-\ufaff\U00020000-\U000323af"
)
"""The same as ranges for a regular expression's character class."""

MARK_CLASS = "\u0483-\u0487\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u0900-\u0903\u093a-\u094f\u0951-\u0957\u0962\u0963\u0981-\u0983\u09bc-\u09cd\u09d7\u09e2\u09e3\u0a01-\u0a03\u0a3c-\u0a51\u0a70\u0a71\u0a75\u0a81-\u0a83\u0abc-\u0acd\u0ae2\u0ae3\u0b01-\u0b03\u0b3c-\u0b57\u0b62\u0b63\u0b82\u0bbe-\u0bcd\u0bd7\u0c00-\u0c04\u0c3c-\u0c56\u0c62\u0c63\u0c81-\u0c83\u0cbc-\u0cd6\u0ce2\u0ce3\u0d00-\u0d03\u0d3b-\u0d4d\u0d57\u0d62\u0d63\u0d81-\u0d83\u0dca-\u0ddf\u135d-\u135f\u180b-\u180d"
"""Marks of spaced scripts that are part of a word although `\\w` leaves them out."""


@cache
def script_of(char: str) -> str:
    """Name the script of a letter or mark; 'digit' for a digit, '' for what is no part of a word.

    The underscore is no part of a word: 'AI_lab' holds AI.
    """
    kind = category(char)
    if kind == "Nd":
        return "digit"
    if kind[0] not in "LMN" or kind == "Nl":
        return ""
    return _BLOCKS[bisect_right(_STARTS, ord(char)) - 1][1]
