"""A second opinion for weighted rules: what a multilingual sentence vector says, where the words leave room for doubt."""

from __future__ import annotations

from dataclasses import dataclass, fields
from operator import mul

from watcher.rules.likelihood import likelihood
from watcher.rules.reading import Find, Hit, Reading
from watcher.rules.spec import OpinionSpec
from watcher.text import meaning
from watcher.text.packing import unpack

SIZE = 384
"""Numbers in a vector of the encoder."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """A linear judgement of the vector of title and summary, as log-odds between ±`limit`; it adds `base + weight × odds`.

    Without the encoder (extra `semantic`) it adds nothing, so weights must be good without it.
    """

    vector: tuple[float, ...]
    bias: float
    weight: float
    base: float
    limit: float

    @classmethod
    def of(cls, spec: OpinionSpec) -> Opinion:
        """The opinion that a rule writes. Raises ValueError where its vector is none."""
        given = {part.name: getattr(spec, part.name) for part in fields(cls)}
        return cls(**{**given, "vector": read_vector(spec.vector)})

    def adds(self, reading: Reading, margin: float) -> float:
        """What it adds to a sum that lies `margin` above what is asked for; 0 where it could not turn the verdict.

        The encoder is some hundred times dearer than a word, so it is asked only where its answer decides.
        """
        reach = abs(self.weight) * self.limit
        if margin >= 0:
            is_settled = margin + self.base - reach >= 0
        else:
            is_settled = margin + self.base + reach < 0
        if is_settled:
            return 0.0
        odds = self.odds(reading)
        return 0.0 if odds is None else self.base + self.weight * odds

    def odds(self, reading: Reading) -> float | None:
        """Log-odds that the item is of the kind, or None where no encoder is installed."""
        found = meaning.vector(meaning.told(reading.item.title.plain, reading.item.summary.plain))
        if found is None or len(found) != len(self.vector):
            return None
        odds: float = sum(map(mul, self.vector, found)) + self.bias
        return max(-self.limit, min(self.limit, odds))

    def find(self, reading: Reading, added: float) -> Find:
        """The opinion as evidence. A weight of nothing leaves only `base`, which says nothing of the item."""
        says = "has no weight"
        if self.weight:
            says = f"reads like such news with {likelihood((added - self.base) / self.weight):.0%}"
        return Find(Hit("opinion", 0, 0, (0, 0)), "opinion", f"{says}, {added:+.2g}")


def read_vector(packed: str) -> tuple[float, ...]:
    """The vector that a rule carries (see `text.packing`). Raises ValueError for what is none."""
    values = unpack(packed)
    if len(values) != SIZE:
        raise ValueError(f"a vector has {SIZE} numbers, this one has {len(values)}")
    return values
