"""Rule and vocabulary specs → compiled rules, every Problem collected on the way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from watcher.errors import Problem
from watcher.rules import tree
from watcher.rules.build import Builder
from watcher.rules.conditions.core import Condition
from watcher.rules.conditions.facts import language_code
from watcher.rules.conditions.logic import All, Not
from watcher.rules.doubts import doubts
from watcher.rules.faults import FOLLOWS, Fault, problem
from watcher.rules.lexer import read_term, uses_language
from watcher.rules.opinion import Opinion
from watcher.rules.rule import Rule
from watcher.rules.scoping import ANY
from watcher.rules.score import Score
from watcher.rules.spec import Line, OpinionSpec, RuleSpec, ScoreSpec, VocabularySpec, VocabularyTerm, Where
from watcher.rules.syntax import parse

MAX_CHAIN = 20
"""So many rules, or vocabularies, may build on each other in line."""
MAX_FAULTS = 20
"""So many faults of one expression are told."""


@dataclass(slots=True)
class Draft:
    """A rule whose expressions are parsed. `pieces` pairs each tree with its line and its part in the rule."""

    spec: RuleSpec
    pieces: list[tuple[str, Line, tree.Node]] = field(default_factory=list)
    builds_on: list[tuple[str, Line, tree.Node]] = field(default_factory=list)
    is_faulty: bool = False


class Assembly:
    """Compiles one set of rules; `problems` and `warnings` hold what was wrong."""

    def __init__(self, builder: Builder) -> None:
        self.builder = builder
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []
        self._depths: dict[str, int] = {}
        self._scores: dict[tuple[object, ...], Score] = {}

    def _problem(self, where: Where, message: str, hint: str, severity: str = "error") -> None:
        found = Problem(where.file, where.line, where.column, message, hint, severity)
        (self.problems if severity == "error" else self.warnings).append(found)

    def add_vocabularies(self, specs: Sequence[VocabularySpec]) -> None:
        """Build vocabularies, those that others take in first."""
        by_name: dict[str, VocabularySpec] = {}
        for spec in specs:
            if spec.name in by_name:
                self._problem(spec.where, f"vocabulary «{spec.name}» is defined twice", "rename or merge one of them")
            by_name[spec.name] = spec
        parsed = {name: list(self._vocabulary_terms(spec)) for name, spec in by_name.items()}
        inclusions = {
            name: [node.name for _, node in terms if isinstance(node, tree.Vocabulary)]
            for name, terms in parsed.items()
        }
        order, circles = in_order(inclusions)
        for circle in circles:
            where = by_name[circle[0]].where
            self._problem(where, f"vocabularies take each other in: {' → '.join('@' + name for name in circle)}",
                          "remove one of the inclusions")  # fmt: skip
        for name in order:
            self._add_vocabulary(by_name[name], parsed[name])

    def _vocabulary_terms(
        self, spec: VocabularySpec
    ) -> Iterator[tuple[VocabularyTerm, tree.Term | tree.Regex | tree.Vocabulary]]:
        codes: dict[str, str | None] = {}
        for term in spec.terms:
            if term.lang not in codes:
                codes[term.lang] = self._language(term.lang, term.where, f"vocabulary «{spec.name}»")
            lang = codes[term.lang]
            if lang is None:
                continue
            try:
                yield replace(term, lang=lang), read_term(term.text)
            except Fault as fault:
                self.problems.append(problem(fault, Line(term.text, term.where), f"vocabulary «{spec.name}»"))

    def _language(self, written: str, where: Where, owner: str) -> str | None:
        """A language as items have it; None, with a problem told, for one that does not exist."""
        if written in ANY:
            return "any"
        try:
            return language_code(written)
        except Fault as fault:
            self._problem(where, f"{owner}: {fault.message}", fault.hint)
            return None

    def _add_vocabulary(
        self, spec: VocabularySpec, terms: list[tuple[VocabularyTerm, tree.Term | tree.Regex | tree.Vocabulary]]
    ) -> None:
        name = f"@{spec.name}"
        children: list[Condition] = []
        for term, node in terms:
            try:
                if isinstance(node, tree.Vocabulary):
                    children.append(self.builder.build(node, term.text))
                else:
                    children.extend(self.builder.words(node, term.text.strip(), term.lang, name))
            except Fault as fault:
                self.problems.append(problem(fault, Line(term.text, term.where), f"vocabulary «{spec.name}»"))
        if not spec.terms:
            self._problem(spec.where, f"vocabulary «{spec.name}» is empty", "add a term, or remove it")
        self.builder.vocabularies[spec.name] = self.builder.any_of(name, children, name)

    def add_rules(self, specs: Sequence[RuleSpec]) -> list[Rule]:
        """Compile rules, those that others build on first; answers them in the order given, without the faulty."""
        drafts: dict[str, Draft] = {}
        for spec in specs:
            if spec.name in drafts:
                self._problem(spec.where, f"rule «{spec.name}» is defined twice", "rename one of them")
            drafts[spec.name] = self._draft(spec)
        self.builder.rule_names = frozenset(drafts)
        order, circles = in_order({name: [ref[0] for ref in draft.builds_on] for name, draft in drafts.items()})
        for circle in circles:
            _, line, node = next(ref for ref in drafts[circle[0]].builds_on if ref[0] == circle[1])
            fault = Fault(f"rules build on each other in a circle: {' → '.join(circle)}", "remove one of the references",
                          node.start, node.end)  # fmt: skip
            self.problems.append(problem(fault, line, f"rule «{circle[0]}»"))
        rules: dict[str, Rule] = {}
        for name in order:
            rule = self._rule(drafts[name], rules)
            if rule is not None:
                rules[name] = rule
                self.builder.rules[name] = rule
        return [rules[name] for name in drafts if name in rules]

    def _draft(self, spec: RuleSpec) -> Draft:
        draft = Draft(spec)
        lines = [("match", spec.match)] if spec.match is not None else []
        lines += [("all", line) for line in spec.all] + [("any", line) for line in spec.any]
        lines += [("none", line) for line in spec.none]
        if spec.score is not None:
            lines += [("score", Line(weight.expression, weight.where)) for weight in spec.score.add]
        for part, line in lines:
            try:
                node = (
                    parse(line.text) if part in ("match", "score") or uses_language(line.text) else read_term(line.text)
                )
            except Fault as fault:
                self.problems.append(problem(fault, line, f"rule «{spec.name}»"))
                draft.is_faulty = True
                continue
            draft.pieces.append((part, line, node))
            if "rule:" in line.text:
                draft.builds_on.extend((name, line, inner) for name, inner in references(node))
            if part in ("match", "score") or uses_language(line.text):
                self.warnings.extend(problem(fault, line, f"rule «{spec.name}»") for fault in doubts(line.text, node))
        if not lines:
            self._problem(spec.where, f"rule «{spec.name}» asks for nothing", "give it match:, any:, all: or score:")
        self._check_quorum(spec)
        codes = [
            self._language(lang, spec.places.get("langs", spec.where), f"rule «{spec.name}»") for lang in spec.langs
        ]
        draft.is_faulty |= None in codes
        return draft

    def _check_quorum(self, spec: RuleSpec) -> None:
        if spec.within is not None and spec.publishers < 2:
            where = spec.places.get("within", spec.where)
            self._problem(where, f"rule «{spec.name}»: within: needs publishers: 2 or more", "add publishers: 3")
        if spec.publishers > 1 and spec.within is None:
            where = spec.places.get("publishers", spec.where)
            self._problem(where, f"rule «{spec.name}»: publishers: needs within:", "add within: 2h")

    def _rule(self, draft: Draft, rules: dict[str, Rule]) -> Rule | None:
        spec = draft.spec
        built: dict[str, list[Condition]] = {"match": [], "all": [], "any": [], "none": [], "score": []}
        is_faulty = draft.is_faulty
        for part, line, node in draft.pieces:
            try:
                built[part].append(self.builder.build(node, line.text))
            except Fault:
                is_faulty = True
                found = islice(self.builder.faults(node, line.text), MAX_FAULTS)
                told = [problem(fault, line, f"rule «{spec.name}»") for fault in found if fault.severity != FOLLOWS]
                self.problems.extend(dict.fromkeys(told))
        chain = self._chain(draft, rules)
        if is_faulty or chain is None:
            return None
        must = built["match"] + built["all"]
        if len(built["any"]) > 1:
            must.append(self.builder.any_of("any: [" + ", ".join(c.source for c in built["any"]) + "]", built["any"]))
        else:
            must += built["any"]
        must += [Not(f"NOT {condition.source}", condition) for condition in built["none"]]
        condition = must[0] if len(must) == 1 else All(" AND ".join(c.source for c in must), must) if must else None
        score = self._score(spec.score, built["score"]) if spec.score is not None else None
        rule = Rule(spec, condition, score, chain)
        if not rule.needs():
            self._warn_of_no_anchor(rule, draft.pieces)
        return rule

    def _score(self, spec: ScoreSpec, parts: Sequence[Condition]) -> Score:
        """Rules that weigh alike share one score, which then is worked out once for an item."""
        weights = tuple(weight.weight for weight in spec.add)
        key = (tuple(part.source for part in parts), weights, spec.base, spec.at_least, spec.opinion)
        if key not in self._scores:
            self._scores[key] = Score(parts, weights, spec.base, spec.at_least, self._opinion(spec.opinion))
            self.builder.lookups.update(self._scores[key].lookups)
        return self._scores[key]

    def _opinion(self, spec: OpinionSpec | None) -> Opinion | None:
        if spec is None:
            return None
        try:
            return Opinion.of(spec)
        except ValueError as error:
            self._problem(spec.where, f"opinion: {error}", "take it as scripts/train_pack.py writes it")
            return None

    def _chain(self, draft: Draft, rules: dict[str, Rule]) -> tuple[Rule, ...] | None:
        """All rules that it builds on, in order; None, with a problem told, when the chain is too long."""
        found: dict[str, Rule] = {}
        depth = 0
        for name, line, node in draft.builds_on:
            if name not in rules:
                continue
            depth = max(depth, self._depths.get(name, 0) + 1)
            found.update((rule.name, rule) for rule in (*rules[name].builds_on, rules[name]))
            if depth > MAX_CHAIN:
                fault = Fault(
                    f"more than {MAX_CHAIN} rules build on each other", "join some of them", node.start, node.end
                )
                self.problems.append(problem(fault, line, f"rule «{draft.spec.name}»"))
                return None
        self._depths[draft.spec.name] = depth
        return tuple(found.values())

    def _warn_of_no_anchor(self, rule: Rule, pieces: list[tuple[str, Line, tree.Node]]) -> None:
        """Rules that the index can not file cost something for every item."""
        spec = rule.spec
        where = spec.match.where if spec.match is not None else spec.where
        nodes = [inner for _, _, node in pieces for inner in tree.walk(node)]
        if any(isinstance(node, tree.Regex) for node in nodes):
            message = "only regular expressions without fixed text decide, so every item must be searched"
            hint = "AND it with a word that must occur"
        elif spec.score is not None and spec.score.base >= spec.score.at_least:
            message, hint = "its base alone reaches at_least, so every item is looked at", "ask for more than the base"
        else:
            message, hint = "it names nothing that must occur, so every item is looked at", "add a term that must occur"
        self._problem(where, f"rule «{rule.name}»: {message}", hint, "warning")


def references(node: tree.Node) -> Iterator[tuple[str, tree.Node]]:
    """The names of all rules that an expression refers to, with their places."""
    for found in tree.walk(node):
        if isinstance(found, tree.Field) and found.name == "rule":
            yield from ((term.raw, term) for term in tree.walk(found.operand) if isinstance(term, tree.Term))


def in_order(graph: Mapping[str, Iterable[str]]) -> tuple[list[str], list[list[str]]]:
    """Names so that each comes after those it leads to, and every circle found (its first name again at its end).

    Names in a circle are left out of the order.
    """
    order: list[str] = []
    circles: list[list[str]] = []
    state: dict[str, int] = {}
    for root in graph:
        if root in state:
            continue
        path: list[tuple[str, Iterator[str]]] = [(root, iter(graph[root]))]
        state[root] = 1
        while path:
            name, rest = path[-1]
            following = next((other for other in rest if other in graph and state.get(other) != 2), None)
            if following is None:
                path.pop()
                state[name] = 2
                order.append(name)
            elif state.get(following) == 1:
                names = [step for step, _ in path]
                circles.append([*names[names.index(following) :], following])
            else:
                state[following] = 1
                path.append((following, iter(graph[following])))
    broken = {name for circle in circles for name in circle}
    return [name for name in order if name not in broken], circles
