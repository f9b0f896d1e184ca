"""Rules compiled whole: which hold for an item, and why."""

from __future__ import annotations

from collections.abc import Iterable

from watcher.errors import Problem
from watcher.model import Facts, Item, Match
from watcher.rules.explain import Explanation
from watcher.rules.spec import RuleSpec, VocabularySpec


class Rulebook:
    """Compiled rules; immutable, so a daemon compiles the next one aside and swaps it in whole.

    `warnings` are Problems that do not stop it, `names` the rules in order.
    """

    warnings: tuple[Problem, ...]
    names: tuple[str, ...]

    def match(self, item: Item, facts: Facts) -> tuple[Match, ...]:
        """The rules that hold, in order of definition, each with its evidence."""
        raise NotImplementedError

    def explain(self, item: Item, facts: Facts) -> tuple[Explanation, ...]:
        """For every rule: that it holds and where, or the smallest reason why it does not."""
        raise NotImplementedError


def compile_rules(rules: Iterable[RuleSpec], vocabularies: Iterable[VocabularySpec] = ()) -> Rulebook:
    """Compile rules over vocabularies; raises RuleError with every Problem found."""
    raise NotImplementedError
