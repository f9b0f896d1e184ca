"""The rule language: expressions → Rulebook → Matches, each with its evidence.

`compile_rules` is the one door in; `check_tests` runs the examples that rules carry.
"""

from watcher.rules.explain import Explanation, Part
from watcher.rules.rulebook import Rulebook, collector_resting, compile_rules
from watcher.rules.spec import (
    Line,
    OpinionSpec,
    RuleSpec,
    RuleTest,
    ScoreSpec,
    VocabularySpec,
    VocabularyTerm,
    Weight,
    Where,
)
from watcher.rules.trials import check_tests

__all__ = [
    "Explanation",
    "Line",
    "OpinionSpec",
    "Part",
    "RuleSpec",
    "RuleTest",
    "Rulebook",
    "ScoreSpec",
    "VocabularySpec",
    "VocabularyTerm",
    "Weight",
    "Where",
    "check_tests",
    "collector_resting",
    "compile_rules",
]
