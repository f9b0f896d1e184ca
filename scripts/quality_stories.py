"""Learn the story model from labelled items, and measure it on items of other events.

    python scripts/quality_stories.py CORPUS.jsonl …            measure: four folds, whole events and dense windows held out
    python scripts/quality_stories.py CORPUS.jsonl … --write    learn from all items and write data/model.json

Scoring: B-cubed over the relevant items in order of time, precision by thread, recall by story; F1 also over the items
of stories with two or more. Needs the extras `dev` and, for the rows with vectors, `semantic`.
"""

from __future__ import annotations

import argparse
import base64
import collections
import json
import math
import os
import pickle
import struct
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

from watcher import facts, text
from watcher.model import Entry, Feed, Item, Match, Verdict
from watcher.stories import joining, merging
from watcher.stories.keys import keys_for, nominees
from watcher.stories.model import Model, model_from
from watcher.stories.pair import Prepared, Rarity, could_meet, features, prepare
from watcher.stories.profile import Signature, sign
from watcher.text import language, meaning

DATA = Path(__file__).parents[1] / "src" / "watcher" / "stories" / "data"
FOLDS, INNER = 4, 3
BUSY, COPIES, COPY_WEIGHT = 11.0, 2, 0.5
"""Reports a day of a busy stream, so many such streams made of each corpus, and the weight of their pairs.

The labelled events are spread over years, so that a state and a week nearly tell one; a real stream is busy.
"""

BUSY_FROM = 9_000.0

STRANGERS, STRANGER_WEIGHT = 6, 0.5
"""Made-up strangers an item, and their weight: they teach that a day and a state, or no state, are not an event."""

DIRECTIONS, POWER = 64, -0.15
Rows = list[dict[str, Any]]


def verdict_of(row: Mapping[str, Any]) -> Verdict:
    """An item of the corpus, read as the product reads it."""
    title, summary = text.read(row["title"]), text.read(row["summary"] or "")
    at = datetime.fromisoformat(row["published"]).replace(tzinfo=UTC)
    entry = Entry(row["title"], row["summary"] or "", url=row["url"], guid=row["id"], published=at)
    lang = language.detect(f"{title.plain}\n{summary.plain}", row["lang"])
    item = Item(row["id"], Feed("corpus:"), entry, title, summary, lang, "", at, at)
    return Verdict(item, facts.extract(item), (Match("any", 1.0, "normal", "story", (), ()),))


def label(one: Mapping[str, Any], other: Mapping[str, Any]) -> int | None:
    """1 the same story, 0 another event, None another step of one plan, or of another corpus, which is neither right nor wrong."""
    if one["corpus"] != other["corpus"]:
        return None
    if one["story"] and one["story"] == other["story"]:
        return 1
    return None if one["thread"] and one["thread"] == other["thread"] else 0


def folds(rows: Rows, count: int, seed: int = 0) -> list[int]:
    """A fold for each row; stories, threads and dense windows stay whole."""
    parent: dict[str, str] = {}

    def root(key: str) -> str:
        parent.setdefault(key, key)
        while parent[key] != key:
            key = parent[key]
        return key

    for row in rows:
        for key in (row["thread"] or row["story"], row.get("window")):
            if key:
                parent[root(f"{row['corpus']} {row['id']}")] = root(f"{row['corpus']} {key}")
    groups = [root(f"{row['corpus']} {row['id']}") for row in rows]
    sizes = collections.Counter(groups)
    chance = np.random.RandomState(seed)
    order = sorted(sizes, key=lambda group: -sizes[group] + chance.rand() * 12)
    totals, place = [0] * count, {}
    for group in order:
        place[group] = min(range(count), key=lambda fold: totals[fold])
        totals[place[group]] += sizes[group]
    return [place[group] for group in groups]


