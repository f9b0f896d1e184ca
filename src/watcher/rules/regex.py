"""User regular expressions: RE2 (linear time) with Unicode put in where RE2 knows only ASCII.

`\\w \\d \\s` become Unicode classes. RE2's own `\\b` sees ASCII letters only and it has no look-around, so a word
boundary is rewritten: at the edge of the pattern it takes in the neighbouring character (cut off again from what is
found), inside it is decided from the atoms around it, and refused where these do not tell.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import re2

from watcher.rules.faults import Fault

MAX_PATTERN = 1000
MAX_TEXT = 65_536
"""Characters of a field that a regular expression looks at."""
MAX_MEMORY = 8 << 20
LONGEST_SAID = 80

WORD = r"[\p{L}\p{M}\p{N}_]"
NOT_WORD = r"[^\p{L}\p{M}\p{N}_]"
_OUTSIDE = {
    "w": WORD, "W": NOT_WORD, "d": r"\p{Nd}", "D": r"\P{Nd}", "s": r"[\s\p{Z}]", "S": r"[^\s\p{Z}]", "Z": r"\z",
}  # fmt: skip
_INSIDE = {"w": r"\p{L}\p{M}\p{N}_", "d": r"\p{Nd}", "D": r"\P{Nd}", "s": r"\s\p{Z}"}
_WORDNESS = {"w": True, "d": True, "W": False, "s": False}

_QUANTIFIER = re.compile(r"(?:[*+?]|\{\d+(?:,\d*)?\})\??")
_ESCAPE = re.compile(r"\\(?:[pP](?:\{\^?\w+\}|\w)|x(?:\{[0-9a-fA-F]+\}|[0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|.)", re.DOTALL)
_GROUP = re.compile(r"\(\?(?:P?<[A-Za-z_]\w*>|[imsU-]*:|[imsU-]+\))")
_LINEAR = "RE2 reads each text once, in linear time; "


@dataclass(slots=True)
class _Atom:
    """A piece of the pattern. `kind`: atom open close alt bound. `word`: matches a word character, none, or unknown."""

    kind: str
    text: str
    at: int
    word: bool | None = None
    quantifier: str = ""
    literal: str = ""

    @property
    def is_optional(self) -> bool:
        return self.quantifier[:1] in ("*", "?") or self.quantifier.startswith("{0")

    @property
    def is_dots(self) -> bool:
        return self.text == "." and bool(self.quantifier)


class Pattern:
    """A compiled regular expression. `literal` is text that every match holds, for the index; may be empty."""

    def __init__(self, compiled: Any, literal: str) -> None:
        self._compiled = compiled  # Any: google-re2 carries no types
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
            if self._takes_left and start < end and not _is_word(text[start]):
                start += 1
            if self._takes_right and start < end and not _is_word(text[end - 1]):
                end -= 1
            if end > start:
                found.append((start, end))
            at = max(end, at + 1)
        return found

    _takes_left = False
    _takes_right = False


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
    atoms = _atoms(pattern)
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
    result = Pattern(compiled, literal)
    result._takes_left, result._takes_right = takes_left, takes_right
    if compiled.search("") is not None:
        hint = "make at least one part of it required"
        raise Fault("this regular expression matches the empty text, so always", hint, 0, len(pattern))
    return result


def _refused(error: Exception, pattern: str) -> Fault:
    said = error.args[0].decode() if error.args and isinstance(error.args[0], bytes) else str(error)
    said = said if len(said) <= LONGEST_SAID else said[:LONGEST_SAID] + "…"
    if "too large" in said or "repetition size" in said:
        return Fault(f"RE2 refuses this regular expression: {said}", "repeat less, at most 1000 times", 0, len(pattern))
    if "repetition" in said:
        return Fault(f"RE2 refuses this regular expression: {said}", "put something before * + ? {}; a possessive "
                     "or doubled quantifier is not known", 0, len(pattern))  # fmt: skip
    return Fault(f"RE2 refuses this regular expression: {said}", "correct the pattern", 0, len(pattern))


def _is_word(char: str) -> bool:
    return char.isalnum() or char == "_" or bool(re.match(r"\w", char))


def _atoms(pattern: str) -> list[_Atom]:
    atoms: list[_Atom] = []
    at = 0
    while at < len(pattern):
        atom, at = _atom(pattern, at)
        quantifier = _QUANTIFIER.match(pattern, at)
        if quantifier and atom.kind in ("atom", "close"):
            atom.quantifier, at = quantifier[0], quantifier.end()
        atoms.append(atom)
    return atoms


def _atom(pattern: str, at: int) -> tuple[_Atom, int]:
    char = pattern[at]
    if char == "\\":
        return _escape(pattern, at)
    if char == "[":
        return _character_class(pattern, at)
    if char == "(":
        return _group(pattern, at)
    if char == ")":
        return _Atom("close", ")", at), at + 1
    if char == "|":
        return _Atom("alt", "|", at), at + 1
    if char in "^$":
        return _Atom("atom", char, at, False), at + 1
    if char == ".":
        return _Atom("atom", char, at), at + 1
    return _Atom("atom", char, at, _is_word(char), literal=char), at + 1


def _escape(pattern: str, at: int) -> tuple[_Atom, int]:
    match = _ESCAPE.match(pattern, at)
    if match is None:
        raise Fault("the regular expression ends in a backslash", "remove it, or write \\\\", at, at + 1)
    letter, end = pattern[at + 1], match.end()
    if letter == "b":
        return _Atom("bound", "", at), end
    if letter == "B":
        raise Fault("\\B is not known", "write \\w next to the letters instead", at, end)
    if letter.isdigit() and letter != "0":
        raise Fault("back-references are not known", _LINEAR + "write the text out", at, end)
    if letter in _OUTSIDE:
        return _Atom("atom", _OUTSIDE[letter], at, _WORDNESS.get(letter)), end
    if match[1]:
        return _Atom("atom", rf"\x{{{match[1]}}}", at, _is_word(chr(int(match[1], 16)))), end
    if letter.isalpha():
        return _Atom("atom", match[0], at), end
    return _Atom("atom", match[0], at, _is_word(letter), literal=letter), end


def _character_class(pattern: str, at: int) -> tuple[_Atom, int]:
    """`[…]` with Unicode classes put in."""
    out, end = ["["], at + 1
    if pattern.startswith("^", end):
        out.append("^")
        end += 1
    first = True
    while end < len(pattern) and (first or pattern[end] != "]"):
        first = False
        match = _ESCAPE.match(pattern, end) or re.compile(r"\[:\^?\w+:\]").match(pattern, end)
        if match is None:
            out.append(pattern[end])
            end += 1
            continue
        letter = pattern[end + 1]
        if letter in "WbB" and pattern[end] == "\\":
            raise Fault(f"\\{letter} can not stand inside [ ]", "list what is meant", end, match.end())
        known = _INSIDE.get(letter) if pattern[end] == "\\" else None
        out.append(known or (rf"\x{{{match[1]}}}" if match.re is _ESCAPE and match[1] else match[0]))
        end = match.end()
    if end >= len(pattern):
        raise Fault("this [ is never closed", "add a ], or write \\[", at, at + 1)
    return _Atom("atom", "".join(out) + "]", at), end + 1


def _group(pattern: str, at: int) -> tuple[_Atom, int]:
    if not pattern.startswith("(?", at):
        return _Atom("open", "(?:", at), at + 1
    match = _GROUP.match(pattern, at)
    if match is None:
        kind = "look-around" if pattern[at + 2 : at + 3] in ("=", "!", "<") else "this kind of group"
        hint = _LINEAR + "use NOT, NEAR or SENTENCE of the rule language instead"
        raise Fault(f"{kind} is not known", hint, at, min(len(pattern), at + 4))
    if match[0].endswith(")"):
        return _Atom("atom", match[0], at), match.end()
    text = "(?:" if "<" in match[0] else match[0]
    return _Atom("open", text, at), match.end()


def _required_literal(atoms: list[_Atom]) -> str:
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


def _resolve_boundaries(atoms: list[_Atom]) -> tuple[bool, bool]:
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


def _reaches(atoms: list[_Atom], index: int, step: int) -> bool:
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


def _leave(atoms: list[_Atom], at: int, step: int) -> int:
    """From an alternative's bar to the bracket of its group on that side, or past the pattern's edge."""
    depth = 0
    while 0 <= at < len(atoms):
        kind = atoms[at].kind
        depth += (kind == "open") - (kind == "close")
        if depth == (1 if step < 0 else -1):
            return at
        at += step
    return at


def _close_of(atoms: list[_Atom], at: int) -> _Atom:
    """The closing bracket of the group whose bracket stands at `at`."""
    if atoms[at].kind == "close":
        return atoms[at]
    depth = 0
    for atom in atoms[at:]:
        depth += (atom.kind == "open") - (atom.kind == "close")
        if depth == 0:
            return atom
    return atoms[at]


def _inside(atoms: list[_Atom], index: int) -> None:
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
