"""How likely a text is of each language, by its sequences of bytes: naive Bayes with the figures of py3langid.

`scripts/build_language_model.py` makes the data file: for each sequence the figures of those languages whose texts
held it. No array library is needed: all languages' figures of a sequence are one long integer of 16-bit lanes, and
adding two such integers adds them lane by lane. Those of common sequences are kept.
"""

from __future__ import annotations

import json
import math
import sys
import unicodedata
from array import array
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

_LANE = 2
"""Bytes of a figure in a lane."""
_KEPT = 1 << 13


@dataclass(frozen=True, slots=True)
class _Model:
    """A trie over bytes whose children stand together, what each node counts for, and the figures by feature."""

    codes: tuple[str, ...]
    prior: tuple[float, ...]
    floor: tuple[float, ...]
    """The logarithm of the likelihood, by language, of a sequence that its texts did not hold."""
    unit: float
    """What one step of a figure is worth, as a logarithm of a likelihood."""
    together: int
    """So many figures add up within their lane."""
    labels: bytes
    """The last byte of each node's sequence, in order of breadth: a node's children stand together."""
    first: array[int]
    """The first child of each node, and one more than the last node."""
    shorter: array[int]
    """The node of the longest sequence that a node's sequence ends with."""
    feature: array[int]
    """What a node counts for, or -1."""
    begins: array[int]
    """Where each feature's figures begin, and where the last one's end."""
    figures: array[int]
    """By how many units a language's likelihood lies above its floor."""
    languages: bytes
    """The language of each figure, as an index of `codes`."""


def scores(text: str) -> list[tuple[str, float]]:
    """Each language's code with the logarithm of its relative likelihood, best first; all 0 for a text that tells nothing."""
    model = _model()
    data = _encode(text)
    counts = Counter(_features(model, data))
    if not counts:
        return [(code, 0.0) for code in dict.fromkeys(model.codes)]
    # By the square root of the length, so that confidence does not grow without bounds.
    calm = 1.0 / math.sqrt(len(data))
    likely: dict[str, float] = {}
    for code, score in zip(model.codes, _sums(model, counts), strict=True):
        value = score * calm
        likely[code] = _log_add(likely[code], value) if code in likely else value
    return sorted(likely.items(), key=lambda pair: pair[1], reverse=True)


def _encode(text: str) -> bytes:
    """As the texts were that the figures come from."""
    lowered = text.lower() if text.isupper() else text
    return unicodedata.normalize("NFC", lowered).encode("utf-8", "surrogatepass")


def _features(model: _Model, data: bytes) -> list[int]:
    """At each byte the longest known sequence that ends there."""
    find, first, shorter, feature = model.labels.find, model.first, model.shorter, model.feature
    node, found = 0, []
    for byte in data:
        while (child := find(byte, first[node], first[node + 1])) < 0 and node:
            node = shorter[node]
        node = max(child, 0)
        if feature[node] >= 0:
            found.append(feature[node])
    return found


def _sums(model: _Model, counts: Counter[int]) -> list[float]:
    """The figures of all features, those that occur often damped by a logarithm."""
    by_count: defaultdict[int, list[int]] = defaultdict(list)
    for feature, count in counts.items():
        by_count[count].append(feature)
    factors = {count: math.log1p(count) for count in by_count}
    weight = sum(factors[count] * len(features) for count, features in by_count.items())
    sums = [prior + floor * weight for prior, floor in zip(model.prior, model.floor, strict=True)]
    for count, features in by_count.items():
        factor = factors[count] * model.unit
        sums = [total + factor * lane for total, lane in zip(sums, _added(model, features), strict=False)]
    return sums


def _added(model: _Model, features: list[int]) -> list[int]:
    """The figures of these features added up: a few in their own lanes, all of them in lanes of twice the width."""
    width = len(model.codes) + len(model.codes) % 2
    every_other = int.from_bytes(b"\xff\xff\0\0" * (width // 2), "little")
    even = odd = 0
    for begin in range(0, len(features), model.together):
        few = sum(map(_row, features[begin : begin + model.together]))
        even += few & every_other
        odd += few >> 8 * _LANE & every_other
    lanes = [0] * width
    lanes[0::2] = _array("I", even.to_bytes(_LANE * width, "little"))
    lanes[1::2] = _array("I", odd.to_bytes(_LANE * width, "little"))
    return lanes


@lru_cache(maxsize=_KEPT)
def _row(feature: int) -> int:
    """The figures of a feature, each in its language's lane."""
    model = _model()
    begin, end = model.begins[feature], model.begins[feature + 1]
    lanes = array("H", bytes(_LANE * len(model.codes)))
    for language, figure in zip(model.languages[begin:end], model.figures[begin:end], strict=True):
        lanes[language] = figure
    if sys.byteorder == "big":
        lanes.byteswap()
    return int.from_bytes(lanes.tobytes(), "little")


def _log_add(one: float, other: float) -> float:
    low, high = sorted((one, other))
    return high + math.log1p(math.exp(low - high))


def _array(code: str, data: bytes) -> array[int]:
    values = array(code, data)
    if sys.byteorder == "big":
        values.byteswap()
    return values


@cache
def _model() -> _Model:
    with files("watcher.text").joinpath("ngrams.bin").open("rb") as file:
        head = json.loads(file.readline())
        nodes, features = head["nodes"], head["features"]
        return _Model(
            codes=tuple(head["codes"]),
            prior=tuple(head["prior"]),
            floor=tuple(head["floor"]),
            unit=head["unit"],
            together=head["together"],
            labels=file.read(nodes),
            first=_array("I", file.read(4 * (nodes + 1))),
            shorter=_array("I", file.read(4 * nodes)),
            feature=_array("i", file.read(4 * nodes)),
            begins=_array("I", file.read(4 * (features + 1))),
            figures=_array("H", file.read(2 * head["figures"])),
            languages=file.read(head["figures"]),
        )