def rarity_of(rows: Rows, signatures: Sequence[Signature], prior: Rows) -> Rarity:
    """Document frequencies; for countries the number of plans, which is a fact of the world and no label of a pair."""
    counts = {kind: collections.Counter[str]() for kind in ("name", "concept", "word", "country")}
    for signature in signatures:
        for kind, keys in (("name", signature.names), ("concept", signature.concepts), ("word", signature.words)):
            counts[kind].update(set(keys))
    plans = {
        (country, row["thread"] or row["story"] or row["id"])
        for row in prior
        if row["relevant"]
        for country in row["countries"]
    }
    counts["country"].update(country for country, _ in plans)
    least = {"name": 2, "concept": 1, "word": 3, "country": 1}
    return Rarity(
        len(rows),
        {kind: {key: n for key, n in sorted(found.items()) if n >= least[kind]} for kind, found in counts.items()},
    )


def learn_pairs(prepared: Sequence[Prepared], rows: Rows, others: Sequence[Prepared] = ()) -> dict[str, Any]:
    """Logistic regression and boosted trees over the pairs that could meet; `others` are of no story."""
    sizes = collections.Counter((row["corpus"], row["story"]) for row in rows if row["story"])
    values, labels, weights = [], [], []
    for copy in range(COPIES + 1):
        days = busy_days(prepared, rows, copy) if copy else [each.signature.day for each in prepared]
        stream = [on_day(each, day) for each, day in zip(prepared, days, strict=True)]
        order = sorted(range(len(rows)), key=lambda i: days[i])
        for place, i in enumerate(order):
            for j in order[place + 1 :]:
                if days[j] - days[i] > joining.WINDOW_DAYS:
                    break
                known = label(rows[i], rows[j])
                if known is not None and could_meet(stream[i], stream[j]):
                    values.append(features(stream[i], stream[j]))
                    labels.append(known)
                    weights.append(
                        (COPY_WEIGHT if copy else 1.0)
                        * (1 / math.sqrt(sizes[rows[i]["corpus"], rows[i]["story"]]) if known else 1.0)
                    )
    for one, other in strangers(prepared, rows, others):
        values.append(features(one, other))
        labels.append(0)
        weights.append(STRANGER_WEIGHT)
    x, y = np.array(values), np.array(labels)
    linear = LogisticRegression(C=0.3, max_iter=5000, fit_intercept=False).fit(x, y, sample_weight=weights)
    trees = HistGradientBoostingClassifier(
        max_depth=3,
        max_iter=80,
        learning_rate=0.1,
        min_samples_leaf=25,
        l2_regularization=3,
        random_state=0,
        early_stopping=False,
    ).fit(x, y, sample_weight=weights)
    return {
        "weights": [round(float(weight), 4) for weight in linear.coef_[0]],
        "base": float(np.ravel(trees._baseline_prediction)[0]),
        "trees": [tree_of(stage[0].nodes) for stage in trees._predictors],
    }


def on_day(prepared: Prepared, day: float) -> Prepared:
    return replace(prepared, signature=replace(prepared.signature, day=day))


def busy_days(prepared: Sequence[Prepared], rows: Rows, seed: int) -> list[float]:
    """Days on which the reports of a corpus would stand if its events came BUSY a day: each event moved as a whole."""
    chance = np.random.RandomState(seed)
    count = collections.Counter(row["corpus"] for row in rows)
    firsts: dict[str, float] = {}
    events = [f"{row['corpus']} {row['thread'] or row['story'] or row['id']}" for row in rows]
    for each, event in zip(prepared, events, strict=True):
        firsts[event] = min(each.signature.day, firsts.get(event, each.signature.day))
    starts = {}
    for row, event in zip(rows, events, strict=True):
        starts.setdefault(event, BUSY_FROM + chance.rand() * count[row["corpus"]] / BUSY)
    return [starts[event] + each.signature.day - firsts[event] for each, event in zip(prepared, events, strict=True)]


