"""Weighted rules: a sum over the expressions that hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import fsum

from watcher.rules.conditions.core import Condition, Find, Needs, Reason
from watcher.rules.conditions.logic import needs_of_any
from watcher.rules.keys import cheapest, file_under
from watcher.rules.opinion import Opinion
from watcher.rules.reading import EVERYWHERE, Reading


class Score:
    """`score: {at_least, base, add}`. Only expressions whose index keys occur are looked at, so hundreds cost little."""

    __slots__ = ("_by_key", "_unkeyed", "at_least", "base", "opinion", "parts", "weights")

    def __init__(
        self,
        parts: Sequence[Condition],
        weights: Sequence[float],
        base: float,
        at_least: float,
        opinion: Opinion | None = None,
    ) -> None:
        self.parts = tuple(parts)
        self.weights = tuple(weights)
        self.base = base
        self.at_least = at_least
        self.opinion = opinion
        self._unkeyed: list[int] = []
        self._by_key: dict[str, tuple[int, ...]] = {}
        for index, part in enumerate(self.parts):
            keys = cheapest(part.needs())
            if not keys:
                self._unkeyed.append(index)
            file_under(self._by_key, keys, index)

    @property
    def lookups(self) -> Sequence[str]:
        """Index keys that the index must look for in every item."""
        return tuple(self._by_key)

    def held(self, reading: Reading) -> list[int]:
        """Numbers of the parts that hold, in order; looked at once for an item."""
        if id(self) in reading.weighed:
            return reading.weighed[id(self)]
        chances = set(self._unkeyed)
        for key in self._by_key.keys() & reading.sought:
            chances.update(self._by_key[key])
        found = [index for index in sorted(chances) if self.parts[index].holds(reading, EVERYWHERE)]
        reading.weighed[id(self)] = found
        return found

    def total(self, reading: Reading) -> float:
        """The sum that the item comes to."""
        return self._words(reading) + self.added(reading)

    def added(self, reading: Reading) -> float:
        """What the second opinion adds; asked once for an item, 0 where there is none or it could not turn the verdict."""
        if self.opinion is None:
            return 0.0
        if id(self) not in reading.opinions:
            reading.opinions[id(self)] = self.opinion.adds(reading, self._words(reading) - self.at_least)
        return reading.opinions[id(self)]

    def _words(self, reading: Reading) -> float:
        return fsum([self.base, *(self.weights[index] for index in self.held(reading))])

    def margin(self, reading: Reading) -> float:
        """How far the sum lies above what is asked for."""
        return self.total(reading) - self.at_least

    def holds(self, reading: Reading) -> bool:
        """Does the sum reach `at_least`?"""
        return self.margin(reading) >= 0

    def finds(self, reading: Reading) -> Iterator[Find]:
        """Places of all parts that held, heaviest first, with their weight as part of the reason."""
        for index in sorted(self.held(reading), key=lambda index: -abs(self.weights[index])):
            weight = f", {self.weights[index]:+g}"
            for hit, term, why in self.parts[index].finds(reading, EVERYWHERE):
                yield Find(hit, term, why + weight)
        if self.opinion is not None and (added := self.added(reading)):
            yield self.opinion.find(reading, added)

    def reason(self, reading: Reading) -> Reason:
        """How far the sum is from enough, and the single expression that would bring most."""
        held = self.held(reading)
        total = self.total(reading)
        missing = [index for index in range(len(self.parts)) if index not in set(held) and self.weights[index] > 0]
        text = f"score {total:g} of {self.at_least:g}"
        if against := [index for index in held if self.weights[index] < 0]:
            worst = min(against, key=lambda index: self.weights[index])
            text += f", held down by {self.parts[worst].source} ({self.weights[worst]:+g})"
        if (added := self.added(reading)) < 0:
            text += f", the second opinion is against it ({added:+.2g})"
        if missing:
            best = max(missing, key=lambda index: self.weights[index])
            text += f"; most would come from {self.parts[best].source} ({self.weights[best]:+g})"
        return Reason(1.0, text)

    def needs(self) -> Needs:
        """At least one part that adds must have a chance, unless the base alone is enough."""
        most = self.base
        if self.opinion is not None:
            most += max(0.0, self.opinion.base + abs(self.opinion.weight) * self.opinion.limit)
        if most >= self.at_least:
            return ()
        adding = zip(self.parts, self.weights, strict=True)
        return needs_of_any([part.needs() for part, weight in adding if weight > 0])
