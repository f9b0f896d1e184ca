"""docs/rules.md is true: every example loads, its tests hold, and every operator, scope and fact is in it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from watcher.config.load import load
from watcher.facts import extract
from watcher.model import INSTRUMENTS, STAGES, Entry, Facts, Feed, Item
from watcher.rules import RuleTest, check_tests, compile_rules
from watcher.rules.conditions.facts import FACTS
from watcher.rules.reading import SCOPES
from watcher.text import read
from watcher.text.language import detect

DOCUMENT = Path(__file__).parents[1] / "docs" / "rules.md"
TEXT = DOCUMENT.read_text("utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def make_item(test: RuleTest) -> tuple[Item, Facts]:
    title, summary = read(test.title), read(test.text)
    lang = test.lang or detect(f"{title.plain} {summary.plain}")
    entry = Entry(test.title, test.text, url="https://example.org/1")
    item = Item("1", Feed("https://example.org"), entry, title, summary, lang, "Example", NOW, NOW)
    return item, extract(item)


@pytest.mark.parametrize("example", EXAMPLES, ids=range(len(EXAMPLES)))
def test_every_example_loads_and_does_what_it_says(example: str, tmp_path: Path) -> None:
    path = tmp_path / "watcher.yaml"
    path.write_text(example, "utf-8")
    settings = load(path, {})
    rulebook = compile_rules(settings.rules, settings.vocabularies)
    assert rulebook.warnings == ()
    assert check_tests(rulebook, make_item) == []


@pytest.mark.parametrize("keyword", [*FACTS, *SCOPES, "amount>", "rule"])
def test_every_field_is_documented(keyword: str) -> None:
    assert re.search(rf"`{keyword}[:>]?", TEXT), f"docs/rules.md does not mention {keyword}"


def test_every_operator_stage_and_instrument_is_documented() -> None:
    for word in (
        "AND",
        "OR",
        "NOT",
        "NEAR/",
        "ONEAR/",
        "SENTENCE(",
        "any",
        "all",
        "none",
        "at_least",
        "base",
        *STAGES,
        *INSTRUMENTS,
    ):
        assert word in TEXT


def test_every_fact_has_an_example_that_compiles() -> None:
    for kind in FACTS.values():
        assert kind.read(re.sub(r"^\w+:[\[\"]?|[\]\"].*|,.*", "", kind.example))
