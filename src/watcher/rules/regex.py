"""User regular expressions: RE2 (linear time) with Unicode put in where RE2 knows only ASCII.

`\\w \\d \\s` become Unicode classes. RE2's own `\\b` sees ASCII letters only and it has no look-around, so a word
boundary is rewritten: at the edge of the pattern it takes in the neighbouring character (cut off again from what is
found), inside it is decided from the atoms around it, and refused where these do not tell.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import re2

from watcher.rules.atoms import NOT_WORD, Atom, atoms_of, is_word
from watcher.rules.faults import Fault

MAX_PATTERN = 1000
MAX_TEXT = 65_536
"""Characters of a field that a regular expression looks at."""
MAX_MEMORY = 8 << 20
LONGEST_SAID = 80


class Pattern:
    """A compiled regular expression. `literal` is text that every match holds, for the index; may be empty."""

    def __init__(self, compiled: Any, literal: str, *, takes_left: bool, takes_right: bool) -> None:
        self._compiled = compiled  # Any: google-re2 carries no types
        self._takes_left = takes_left
        self._takes_right = takes_right
        self.literal = literal

    def find(self, text: str) -> list[tuple[int, int]]:
        """Places of all matches that do not overlap, boundary characters cut off. Looks at MAX_TEXT characters."""
        found: list[tuple[int, int]] = []
        at, text = 0, text[:MAX_TEXT]
        while at <= len(text):
            match = self._compiled.search(text, at)
            if match is None:
                break
            start, end = match.span()
            if self._takes_left and start < end and not is_word(text[start]):
                start += 1
            if self._takes_right and start < end and not is_word(text[end - 1]):
                end -= 1
            if end > start:
                found.append((start, end))
            at = max(end, at + 1)
        return found


@lru_cache(maxsize=4096)
def compile_regex(pattern: str, exact: bool) -> Pattern:
    """Compile what stood between the slashes; `exact` minds the case. Raises Fault with places in `pattern`."""
    if len(pattern) > MAX_PATTERN:
        raise Fault(
            f"a regular expression of {len(pattern)} characters, {MAX_PATTERN} is the limit",
            "split it",
            0,
            len(pattern),
        )
    atoms = atoms_of(pattern)
    literal = _required_literal(atoms)
    takes_left, takes_right = _resolve_boundaries(atoms)
    options = re2.Options()
    options.case_sensitive = exact
    options.log_errors = False
    options.max_mem = MAX_MEMORY
    try:
        compiled = re2.compile("".join(atom.text + atom.quantifier for atom in atoms), options)
    except re2.error as error:
        raise _refused(error, pattern) from error
    if compiled.search("") is not None:
        hint = "make at least one part of it required"
        raise Fault("this regular expression matches the empty text, so always", hint, 0, len(pattern))
    return Pattern(compiled, literal, takes_left=takes_left, takes_right=takes_right)


def _refused(error: Exception, pattern: str) -> Fault:
    said = error.args[0].decode() if error.args and isinstance(error.args[0], bytes) else str(error)
    said = said if len(said) <= LONGEST_SAID else said[:LONGEST_SAID] + "…"
    if "too large" in said or "repetition size" in said:
        return Fault(f"RE2 refuses this regular expression: {said}", "repeat less, at most 1000 times", 0, len(pattern))
    if "repetition" in said:
        return Fault(f"RE2 refuses this regular expression: {said}", "put something before * + ? {}; a possessive "
                     "or doubled quantifier is not known", 0, len(pattern))  # fmt: skip
    return Fault(f"RE2 refuses this regular expression: {said}", "correct the pattern", 0, len(pattern))


def _required_literal(atoms: list[Atom]) -> str:
    """The longest run of letters and digits that every match must hold; empty where alternatives leave none."""
    depth, run, best = 0, "", ""
    for atom in atoms:
        depth += (atom.kind == "open") - (atom.kind == "close")
        if atom.kind == "alt" and depth == 0:
            return ""
        if atom.kind == "bound":
            continue
        if depth == 0 and atom.literal.isalnum() and not atom.quantifier:
            run += atom.literal
            continue
        best, run = max(best, run, key=len), ""
        if depth == 0 and atom.literal.isalnum() and atom.quantifier.startswith("+"):
            run = ""
    return max(best, run, key=len)


def _resolve_boundaries(atoms: list[Atom]) -> tuple[bool, bool]:
    """Rewrite every `\\b` in place. Answers whether matches may take in a character on their left, right."""
    takes_left = takes_right = False
    for index, atom in enumerate(atoms):
        if atom.kind != "bound":
            continue
        if _reaches(atoms, index, -1):
            atom.text, takes_left = f"(?:^|{NOT_WORD})", True
        elif _reaches(atoms, index, 1):
            atom.text, takes_right = f"(?:{NOT_WORD}|$)", True
        else:
            _inside(atoms, index)
    return takes_left, takes_right


def _reaches(atoms: list[Atom], index: int, step: int) -> bool:
    """Is there nothing between this place and the pattern's edge on that side (through groups that are not repeated)?"""
    opening, closing = ("open", "close") if step < 0 else ("close", "open")
    at, depth = index + step, 0
    while 0 <= at < len(atoms):
        atom = atoms[at]
        if atom.kind == closing:
            depth += 1
        elif atom.kind == opening:
            depth -= 1
            if depth < 0:
                depth = 0
                if _close_of(atoms, at).quantifier not in ("", "?"):
                    return False
                at += step
                continue
        elif atom.kind == "alt" and depth == 0:
            at = _leave(atoms, at, step)
            continue
        if depth == 0 or atom.kind == closing:
            return False
        at += step
    return True


