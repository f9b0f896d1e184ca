"""Precision, recall and F1 over labelled items: rules, languages, sums, countries and stories.

Labels of a record: `relevant` (whether any rule should hold) or `rules` (which should); and, where
present, `countries`, `amounts`, `story`, `thread`, each with an optional `…_optional` list that counts
neither way.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

ANY_RULE = "any rule"


@dataclass(slots=True)
class Tally:
    """Hits, false alarms and misses."""

    hits: int = 0
    false: int = 0
    missed: int = 0

    def add(self, wanted: bool, got: bool) -> None:
        """Count one decision."""
        self.hits += wanted and got
        self.false += got and not wanted
        self.missed += wanted and not got

    @property
    def precision(self) -> float:
        """Share of what was found that is right; 1 where nothing was found."""
        return self.hits / (self.hits + self.false) if self.hits + self.false else 1.0

    @property
    def recall(self) -> float:
        """Share of what is right that was found; 1 where there was nothing to find."""
        return self.hits / (self.hits + self.missed) if self.hits + self.missed else 1.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        total = 2 * self.hits + self.false + self.missed
        return 2 * self.hits / total if total else 1.0

    def row(self) -> dict[str, Any]:
        """All six figures."""
        figures = {"precision": self.precision, "recall": self.recall, "f1": self.f1}
        return {
            "hits": self.hits,
            "false": self.false,
            "missed": self.missed,
            **{k: round(v, 4) for k, v in figures.items()},
        }


@dataclass(slots=True)
class Evaluation:
    """Tallies by rule and by language, the misses, and the facts."""

    rules: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    languages: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    amounts: Tally = field(default_factory=Tally)
    countries: Tally = field(default_factory=Tally)
    wrong: list[dict[str, Any]] = field(default_factory=list)
    _placed: list[tuple[str, Hashable, Hashable]] = field(default_factory=list)
    _has_facts: set[str] = field(default_factory=set)

    def add(self, record: Mapping[str, Any], line: Mapping[str, Any], reasons: Mapping[str, str] | None = None) -> None:
        """Count one labelled record against its scan line. `reasons`: why a rule held or did not, by rule, for the list of
        what is wrong."""
        got_rules = set(line["rules"])
        wanted_rules = set(record["rules"]) if isinstance(record.get("rules"), list) else None
        wanted = (
            bool(wanted_rules) if wanted_rules is not None else bool(record.get("relevant", record.get("match", False)))
        )
        got = bool(got_rules)
        self.rules[ANY_RULE].add(wanted, got)
        self.languages[str(record.get("lang") or line["lang"])].add(wanted, got)
        faults: list[tuple[str, set[str]]] = []
        if wanted_rules is not None:
            for rule in wanted_rules | got_rules:
                self.rules[rule].add(rule in wanted_rules, rule in got_rules)
            faults = [("missed", {rule}) for rule in sorted(wanted_rules - got_rules)]
            faults += [("false", {rule}) for rule in sorted(got_rules - wanted_rules)]
        elif wanted != got:
            faults = [("missed" if wanted else "false", got_rules or set(reasons or ()))]
        for kind, rules in faults:
            told = [f"{rule}: {reasons[rule]}" for rule in sorted(rules) if rule in reasons] if reasons else []
            of = sorted(rules & got_rules if wanted_rules is None else rules)
            fault = {"id": record.get("id"), "kind": kind, "title": record.get("title", ""), "rules": of}
            self.wrong.append({**fault, "reason": "; ".join(told)})
        self._facts(record, line, wanted)

    def _facts(self, record: Mapping[str, Any], line: Mapping[str, Any], wanted: bool) -> None:
        if "amounts" in record:
            self._has_facts.add("amounts")
            got_sums = Counter(map(_sum, line["amounts"]))
            _count(
                self.amounts,
                Counter(map(_sum, record["amounts"])),
                got_sums,
                Counter(map(_sum, record.get("amounts_optional") or ())),
            )
        if "countries" in record and wanted:
            self._has_facts.add("countries")
            optional = Counter(record.get("countries_optional") or ())
            _count(self.countries, Counter(record["countries"]), Counter(line["countries"]), optional)
        if "story" in record and wanted:
            self._has_facts.add("stories")
            alone = f"alone:{record.get('id')}"
            story = record["story"] or alone
            self._placed.append((str(line.get("story") or alone), story, record.get("thread") or story))

    def stories(self) -> dict[str, float]:
        """B-cubed: precision by thread, recall by story; over all, and over the stories of two or more items."""
        sizes = Counter(story for _, story, _ in self._placed)
        several = [placed for placed in self._placed if sizes[placed[1]] > 1]
        precision, recall, f1 = b_cubed(self._placed)
        part_precision, part_recall, part_f1 = b_cubed(several)
        return {
            "precision": precision,
            "recall": recall,
            "f1": f1,
            "multi_precision": part_precision,
            "multi_recall": part_recall,
            "multi_f1": part_f1,
        }

    def report(self) -> dict[str, Any]:
        """Everything, JSON-able."""
        found: dict[str, Any] = {
            "rules": {name: tally.row() for name, tally in sorted(self.rules.items())},
            "languages": {name: tally.row() for name, tally in sorted(self.languages.items())},
            "wrong": self.wrong,
        }
        if "amounts" in self._has_facts:
            found["amounts"] = self.amounts.row()
        if "countries" in self._has_facts:
            found["countries"] = self.countries.row()
        if "stories" in self._has_facts:
            found["stories"] = {name: round(value, 4) for name, value in self.stories().items()}
        return found


def _sum(amount: Mapping[str, Any]) -> tuple[str, str]:
    """Value to four digits, and currency."""
    return f"{float(amount['value']):.3e}", str(amount["currency"])


def _count(tally: Tally, wanted: Counter[Any], got: Counter[Any], optional: Counter[Any]) -> None:
    """Sets, not bags: a sum that title and summary both state is one."""
    hits = wanted.keys() & got.keys()
    tally.hits += len(hits)
    tally.missed += len(wanted.keys() - got.keys())
    tally.false += len(got.keys() - wanted.keys() - optional.keys())


def b_cubed(placed: Sequence[tuple[Hashable, Hashable, Hashable]]) -> tuple[float, float, float]:
    """(precision, recall, F1) of (cluster, story, thread) triples: precision by thread, recall by story."""
    if not placed:
        return 1.0, 1.0, 1.0
    by_cluster: dict[Hashable, list[int]] = defaultdict(list)
    by_story: dict[Hashable, list[int]] = defaultdict(list)
    for number, (cluster, story, _) in enumerate(placed):
        by_cluster[cluster].append(number)
        by_story[story].append(number)
    precision = _mean(
        sum(placed[other][2] == thread for other in by_cluster[c]) / len(by_cluster[c]) for c, _, thread in placed
    )
    recall = _mean(
        sum(placed[other][0] == cluster for other in by_story[s]) / len(by_story[s]) for cluster, s, _ in placed
    )
    return precision, recall, 2 * precision * recall / (precision + recall)


def _mean(values: Iterable[float]) -> float:
    kept = list(values)
    return sum(kept) / len(kept)
