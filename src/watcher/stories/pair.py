"""How alike two reports are: features of a pair, and a learned model that makes one number of them.

The model is the mean of a logistic regression and boosted trees, once with and once without sentence vectors. It is
learned by scripts/quality_stories.py and stored in data/model.json.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from operator import mul

from watcher.stories.near import resemblance
from watcher.stories.profile import Signature, read_signature

FEATURES = (
    "one", "days", "same_day", "after_3_days", "after_10_days", "echo", "same_lang", "words", "title", "names", "names_rare", "name_top",
    "actors", "actors_rare", "actor_clash", "concepts", "concepts_rare", "lead", "lead_rare", "lead_across", "figures", "figures_clash",
    "sum_shared", "sum_main", "sum_clash", "sum_one_side", "country_same", "country_overlap", "country_more", "country_clash", "country_rare",
    "country_rare_soon", "stage_same", "stage_clash", "instrument_shared", "instrument_clash", "date_shared", "vector", "vector_square",
)  # fmt: skip
PLACE = {name: number for number, name in enumerate(FEATURES)}

SUM_TOLERANCE = 0.085
"""Two sums are one when they differ by less: rounding («nearly 930 million») and the day's exchange rate."""


STRANGERS_SHARE = 9.0
"""Rarity that the names shared by reports of different states must have in sum: about two names never seen."""


@dataclass(frozen=True, slots=True)
class Rarity:
    """How telling a name, a concept, a word or a country is: in how many of `total` items it was seen. What was never seen is rarest."""

    total: int
    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    _known: dict[str, dict[str, float]] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        for kind, found in self.counts.items():
            self._known[kind] = {key: math.log((self.total + 1) / (count + 0.7)) for key, count in found.items()}

    def of(self, kind: str, key: str) -> float:
        """Inverse document frequency, natural logarithm."""
        return self._known.get(kind, {}).get(key, self._unseen())

    def _unseen(self) -> float:
        return math.log((self.total + 1) / 0.7)

    def bag(self, kind: str, keys: Sequence[str]) -> Bag:
        """Keys with their rarities."""
        known, unseen = self._known.get(kind, {}), self._unseen()
        weights = {key: known.get(key, unseen) for key in keys}
        return Bag(weights, math.sqrt(sum(weight * weight for weight in weights.values())))


@dataclass(frozen=True, slots=True)
class Bag:
    """Things with their rarities, and the length of that vector."""

    weights: Mapping[str, float]
    length: float

    def compare(self, other: Bag) -> tuple[float, float, float]:
        """Cosine, the rarity shared in sum, and that of the rarest thing shared."""
        weights = self.weights
        if weights.keys().isdisjoint(other.weights):
            return 0.0, 0.0, 0.0
        shared = [weights[key] for key in weights.keys() & other.weights.keys()]
        return sum(map(mul, shared, shared)) / (self.length * other.length or 1.0), sum(shared), max(shared)


@dataclass(frozen=True)
class Prepared:
    """A signature made ready for many comparisons. Its words are weighed when asked for: only reports in one language share any."""

    signature: Signature
    rarity: Rarity
    lang: str
    names: Bag
    actors: Bag
    concepts: Bag
    lead: Bag
    countries: Mapping[str, float]
    figures: Mapping[str, float]

    @cached_property
    def words(self) -> Bag:
        """All its words."""
        return self.rarity.bag("word", self.signature.words)

    @cached_property
    def title(self) -> Bag:
        """The words of its title."""
        return self.rarity.bag("word", self.signature.title)


def prepare(signature: Signature, rarity: Rarity) -> Prepared:
    """Weigh all that a signature holds."""
    return Prepared(
        signature,
        rarity,
        signature.lang.split("-")[0],
        rarity.bag("name", signature.names),
        rarity.bag("name", signature.actors),
        rarity.bag("concept", signature.concepts),
        rarity.bag("concept", signature.lead),
        {country: rarity.of("country", country) / 3 for country in signature.countries},
        {figure: weight_of_figure(figure) for figure in signature.figures},
    )


@lru_cache(maxsize=1 << 11)
def _prepared_line(line: str, rarity_id: int) -> Prepared:
    return prepare(read_signature(line), _RARITIES[rarity_id])


_RARITIES: dict[int, Rarity] = {}


def prepared_member(line: str, rarity: Rarity) -> Prepared:
    """A story's member from its stored line, cached: busy stories are compared again and again."""
    _RARITIES.setdefault(id(rarity), rarity)
    return _prepared_line(line, id(rarity))