def strangers(
    prepared: Sequence[Prepared], rows: Rows, others: Sequence[Prepared]
) -> Iterator[tuple[Prepared, Prepared]]:
    """Items of no story beside each other and beside reports, within days: what a rule that catches much brings."""
    chance = np.random.RandomState(11)
    everyone = [*prepared, *others]
    by_state: dict[str, list[Prepared]] = collections.defaultdict(list)
    for each in everyone:
        by_state[each.signature.countries[0] if each.signature.countries else ""].append(each)
    for one in others:
        near = by_state[one.signature.countries[0] if one.signature.countries else ""]
        for number in range(STRANGERS):
            pool = near if number % 2 else everyone
            other = pool[chance.randint(len(pool))]
            if other is not one and could_meet(one, other):
                day = one.signature.day + float(chance.choice((0, 0, 0.2, 0.6, 1, 1, 2, 3, 5, 8)))
                yield one, replace(other, signature=replace(other.signature, day=day))


def tree_of(nodes: Any) -> list[list[float]]:
    return [
        [-1, 0, 0, 0, round(float(n["value"]), 5)]
        if n["is_leaf"]
        else [int(n["feature_idx"]), round(float(n["num_threshold"]), 6), int(n["left"]), int(n["right"]), 0]
        for n in nodes
    ]


def learn_story(groups: Iterable[tuple[Sequence[Prepared], Rows, Model]]) -> list[float]:
    """Weights over what a report's pairs with a story say together, learned along the true stories in order of time."""
    values, labels = [], []
    for prepared, rows, known in groups:
        stories: dict[str, list[Prepared]] = {}
        of: dict[str, Mapping[str, Any]] = {}
        for i in sorted(range(len(rows)), key=lambda i: (prepared[i].signature.day, i)):
            near = {
                name: members
                for name, members in stories.items()
                if prepared[i].signature.day - members[-1].signature.day <= 21
            }
            short = joining._shortlist(prepared[i], near)
            for name, described in joining.describe(prepared[i], {name: near[name] for name in short}, known).items():
                answer = label(rows[i], of[name])
                if answer is not None and described[1] > -5:
                    values.append(described)
                    labels.append(answer)
            name = rows[i]["story"] or f"{rows[i]['id']} {i}"
            of.setdefault(name, rows[i])
            kept = stories.setdefault(name, [])
            kept.append(prepared[i])
            if len(kept) > joining.MAX_MEMBERS:
                del kept[3]
    found = LogisticRegression(C=0.3, max_iter=5000, fit_intercept=False).fit(np.array(values), np.array(labels))
    return [round(float(weight), 4) for weight in found.coef_[0]]