def _leave(atoms: list[Atom], at: int, step: int) -> int:
    """From an alternative's bar to the bracket of its group on that side, or past the pattern's edge."""
    depth = 0
    while 0 <= at < len(atoms):
        kind = atoms[at].kind
        depth += (kind == "open") - (kind == "close")
        if depth == (1 if step < 0 else -1):
            return at
        at += step
    return at


def _close_of(atoms: list[Atom], at: int) -> Atom:
    """The closing bracket of the group whose bracket stands at `at`."""
    if atoms[at].kind == "close":
        return atoms[at]
    depth = 0
    for atom in atoms[at:]:
        depth += (atom.kind == "open") - (atom.kind == "close")
        if depth == 0:
            return atom
    return atoms[at]


def _inside(atoms: list[Atom], index: int) -> None:
    """Decide a boundary from its neighbours, or rewrite the `.*` beside it."""
    before, bound, after = atoms[index - 1], atoms[index], atoms[index + 1]
    left = before.word if before.kind == "atom" and not before.is_optional else None
    right = after.word if after.kind == "atom" and not after.is_optional else None
    if left is not None and right is not None:
        if left == right:
            raise Fault("\\b can never hold here", "remove it", bound.at, bound.at + 2)
        return
    if left and after.kind == "atom" and after.is_dots and index + 2 < len(atoms):
        follows = atoms[index + 2]
        both = follows.kind == "bound" and index + 3 < len(atoms) and bool(atoms[index + 3].word)
        after.text, after.quantifier = _dots(after.quantifier, both), ""
        if both:
            follows.kind = "atom"
        return
    if right and before.kind == "atom" and before.is_dots:
        low, high = _bounds(before.quantifier)
        inner = f".{{{max(0, low - 1)},{'' if high is None else max(0, high - 1)}}}"
        before.text, before.quantifier = f"(?:{inner}{NOT_WORD})", ""
        return
    hint = "keep \\b for the ends of the pattern, or write the character that stands there, such as \\s"
    raise Fault("\\b can not be decided here", hint, bound.at, bound.at + 2)


def _bounds(quantifier: str) -> tuple[int, int | None]:
    if quantifier[0] in "*+?":
        return (1 if quantifier[0] == "+" else 0), (1 if quantifier[0] == "?" else None)
    low, comma, high = quantifier.strip("{}?").partition(",")
    return int(low), (int(high) if high else None) if comma else int(low)


def _dots(quantifier: str, both: bool) -> str:
    """`\\b.*` after a word character, with `\\b` on its other side too when `both`."""
    low, high = _bounds(quantifier)
    taken = 2 if both else 1
    inner = f".{{{max(0, low - taken)},{'' if high is None else max(0, high - taken)}}}"
    if not both:
        return f"(?:{NOT_WORD}{inner})"
    single = f"|{NOT_WORD}" if low <= 1 else ""
    return f"(?:{NOT_WORD}{inner}{NOT_WORD}{single})"
