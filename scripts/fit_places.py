"""Fit the weights of `facts.signs` to labelled items: `python scripts/fit_places.py CORPUS.jsonl [--all]`.

Splits by thread: one half is learned from, figures are of the other. `--all` then writes weights learned from both.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

from watcher import facts
from watcher.facts import places
from watcher.facts import signs as evidence
from watcher.facts.reading import read as read_item
from watcher.model import Entry, Feed, Item
from watcher.text import read

TARGET = Path(__file__).parents[1] / "src/watcher/facts/data/places/weights.toml"
REGULAR = 1.0
LEAST = {"language_weak": 0.3, "language_weak_alone": 0.3, "t_city": 1.0, "s_city": 0.6}
"""Least weights of signs that the corpus holds too seldom: where nothing else is said, they decide."""


def item_of(row: dict) -> Item:
    published = datetime.fromisoformat(row["published"]).replace(tzinfo=UTC)
    entry = Entry(row["title"], row["summary"], url=row.get("url", ""), published=published)
    return Item(
        row["id"], Feed(""), entry, read(row["title"]), read(row["summary"]), row["lang"], "", published, published
    )


def currencies_of(row: dict, item: Item) -> dict[str, frozenset[str]]:
    return facts.currencies(facts._sums(read_item(item)))


def part_of(row: dict) -> int:
    """0 to 3 by thread: 3 is held back for the figures, 2 is for looking at misses, 0 and 1 to learn from."""
    key = row.get("thread") or row.get("story") or row["id"]
    digest = hashlib.sha1(key.encode()).digest()
    return (digest[0] % 2 and 2 + digest[1] % 2) or digest[1] % 2


def score(rows, verdicts):
    hit = wrong = missed = 0
    by_lang = defaultdict(lambda: [0, 0, 0])
    misses = []
    for row, said in zip(rows, verdicts, strict=True):
        truth, optional = set(row["countries"]), set(row.get("countries_optional", ()))
        said = set(said)
        h, w, m = len(truth & said), len(said - truth - optional), len(truth - said)
        hit, wrong, missed = hit + h, wrong + w, missed + m
        for i, n in enumerate((h, w, m)):
            by_lang[row["lang"]][i] += n
        if w or m:
            misses.append((row, said))
    return 2 * hit / (2 * hit + wrong + missed), by_lang, misses


def main() -> None:
    rows = [json.loads(line) for line in Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()]
    rows = [row for row in rows if row["relevant"]]
    items = [item_of(row) for row in rows]
    found = [evidence.signs(read_item(item), currencies_of(row, item)) for row, item in zip(rows, items, strict=True)]
    names = sorted({name for signs in found for sign in signs.values() for name in sign.values})

    def fit(indexes):
        xs, ys, ws = [], [], []
        count = defaultdict(int)
        for i in indexes:
            for country in rows[i]["countries"]:
                count[country] += 1
        for i in indexes:
            weight = 1 / max(count[c] for c in rows[i]["countries"]) ** 0.5
            for code, sign in found[i].items():
                if code in rows[i].get("countries_optional", ()):
                    continue
                xs.append([sign.values.get(name, 0.0) for name in names])
                ys.append(code in rows[i]["countries"])
                ws.append(weight)
        ws = np.array(ws) / np.mean(ws)
        model = LogisticRegression(C=REGULAR, max_iter=2000).fit(np.array(xs), np.array(ys), sample_weight=ws)
        weights = {"bias": float(model.intercept_[0]), **dict(zip(names, map(float, model.coef_[0]), strict=True))}
        for name, least in LEAST.items():
            weights[name] = max(weights[name], least)
        return weights

    def judge(indexes, weights):
        evidence.weights.cache_clear()
        places.weights = lambda: weights
        out = []
        for i in indexes:
            ranked = sorted(((places.probability(s), c) for c, s in found[i].items()), reverse=True)
            out.append(
                [
                    code
                    for rank, (p, code) in enumerate(ranked)
                    if (rank == 0 and p >= places._LEAST) or (p >= places._SECOND and found[i][code].is_named)
                ]
            )
        return out

    for learned, judged in (((0, 1), (2,)), ((0, 1, 2), (3,)), ((1, 2, 3), (0,)), ((0, 2, 3), (1,))):
        learn = [i for i, row in enumerate(rows) if part_of(row) in learned]
        test = [i for i, row in enumerate(rows) if part_of(row) in judged]
        weights = fit(learn)
        f1, _by_lang, misses = score([rows[i] for i in test], judge(test, weights))
        own, _, _own_misses = score([rows[i] for i in learn], judge(learn, weights))
        print(f"learned from {learned}, judged on {judged}: F1 {f1:.3f} of {len(test)} items; on its own {own:.3f}")
        if judged == (3,) and "-v" in sys.argv and "-vv" not in sys.argv:
            print("held back:", [(row["lang"], row["countries"], sorted(said)) for row, said in misses])
        elif "-v" in sys.argv or "-vv" in sys.argv:
            for row, said in misses:
                print(
                    "MISS",
                    row["lang"],
                    row["countries"],
                    sorted(said),
                    (row["url"] or "")[:40],
                    row["published"],
                    row["title"],
                    "||",
                    row["summary"],
                )
    if "--all" in sys.argv:
        weights = fit(range(len(rows)))
        lines = ["# Fitted by scripts/fit_places.py; log-odds of each sign. Don't edit.", "[weights]"]
        lines += [f"{name} = {value:.3f}" for name, value in sorted(weights.items())]
        TARGET.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
