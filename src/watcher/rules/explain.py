"""What a rule says about an item, in words."""

from __future__ import annotations

from dataclasses import dataclass

from watcher.model import Evidence


@dataclass(frozen=True, slots=True)
class Part:
    """One weighted expression of a score rule: its weight and whether it held."""

    expression: str
    weight: float
    held: bool


@dataclass(frozen=True, slots=True)
class Explanation:
    """A rule's answer. `reason` is empty when it matched, else the smallest reason why not.

    `score` is 0.0–1.0 as in Match; `parts` are the weighted expressions of a score rule that were looked at.
    """

    rule: str
    matched: bool
    score: float
    evidence: tuple[Evidence, ...]
    reason: str = ""
    parts: tuple[Part, ...] = ()
