"""The pieces of a regular expression, with Unicode put in where RE2 knows only ASCII."""

from __future__ import annotations

import re
from dataclasses import dataclass

from watcher.rules.faults import Fault

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
class Atom:
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


def atoms_of(pattern: str) -> list[Atom]:
    """The pieces in order, `\\w \\d \\s` already made Unicode classes. Raises Fault with places in `pattern`."""
    atoms: list[Atom] = []
    at = 0
    while at < len(pattern):
        atom, at = _atom(pattern, at)
        quantifier = _QUANTIFIER.match(pattern, at)
        if quantifier and atom.kind in ("atom", "close"):
            atom.quantifier, at = quantifier[0], quantifier.end()
        atoms.append(atom)
    return atoms


def _atom(pattern: str, at: int) -> tuple[Atom, int]:
    char = pattern[at]
    if char == "\\":
        return _escape(pattern, at)
    if char == "[":
        return _character_class(pattern, at)
    if char == "(":
        return _group(pattern, at)
    if char == ")":
        return Atom("close", ")", at), at + 1
    if char == "|":
        return Atom("alt", "|", at), at + 1
    if char in "^$":
        return Atom("atom", char, at, False), at + 1
    if char == ".":
        return Atom("atom", char, at), at + 1
    return Atom("atom", char, at, is_word(char), literal=char), at + 1


def _escape(pattern: str, at: int) -> tuple[Atom, int]:
    match = _ESCAPE.match(pattern, at)
    if match is None:
        raise Fault("the regular expression ends in a backslash", "remove it, or write \\\\", at, at + 1)
    letter, end = pattern[at + 1], match.end()
    if letter == "b":
        return Atom("bound", "", at), end
    if letter == "B":
        raise Fault("\\B is not known", "write \\w next to the letters instead", at, end)
    if letter.isdigit() and letter != "0":
        raise Fault("back-references are not known", _LINEAR + "write the text out", at, end)
    if letter in _OUTSIDE:
        return Atom("atom", _OUTSIDE[letter], at, _WORDNESS.get(letter)), end
    if match[1]:
        return Atom("atom", rf"\x{{{match[1]}}}", at, is_word(chr(int(match[1], 16)))), end
    if letter.isalpha():
        return Atom("atom", match[0], at), end
    return Atom("atom", match[0], at, is_word(letter), literal=letter), end


def _character_class(pattern: str, at: int) -> tuple[Atom, int]:
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
    return Atom("atom", "".join(out) + "]", at), end + 1


def _group(pattern: str, at: int) -> tuple[Atom, int]:
    if not pattern.startswith("(?", at):
        return Atom("open", "(?:", at), at + 1
    match = _GROUP.match(pattern, at)
    if match is None:
        kind = "look-around" if pattern[at + 2 : at + 3] in ("=", "!", "<") else "this kind of group"
        hint = _LINEAR + "use NOT, NEAR or SENTENCE of the rule language instead"
        raise Fault(f"{kind} is not known", hint, at, min(len(pattern), at + 4))
    if match[0].endswith(")"):
        return Atom("atom", match[0], at), match.end()
    text = "(?:" if "<" in match[0] else match[0]
    return Atom("open", text, at), match.end()


def is_word(char: str) -> bool:
    """Is it a character of a word: a letter, digit, mark or underscore?"""
    return char.isalnum() or char == "_" or bool(re.match(r"\w", char))
