"""How alike two reports are: features of a pair, and the learned weights that make one number of them.

Weights and rarities are learned by scripts/quality_stories.py from labelled items and stored in data/model.json.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources

from watcher.stories.near import resemblance
from watcher.stories.profile import Signature

FEATURES = (
    "one", "days", "same_day", "after_3_days", "after_10_days", "echo", "same_lang", "words", "title", "names", "names_rare", "name_top", "concepts",
    "concepts_rare", "lead", "lead_rare", "figures", "figures_clash", "sum_shared", "sum_main", "sum_clash", "sum_one_side", "country_same", "country_overlap",
    "country_clash", "country_more", "stage_same", "stage_clash", "instrument_shared", "instrument_clash", "actor_shared", "actor_clash",
    "date_shared", "vector", "vector_square", "names_only_lang", "no_vector",
)  # fmt: skip

SUM_TOLERANCE = 0.085
"""Two sums are one when they differ by less: rounding («nearly 930 million») and the day's exchange rate."""


@dataclass(frozen=True, slots=True)
class Rarity:
    """How telling a name, a concept or a word is: in how many of `total` items it was seen. What was never seen is rarest."""

    total: int
    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def of(self, kind: str, key: str) -> float:
        """Inverse document frequency, natural logarithm."""
        return math.log((self.total + 1) / (self.counts.get(kind, {}).get(key, 0) + 0.7))


@dataclass(frozen=True, slots=True)
class Model:
    """Weights by feature name, and the thresholds of joining."""

    rarity: Rarity
    weights: Mapping[str, float]
    weights_with_vector: Mapping[str, float]
    thresholds: Mapping[str, float]


@lru_cache(maxsize=1)
def model() -> Model:
    """The shipped model."""
    record = json.loads(resources.files(__package__).joinpath("data/model.json").read_text("utf-8"))
    rarity = Rarity(record["total"], record["rarity"])
    return Model(rarity, record["weights"], record["weights_with_vector"], record["thresholds"])


def features(one: Signature, other: Signature, rarity: Rarity) -> dict[str, float]:
    """Features of a pair, symmetric; those that are nought are left out."""
    days = abs(one.day - other.day)
    same_lang = one.lang.split("-")[0] == other.lang.split("-")[0]
    found = {
        "one": 1.0,
        "days": min(days, 21.0) / 7,
        "same_day": float(days < 1.0),
        "after_3_days": float(days > 3),
        "after_10_days": float(days > 10),
        "echo": resemblance(one.digest, other.digest),
        "same_lang": float(same_lang),
    }
    if same_lang:
        found["words"] = _cosine(one.words, other.words, "word", rarity)[0]
        found["title"] = _cosine(one.title, other.title, "word", rarity)[0]
    likeness, shared, top = _cosine(one.names, other.names, "name", rarity)
    found |= {"names": likeness, "names_rare": min(shared, 20.0) / 10, "name_top": top / 6}
    if same_lang:
        found["names_only_lang"] = likeness
    likeness, shared, _ = _cosine(one.concepts, other.concepts, "concept", rarity)
    found |= {"concepts": likeness, "concepts_rare": min(shared, 12.0) / 6}
    likeness, shared, _ = _cosine(one.lead, other.lead, "concept", rarity)
    found |= {"lead": likeness, "lead_rare": min(shared, 12.0) / 6}
    found |= _figures(one.figures, other.figures)
    found |= _sums(one.sums, other.sums)
    found |= _countries(frozenset(one.countries), frozenset(other.countries))
    if one.stage and other.stage:
        found["stage_same" if one.stage == other.stage else "stage_clash"] = 1.0
    found |= _sets("instrument", one.instruments, other.instruments)
    found |= _sets("actor", one.actors, other.actors)
    if set(one.dates) & set(other.dates):
        found["date_shared"] = 1.0
    if one.vector and other.vector:
        likeness = sum(a * b for a, b in zip(one.vector, other.vector, strict=True)) / 127**2
        found |= {"vector": likeness, "vector_square": likeness * abs(likeness)}
    else:
        found["no_vector"] = 1.0
    return found


def score(one: Signature, other: Signature, known: Model) -> float:
    """Log odds that two reports are of one event."""
    weights = known.weights_with_vector if one.vector and other.vector else known.weights
    return sum(weights.get(name, 0.0) * value for name, value in features(one, other, known.rarity).items())


def _cosine(one: Sequence[str], other: Sequence[str], kind: str, rarity: Rarity) -> tuple[float, float, float]:
    """Cosine of two bags weighted by rarity, the rarity they share in sum, and of the rarest thing shared."""
    shared = [rarity.of(kind, key) for key in set(one) & set(other)]
    if not shared:
        return 0.0, 0.0, 0.0
    lengths = (sum(rarity.of(kind, key) ** 2 for key in set(bag)) for bag in (one, other))
    return sum(r * r for r in shared) / (math.sqrt(math.prod(lengths)) or 1.0), sum(shared), max(shared)


def _figures(one: Sequence[str], other: Sequence[str]) -> dict[str, float]:
    """Shared figures by their weight: a round or small number says little, 3,450 says much."""
    shared = sum(weight_of_figure(figure) for figure in set(one) & set(other))
    clash = min((max(map(weight_of_figure, bag), default=0.0) for bag in (one, other)), default=0.0)
    return {"figures": min(shared, 3.0), "figures_clash": 0.0 if shared else clash}


def weight_of_figure(figure: str) -> float:
    """How telling a number is, 0 to about 2."""
    digits = figure.replace(".", "").strip("0")
    value = float(figure)
    return min(len(digits), 4) * 0.5 + (0.5 if value >= 1000 else 0.0) - (0.4 if value < 32 else 0.0)


def same_sum(one: tuple[str, float, float], other: tuple[str, float, float]) -> bool:
    """Whether two sums may be one: equal within rounding, in their currency or in dollars."""
    if one[0] == other[0]:
        return math.isclose(one[1], other[1], rel_tol=0.04)
    return bool(one[2] and other[2]) and math.isclose(one[2], other[2], rel_tol=SUM_TOLERANCE)


def _sums(one: Sequence[tuple[str, float, float]], other: Sequence[tuple[str, float, float]]) -> dict[str, float]:
    if not one or not other:
        return {"sum_one_side": float(bool(one) != bool(other))}
    shared = sum(any(same_sum(a, b) for b in other) for a in one)
    if not shared:
        return {"sum_clash": 1.0}
    return {
        "sum_shared": shared / min(len(one), len(other)),
        "sum_main": float(same_sum(main_sum(one), main_sum(other))),
    }


def main_sum(sums: Sequence[tuple[str, float, float]]) -> tuple[str, float, float]:
    """The largest sum; by value where no rate is known."""
    return max(sums, key=lambda each: (each[2], each[1]))


def _countries(one: frozenset[str], other: frozenset[str]) -> dict[str, float]:
    if not one or not other:
        return {}
    if one == other:
        return {"country_same": 1.0}
    if one & other:
        return {"country_overlap": 1.0, "country_more": float(len(one ^ other) > 1)}
    return {"country_clash": 1.0}


def _sets(name: str, one: Sequence[str], other: Sequence[str]) -> dict[str, float]:
    if not one or not other:
        return {}
    shared = len(set(one) & set(other))
    return {f"{name}_shared": shared / min(len(set(one)), len(set(other)))} if shared else {f"{name}_clash": 1.0}
