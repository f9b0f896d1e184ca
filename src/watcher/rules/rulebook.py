"""Rules compiled whole: which hold for an item, and why."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from itertools import islice

from watcher.errors import Problem, RuleError, in_file
from watcher.facts.rates import usd
from watcher.model import Facts, Item, Match, Miss
from watcher.rules.assemble import Assembly
from watcher.rules.build import Builder, ToUsd
from watcher.rules.explain import Explanation, evidence, explain_rule
from watcher.rules.index import Index
from watcher.rules.reading import Reading
from watcher.rules.rule import Rule
from watcher.rules.spec import RuleSpec, VocabularySpec

MAX_MISSES = 8
"""Of so many rules that do not hold for an item it is kept why."""
MANY = 1000
"""From so many rules on it is worth telling the garbage collector to leave them alone."""


class Rulebook:
    """Compiled rules; immutable, so a daemon compiles the next one aside and swaps it in whole.

    `warnings` are Problems that stop nothing, `names` the rules in order. Safe to share between threads.
    """

    def __init__(self, rules: Sequence[Rule], index: Index, warnings: Sequence[Problem]) -> None:
        self._rules = tuple(rules)
        self._index = index
        self.warnings = tuple(warnings)
        self.names = tuple(rule.name for rule in rules)

    def match(self, item: Item, facts: Facts) -> tuple[Match, ...]:
        """The rules that hold, in order of definition, each with its evidence."""
        return self.answer(item, facts, misses=0)[0]

    def answer(
        self, item: Item, facts: Facts, *, misses: int = MAX_MISSES
    ) -> tuple[tuple[Match, ...], tuple[Miss, ...]]:
        """The rules that hold, and of the others up to `misses` that the item holds the rarest words of, in order of definition.

        Of so few rules that all can be told, all are: also those of which it holds no word.
        """
        reading = Reading(item, facts)
        self._index.survey(reading)
        near = self._index.candidates(reading)
        held = [number for number in near if self._rules[number].decide(reading)]
        matches = tuple(_match(self._rules[number], reading) for number in held)
        told = range(len(self._rules)) if len(self._rules) <= misses else near if misses else ()
        missed = islice((self._rules[number] for number in told if number not in held), misses)
        return matches, tuple(_miss(rule, reading) for rule in missed)

    def explain(self, item: Item, facts: Facts, rules: Iterable[str] = ()) -> tuple[Explanation, ...]:
        """For every rule, or those named: that it holds and where, or the smallest reason why it does not."""
        reading = Reading(item, facts)
        self._index.survey(reading)
        wanted = frozenset(rules)
        return tuple(explain_rule(rule, reading) for rule in self._rules if not wanted or rule.name in wanted)

    def specs(self) -> tuple[RuleSpec, ...]:
        """The rules as written, in order."""
        return tuple(rule.spec for rule in self._rules)

    def candidates(self, item: Item, facts: Facts) -> tuple[str, ...]:
        """The rules that the index would have looked at for an item: for tests and measurements."""
        reading = Reading(item, facts)
        self._index.survey(reading)
        return tuple(self.names[number] for number in self._index.candidates(reading))


def _match(rule: Rule, reading: Reading) -> Match:
    spec = rule.spec
    found = evidence(rule.finds(reading), reading)
    return Match(rule.name, rule.likelihood(reading), spec.severity, spec.per, spec.notify, found, rule.quorum)


def _miss(rule: Rule, reading: Reading) -> Miss:
    rule.decide(reading)
    return Miss(rule.name, rule.reason(reading).text)


def compile_rules(
    rules: Iterable[RuleSpec], vocabularies: Iterable[VocabularySpec] = (), *, to_usd: ToUsd | None = None
) -> Rulebook:
    """Compile rules over vocabularies; raises RuleError with every Problem found.

    `to_usd` values a threshold in another currency (`amount>=1bn EUR`) in US dollars, to compare it with sums in a
    third; left out, at the newest rate that Watcher ships.
    """
    builder = Builder(to_usd or _at_newest_rate)
    assembly = Assembly(builder)
    with collector_resting():
        assembly.add_vocabularies(tuple(vocabularies))
        compiled = assembly.add_rules(tuple(rules))
        if assembly.problems:
            raise RuleError(sorted(assembly.problems, key=in_file))
        index = Index([rule.needs() for rule in compiled], builder.lookups, builder.fields)
        builder.forget_needs()
    if len(compiled) >= MANY:
        _settle()
    return Rulebook(compiled, index, assembly.warnings)


@contextmanager
def collector_resting() -> Iterator[None]:
    """For the reading and compiling of many rules: nothing that they build is garbage, and walking it again and again costs a third of the time."""
    was_at_work = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_at_work:
            gc.enable()


def _settle() -> None:
    """Keep the collector from walking a large rulebook for ever after: at 100,000 rules that took half of all time.

    A rulebook holds no circles, so one that is swapped out is freed all the same.
    """
    gc.collect()
    gc.freeze()


def _at_newest_rate(value: Decimal, currency: str) -> Decimal | None:
    return usd(value, currency, None)
