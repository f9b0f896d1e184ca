"""Word lists that match at a place in levelled text: whole words, stems, and literals of unspaced scripts."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

Meaning = TypeVar("Meaning")

_MARKS = (
    "\u0300-\u036f\u0483-\u0487\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u0900-\u0903\u093a-\u094f\u0955-\u0963"
    "\u0981-\u0983\u09bc-\u09cd\u0a01-\u0a4d\u0a81-\u0acd\u0b01-\u0b57\u0b82-\u0bcd\u0c00-\u0c56\u0c81-\u0cd6"
    "\u0d00-\u0d57\u0d81-\u0ddf\u135d-\u135f"
)
LETTER = rf"(?:[^\W\d_]|[{_MARKS}])"
WORD = re.compile(rf'{LETTER}+(?:"{LETTER}+)*')
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1100-\u11ff\u3040-\u30ff\u3130-\u318f\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]"
)
_LETTER = re.compile(LETTER)
_GAP = re.compile(r"[ \-]{1,2}")
LONGEST_ENDING = 7


def is_unspaced(character: str) -> bool:
    """Whether the character's script writes words without spaces (or, as Korean, glues particles on)."""
    return _UNSPACED.match(character) is not None


def has_unspaced(text: str) -> bool:
    """Whether any character is of such a script."""
    return _UNSPACED.search(text) is not None


def is_hangul(character: str) -> bool:
    """Whether it is a Korean syllable."""
    return "\uac00" <= character <= "\ud7a3"


def is_edge(text: str, at: int) -> bool:
    """Whether a word of a spaced script may end before `at` (or begin after it)."""
    if at < 0 or at >= len(text):
        return True
    return _LETTER.match(text[at]) is None or is_unspaced(text[at])


_NONE: dict[str, Any] = {}
"""What most places have of each kind; never written to."""


@dataclass(slots=True)
class _Node(Generic[Meaning]):
    """A place in the lists. Most are the end of a form: of twelve thousand, dictionaries of their own would take 5 MB."""

    words: dict[str, _Node[Meaning]] = field(default_factory=lambda: _NONE)
    stems: dict[str, _Node[Meaning]] = field(default_factory=lambda: _NONE)
    literals: dict[str, _Node[Meaning]] = field(default_factory=lambda: _NONE)
    initials: Collection[str] = ()
    """First characters of the literals."""
    longest: int = 0
    meaning: Meaning | None = None


class Lexicon(Generic[Meaning]):
    """Forms with a meaning each. `stem*` takes any ending, other words match whole, symbols and Han as they stand."""

    def __init__(self) -> None:
        self._root: _Node[Meaning] = _Node()
        self._initials: set[str] = set()

    def add(self, form: str, meaning: Meaning) -> None:
        """Add a levelled form; of two meanings for one form the first stays."""
        node = self._root
        self._initials.add(form[0])
        for token in form.split(" "):
            node = self._step(node, token)
        if node.meaning is None:
            node.meaning = meaning

    @staticmethod
    def _step(node: _Node[Meaning], token: str) -> _Node[Meaning]:
        bare = token.removesuffix("*")
        spaced = not is_unspaced(bare[-1])
        if token.endswith("*") and spaced:
            if node.stems is _NONE:
                node.stems = {}
            return node.stems.setdefault(bare, _Node())
        if spaced and WORD.fullmatch(bare):
            if node.words is _NONE:
                node.words = {}
            return node.words.setdefault(bare, _Node())
        if node.literals is _NONE:
            node.literals = {}
        node.longest = max(node.longest, len(bare))
        if bare[0] not in node.initials:
            node.initials = {*node.initials, bare[0]}
        return node.literals.setdefault(bare, _Node())

    def match(self, text: str, at: int) -> tuple[Meaning, int] | None:
        """The meaning of the longest form that begins at `at`, and where it ends."""
        if text[at : at + 1] not in self._initials:
            return None
        return _match(self._root, text, at)


def _match(node: _Node[Meaning], text: str, at: int) -> tuple[Meaning, int] | None:
    best: tuple[Meaning, int] | None = None
    for child, end in _children(node, text, at):
        gap = _GAP.match(text, end)
        longer = (
            _match(child, text, gap.end() if gap else end) if child.words or child.stems or child.literals else None
        )
        if longer is None and child.meaning is not None:
            longer = (child.meaning, end)
        if longer is not None and (best is None or longer[1] > best[1]):
            best = longer
    return best


def _children(node: _Node[Meaning], text: str, at: int) -> list[tuple[_Node[Meaning], int]]:
    found: list[tuple[_Node[Meaning], int]] = []
    if node.words or node.stems:
        word = WORD.match(text, at, at + 48)
        if word:
            token = word.group()
            if token in node.words:
                found.append((node.words[token], word.end()))  # a whole word stands before a stem of the same length
            if node.stems:
                for length in range(len(token), max(1, len(token) - LONGEST_ENDING - 1), -1):
                    if token[:length] in node.stems:
                        found.append((node.stems[token[:length]], word.end()))
                        break
    if node.literals and text[at : at + 1] in node.initials:
        for length in range(min(node.longest, len(text) - at), 0, -1):
            piece = text[at : at + length]
            if piece in node.literals and (
                is_unspaced(piece[-1]) or not piece[-1].isalpha() or is_edge(text, at + length)
            ):
                found.append((node.literals[piece], at + length))
                break
    return found
