"""Text levelled for reading sums: digits of every script as ASCII, one space, one hyphen, lower case.

`Levelled.text` is what the grammar reads; `span` gives the range of the original it came from.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_DROP = "\x00"
_ALIKE = {
    "‘": "'", "’": "'", "ʼ": "'", "ʻ": "'", "′": "'", "‛": "'", "`": "'", "״": '"', "“": '"', "”": '"', "„": '"',
    "″": '"', "־": "-", "−": "-", "～": "~", "〜": "~", "∼": "~", "⁓": "~", "٫": ".", "٬": ",", "،": ",", "、": ";", "。": ";",
    "ı": "i", "İ": "i", "ς": "σ", "ё": "е", "Ё": "е", "أ": "ا", "إ": "ا", "آ": "ا", "ة": "ه", "ى": "ي", "ی": "ي",
    "ک": "ك", "ۀ": "ه", "￥": "¥", "￡": "£", "￦": "₩", "﹩": "$", "．": ".", "，": ",", "萬": "万",
}  # fmt: skip
_NUKTA = {0x0958: "क", 0x0959: "ख", 0x095A: "ग", 0x095B: "ज", 0x095C: "ड", 0x095D: "ढ", 0x095E: "फ", 0x09DF: "য",
          0x09DC: "ড", 0x09DD: "ঢ", 0x0A33: "ਲ", 0x0A36: "ਸ", 0x0A59: "ਖ", 0x0A5A: "ਗ", 0x0A5B: "ਜ", 0x0A5E: "ਫ"}  # fmt: skip
_DROPPED = frozenset("\u0640\u093c\u09bc\u0a3c\u0abc")
"""Tatweel and the nuktas, which writers put or leave out."""
_CHUNK = re.compile(r"\s+|\S+")


def _level_character(character: str) -> str:
    if character in _ALIKE:
        return _ALIKE[character]
    digit = unicodedata.decimal(character, None)
    if digit is not None:
        return str(digit)
    category = unicodedata.category(character)
    if category == "Cf" or character in _DROPPED or 0x064B <= ord(character) <= 0x0652:
        return _DROP
    if category == "Zs" or character in "\t\n\r":
        return " "
    if category == "Pd":
        return "-"
    if 0xFF01 <= ord(character) <= 0xFF5E:
        character = chr(ord(character) - 0xFEE0)
    lower = character.lower()
    return lower if len(lower) == 1 else character


class _Table(dict[int, str]):
    """Grows by the characters met, so that `str.translate` stays one pass."""

    def __missing__(self, code: int) -> str:
        levelled = self[code] = _level_character(chr(code))
        return levelled


_TABLE = _Table()
_TABLE.update({ord(written): read for written, read in _ALIKE.items()})
_TABLE.update(_NUKTA)


@dataclass(frozen=True, slots=True)
class Levelled:
    """`text` to read; `offsets` maps each index of it to the original, None where both are the same."""

    text: str
    length: int
    offsets: tuple[int, ...] | None = None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The range of the original behind `text[start:end]`."""
        if self.offsets is None:
            return start, end
        return self.offsets[start], self.offsets[end - 1] + 1 if end > start else self.offsets[start]


def level(plain: str) -> Levelled:
    """Level `plain`; any string will do."""
    if not unicodedata.is_normalized("NFC", plain):
        return _level_composed(plain)
    text = plain.translate(_TABLE)
    if _DROP not in text:
        return Levelled(text, len(plain))
    offsets = tuple(at for at, character in enumerate(text) if character != _DROP)
    return Levelled(text.replace(_DROP, ""), len(plain), offsets)


def _level_composed(plain: str) -> Levelled:
    """Compose word by word; within a word that changes, offsets are as near as its length allows."""
    characters: list[str] = []
    offsets: list[int] = []
    for chunk in _CHUNK.finditer(plain):
        composed = unicodedata.normalize("NFC", chunk.group()).translate(_TABLE)
        last = chunk.end() - chunk.start() - 1
        shift = max(0, last + 1 - len(composed))
        for at, character in enumerate(composed):
            if character != _DROP:
                characters.append(character)
                near = at if at == 0 else min(last, at + (shift if at == len(composed) - 1 else 0))
                offsets.append(chunk.start() + near)
    return Levelled("".join(characters), len(plain), tuple(offsets))


def level_form(form: str) -> str:
    """Level a form of a word list, so that lists may be written as people write."""
    return level(form).text