def could_meet(one: Prepared, other: Prepared) -> bool:
    """Whether two reports may be of one event at all: one state where both name any, or else a sum or rare names in common."""
    if not one.countries or not other.countries or one.countries.keys() & other.countries.keys():
        return True
    if one.names.compare(other.names)[1] > STRANGERS_SHARE:
        return True
    return any(same_sum(a, b) for a in one.signature.sums for b in other.signature.sums)


def features(one: Prepared, other: Prepared) -> list[float]:
    """Features of a pair in the order of FEATURES, symmetric."""
    a, b = one.signature, other.signature
    days = abs(a.day - b.day)
    found = {
        "one": 1.0,
        "days": min(days, 21.0) / 7,
        "same_day": float(days < 1.0),
        "after_3_days": float(days > 3),
        "after_10_days": float(days > 10),
        "echo": resemblance(a.digest, b.digest),
    }
    if one.lang == other.lang:
        found |= {
            "same_lang": 1.0,
            "words": one.words.compare(other.words)[0],
            "title": one.title.compare(other.title)[0],
        }
    likeness, shared, top = one.names.compare(other.names)
    found |= {"names": likeness, "names_rare": min(shared, 20.0) / 10, "name_top": top / 6}
    likeness, shared, _ = one.actors.compare(other.actors)
    clash = bool(a.actors and b.actors) and not shared
    found |= {"actors": likeness, "actors_rare": min(shared, 20.0) / 10, "actor_clash": float(clash)}
    likeness, shared, _ = one.concepts.compare(other.concepts)
    found |= {"concepts": likeness, "concepts_rare": min(shared, 12.0) / 6}
    likeness, shared, _ = one.lead.compare(other.lead)
    across = max(one.lead.compare(other.concepts)[1], other.lead.compare(one.concepts)[1])
    found |= {"lead": likeness, "lead_rare": min(shared, 12.0) / 6, "lead_across": min(across, 12.0) / 6}
    found |= _figures(one.figures, other.figures)
    found |= _sums(a.sums, b.sums)
    found |= _countries(one.countries, other.countries, days)
    if a.stage and b.stage:
        found["stage_same" if a.stage == b.stage else "stage_clash"] = 1.0
    if a.instruments and b.instruments:
        both = len(set(a.instruments) & set(b.instruments))
        found["instrument_shared" if both else "instrument_clash"] = (
            both / min(len(a.instruments), len(b.instruments)) if both else 1.0
        )
    if a.dates and b.dates and set(a.dates) & set(b.dates):
        found["date_shared"] = 1.0
    if a.vector and b.vector:
        likeness = sum(map(mul, a.vector, b.vector)) / 127**2
        found |= {"vector": likeness, "vector_square": likeness * abs(likeness)}
    values = [0.0] * len(FEATURES)
    for name, value in found.items():
        values[PLACE[name]] = value
    return values


def _figures(one: Mapping[str, float], other: Mapping[str, float]) -> dict[str, float]:
    """Shared figures by their weight: a round or small number says little, 3,450 says much."""
    shared = sum(one[figure] for figure in one.keys() & other.keys())
    clash = min(max(one.values(), default=0.0), max(other.values(), default=0.0))
    return {"figures": min(shared, 3.0), "figures_clash": 0.0 if shared else clash}


def weight_of_figure(figure: str) -> float:
    """How telling a number is, 0 to about 2."""
    digits = figure.replace(".", "").strip("0")
    value = float(figure)
    return min(len(digits), 4) * 0.5 + (0.5 if value >= 1000 else 0.0) - (0.4 if value < 32 else 0.0)


def same_sum(one: tuple[str, float, float], other: tuple[str, float, float]) -> bool:
    """Whether two sums (currency, value, USD or 0) may be one: equal within rounding, in their currency or in dollars."""
    if one[0] == other[0]:
        return math.isclose(one[1], other[1], rel_tol=0.04)
    return bool(one[2] and other[2]) and math.isclose(one[2], other[2], rel_tol=SUM_TOLERANCE)


def main_sum(sums: Sequence[tuple[str, float, float]]) -> tuple[str, float, float]:
    """The largest sum; by value where no rate is known."""
    return max(sums, key=lambda each: (each[2], each[1]))


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


def _countries(one: Mapping[str, float], other: Mapping[str, float], days: float) -> dict[str, float]:
    """Agreement of acting states; in a state that makes such news rarely, two reports in one week are likely of one event."""
    if not one or not other:
        return {}
    shared = one.keys() & other.keys()
    if not shared:
        return {"country_clash": 1.0}
    rare = max(one[country] for country in shared)
    found = {"country_rare": rare, "country_rare_soon": rare * max(0.0, 1 - days / 7)}
    if one.keys() == other.keys():
        return {"country_same": 1.0, **found}
    return {"country_overlap": 1.0, "country_more": float(len(one.keys() ^ other.keys()) > 1), **found}
