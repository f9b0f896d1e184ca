"""Blocking keys: which stored stories a report is compared with at all.

Each key is a conjunction, so that few stories share it, and their number is bounded, so that the index grows by a
constant an item. Buckets of time, size and place overlap by half: two reports near each other share one of them.
"""

from __future__ import annotations

import hashlib
import itertools
import math
from collections.abc import Iterator, Mapping, Sequence

from watcher.stories.near import bands
from watcher.stories.pair import Rarity, weight_of_figure
from watcher.stories.profile import Signature

BANDS = 12
DAYS = 6
"""Length of a time bucket; what lies within half of it shares one."""

RATIO = 1.2
MAX_NOMINEES = 24
"""Stories of which a report learns more than which keys they share with it."""

_CONCEPTS, _NAMES, _SUMS, _FIGURES = 4, 5, 3, 3


def keys_for(signature: Signature, rarity: Rarity) -> frozenset[str]:
    """The keys of a report, at most about fifty."""
    return frozenset((*_echo(signature), *_place(signature, rarity), *_name_pairs(signature, rarity)))


def nominees(index: Mapping[str, Sequence[str]]) -> list[str]:
    """Of the stories under a report's keys (key → newest ids) those that share most of what few share, best first."""
    weights: dict[str, float] = {}
    for key in sorted(index):
        for story_id in index[key]:
            weights[story_id] = weights.get(story_id, 0.0) + 1 / len(index[key])
    return sorted(weights, key=lambda story_id: (-weights[story_id], story_id))[:MAX_NOMINEES]


def _echo(signature: Signature) -> Iterator[str]:
    yield from (f"b{band}" for band in bands(signature.digest)[:BANDS])
    if len(signature.title) >= 4:
        yield "t" + _short(" ".join(signature.title))
    rest = [word for word in signature.words if word not in signature.title][:8]
    if len(rest) == 8:
        yield "l" + _short(" ".join(rest))


def _place(signature: Signature, rarity: Rarity) -> Iterator[str]:
    """What happened in a country: sums, figures, names, and pairs of rare concepts within days."""
    names = sorted(signature.names, key=lambda name: (-rarity.of("name", name), name))[:_NAMES]
    figures = [figure for figure in signature.figures if weight_of_figure(figure) >= 1][:_FIGURES]
    concepts = sorted(signature.concepts, key=lambda concept: (-rarity.of("concept", concept), concept))[:_CONCEPTS]
    pairs = list(itertools.combinations(sorted(concepts), 2))[:6] or [(concept, "") for concept in concepts]
    days = {int(signature.day // DAYS), int((signature.day + DAYS / 2) // DAYS) + 500_000}
    for country in signature.countries[:2] or ("--",):
        yield from (f"d{country}{day}" for day in sorted(days))
        yield from (f"n{country}{name}" for name in names)
        yield from (f"f{country}{figure}" for figure in figures)
        yield from (f"s{country}{bucket}" for sum_ in signature.sums[:_SUMS] for bucket in _sizes(sum_))
        yield from (f"c{country}{day}{one}+{other}" for day in sorted(days) for one, other in pairs)


def _sizes(sum_: tuple[str, float, float]) -> tuple[str, ...]:
    """Two overlapping size classes of a sum in dollars, or in its currency where no rate is known."""
    currency, value, usd = sum_
    size = math.log(max(usd or value, 1.0)) / math.log(RATIO)
    unit = "" if usd else currency
    return f"{unit}{int(size)}", f"{unit}{int(size + 0.5)}h"


def _name_pairs(signature: Signature, rarity: Rarity) -> Iterator[str]:
    """Two rare names together need no country."""
    names = sorted(signature.names, key=lambda name: (-rarity.of("name", name), name))[:3]
    yield from (f"p{one}+{other}" for one, other in itertools.combinations(sorted(names), 2))


def _short(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=7).hexdigest()
