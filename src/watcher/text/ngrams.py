"""How likely a text is of each language, by its sequences of bytes: naive Bayes with the figures of py3langid.

`scripts/build_language_model.py` makes the data file: for each sequence the figures of those languages whose texts
held it. No array library is needed: all languages' figures of a sequence are one long integer of 16-bit lanes, and
adding two such integers adds them lane by lane. Languages that share sequences stand together, so that the figures
of a sequence are a short range of lanes. What is looked up together lies together, for most of the time goes into waiting
for memory; keeping what was read, or an automaton's moves, costs more of it than it saves (measured).
"""

from __future__ import annotations

import json
import math
import mmap
import sys
import unicodedata
from array import array
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import IO

_LANE = 2
"""Bytes of a figure in a lane."""
_STEP = 4
"""Sums of all of a text's figures stand in lanes of so many times the width."""
_WHOLE = 1 << 30
"""Factors of damping are whole numbers of this part."""


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
    nodes: array[int]
    """Two numbers a node: its first child, and the node of the longest sequence that its own ends with. At the end one more
    first child, beyond the last node."""
    feature: array[int]
    """What a node counts for, or -1."""
    begins: array[int]
    """Where in `figures` each feature's begin, and where the last one's end, counted from the file's beginning."""
    lane: bytes
    """The language of each feature's first figure, as an index of `codes`; the others follow in the order of these."""
    figures: mmap.mmap | bytes
    """The file, in which stands by how many units each language's likelihood lies above its floor, in two bytes, the lower
    one first. It is mapped where it is a file: figures that are not looked up take no memory."""
    width: int
    """Lanes: one for each language, and those that make them a multiple of four."""
    every_second: int
    """Ones in every second lane."""
    every_fourth: int
    """Ones in the first two of every four lanes."""


def scores(text: str) -> list[tuple[str, float]]:
    """Each language's code with the logarithm of its relative likelihood, best first; all 0 for a text that tells nothing."""
    model = _model()
    data = _encode(text)
    counts = _counted(model, data)
    if not counts:
        return [(code, 0.0) for code in sorted(set(model.codes))]
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


def _counted(model: _Model, data: bytes) -> Counter[int]:
    """How often each feature occurs: at each byte the one of the longest known sequence that ends there."""
    find, nodes = model.labels.find, model.nodes
    node, passed = 0, []
    for byte in data:
        at = 2 * node
        while (child := find(byte, nodes[at], nodes[at + 2])) < 0 and at:
            at = 2 * nodes[at + 1]
        node = child if child > 0 else 0
        passed.append(node)
    counts = Counter(map(model.feature.__getitem__, passed))
    del counts[-1]
    return counts


def _sums(model: _Model, counts: Counter[int]) -> list[float]:
    """The figures of all features, those that occur often damped by a logarithm."""
    by_count: defaultdict[int, list[int]] = defaultdict(list)
    for feature, count in counts.items():
        by_count[count].append(feature)
    quarters, weight = [0] * _STEP, 0
    for count, features in by_count.items():
        factor = _damped(count)
        weight += factor * len(features)
        for place, lanes in enumerate(_added(model, features)):
            quarters[place] += factor * lanes
    sums = [0] * model.width
    for place, lanes in enumerate(quarters):
        sums[place::_STEP] = _array("Q", lanes.to_bytes(_LANE * model.width, "little"))
    scale = model.unit / _WHOLE
    total = weight / _WHOLE
    return [
        prior + floor * total + scale * each for prior, floor, each in zip(model.prior, model.floor, sums, strict=False)
    ]


@cache
def _damped(count: int) -> int:
    return round(math.log1p(count) * _WHOLE)


def _added(model: _Model, features: list[int]) -> tuple[int, ...]:
    """The figures of these features added up: a few in their own lanes, all of them in lanes of four times the width."""
    begins, lane, figures, whole = model.begins, model.lane, model.figures, int.from_bytes
    rows = [whole(figures[begins[each] : begins[each + 1]], "little") << 8 * _LANE * lane[each] for each in features]
    mask = model.every_second
    even = odd = 0
    for begin in range(0, len(rows), model.together):
        few = sum(rows[begin : begin + model.together])
        even += few & mask
        odd += few >> 8 * _LANE & mask
    mask = model.every_fourth
    wide = 16 * _LANE
    return even & mask, odd & mask, even >> wide & mask, odd >> wide & mask


def _log_add(one: float, other: float) -> float:
    low, high = sorted((one, other))
    return high + math.log1p(math.exp(low - high))


def _array(code: str, data: bytes) -> array[int]:
    values = array(code, data)
    if sys.byteorder == "big":
        values.byteswap()
    return values


def _mapped(file: IO[bytes]) -> mmap.mmap | bytes:
    try:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except OSError:  # it stands in an archive
        file.seek(0)
        return file.read()


@cache
def _model() -> _Model:
    with files("watcher.text").joinpath("ngrams.bin").open("rb") as file:
        head = json.loads(file.readline())
        nodes, features = head["nodes"], head["features"]
        width = -(-len(head["codes"]) // _STEP) * _STEP
        labels = file.read(nodes)
        children = _array("I", file.read(8 * nodes + 4))
        feature = _array("i", file.read(4 * nodes))
        begins = _array("I", file.read(4 * (features + 1)))
        lane = file.read(features)
        first = file.tell()
        return _Model(
            codes=tuple(head["codes"]),
            prior=tuple(head["prior"]),
            floor=tuple(head["floor"]),
            unit=head["unit"],
            together=head["together"],
            labels=labels,
            nodes=children,
            feature=feature,
            begins=array("I", map(first.__add__, begins)),
            lane=lane,
            figures=_mapped(file),
            width=width,
            every_second=int.from_bytes(b"\xff\xff\0\0" * (width // 2), "little"),
            every_fourth=int.from_bytes(b"\xff\xff\xff\xff\0\0\0\0" * (width // _STEP), "little"),
        )
