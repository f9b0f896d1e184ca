"""A fault in an expression, and the Problem that a person sees: place, line with a caret, remedy."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from difflib import SequenceMatcher

from watcher.errors import Problem
from watcher.rules.spec import Line

EXCERPT = 60
"""Characters of the expression shown on each side of the fault."""

FOLLOWS = "follows"
"""The severity of a fault that is but another's consequence, and that nobody needs to be told."""

ALIKE, TIED, SWAPPED = 0.6, 0.1, 0.2
FEW = 16


class Fault(Exception):
    """Something wrong at `start`–`end` of one expression. Never leaves `rules`: it becomes a Problem there."""

    def __init__(self, message: str, hint: str, start: int, end: int, severity: str = "error") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.start = start
        self.end = max(end, start + 1)
        self.severity = severity


def problem(fault: Fault, line: Line, owner: str) -> Problem:
    """The fault as a Problem of `line`, which belongs to `owner` (such as «rule "x"»)."""
    text, where = line.text, line.where
    newlines = text.count("\n", 0, fault.start)
    if newlines:
        column = fault.start - text.rfind("\n", 0, fault.start)
    else:
        column = where.column + fault.start if where.column else 0
    message = f"{owner}: {fault.message}\n{_caret(text, fault.start, fault.end)}"
    row = where.line + newlines if where.line else 0
    return Problem(where.file, row, column, message, fault.hint, fault.severity)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """«did you mean x?» for the closest known name, or the known ones when they are few, or nothing."""
    names = sorted(set(known))
    likeness = {candidate: _likeness(name.casefold(), candidate.casefold()) for candidate in names}
    best = max(likeness.values(), default=0.0)
    if best >= ALIKE:
        close = [candidate for candidate in names if likeness[candidate] >= max(ALIKE, best - TIED)]
        return "did you mean " + " or ".join(sorted(close, key=lambda one: -likeness[one])[:3]) + "?"
    if names and len(names) <= FEW:
        return "known are " + ", ".join(names)
    return ""


def _likeness(one: str, other: str) -> float:
    """How alike two names look, 0–1 and a little more when only letters are swapped."""
    if abs(len(one) - len(other)) > max(len(one), len(other)) / 2:
        return 0.0
    return SequenceMatcher(None, one, other).ratio() + (SWAPPED if sorted(one) == sorted(other) else 0.0)


def _caret(text: str, start: int, end: int) -> str:
    line_start = text.rfind("\n", 0, start) + 1
    line_end = text.find("\n", start)
    line_end = len(text) if line_end < 0 else line_end
    left = max(line_start, start - EXCERPT)
    right = min(line_end, max(start, min(end, start + EXCERPT)) + EXCERPT)
    before, shown = "…" if left > line_start else "", text[left:right].replace("\t", " ")
    after = "…" if right < line_end else ""
    blank = " " * _columns(before + text[left:start])
    marks = "^" * max(1, _columns(text[start : min(end, right)]))
    return f"    {before}{shown}{after}\n    {blank}{marks}"


def _columns(text: str) -> int:
    """Terminal columns that the text fills: East Asian wide characters two, combining marks none."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )
