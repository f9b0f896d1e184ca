"""`rule:name`: a rule built on another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from watcher.rules.conditions.core import Condition, Find, Needs, Reason
from watcher.rules.reading import Hit, Reading, Scope


class Target(Protocol):
    """The rule referred to, as far as this condition needs it."""

    @property
    def name(self) -> str: ...

    def needs(self) -> Needs: ...


class RuleReference(Condition):
    """Holds when the other rule holds, scopes and all. Rules are decided in the order in which they build on each
    other, so the answer is already noted in the reading."""

    __slots__ = ("target",)
    effort = 2

    def __init__(self, source: str, target: Target) -> None:
        super().__init__(source)
        self.target = target

    def holds(self, reading: Reading, scope: Scope) -> bool:
        return reading.decided[self.target.name]

    def finds(self, reading: Reading, scope: Scope) -> Iterator[Find]:
        for hit, term, why in reading.found.get(self.target.name, ()):
            yield Find(hit, term, f"{why} ({self.source})")

    def hits(self, reading: Reading, scope: Scope) -> list[Hit]:
        return []

    def reason(self, reading: Reading, scope: Scope) -> Reason:
        inner = reading.reasons.get(self.target.name)
        text = f"{self.source} does not hold"
        return Reason(inner.missing, f"{text}: {inner.text}") if inner else Reason(1.0, text)

    def needs(self) -> Needs:
        return self.target.needs()
