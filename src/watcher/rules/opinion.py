"""A second opinion for weighted rules: what a multilingual sentence vector says, where the words leave room for doubt."""

from __future__ import annotations

import base64
import binascii
import struct
from dataclasses import dataclass
from math import isfinite
from operator import mul

from watcher.rules.likelihood import likelihood
from watcher.rules.reading import Find, Hit, Reading
from watcher.text import meaning

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

    def adds(self, reading: Reading, margin: float) -> float:
        """What it adds to a sum that lies `margin` above what is asked for; 0 where it could not turn the verdict.

        The encoder is some hundred times dearer than a word, so it is asked only where its answer decides.
        """
        reach = abs(self.weight) * self.limit
        if margin + self.base + reach < 0 or margin + self.base - reach >= 0:
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
        """The opinion as evidence."""
        chance = likelihood((added - self.base) / self.weight)
        return Find(Hit("opinion", 0, 0, (0, 0)), "opinion", f"reads like such news with {chance:.0%}, {added:+.2g}")


def pack_vector(values: tuple[float, ...]) -> str:
    """The text that stands in a rule: a scale, a space, and signed bytes in base 85."""
    scale = max(map(abs, values)) / 127 or 1.0
    numbers = [round(value / scale) for value in values]
    return f"{scale:.6g} {base64.b85encode(struct.pack(f'<{len(numbers)}b', *numbers)).decode()}"


def read_vector(packed: str) -> tuple[float, ...]:
    """The inverse of `pack_vector`. Raises ValueError for what is none."""
    scale, _, body = packed.strip().partition(" ")
    try:
        data = base64.b85decode(body)
    except (ValueError, binascii.Error) as error:
        raise ValueError("this is no packed vector") from error
    values = tuple(float(scale) * value for value in struct.unpack(f"<{len(data)}b", data))
    if len(values) != SIZE or not all(map(isfinite, values)):
        raise ValueError(f"a vector has {SIZE} numbers, this one has {len(values)}")
    return values
