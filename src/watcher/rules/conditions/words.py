"""Terms, phrases and regular expressions: conditions on the words of a text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from watcher.rules.conditions.core import Condition, Find, Needs, Reason, scope_words
from watcher.rules.keys import words_of
from watcher.rules.reading import EVERYWHERE, FieldText, Hit, Reading, Scope


class Seeker(Protocol):
    """Finds one term. Shared by all rules that use the term, so that an item is searched once for it."""

    @property
    def keys(self) -> tuple[str, ...]:
        """Index keys that every text with the term holds, each of them; empty when unknown."""

    @property
    def sole(self) -> str:
        """The whole term when it is one word of a spaced script in any case: it stands where that word stands apart."""

    def places(self, reading: Reading, field: FieldText) -> Iterator[Hit]:
        """All places of the term in a field, in order."""


class Words(Condition):
    """A term, phrase or regular expression.

    `langs` narrows it to items of these languages (None: all), `of` names the vocabulary it stands in.
    """

    __slots__ = ("_words", "langs", "of", "seeker")

    def __init__(self, source: str, seeker: Seeker, langs: frozenset[str] | None = None, of: str = "") -> None:
        super().__init__(source)
        self.seeker = seeker
        self.langs = langs
        self.of = of
        self._words = words_of(seeker.keys)

    def may_hold(self, reading: Reading) -> bool:
        if self.langs is not None and reading.lang not in self.langs:
            return False
        return reading.present.issuperset(self._words)

    def holds(self, reading: Reading, scope: Scope) -> bool:
        if not self.may_hold(reading):
            return False
        if scope is EVERYWHERE and self.seeker.sole in reading.apart:
            return True
        return reading.occurs(self.seeker, self.seeker.places, scope)

    def hits(self, reading: Reading, scope: Scope) -> list[Hit]:
        if not self.may_hold(reading):
            return []
        return reading.hits(self.seeker, self.seeker.places, scope)

    def finds(self, reading: Reading, scope: Scope) -> Iterator[Find]:
        why = f"a term of {self.of}" if self.of else "the term"
        return (Find(hit, self.source, why) for hit in self.hits(reading, scope))

    def reason(self, reading: Reading, scope: Scope) -> Reason:
        if self.langs is not None and reading.lang not in self.langs:
            return Reason(1.0, f"{self.source} is not sought in items in «{reading.lang}»")
        return Reason(1.0, f"{self.source} does not occur{scope_words(scope)}")

    def needs(self) -> Needs:
        return tuple(frozenset({key}) for key in self.seeker.keys)
