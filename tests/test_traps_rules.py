"""The table of traps, run through the rule engine: the verdict and the explanation of each, by one design."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from random_rules import NOW
from watcher.model import Entry, Facts, Feed, Item
from watcher.rules import Line, RuleSpec, compile_rules
from watcher.text import read

TABLE = Path(__file__).parent / "data" / "text_traps.tsv"
FEED = Feed("https://example.org/feed")


def rows() -> list[dict[str, str]]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def item_of(row: dict[str, str]) -> Item:
    title, summary = read(row["title"]), read(row["text"] or "")
    return Item("1", FEED, Entry(row["title"], row["text"] or ""), title, summary, row["lang"], "Example", None, NOW)


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"{row['lang']}-{row['expr']}-{row['title'][:30]}")
def test_a_trap_does_not_catch_the_engine(row: dict[str, str]) -> None:
    rulebook = compile_rules([RuleSpec("trap", Line(row["expr"]))])
    item = item_of(row)
    expected = row["match"] == "yes"
    assert bool(rulebook.match(item, Facts())) is expected, row["note"]
    (answer,) = rulebook.explain(item, Facts())
    assert answer.matched is expected
    if expected:
        assert answer.evidence
        for piece in answer.evidence:
            text = {"title": item.title, "summary": item.summary}[piece.field]
            assert text.plain[piece.start : piece.end] == piece.text != ""
    else:
        assert answer.reason


def test_all_traps_hold_in_one_rulebook() -> None:
    """Terms that share an index do not disturb each other."""
    expressions = sorted({row["expr"] for row in rows()})
    rulebook = compile_rules([RuleSpec(expression, Line(expression)) for expression in expressions])
    wrong = []
    for row in rows():
        held = row["expr"] in {match.rule for match in rulebook.match(item_of(row), Facts())}
        if held != (row["match"] == "yes"):
            wrong.append(row)
    assert wrong == []
