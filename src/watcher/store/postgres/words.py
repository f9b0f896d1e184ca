"""Words to search as PostgreSQL keeps them: our own tokens with their places, none of its dictionaries.

The tokens are those of SQLite's index (letters, numbers, marks and private characters, in every script), so that a
search finds the same items in either. A vector holds places up to 16,383: a phrase further on in a text is not found as one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import psycopg
import re2
from psycopg.adapt import Buffer, Dumper

from watcher.errors import StoreError
from watcher.store.words import Words

FURTHEST = 16_383
PLACES_PER_WORD = 255
LONGEST_WORD = 500
"""Characters; PostgreSQL takes 2,046 bytes, and nobody searches for a longer one."""

MOST_BYTES = 900_000
"""A vector holds a megabyte; what stands further on in a longer text is not found."""

_TOKEN = re2.compile(r"[\p{L}\p{N}\p{Co}\p{M}]+")
_PHRASE = r'"([^"]*)"(\*?)'
_ASKED = re.compile(rf"NEAR\({_PHRASE} {_PHRASE}, (?P<near>\d+)\)|{_PHRASE}|(?P<operator>AND|OR|NOT|[()])")
WIDEST_NEAR = 200
"""Words between at most: every distance is a term of the query."""


class WordsDumper(Dumper):
    """`Words` → tsvector."""

    oid = psycopg.adapters.types["tsvector"].oid

    def dump(self, obj: Words) -> Buffer:
        """The vector's text."""
        return vector(obj).encode()


def vector(text: str) -> str:
    """A tsvector of the tokens of `text`."""
    places: dict[str, list[int]] = {}
    room = MOST_BYTES
    for number, token in enumerate(_TOKEN.findall(text), 1):
        word = token.lower()[:LONGEST_WORD]
        found = places.setdefault(word, [])
        if not found:
            room -= len(word.encode()) + 8
            if room < 0:
                del places[word]
                break
        if number <= FURTHEST and len(found) < PLACES_PER_WORD:
            found.append(number)
            room -= 2
    return " ".join(f"'{word}'" + (":" + ",".join(map(str, found)) if found else "") for word, found in places.items())


def query(asked: str) -> str:
    """A tsquery of what `search_query` made: phrases, with * as prefixes, NEAR, AND, OR, NOT and parentheses.

    Raises StoreError where operators stand without anything to join.
    """
    parts = list(_parts(asked))
    reader = _Reader(parts)
    found = reader.any_of() if parts else ""
    if reader.rest:
        raise StoreError("io", f"can not search for that: unexpected {reader.rest[0]}")
    return found


def _parts(asked: str) -> Iterator[str]:
    """Operators, and phrases and what stands near as tsqueries."""
    for match in _ASKED.finditer(asked):
        if match["operator"]:
            yield match["operator"]
        elif match["near"]:
            yield _near(_phrase(match[1], match[2]), _phrase(match[3], match[4]), int(match["near"]))
        else:
            yield _phrase(match[6], match[7])


def _phrase(text: str, star: str) -> str:
    words = [f"'{token.lower()[:LONGEST_WORD]}'" for token in _TOKEN.findall(text)]
    return f"({' <-> '.join(words)}{':*' if star else ''})" if words else "''"


def _near(one: str, other: str, between: int) -> str:
    far = range(1, min(between, WIDEST_NEAR) + 2)
    return " | ".join(f"{first} <{step}> {second}" for step in far for first, second in ((one, other), (other, one)))


class _Reader:
    """Precedence as FTS5 has it: NOT, AND, OR; side by side is AND."""

    def __init__(self, parts: list[str]) -> None:
        self.rest = parts

    def any_of(self) -> str:
        found = [self._all_of()]
        while self.rest and self.rest[0] == "OR":
            self.rest.pop(0)
            found.append(self._all_of())
        return " | ".join(found)

    def _all_of(self) -> str:
        found = [self._one()]
        while self.rest and self.rest[0] not in ("OR", ")"):
            if self.rest[0] == "AND":
                self.rest.pop(0)
            found.append(self._one())
        return " & ".join(found)

    def _one(self) -> str:
        part = self.rest.pop(0) if self.rest else "the end"
        if part == "NOT":
            return f"!{self._one()}"
        if part == "(":
            found = self.any_of()
            if not self.rest:
                raise StoreError("io", "can not search for that: a parenthesis is not closed")
            self.rest.pop(0)
            return f"({found})"
        if part in ("AND", "OR", ")", "the end"):
            raise StoreError("io", f"can not search for that: unexpected {part}")
        return f"({part})"