def learn(rows: Rows, signatures: Sequence[Signature], prior: Rows, rarity: Rarity | None = None) -> dict[str, Any]:
    """A whole model record from labelled items; thresholds are those of the constants below."""
    rarity = rarity or rarity_of(rows, signatures, prior)
    record: dict[str, Any] = {
        "total": rarity.total,
        "rarity": {kind: dict(found) for kind, found in rarity.counts.items()},
    }
    relevant = [i for i, row in enumerate(rows) if row["relevant"]]
    chosen = [rows[i] for i in relevant]
    others = [i for i, row in enumerate(rows) if not row["relevant"]]
    parts = folds(chosen, INNER, seed=5)
    for name in ("plain", "semantic"):
        with_vector = name == "semantic"
        ready = [made_ready(signatures[i], rarity, with_vector) for i in relevant]
        strange = [made_ready(signatures[i], rarity, with_vector) for i in others]
        record[name] = {
            **learn_pairs(ready, chosen, strange),
            "story": [0.0] * len(joining.STORY_FEATURES),
            **THRESHOLDS[name],
        }
        groups = []
        for part in range(INNER):
            rest = [k for k, fold in enumerate(parts) if fold != part]
            held = [k for k, fold in enumerate(parts) if fold == part]
            apart = [each for k, each in enumerate(strange) if k % INNER != part]
            pairs = {**learn_pairs([ready[k] for k in rest], [chosen[k] for k in rest], apart), **THRESHOLDS[name]}
            pairs["story"] = record[name]["story"]
            known = model_from({**record, "plain": pairs, "semantic": pairs})
            for corpus in sorted({chosen[k]["corpus"] for k in held}):
                mine = [k for k in held if chosen[k]["corpus"] == corpus]
                reports, labelled = [ready[k] for k in mine], [chosen[k] for k in mine]
                for copy in range(COPIES + 1):
                    days = busy_days(reports, labelled, copy) if copy else [each.signature.day for each in reports]
                    stream = [on_day(each, day) for each, day in zip(reports, days, strict=True)]
                    share = strange[part::INNER][: len(stream) // 2]
                    beside = [STRANGER | {"corpus": corpus} for _ in share]
                    groups.append(([*stream, *among(stream, share)], [*labelled, *beside], known))
        record[name]["story"] = learn_story(groups)
    record.setdefault("semantic", record["plain"])
    return record


def made_ready(signature: Signature, rarity: Rarity, with_vector: bool) -> Prepared:
    return prepare(signature if with_vector else replace(signature, vector=()), rarity)


STRANGER: dict[str, Any] = {"id": "stranger", "story": None, "thread": None}


def among(reports: Sequence[Prepared], others: Sequence[Prepared]) -> Iterator[Prepared]:
    """The others, re-dated to days on which there are reports, of their own state where there are any."""
    chance = np.random.RandomState(13)
    for other in others:
        here = [each for each in reports if set(each.signature.countries) & set(other.signature.countries)] or reports
        day = here[chance.randint(len(here))].signature.day + float(chance.choice((0.1, 0.4, 1.2)))
        yield replace(other, signature=replace(other.signature, day=day))


THRESHOLDS = {
    "plain": {"join": 0.75, "merge": 1.0, "least": -2.0},
    "semantic": {"join": 0.75, "merge": 1.0, "least": -2.0},
}
"""Chosen on the four folds as the loosest that keep precision at 0.95, in natural and busy streams, with a margin."""


def online(
    prepared: Sequence[Prepared], known: Model, join: float | None = None, merge: float | None = None
) -> list[str]:
    """Assign items in order of time, through blocking keys, as the product does."""
    if join is not None:
        known = replace(
            known, story=replace(known.story, join=join), semantic_story=replace(known.semantic_story, join=join)
        )
    if merge is not None:
        known = replace(
            known, story=replace(known.story, merge=merge), semantic_story=replace(known.semantic_story, merge=merge)
        )
    merged: dict[str, str] = {}

    def current(name: str) -> str:
        while name in merged:
            name = merged[name]
        return name

    stories: dict[str, list[Prepared]] = {}
    index: dict[str, list[str]] = collections.defaultdict(list)
    found = [""] * len(prepared)
    for i in sorted(range(len(prepared)), key=lambda i: (prepared[i].signature.day, i)):
        keys = keys_for(prepared[i].signature, known.rarity)
        newest = {key: list(dict.fromkeys(index[key][:-121:-1]))[:40] for key in keys if index[key]}
        candidates = {name: stories[name] for name in dict.fromkeys(map(current, nominees(newest)))}
        name = joining.choose(prepared[i], candidates, known) or f"s{i}"
        members = stories.setdefault(name, [])
        if not any(joining.is_echo(prepared[i].signature, member.signature) for member in members):
            members.append(prepared[i])
        if len(members) > joining.MAX_MEMBERS:
            del members[3]
        for key in keys:
            index[key].append(name)
        found[i] = name
        if len(members) > 1:
            for other in [other for other in candidates if other != name]:
                if merging.are_one(stories[name], stories[other], known):
                    merged[other] = name
                    members = stories[name] = joining.trimmed(
                        sorted((*members, *stories.pop(other)), key=lambda each: each.signature.day)
                    )
    return [current(name) for name in found]


def bcubed(rows: Rows, clusters: Sequence[str]) -> tuple[float, float, float, float]:
    """Precision, recall and F1 over all items, and F1 over the items of stories of two or more."""
    together: dict[str, list[int]] = collections.defaultdict(list)
    stories: dict[str, list[int]] = collections.defaultdict(list)
    for i, row in enumerate(rows):
        together[clusters[i]].append(i)
        stories[f"{row['corpus']} {row['story'] or row['id']}"].append(i)
    precision, recall, many = [], [], []
    for i, row in enumerate(rows):
        mates = together[clusters[i]]
        right = sum(j == i or label(row, rows[j]) != 0 for j in mates)
        story = stories[f"{row['corpus']} {row['story'] or row['id']}"]
        precision.append(right / len(mates))
        recall.append(sum(clusters[j] == clusters[i] for j in story) / len(story))
        if len(story) > 1:
            many.append(i)
    p, r = float(np.mean(precision)), float(np.mean(recall))
    pm, rm = float(np.mean([precision[i] for i in many])), float(np.mean([recall[i] for i in many]))
    return p, r, 2 * p * r / (p + r), 2 * pm * rm / (pm + rm)


def titles_equal(one: Signature, other: Signature) -> float:
    return float(bool(one.title) and one.title == other.title)


def title_jaccard(one: Signature, other: Signature) -> float:
    union = set(one.title) | set(other.title)
    return len(set(one.title) & set(other.title)) / len(union) if union else 0.0


def minhash(one: Signature, other: Signature) -> float:
    return joining.resemblance(one.digest, other.digest)


def simple(signatures: Sequence[Signature], alike: Callable[[Signature, Signature], float], least: float) -> list[str]:
    """The plain way: join the story of the most similar earlier item of the last three weeks."""
    found = [""] * len(signatures)
    order = sorted(range(len(signatures)), key=lambda i: (signatures[i].day, i))
    for place, i in enumerate(order):
        earlier = [j for j in order[:place] if signatures[i].day - signatures[j].day <= 21]
        best = max(((alike(signatures[i], signatures[j]), found[j]) for j in earlier), default=(0.0, ""))
        found[i] = best[1] if best[0] >= least else f"s{i}"
    return found


GRID = {"plain": (0.25, 0.5, 0.75, 1.0), "semantic": (0.25, 0.5, 0.75, 1.0)}
"""Thresholds for joining to show, without and with sentence vectors; those shipped are in THRESHOLDS."""

BASELINES = (
    ("exact title", titles_equal, 1.0),
    ("Jaccard of title words ≥ 0.4", title_jaccard, 0.4),
    ("MinHash ≥ 0.5", minhash, 0.5),
)
UNSEEN = 77
"""Seed of the busy streams that are measured, which none was learned from."""


def measure(rows: Rows, signatures: Sequence[Signature]) -> None:
    """Print the tables of held-out figures: reports on their own days, and as close as in a busy stream."""
    relevant = [i for i, row in enumerate(rows) if row["relevant"]]
    parts = folds([rows[i] for i in relevant], FOLDS)
    found: dict[tuple[str, str], tuple[Rows, list[str]]] = {}
    for fold in range(FOLDS):
        held = [i for i, part in zip(relevant, parts, strict=True) if part == fold]
        train = [i for i in range(len(rows)) if i not in set(held)]
        known = model_from(learn([rows[i] for i in train], [signatures[i] for i in train], rows))
        for corpus in sorted({rows[i]["corpus"] for i in held}):
            mine = [i for i in held if rows[i]["corpus"] == corpus]
            labelled = [rows[i] for i in mine]
            for title, stream, clusters in clustered([signatures[i] for i in mine], labelled, known):
                kept, names = found.setdefault((stream, title), ([], []))
                kept += labelled
                names += [f"{fold} {corpus} {cluster}" for cluster in clusters]
    for stream in ("natural", "busy"):
        print(f"\n{stream}\n\n| method | P | R | F1 | F1, stories ≥ 2 |\n|---|---|---|---|---|")
        for (of, title), (kept, names) in found.items():
            if of == stream:
                print_row(title, bcubed(kept, names))


def clustered(signatures: Sequence[Signature], rows: Rows, known: Model) -> Iterator[tuple[str, str, list[str]]]:
    """(method, stream, cluster of each report) for every method and stream."""
    for stream in ("natural", "busy"):
        for name in ("baseline", *GRID):
            ready = [made_ready(each, known.rarity, name == "semantic") for each in signatures]
            if stream == "busy":
                days = busy_days(ready, rows, UNSEEN)
                ready = [on_day(each, day) for each, day in zip(ready, days, strict=True)]
            if name == "baseline":
                for title, alike, least in BASELINES:
                    yield title, stream, simple([each.signature for each in ready], alike, least)
                continue
            for join in GRID[name]:
                yield f"{name}, join {join}", stream, online(ready, known, join)


def print_row(title: str, figures: Sequence[float]) -> None:
    print(f"| {title} | {' | '.join(f'{figure:.3f}' for figure in figures)} |", flush=True)


def write_directions(rows: Rows) -> None:
    """Learn means and main directions of sentence vectors and write data/meaning.json."""
    raw = []
    for row in rows:
        title, summary = text.read(row["title"]), text.read(row["summary"] or "")
        raw.append(meaning.vector(f"{title.plain}. {summary.plain}"))
    vectors = np.array(raw)
    mean = vectors.mean(0)
    centred = vectors - mean
    langs = {}
    for lang in sorted({row["lang"] for row in rows}):
        mine = [i for i, row in enumerate(rows) if row["lang"] == lang]
        langs[lang] = centred[mine].mean(0) * len(mine) / (len(mine) + 5)
    centred = np.array([vector - langs[row["lang"]] for vector, row in zip(centred, rows, strict=True)])
    centred /= np.linalg.norm(centred, axis=1, keepdims=True)
    spread, axes = np.linalg.eigh(np.cov(centred.T))
    kept = (axes[:, -DIRECTIONS:] * (spread[-DIRECTIONS:] + 1e-4) ** POWER).T
    record = {
        "mean": packed(mean),
        "langs": {lang: packed(vector) for lang, vector in langs.items()},
        "rows": [packed(row) for row in kept],
    }
    (DATA / "meaning.json").write_text(json.dumps(record, indent=0) + "\n", "utf-8")


def packed(vector: Any) -> str:
    scale = float(np.abs(vector).max()) / 32_000 or 1.0
    return (
        f"{scale:.8g} "
        + base64.b85encode(struct.pack(f"<{len(vector)}h", *(round(float(v) / scale) for v in vector))).decode()
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "corpora", type=Path, nargs="+", help="labelled items, a file a corpus: events of two are never one"
    )
    parser.add_argument("--write", action="store_true", help="learn from all and write the data files")
    parser.add_argument("--directions", action="store_true", help="learn the directions of sentence vectors anew first")
    parser.add_argument("--cache", type=Path, help="keep signatures here between runs")
    options = parser.parse_args()
    rows: Rows = [
        {"story": None, "thread": None} | json.loads(line) | {"corpus": path.stem}
        for path in options.corpora
        for line in path.read_text("utf-8").splitlines()
    ]
    if options.directions:
        write_directions(rows)
    if options.cache and options.cache.exists():
        signatures: list[Signature] = pickle.loads(options.cache.read_bytes())
    else:
        signatures = [sign(verdict_of(row)) for row in rows]
        if options.cache:
            options.cache.write_bytes(pickle.dumps(signatures))
    if options.write:
        record = learn(rows, signatures, rows)
        (DATA / "model.json").write_text(
            json.dumps(record, ensure_ascii=False, separators=(",", ":"), sort_keys=True) + "\n", "utf-8"
        )
    else:
        measure(rows, signatures)
    return 0


if __name__ == "__main__":
    sys.exit(main())
