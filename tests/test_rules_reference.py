"""The engine and the naive reference give the same verdict to every pair of rule and item.

As a script: `python tests/test_rules_reference.py --pairs 1000000`.
"""

from __future__ import annotations

import argparse
import sys
import time
from decimal import Decimal
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from random_rules import RATES, random_item, random_rules, random_vocabularies
from reference_matcher import Reference
from watcher.rules import compile_rules

RULES, ITEMS = 40, 12


def to_usd(value: Decimal, currency: str) -> Decimal | None:
    rate = RATES[currency]
    return value * rate if rate is not None else None


def disagreements(seed: int, rule_count: int = RULES, item_count: int = ITEMS) -> list[str]:
    """Every pair of one random world on which the two differ, in words."""
    random = Random(seed)
    vocabularies = random_vocabularies(random)
    rules = random_rules(random, rule_count)
    rulebook, reference = compile_rules(rules, vocabularies, to_usd=to_usd), Reference(rules, vocabularies)
    found = []
    for _ in range(item_count):
        item, facts = random_item(random)
        matched = {match.rule for match in rulebook.match(item, facts)}
        explained = {answer.rule for answer in rulebook.explain(item, facts) if answer.matched}
        for rule in rules:
            expected = reference.holds(rule.name, item, facts)
            if expected != (rule.name in matched) or expected != (rule.name in explained):
                text = f"{item.lang}: {item.title.plain!r} / {item.summary.plain!r}"
                found.append(f"seed {seed}, {rule}: reference {expected}, engine {rule.name in matched} for {text}")
    return found


@settings(max_examples=40, derandomize=True, deadline=None, database=None)
@given(st.integers(0, 2**32))
def test_engine_and_reference_agree(seed: int) -> None:
    assert disagreements(seed) == []


def main() -> int:
    """Compare as many pairs as asked for; prints disagreements and the count."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--pairs", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    done, seed, wrong, begun = 0, options.seed, 0, time.perf_counter()
    while done < options.pairs:
        found = disagreements(seed, 100, 50)
        for line in found[:5]:
            print(line)
        wrong += len(found)
        done += 5000
        seed += 1
    print(f"{done:,} pairs, {wrong} disagreements, {time.perf_counter() - begun:.0f} s")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
