"""Weigh the evidence of the national-AI pack: python scripts/train_pack.py.

Features are the candidates of pack_evidence.toml, decided by the real rule engine over the pack's vocabularies, so that
what is learned is what runs. A logistic regression with L2 penalty and signs fixed by meaning gives each a weight; small
ones are dropped and the rest is fitted again. Weights are written into rules.yaml between the lines that mark them.
Offline and deterministic: no chance is taken anywhere.
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import minimize

from watcher import facts
from watcher.config.load import pack_rules
from watcher.model import Entry, Facts, Feed, Item
from watcher.pipeline import read_entry
from watcher.rules import Line, RuleSpec, compile_rules

ROOT = Path(__file__).parents[1]
CORPUS = ROOT / "tests" / "corpus"
RULES = ROOT / "src" / "watcher" / "packs" / "national-ai" / "rules.yaml"
EVIDENCE = Path(__file__).with_name("pack_evidence.toml")
NOW = datetime(2026, 1, 1, tzinfo=UTC)

TRUST = 0.3
"""How much the items count against the penalty on weights. Chosen by cross-validation; 0.05 to 0.4 differ by less than 0.003."""
SMALLEST = 0.2
"""Weights below are dropped: the rest does as well without them, and is faster and plainer."""

AT_LEAST = 0.2
"""What weights must come to. A little above even odds: it costs no F1 and is quieter on general news."""

Row = dict[str, Any]


class Model:
    """Weights by candidate, and the base that they add to."""

    def __init__(self, weights: np.ndarray, base: float) -> None:
        self.weights = weights
        self.base = base

    def scores(self, table: np.ndarray) -> np.ndarray:
        """The sum for each row of evidence."""
        return np.asarray(table @ self.weights + self.base)


def rows(name: str) -> list[Row]:
    """The labelled items of a file of tests/corpus."""
    return [json.loads(line) for line in (CORPUS / name).read_text("utf-8").splitlines()]


def item_of(row: Row) -> Item:
    """A labelled item as Watcher would read it from a feed, its language only a hint."""
    published = datetime.fromisoformat(row.get("published") or "2025-06-01").replace(tzinfo=UTC)
    entry = Entry(title=row["title"], summary=row["summary"], guid=row["id"], lang=row["lang"], published=published)
    return read_entry(entry, Feed(url="corpus:"), NOW)


def candidates() -> tuple[list[str], np.ndarray]:
    """The expressions, and for each the sign that its weight may take: 1, -1, or 0 for either."""
    read = tomllib.loads(EVIDENCE.read_text("utf-8"))
    signs = [(text, sign) for name, sign in (("for", 1), ("against", -1), ("either", 0)) for text in read[name]]
    return [text for text, _ in signs], np.array([sign for _, sign in signs])


def gate() -> str:
    """What an item must pass before anything is weighed: the `match` that both rules begin with."""
    found = re.search(r"# gate: (.*)", RULES.read_text("utf-8"))
    assert found
    return found[1]


def evidence(items: Sequence[Item], read: Sequence[Facts], expressions: Sequence[str]) -> np.ndarray:
    """A row for each item: which expressions hold, as the rule engine decides."""
    _, vocabularies = pack_rules("national-ai")
    rules = [RuleSpec(name=str(number), match=Line(text)) for number, text in enumerate(expressions)]
    rulebook = compile_rules(rules, vocabularies)
    table = np.zeros((len(items), len(expressions)))
    for number, (item, found) in enumerate(zip(items, read, strict=True)):
        for match in rulebook.match(item, found):
            table[number, int(match.rule)] = 1
    return table


def fit(table: np.ndarray, relevant: np.ndarray, signs: np.ndarray) -> Model:
    """Learn weights, drop the small ones, learn the others again."""
    first = _fit(table, relevant, signs)
    kept = np.abs(first.weights) >= SMALLEST
    again = _fit(table[:, kept], relevant, signs[kept])
    weights = np.zeros(len(signs))
    weights[kept] = again.weights
    return Model(weights, again.base)


def _fit(table: np.ndarray, relevant: np.ndarray, signs: np.ndarray) -> Model:
    target = 2.0 * relevant - 1

    def loss(point: np.ndarray) -> tuple[float, np.ndarray]:
        margin = target * (table @ point[:-1] + point[-1])
        slope = -target / (1 + np.exp(np.clip(margin, -500, 500)))
        value = TRUST * np.logaddexp(0, -margin).sum() + 0.5 * point[:-1] @ point[:-1]
        return value, np.append(TRUST * (table.T @ slope) + point[:-1], TRUST * slope.sum())

    bounds = [(0 if sign > 0 else None, 0 if sign < 0 else None) for sign in signs]
    found = minimize(
        loss,
        np.zeros(len(signs) + 1),
        jac=True,
        method="L-BFGS-B",
        bounds=[*bounds, (None, None)],
        options={"maxiter": 1000},
    )
    return Model(found.x[:-1], float(found.x[-1]))


def written(model: Model, expressions: Sequence[str]) -> str:
    """The `score:` of a rule, heaviest first."""
    lines = ["    score:", f"      at_least: {AT_LEAST}", f"      base: {model.base:.2f}", "      add:"]
    order = sorted(range(len(expressions)), key=lambda index: -abs(model.weights[index]))
    for index in order:
        if abs(model.weights[index]) >= SMALLEST / 2:
            lines.append(f"        '{expressions[index]}': {model.weights[index]:.2f}")
    return "\n".join(lines) + "\n"


def learned() -> tuple[list[Row], np.ndarray, np.ndarray, np.ndarray]:
    """All labelled items, their evidence (a row each), which pass the gate, and which are relevant."""
    labelled = rows("dev.jsonl") + rows("own.jsonl")
    items = [item_of(row) for row in labelled]
    read = [facts.extract(item) for item in items]
    table = evidence(items, read, [*candidates()[0], gate()])
    relevant = np.array([row["relevant"] for row in labelled], dtype=float)
    return labelled, table[:, :-1], table[:, -1] > 0, relevant


def main() -> int:
    """Train on all items and write the weights into both rules."""
    expressions, signs = candidates()
    _, table, passed, relevant = learned()
    model = fit(table[passed], relevant[passed], signs)
    block = written(model, expressions)
    text = RULES.read_text("utf-8")
    between = r"(    # weights, by scripts/train_pack.py\n).*?(    # end of weights\n)"
    text = re.sub(between, lambda found: found[1] + block + found[2], text, flags=re.DOTALL)
    RULES.write_text(text, "utf-8")
    right = (model.scores(table) >= AT_LEAST) & passed == (relevant > 0)
    print(
        f"{int((model.weights != 0).sum())} of {len(expressions)} candidates kept; {right.mean():.3f} right on what was learned from"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
