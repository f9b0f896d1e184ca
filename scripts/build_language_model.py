"""Write src/watcher/text/ngrams.bin from the model of py3langid, for the languages of src/watcher/text/language.toml.

Build-time only: `pip install py3langid`, then `python scripts/build_language_model.py`. py3langid is under the
3-clause BSD licence, which stands beside the data.

The upstream model is a dense automaton of 38,000 rows and a table of 142 languages: 70 MB. Its states are the nodes of
a trie (checked here), only languages that share a script need figures, and of each language only those above its
floor, the figure of all that its texts did not hold. What is left has 16 bits, without rounding. Those of a sequence are written
from its first language's to its last one's, zeros between them too, so that reading them takes no loop.
"""

from __future__ import annotations

import json
import shutil
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import numpy as np
from py3langid.langid import MODEL_DIR, MODEL_FILE
from py3langid.modelio import load_model

from watcher.text.tables import table

TARGET = Path(__file__).parents[1] / "src/watcher/text/ngrams.bin"
UNIT = 2.0**-9
"""All figures are multiples of it, as they were rounded to 16-bit floats upstream."""
UPSTREAM = {"nb": "no", "fil": "tl"}


def nodes_of(moves: Any, rows: Any) -> list[tuple[bytes, int]]:
    """The sequence that leads to each state, with the state, by length and then in order."""
    found, seen = [(b"", 0)], {0}
    for sequence, state in found:
        for byte, target in enumerate(moves[rows[state]].tolist()):
            if target not in seen:
                seen.add(target)
                found.append((sequence + bytes([byte]), target))
    return found


def longest_end(sequence: bytes, known: dict[bytes, int]) -> int:
    """The node of the longest sequence that this one ends with, itself left out."""
    return next(known[sequence[start:]] for start in range(1, len(sequence) + 1) if sequence[start:] in known)


def check(nodes: list[tuple[bytes, int]], known: dict[bytes, int], moves: Any, rows: Any) -> None:
    """Each move of the automaton is to the longest known sequence that the bytes so far end with."""
    for sequence, state in nodes[::17]:
        for byte in range(0, 256, 5):
            node = longest_end(b"\0" + sequence + bytes([byte]), known)
            assert nodes[node][1] == int(moves[rows[state], byte])


def in_sequence(found: Any) -> list[int]:
    """The languages in an order in which those stand together whose texts share sequences: the figures of a sequence,
    from its first language's to its last one's, are then few. By the second eigenvector of the graph of what they share."""
    shared = found.T.astype(float) @ found.astype(float)
    sizes = np.sqrt(np.diag(shared))
    weights = shared / np.outer(sizes, sizes)
    _, vectors = np.linalg.eigh(np.diag(weights.sum(axis=1)) - weights)
    return [int(index) for index in np.argsort(vectors[:, 1])]


def main() -> None:
    """Build the file."""
    ptc, pc, codes, moves, rows, outputs = load_model(MODEL_DIR / MODEL_FILE)
    grid = np.asarray(moves).reshape(-1, 256)
    nodes = nodes_of(grid, rows)
    known = {sequence: number for number, (sequence, _) in enumerate(nodes)}
    check(nodes, known, grid, rows)
    shared = {
        UPSTREAM.get(code, code) for group in table("language")["scripts"].values() if len(group) > 1 for code in group
    }
    columns = [index for index, code in enumerate(codes) if code in shared]

    first = [0] * (len(nodes) + 1)
    for number, (sequence, _) in reversed(list(enumerate(nodes[1:], 1))):
        first[known[sequence[:-1]]] = number
    first[-1] = len(nodes)
    for number in range(len(nodes) - 1, -1, -1):
        first[number] = first[number] or first[number + 1]

    order: dict[int, int] = {}
    for _, state in nodes:
        if outputs[state] >= 0:
            order.setdefault(outputs[state], len(order))
    logs = ptc[:, columns][list(order)].astype(np.float64)
    neighbours = in_sequence(logs > logs.min(axis=0))
    columns, logs = [columns[index] for index in neighbours], logs[:, neighbours]
    floor = logs.min(axis=0)
    figures = (logs - floor) / UNIT
    assert (figures == np.round(figures)).all()
    assert len(columns) < 256
    found = figures > 0
    lane = found.argmax(axis=1)
    sizes = np.where(found.any(axis=1), len(columns) - found[:, ::-1].argmax(axis=1) - lane, 0)
    begins = np.concatenate([[0], np.cumsum(sizes)])
    head = {
        "codes": [codes[column] for column in columns],
        "prior": [float(pc[column]) for column in columns],
        "floor": floor.tolist(),
        "unit": UNIT,
        "together": int(0xFFFF // figures.max()),
        "nodes": len(nodes),
        "features": len(order),
        "figures": int(begins[-1]),
    }
    with TARGET.open("wb") as file:
        file.write(json.dumps(head).encode() + b"\n")
        file.write(bytes(sequence[-1] if sequence else 0 for sequence, _ in nodes))
        ends = [longest_end(sequence, known) if sequence else 0 for sequence, _ in nodes]
        file.write(np.array([*zip(first[:-1], ends, strict=True)], dtype="<u4").tobytes())
        file.write(np.array(first[-1:], dtype="<u4").tobytes())
        counted = [order[outputs[state]] if outputs[state] >= 0 else -1 for _, state in nodes]
        file.write(np.array(counted, dtype="<i4").tobytes())
        file.write((begins * 2).astype("<u4").tobytes())
        file.write(lane.astype("u1").tobytes())
        for row, start, size in zip(figures.astype("<u2"), lane, sizes, strict=True):
            file.write(row[start : start + size].tobytes())
    for path in distribution("py3langid").files or ():
        if path.name.startswith("LICENSE"):
            shutil.copy(str(path.locate()), TARGET.with_name("ngrams.LICENSE"))


if __name__ == "__main__":
    main()
