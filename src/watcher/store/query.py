"""What a person searches for → a query of the full-text index, in the rule language as far as the index can answer it."""

from __future__ import annotations

import re

from watcher.store.words import parted
from watcher.text.folding import fold

_MARK = re.compile(r'"[^"]*"?\*?|[()]|[^\s()"]+')
_NEAR = re.compile(r"NEAR(?:/(\d+))?")
_LETTER = re.compile(r"[^\W_]")
_OPERATORS = ("AND", "OR", "NOT")
NEAR = 10
"""Words that may stand between where NEAR names no number."""
_DEEPEST = 40


def search_query(text: str) -> str:
    """Words, "phrases", word*, AND (also juxtaposition), OR, NOT, NEAR/n and parentheses as an FTS5 query over folded tokens.

    Precedence as in rules: NOT, NEAR, AND, OR. Raises ValueError saying what is wrong.
    """
    query = _Query(_MARK.findall(text))
    found = query.either()
    if query.marks:
        raise ValueError(f"nothing is open that this {query.marks[0]} closes")
    if not found:
        raise ValueError("there is no word to look for")
    return found


class _Query:
    """Reads marks from the left. Each method returns a query, '' for one of signs alone, which every item satisfies."""

    def __init__(self, marks: list[str]) -> None:
        self.marks = marks
        self._depth = 0

    def either(self) -> str:
        """All of it, or what stands in parentheses."""
        parts = [self._all()]
        while self.marks and self.marks[0] == "OR":
            self.marks.pop(0)
            parts.append(self._all())
        kept = [part for part in parts if part]
        return kept[0] if len(kept) == 1 else f"({' OR '.join(kept)})" if kept else ""

    def _all(self) -> str:
        wanted: list[str] = []
        refused: list[str] = []
        while True:
            is_refused = bool(self.marks) and self.marks[0] == "NOT"
            if is_refused:
                self.marks.pop(0)
            (refused if is_refused else wanted).append(self._near())
            if self.marks and self.marks[0] == "AND":
                self.marks.pop(0)
            elif not self.marks or self.marks[0] in ("OR", ")"):
                break
        wanted, refused = [part for part in wanted if part], [part for part in refused if part]
        if refused and not wanted:
            raise ValueError("NOT needs a word that it is taken from: fund NOT shares")
        found = " AND ".join(wanted)
        return f"(({found}) NOT ({' OR '.join(refused)}))" if refused else f"({found})" if len(wanted) > 1 else found

    def _near(self) -> str:
        one = self._one()
        near = _NEAR.fullmatch(self.marks[0]) if self.marks else None
        if near is None:
            return one
        self.marks.pop(0)
        other = self._one()
        if "(" in one + other or not (one and other):
            raise ValueError("NEAR stands between two words or phrases")
        return f"NEAR({one} {other}, {near[1] or NEAR})"

    def _one(self) -> str:
        if not self.marks:
            raise ValueError("a word is missing at the end")
        mark = self.marks.pop(0)
        if mark in (*_OPERATORS, ")") or _NEAR.fullmatch(mark):
            raise ValueError(f"a word is missing before {mark}")
        if mark != "(":
            return _phrase(mark)
        self._depth += 1
        if self._depth > _DEEPEST:
            raise ValueError("too many parentheses")
        found = self.either()
        if not self.marks or self.marks.pop(0) != ")":
            raise ValueError("a ) is missing")
        self._depth -= 1
        return found if found.startswith("(") or not found else f"({found})"


def _phrase(mark: str) -> str:
    tokens = parted(fold(mark.removesuffix("*").strip('"').lstrip("="))).strip()
    if not _LETTER.search(tokens):
        return ""
    return f'"{tokens}"' + ("*" if mark.endswith("*") else "")
