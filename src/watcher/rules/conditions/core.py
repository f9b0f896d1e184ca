"""What every condition answers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import ClassVar

from watcher.rules.keys import cheapest, cost_of
from watcher.rules.reading import Find, Hit, Reading, Reason, Scope

Needs = tuple[frozenset[str], ...]
"""What an item must hold for a condition to have a chance: of each set at least one index key. Empty: nothing is known."""


__all__ = ["Condition", "Find", "Needs", "Reason", "quickest", "scope_words"]


class Condition(ABC):
    """A part of a rule. `source` is it as written; immutable once built."""

    __slots__ = ("source",)
    effort: ClassVar[int] = 1
    """How dear it is to decide, in order: 0 a fact, 1 a word, 2 many words, 3 places, 4 sentences."""

    def __init__(self, source: str) -> None:
        self.source = source

    @abstractmethod
    def holds(self, reading: Reading, scope: Scope) -> bool:
        """Does it hold for the item, looking only into `scope`?"""

    @abstractmethod
    def finds(self, reading: Reading, scope: Scope) -> Iterator[Find]:
        """All that makes it hold, in the order written; nothing when it does not hold."""

    def hits(self, reading: Reading, scope: Scope) -> list[Hit]:
        """Where it stands in the text, for NEAR and SENTENCE; empty for what has no place."""
        return [find.hit for find in self.finds(reading, scope)]

    @abstractmethod
    def reason(self, reading: Reading, scope: Scope) -> Reason:
        """The smallest reason why it does not hold. Asked only when it does not."""

    def may_hold(self, reading: Reading) -> bool:
        """Whether it has a chance anywhere in the item. Cheap, may say yes too often."""
        return True

    def needs(self) -> Needs:
        """What the index may wait for before this condition is looked at."""
        return ()


def quickest(condition: Condition) -> tuple[int, float]:
    """Sorts conditions so that the one that decides soonest comes first."""
    return condition.effort, cost_of(cheapest(condition.needs()))


def scope_words(scope: Scope) -> str:
    """Where was looked, for a reason: « in title», or nothing for everywhere."""
    if scope.sentence is not None:
        return " in one sentence"
    if len(scope.fields) == 1:
        return f" in the {scope.fields[0]}"
    return ""
