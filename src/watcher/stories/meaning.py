"""Sentence vectors made comparable across languages, small enough to keep with a story.

Raw vectors of one language lie together, whatever they say; taking off each language's mean raises the area under the
curve for pairs of one country and fortnight from 0.78 to 0.86 (docs/decisions/0008-stories.md). What is left is turned
into its 64 main directions, in bytes. Means and directions: data/meaning.json, from the labelled corpus.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from operator import mul

from watcher.text import meaning
from watcher.text.packing import unpack


@dataclass(frozen=True, slots=True)
class Directions:
    """The general mean, the mean by language (both of full length), and the directions to keep, one row each."""

    mean: tuple[float, ...]
    by_lang: dict[str, tuple[float, ...]]
    rows: tuple[tuple[float, ...], ...]


@lru_cache(maxsize=1)
def _directions() -> Directions:
    record = json.loads(resources.files(__package__).joinpath("data/meaning.json").read_text("utf-8"))
    langs = {lang: unpack(packed, size=2) for lang, packed in record["langs"].items()}
    return Directions(unpack(record["mean"], size=2), langs, tuple(unpack(packed, size=2) for packed in record["rows"]))


@lru_cache(maxsize=512)
def packed_vector(text: str, lang: str) -> tuple[int, ...]:
    """The vector of a text as signed bytes (127 is 1), or () where no encoder is installed."""
    raw = meaning.vector(text)
    if raw is None:
        return ()
    known = _directions()
    if len(raw) != len(known.mean):
        return ()
    offset = known.by_lang.get(lang) or known.by_lang.get(lang.split("-")[0])
    centred = [value - mean for value, mean in zip(raw, known.mean, strict=True)]
    if offset:
        centred = [value - mean for value, mean in zip(centred, offset, strict=True)]
    turned = [sum(map(mul, row, centred)) for row in known.rows]
    length = math.sqrt(sum(value * value for value in turned)) or 1.0
    return tuple(round(127 * value / length) for value in turned)
