"""The second opinion of weighted rules: asked only where it decides, silent without an encoder, told in the evidence."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from watcher import facts
from watcher.errors import RuleError
from watcher.model import Entry, Feed, Item
from watcher.pipeline import read_entry
from watcher.rules import Line, OpinionSpec, RuleSpec, ScoreSpec, Weight, compile_rules
from watcher.rules.opinion import SIZE, read_vector
from watcher.rules.spec import Where
from watcher.text import meaning
from watcher.text.packing import pack, unpack

ITEM: Item = read_entry(
    Entry(title="Korea plans a fund", guid="1", lang="en"), Feed(url="u"), datetime(2026, 1, 1, tzinfo=UTC)
)
YES = pack((1.0,) + (0.0,) * (SIZE - 1))


def rule(at_least: float, opinion: OpinionSpec | None) -> RuleSpec:
    score = ScoreSpec(at_least, (Weight("fund", 1.0), Weight("missing", 5.0)), opinion=opinion)
    return RuleSpec(name="r", match=Line("korea"), score=score)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """An encoder that answers with the first direction, and what it was asked."""
    texts: list[str] = []

    def vector(text: str) -> tuple[float, ...]:
        texts.append(text)
        return (1.0,) + (0.0,) * (SIZE - 1)

    monkeypatch.setattr(meaning, "vector", vector)
    return texts


@pytest.mark.parametrize(
    ("at_least", "weight", "matches", "is_asked"),
    [
        (1.5, 1.0, True, True),
        (1.5, 0.4, False, False),
        (0.5, 0.4, True, False),
        (0.5, -1.0, False, True),
        (9.0, 1.0, False, False),
    ],
)
def test_it_is_asked_only_where_it_can_turn_the_verdict(
    asked: list[str], at_least: float, weight: float, matches: bool, is_asked: bool
) -> None:
    book = compile_rules([rule(at_least, OpinionSpec(YES, weight, limit=1.0))], [])
    assert bool(book.match(ITEM, facts.extract(ITEM))) is matches
    assert bool(asked) is is_asked


def test_it_stands_in_the_evidence_with_its_weight(asked: list[str]) -> None:
    book = compile_rules([rule(1.5, OpinionSpec(YES, 1.0, limit=1.0))], [])
    (match,) = book.match(ITEM, facts.extract(ITEM))
    assert [(one.term, one.why) for one in match.evidence if one.field == "opinion"] == [
        ("opinion", "reads like such news with 73%, +1")
    ]
    (told,) = book.explain(ITEM, facts.extract(ITEM))
    assert ("opinion", 1.0) in [(part.expression, part.weight) for part in told.parts]


def test_without_an_encoder_only_the_words_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meaning, "vector", lambda text: None)
    for at_least, expected in ((1.0, True), (1.1, False)):
        book = compile_rules([rule(at_least, OpinionSpec(YES, 3.0, base=1.0))], [])
        assert bool(book.match(ITEM, facts.extract(ITEM))) is expected


@pytest.mark.parametrize("packed", ["", "1 abc", "x y", "1 " + "é", pack((1.0, 2.0))])
def test_a_vector_that_is_none_is_refused_with_a_remedy(packed: str) -> None:
    with pytest.raises(RuleError) as caught:
        compile_rules([rule(1.5, replace(OpinionSpec(YES, 1.0), vector=packed))], [])
    assert "opinion: " in str(caught.value)


def test_a_vector_survives_packing_within_a_step() -> None:
    values = tuple(((index * 37) % 101 - 50) / 10 for index in range(SIZE))
    assert max(abs(a - b) for a, b in zip(values, read_vector(pack(values)), strict=True)) <= 5.0 / 127


def test_two_bytes_keep_a_number_within_half_a_step() -> None:
    values = (0.5, -1.0, 0.123456, 0.0)
    assert unpack(pack(values, size=2), size=2) == pytest.approx(values, abs=0.5 / 32767)


@pytest.mark.parametrize("packed", ["x 0000", "1 é", "1 11", "inf " + pack((1.0,), size=2).split()[1]])
def test_what_is_no_packed_vector_is_refused(packed: str) -> None:
    with pytest.raises(ValueError, match="vector"):
        unpack(packed, size=2)


def test_an_opinion_without_weight_adds_its_base_and_says_so(asked: list[str]) -> None:
    book = compile_rules([rule(1.5, OpinionSpec(YES, 0.0, base=1.0))], [])
    (match,) = book.match(ITEM, facts.extract(ITEM))
    assert [one.why for one in match.evidence if one.field == "opinion"] == ["has no weight, +1"]


def test_rules_that_weigh_alike_ask_once_wherever_they_are_written(asked: list[str]) -> None:
    specs = [
        replace(rule(1.5, OpinionSpec(YES, 1.0, limit=1.0, where=Where("a.yaml", line))), name=f"r{line}")
        for line in (1, 2)
    ]
    book = compile_rules(specs, [])
    assert len(book.match(ITEM, facts.extract(ITEM))) == 2
    assert len(asked) == 1
