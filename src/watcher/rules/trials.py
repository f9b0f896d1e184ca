"""The examples that rules carry (`tests:`), run."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from watcher.errors import Problem
from watcher.model import Facts, Item
from watcher.rules.rulebook import Rulebook
from watcher.rules.spec import RuleSpec, RuleTest

MakeItem = Callable[[RuleTest], tuple[Item, Facts]]


def check_tests(rulebook: Rulebook, make_item: MakeItem, specs: Iterable[RuleSpec] | None = None) -> list[Problem]:
    """A Problem, with its place, for every example that a rule judges otherwise than it says. `make_item` reads an example.

    `specs` are the rules whose examples are run; left out, all.
    """
    problems = []
    for spec in rulebook.specs() if specs is None else specs:
        for test in spec.tests:
            item, facts = make_item(test)
            (answer,) = rulebook.explain(item, facts, [spec.name])
            if answer.matched == test.match:
                continue
            shown = " — ".join(part for part in (test.title, test.text) if part)
            said = "should match, and does not" if test.match else "should not match, and does"
            message = f"rule «{spec.name}»: its test {said}: {shown}"
            problems.append(Problem(test.where.file, test.where.line, test.where.column, message, answer.why))
    return problems
