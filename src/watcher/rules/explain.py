"""What a rule says about an item, in words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from watcher.model import Evidence, Quorum
from watcher.rules.reading import Find, Hit, Reading
from watcher.rules.rule import Rule

MAX_A_TERM = 3
MAX_EVIDENCE = 50


@dataclass(frozen=True, slots=True)
class Part:
    """One weighted expression of a score rule: its weight and whether it held."""

    expression: str
    weight: float
    held: bool


@dataclass(frozen=True, slots=True)
class Explanation:
    """A rule's answer. `reason` is empty when it matched, else the smallest reason why not.

    `score` is 0.0–1.0 as in Match; `parts` are the weighted expressions of a score rule, those that held first.
    `quorum`: how many publishers must carry the story before a match alerts.
    """

    rule: str
    matched: bool
    score: float
    evidence: tuple[Evidence, ...]
    reason: str = ""
    parts: tuple[Part, ...] = ()
    quorum: Quorum | None = None

    @property
    def why(self) -> str:
        """In a line, why it matched or did not."""
        places = (f"«{piece.text}» ({piece.term})" if piece.text else piece.why for piece in self.evidence)
        return self.reason or "held by " + ", ".join(dict.fromkeys(places))


def evidence(finds: Iterable[Find], reading: Reading) -> tuple[Evidence, ...]:
    """The finds as evidence: each place once for a term, MAX_A_TERM places a term, MAX_EVIDENCE in all."""
    seen: set[tuple[Hit, str]] = set()
    shown: dict[str, int] = {}
    pieces: list[Evidence] = []
    for find in finds:
        hit, term, why = find
        key = (hit, term)
        times = shown.get(term, 0)
        if times >= MAX_A_TERM or key in seen:
            continue
        seen.add(key)
        shown[term] = times + 1
        pieces.append(reading.evidence(hit, term, why))
        if len(pieces) >= MAX_EVIDENCE:
            break
    return tuple(pieces)


def explain_rule(rule: Rule, reading: Reading) -> Explanation:
    """One rule's answer for a surveyed item."""
    matched = rule.decide(reading)
    parts: tuple[Part, ...] = ()
    score = 1.0 if matched else 0.0
    if rule.score is not None:
        held = set(rule.score.held(reading))
        listed = zip(rule.score.parts, rule.score.weights, strict=True)
        found = [Part(part.source, weight, index in held) for index, (part, weight) in enumerate(listed)]
        if added := rule.score.added(reading):
            found.append(Part("opinion", round(added, 2), True))
        parts = tuple(sorted(found, key=lambda part: (not part.held, -abs(part.weight))))
        score = rule.likelihood(reading)
    if matched:
        return Explanation(rule.name, True, score, evidence(rule.finds(reading), reading), "", parts, rule.quorum)
    return Explanation(rule.name, False, score, (), rule.reason(reading).text, parts, rule.quorum)
