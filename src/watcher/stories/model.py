"""The learned numbers: pair model, story model, thresholds. Written by scripts/quality_stories.py, read once."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from operator import mul
from typing import Any

from watcher.stories.forest import Forest, grow
from watcher.stories.pair import Prepared, Rarity, features


@dataclass(frozen=True, slots=True)
class PairModel:
    """Mean of a logistic regression and boosted trees over the features of a pair, in log odds."""

    weights: tuple[float, ...]
    trees: Forest
    base: float

    def score(self, values: Sequence[float]) -> float:
        """Log odds that a pair is of one event."""
        linear: float = sum(map(mul, self.weights, values))
        return (linear + self.base + self.trees.score(values)) / 2


@dataclass(frozen=True, slots=True)
class StoryModel:
    """Weights over what the pairs of a report with a story's members say together, and from where on it joins or merges.

    A report joins no story of which no member is `least` like it: that nothing else is near makes nothing one event.
    """

    weights: tuple[float, ...]
    join: float
    merge: float
    least: float


@dataclass(frozen=True, slots=True)
class Model:
    """All that is learned, without sentence vectors and with them."""

    rarity: Rarity
    plain: PairModel
    semantic: PairModel
    story: StoryModel
    semantic_story: StoryModel

    def pair_score(self, one: Prepared, other: Prepared) -> float:
        """Log odds that two reports are of one event."""
        pair = self.semantic if one.signature.vector and other.signature.vector else self.plain
        return pair.score(features(one, other))


@lru_cache(maxsize=1)
def model() -> Model:
    """The shipped model."""
    return model_from(json.loads(resources.files(__package__).joinpath("data/model.json").read_text("utf-8")))


def model_from(record: Mapping[str, Any]) -> Model:
    """A model from its JSON record."""
    pairs = {
        name: PairModel(
            tuple(record[name]["weights"]),
            grow(
                [
                    [(int(f), float(t), int(le), int(r), float(v)) for f, t, le, r, v in tree]
                    for tree in record[name]["trees"]
                ]
            ),
            float(record[name]["base"]),
        )
        for name in ("plain", "semantic")
    }
    stories = {
        name: StoryModel(
            tuple(record[name]["story"]), *(float(record[name][key]) for key in ("join", "merge", "least"))
        )
        for name in ("plain", "semantic")
    }
    return Model(
        Rarity(record["total"], record["rarity"]),
        pairs["plain"],
        pairs["semantic"],
        stories["plain"],
        stories["semantic"],
    )
