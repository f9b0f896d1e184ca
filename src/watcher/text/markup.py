"""HTML → plain text: tags out, entities decoded, white space collapsed. Linear in the length of any input."""

from __future__ import annotations

import html
import re
from functools import cache

from watcher.text.tables import table

# Quoted values may hold '>'; they are bounded so that a stray quote can not make the scan quadratic.
_MARKUP = re.compile(
    r"<!--|<!\[CDATA\[|\]\]>|<[!?][^<>]*+>"
    r"|<(?P<close>/?)(?P<name>[A-Za-z][A-Za-z0-9:_-]*+)(?:(?:[^<>\"']++|\"[^\"]{0,2000}+\"|'[^']{0,2000}+'){0,500}+>|[^<>]*+>)"
)
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}(?![0-9]);?|#[xX][0-9A-Fa-f]{1,6}(?![0-9A-Fa-f]);?|[A-Za-z][A-Za-z0-9]{1,31};?)")
_ENCODED_AGAIN = re.compile(r"&(?:amp|lt|gt|quot|apos|nbsp|#[0-9]{2,5}|#x[0-9A-Fa-f]{2,4});")
_ENCODED_OFTEN = re.compile(r"&(?:amp;){2,}")
_WORDS = re.compile(r"\S+")
_ROUNDS = 3


def to_plain(markup: str) -> str:
    """Read HTML as people see it.

    Block elements become a space; script, style and their like go with their content. What only looks
    like a tag ('a < b', '<Company name>') stays. Markup that was encoded twice ('&lt;b&gt;') is read once more.
    """
    text = markup
    for _ in range(_ROUNDS):
        if "<" not in text and "&" not in text:
            break
        text = _strip(text)
        if not (_ENCODED_AGAIN.search(text) or _has_tags(text)):
            break
    return collapse(text)


def collapse(text: str) -> str:
    """Make every run of white space one space, and none at the ends."""
    return " ".join(text.split())


def given_range(source: str, start: int, end: int) -> tuple[int, int]:
    """The range of a text as it was given that a range of its plain form came from.

    For text without markup, where only white space was collapsed; with markup it is the range of the plain form.
    """
    if "<" in source or "&" in source:
        return start, end
    begins: list[int] = []
    ends: list[int] = []
    for word in _WORDS.finditer(source):
        if begins:
            begins.append(ends[-1])
            ends.append(word.start())
        begins.extend(range(word.start(), word.end()))
        ends.extend(range(word.start() + 1, word.end() + 1))
    if not begins or start >= end:
        place = begins[start] if start < len(begins) else len(source)
        return place, place
    return begins[start], ends[min(end, len(ends)) - 1]


def _strip(markup: str) -> str:
    kinds = _kinds()
    parts: list[str] = []
    position = 0
    for found in _tags(markup):
        start, end, name = found
        parts.append(_decode(markup[position:start]))
        if name == "" or kinds.get(name) != "inline":
            parts.append(" ")
        position = end
    parts.append(_decode(markup[position:]))
    return "".join(parts)


def _tags(markup: str) -> list[tuple[int, int, str]]:
    """Find what to cut: (start, end, element name; '' for comments and declarations)."""
    kinds = _kinds()
    cuts: list[tuple[int, int, str]] = []
    position = 0
    while (match := _MARKUP.search(markup, position)) is not None:
        start, position = match.span()
        opening = match[0]
        name = (match["name"] or "").lower()
        if opening == "<!--":
            end = markup.find("-->", position)
            position = len(markup) if end < 0 else end + 3
        elif name and not _is_element(name):
            position = start + 1
            continue
        elif kinds.get(name) == "dropped" and not match["close"] and not opening.endswith("/>"):
            position = _end_of(name, markup, position)
        cuts.append((start, position, name))
    return cuts


def _end_of(name: str, markup: str, position: int) -> int:
    """Where the content of a dropped element ends; the whole rest when it is never closed."""
    closing = _closing(name).search(markup, position)
    return closing.end() if closing else len(markup)


def _is_element(name: str) -> bool:
    return name in _kinds() or ":" in name or "-" in name


def _has_tags(text: str) -> bool:
    return any(_is_element(match["name"].lower()) for match in _MARKUP.finditer(text) if match["name"])


def _decode(text: str) -> str:
    if "&" not in text:
        return text
    return _ENTITY.sub(lambda match: html.unescape(match[0]), _ENCODED_OFTEN.sub("&amp;", text))


@cache
def _closing(name: str) -> re.Pattern[str]:
    return re.compile(rf"</{name}\b[^<>]*+>", re.IGNORECASE)


@cache
def _kinds() -> dict[str, str]:
    return {name: kind for kind, names in table("markup").items() for name in names}
