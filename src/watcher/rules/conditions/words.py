"""Terms, phrases and regular expressions: conditions on the words of a text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from watcher.rules.conditions.core import Condition, Find, Needs, Reason, scope_words
from watcher.rules.reading import FieldText, Hit, Reading, Scope


class Seeker(Protocol):
    """Finds one term. Shared by all rules that use the term, so that an item is searched once for it."""

    @property
    def keys(self) -> frozenset[str]:
        """Index keys of which every text with the term holds one; empty when unknown."""

    def find(self, reading: Reading, field: FieldText) -> list[Hit]:
        """All places of the term in a field, in order."""


class Words(Condition):
    """A term, phrase or regular expression.

    `langs` narrows it to items of these languages (None: all), `of` names the vocabulary it stands in.
    """

    __slots__ = ("langs", "of", "seeker")

    def __init__(self, source: str, seeker: Seeker, langs: frozenset[str] | None = None, of: str = "") -> None:
        super().__init__(source)
        self.seeker = seeker
        self.langs = langs
        self.of = of

    def holds(self, reading: Reading, scope: Scope) -> bool:
        if self.langs is not None and reading.lang not in self.langs:
            return False
        return bool(reading.hits(self.seeker, self.seeker.find, scope))

    def hits(self, reading: Reading, scope: Scope) -> list[Hit]:
        if self.langs is not None and reading.lang not in self.langs:
            return []
        return reading.hits(self.seeker, self.seeker.find, scope)

    def finds(self, reading: Reading, scope: Scope) -> Iterator[Find]:
        why = f"a term of {self.of}" if self.of else "the term"
        return (Find(hit, self.source, why) for hit in self.hits(reading, scope))

    def reason(self, reading: Reading, scope: Scope) -> Reason:
        if self.langs is not None and reading.lang not in self.langs:
            return Reason(1.0, f"{self.source} is not sought in items in «{reading.lang}»")
        return Reason(1.0, f"{self.source} does not occur{scope_words(scope)}")

    def needs(self) -> Needs:
        return (self.seeker.keys,) if self.seeker.keys else ()
