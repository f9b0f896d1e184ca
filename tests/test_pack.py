"""The national-AI pack: it compiles, its own examples hold, and it keeps what it was measured to do."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from watcher import facts, packs
from watcher.config.load import pack_rules
from watcher.model import Entry, Facts, Feed, Item
from watcher.pipeline import read_entry
from watcher.rules import Rulebook, RuleTest, compile_rules
from watcher.rules.trials import check_tests
from watcher.text import meaning

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CORPUS = Path(__file__).parent / "corpus"
LANGUAGES_ASKED_FOR = """
en fr de es it pt nl sv da fi et lv lt pl cs sk sl hr hu ro bg el mt ga
ru uk tr az kk uz ar fa he ur hi bn ta te mr ja ko zh vi th id ms fil lo km my sw ka hy sr nb ca cy
"""


@cache
def rulebook() -> Rulebook:
    return compile_rules(*pack_rules("national-ai"))


def read(title: str, text: str = "", lang: str = "") -> tuple[Item, Facts]:
    item = read_entry(Entry(title=title, summary=text, lang=lang), Feed(url="test:"), NOW)
    return item, facts.extract(item)


def rules_of(title: str, text: str = "", lang: str = "") -> set[str]:
    return {match.rule for match in rulebook().match(*read(title, text, lang))}


def test_the_pack_is_listed_and_an_unknown_one_is_not() -> None:
    assert "national-ai" in packs.names()
    with pytest.raises(KeyError):
        packs.pack_files("no-such-pack")


def test_its_files_are_named_as_the_pack_and_rules_come_first() -> None:
    files = [name for name, _ in packs.pack_files("national-ai")]
    assert files[0] == "pack:national-ai/rules.yaml"
    assert all(name.startswith("pack:national-ai/") for name in files)


def test_it_compiles_without_a_warning_into_two_rules() -> None:
    assert rulebook().names == ("national-ai-strategy", "national-ai-investment")
    assert rulebook().warnings == ()


@pytest.mark.parametrize("lang", LANGUAGES_ASKED_FOR.split())
def test_every_language_names_ai_government_and_plan(lang: str) -> None:
    _, vocabularies = pack_rules("national-ai")
    has = {spec.name for spec in vocabularies if any(term.lang == lang for term in spec.terms)}
    assert {"gov", "plan"} <= has
    assert has & {"ai", "ai_name"}


@pytest.mark.parametrize("with_encoder", [True, False])
def test_the_examples_in_the_rules_hold(with_encoder: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also in a core install: `watcher check` runs them, and must pass right after `watcher init`."""
    if not with_encoder:
        monkeypatch.setattr(meaning, "vector", lambda text: None)

    def make_item(test: RuleTest) -> tuple[Item, Facts]:
        return read(test.title, test.text, test.lang)

    assert check_tests(rulebook(), make_item) == []


def test_both_rules_weigh_alike() -> None:
    rules, _ = pack_rules("national-ai")
    first, second = (rule.score for rule in rules)
    assert first is not None and second is not None
    assert [(one.expression, one.weight) for one in first.add] == [(one.expression, one.weight) for one in second.add]
    assert first.base == second.base


def test_money_for_ai_from_a_government_is_an_investment() -> None:
    found = rules_of("Government sets up $2 billion national AI fund", "The minister named a committee.", "en")
    assert "national-ai-investment" in found


@pytest.mark.parametrize(
    ("title", "text", "lang"),
    [
        ("AI strikes turkey farm", "The poultry of the region stays indoors after avian influenza.", "en"),
        ("정부, AI 방역 총력", "가금 농가 살처분", "ko"),
        ("Air India's AI-302 returns to Delhi", "The airline blamed a technical snag.", "en"),
        ("Ai lettori: le nuove regole del governo per le pensioni", "", "it"),
        ("Mi változik a kormány tervei szerint?", "", "hu"),
    ],
)
def test_a_homonym_is_not_ai(title: str, text: str, lang: str) -> None:
    assert rules_of(title, text, lang) == set()


def test_an_article_that_names_ai_far_down_is_left_alone() -> None:
    body = (
        "The government presented its harbour strategy. " * 40 + "Artificial intelligence may help, the minister said."
    )
    assert rules_of("Ministry presents national harbour strategy", body, "en") == set()


def test_evidence_says_what_counted_and_how_much() -> None:
    (match, *_) = rulebook().match(
        *read("Cabinet approves national AI strategy", "The minister named a council.", "en")
    )
    assert match.evidence
    assert any(piece.text == "AI" for piece in match.evidence)
    assert all(0 <= piece.start <= piece.end for piece in match.evidence)


@pytest.mark.parametrize("title", ["", "AI", "ИИ " * 1000, "\u202e人工智能\u0000", "a" * 5000])
def test_any_text_will_do(title: str) -> None:
    rules_of(title, title, "")


def test_a_part_of_the_corpus_is_judged_as_measured() -> None:
    rows = [json.loads(line) for line in (CORPUS / "dev.jsonl").read_text("utf-8").splitlines()][::5]
    right = sum(bool(rules_of(row["title"], row["summary"], row["lang"])) == row["relevant"] for row in rows)
    assert right / len(rows) > 0.92
