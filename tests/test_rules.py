"""The rule language: what each operator and condition means, and what is said when it does not hold."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from random_rules import NOW
from watcher.model import Amount, Entry, Facts, Feed, Found, Item, Match, Span
from watcher.rules import (
    Explanation,
    Line,
    RuleSpec,
    RuleTest,
    ScoreSpec,
    VocabularySpec,
    VocabularyTerm,
    Weight,
    Where,
    check_tests,
    compile_rules,
)
from watcher.text import read
from watcher.text.tables import language_table, languages

FEED = Feed("https://example.org/feed", name="Example", tags=frozenset({"government", "kr"}))
NO_FACTS = Facts()
AT = Span("title", 0, 5)


def item(title: str, summary: str = "", lang: str = "en", **fields: Any) -> Item:
    entry = Entry(
        title, summary, url="https://news.example/kr/ai-fund", author="Ada Lovelace", categories=("Policy", "AI")
    )
    values: dict[str, Any] = {"feed": FEED, "source": "Yonhap News", "published": NOW, "seen_at": NOW} | fields
    return Item("1", entry=entry, title=read(title), summary=read(summary), lang=lang, **values)


def vocabulary(name: str, **terms: list[str]) -> VocabularySpec:
    return VocabularySpec(
        name, tuple(VocabularyTerm(term, lang.replace("_", "-")) for lang in terms for term in terms[lang])
    )


AI = vocabulary(
    "ai",
    en=["artificial intelligence", "=AI"],
    fr=["intelligence artificielle", "=IA"],
    ru=["искусственный~ интеллект~", "=ИИ"],
    zh_Hans=["人工智能"],
    any=["machine learning"],
)
INVEST = vocabulary("invest", any=["fund*", "invest*", "fonds"], zh=["投资", "基金"])


def matches(expression: str, *items: Item, facts: Facts = NO_FACTS, **spec: Any) -> list[bool]:
    rulebook = compile_rules([RuleSpec("rule", Line(expression), **spec)], [AI, INVEST])
    return [bool(rulebook.match(one, facts)) for one in items]


def holds(expression: str, title: str, summary: str = "", lang: str = "en", facts: Facts = NO_FACTS) -> bool:
    return matches(expression, item(title, summary, lang), facts=facts)[0]


def explain(expression: str, one: Item, facts: Facts = NO_FACTS) -> Explanation:
    (answer,) = compile_rules([RuleSpec("rule", Line(expression))], [AI, INVEST]).explain(one, facts)
    return answer


@pytest.mark.parametrize(
    ("expression", "title", "expected"),
    [
        ("a AND b", "a b", True),
        ("a b", "b then a", True),
        ("a AND b", "a", False),
        ("a OR b AND c", "a", True),
        ("(a OR b) AND c", "a", False),
        ("a NOT b", "a", True),
        ("a NOT b", "a b", False),
        ("a AND NOT b OR c", "a b c", True),
        ('"exact phrase"', "the exact phrase", True),
        ('"exact phrase"', "phrase exact", False),
        ('"exact phrase"', "exact-phrase", True),
        ("fund*", "funding", True),
        ("fund*", "refund", False),
        ('"sovereign fund*"', "sovereign funds", True),
        ("=IT", "IT budget", True),
        ("=IT", "buy it", False),
        (r"/\bgpt-?\d+\b/", "GPT-4 is out", True),
        (r"/\bgpt-?\d+\b/", "xGPT-4 is out", False),
        (r"=/GPT\d/", "gpt4", False),
        ("a NEAR/2 b", "a x b", True),
        ("a NEAR/2 b", "b x a", True),
        ("a NEAR/2 b", "a x x b", False),
        ("a ONEAR/2 b", "a x b", True),
        ("a ONEAR/2 b", "b x a", False),
        ("a NEAR/1 b NEAR/1 c", "a b c", True),
        ("a NEAR/1 b NEAR/1 c", "a b x c", False),
        ("(a OR z) NEAR/1 b", "a b", True),
        ("a NEAR/5 a", "a", False),
        ("a NEAR/5 a", "a a", True),
        ("SENTENCE(fund AND minister)", "A fund. The minister left.", False),
        ("SENTENCE(fund AND minister)", "The minister and the fund. Nobody else.", True),
        ("SENTENCE(fund NOT minister)", "The minister and the fund. A fund alone.", True),
        ("@ai", "Machine learning", True),
        ("@ai NEAR/3 @invest", "AI will be funded", True),
        ("lang:en", "a", True),
        ("lang:[fr, de]", "a", False),
        ("tag:government", "a", True),
        ('source:"yonhap"', "a", True),
        ("source:hap", "a", False),
        ("feed:Example", "a", True),
        ('feed:"https://example.org/*"', "a", True),
        ('author:"ada lovelace"', "a", True),
        ("category:policy", "a", True),
        ("url:ai", "a", True),
        ("url:(kr AND fund)", "a", True),
        ("url:und", "a", False),
    ],
)  # fmt: skip
def test_operator(expression: str, title: str, expected: bool) -> None:
    assert holds(expression, title) is expected


def test_scopes_look_where_they_say() -> None:
    both = item("A fund", "A minister")
    assert matches("title:fund", both) == [True]
    assert matches("title:minister", both) == [False]
    assert matches("title:(fund AND minister)", both) == [False]
    assert matches("title:fund summary:minister", both) == [True]
    assert matches("title:[minister, fund]", both) == [True]
    assert matches("text:(fund AND minister)", both) == [True]


def test_the_lead_is_the_title_and_the_beginning_of_the_summary() -> None:
    long = item(
        "A plan", "The minister speaks of a fund. " + "More words follow here. " * 30 + "At last a gigafactory."
    )
    assert matches("lead:(plan AND fund)", long) == [True]
    assert matches("lead:gigafactory", long) == [False]
    assert matches("summary:gigafactory", long) == [True]
    assert matches("lead:SENTENCE(minister AND fund)", long) == [True]
    assert matches("SENTENCE(lead:minister AND fund)", long) == [True]


def test_near_counts_characters_of_running_scripts_twofold() -> None:
    assert holds("人工智能 NEAR/2 基金", "人工智能产业的基金", lang="zh-Hans") is True
    assert holds("人工智能 NEAR/1 基金", "人工智能产业的基金", lang="zh-Hans") is False


FACTS = Facts(
    countries=(Found("KR", AT),),
    amounts=(Amount("2bn", Decimal(2 * 10**12), "KRW", Decimal(1_400_000_000), AT),),
    stage=Found("planned", AT),
    instruments=(Found("fund", AT), Found("loan", AT)),
    actors=(Found("Samsung Electronics", AT),),
)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("country:KR", True),
        ("country:kr", True),
        ("country:[FR, KR]", True),
        ("country:(FR OR KR)", True),
        ('country:"South Korea"', True),
        ("country:FR", False),
        ("NOT country:FR", True),
        ("stage:planned", True),
        ("stage:[enacted, launched]", False),
        ("instrument:loan", True),
        ("actor:samsung", True),
        ("actor:sam", False),
        ("amount>=1bn USD", True),
        ("amount >= 1bn USD", True),
        ("amount>=$1bn", True),
        ("amount>=1.4bn USD", True),
        ("amount>1.4bn USD", False),
        ("amount<1bn USD", False),
        ("amount>=2tn KRW", True),
        ("amount>=1,000,000,000 USD", True),
        ("amount>=100m EUR", True),
        ("amount>=900bn EUR", False),
        ("title:(country:KR)", True),
        ("title:country:KR", True),
        ("title:country:[FR, KR]", True),
        ("summary:country:KR", False),
        ("summary:(country:KR)", False),
        ("summary:(amount>=1bn USD)", False),
        ("korea NEAR/3 amount>=1bn USD", False),
    ],
)
def test_fact(expression: str, expected: bool) -> None:
    assert holds(expression, "Korea plans", facts=FACTS) is expected


def test_a_fact_has_a_place_for_near() -> None:
    facts = Facts(amounts=(Amount("2bn", Decimal(2 * 10**9), "USD", Decimal(2 * 10**9), Span("title", 12, 15)),))
    assert holds("Korea NEAR/3 amount>=1bn USD", "Korea plans 2bn", facts=facts) is True
    assert holds("Korea NEAR/1 amount>=1bn USD", "Korea plans 2bn", facts=facts) is False


def test_an_uncertain_amount_decides_nothing() -> None:
    doubtful = Facts(amounts=(Amount("2bn", Decimal(2 * 10**9), "USD", Decimal(2 * 10**9), AT, uncertain=True),))
    assert holds("amount>=1bn USD", "a", facts=doubtful) is False
    assert holds("amount<9bn USD", "a", facts=doubtful) is False
    assert "uncertain" in explain("amount>=1bn USD", item("a"), doubtful).reason


def test_lists_are_terms_and_must_hold_together() -> None:
    spec = RuleSpec(
        "rule", any=(Line("sovereign AI"), Line("AI gigafactory")), none=(Line("bird flu"),), all=(Line("korea"),)
    )
    rulebook = compile_rules([spec])
    titles = ["Korea: sovereign AI", "Sovereign AI", "Korea: AI is sovereign", "Korea: AI gigafactory and bird flu"]
    assert [bool(rulebook.match(item(title), NO_FACTS)) for title in titles] == [True, False, False, False]


def test_list_entries_may_use_the_language() -> None:
    spec = RuleSpec(
        "rule", any=(Line("@ai NEAR/3 @invest"), Line("title:gigafactory"), Line('"sovereign compute" OR x'))
    )
    rulebook = compile_rules([spec], [AI, INVEST])
    titles = ["an AI fund", "a gigafactory", "sovereign compute", "AI is not a thing that one would fund"]
    assert [bool(rulebook.match(item(title), NO_FACTS)) for title in titles] == [True, True, True, False]


def weighted(*lines: tuple[str, float], at_least: float = 5, base: float = 0) -> RuleSpec:
    return RuleSpec("rule", score=ScoreSpec(at_least, tuple(Weight(*line) for line in lines), base))


def test_weights_add_up() -> None:
    rulebook = compile_rules([weighted(("@ai NEAR/10 @invest", 4), ("title:@ai", 2), ("corporate", -3))], [AI, INVEST])
    (match,) = rulebook.match(item("An AI fund"), NO_FACTS)
    assert match.score == pytest.approx(0.731, abs=0.001)
    assert rulebook.match(item("A corporate AI fund"), NO_FACTS) == ()
    (answer,) = rulebook.explain(item("A corporate AI fund"), NO_FACTS)
    assert answer.reason == "score 3 of 5, held down by corporate (-3)"
    assert next((part.expression, part.held) for part in answer.parts) == ("@ai NEAR/10 @invest", True)


def test_a_base_moves_the_threshold() -> None:
    assert compile_rules([weighted(("a", 1), at_least=0, base=-1)]).match(item("a"), NO_FACTS)
    assert not compile_rules([weighted(("a", 1), at_least=0, base=-1.5)]).match(item("a"), NO_FACTS)
    only_negative = compile_rules([weighted(("a", -1), at_least=0, base=0.5)])
    assert [bool(only_negative.match(item(title), NO_FACTS)) for title in ("a", "b")] == [False, True]
    assert [warning.severity for warning in only_negative.warnings] == ["warning"]


def test_rules_build_on_rules() -> None:
    rules = [
        RuleSpec("third", Line("rule:second NOT c")),
        RuleSpec("second", Line("rule:first b")),
        RuleSpec("first", Line("a"), tags=frozenset({"government"})),
    ]
    rulebook = compile_rules(rules)
    assert [match.rule for match in rulebook.match(item("a b"), NO_FACTS)] == ["third", "second", "first"]
    assert [match.rule for match in rulebook.match(item("a b c"), NO_FACTS)] == ["second", "first"]
    answers = {answer.rule: answer for answer in rulebook.explain(item("a"), NO_FACTS)}
    assert answers["third"].reason == "rule:second does not hold: b does not occur"
    (third,) = (match for match in rulebook.match(item("a b"), NO_FACTS) if match.rule == "third")
    assert [piece.text for piece in third.evidence] == ["a", "b"]


def test_scopes_narrow_a_rule() -> None:
    other = Feed("https://other.example", name="Other")
    assert matches("a", item("a"), item("a", feed=other), tags=frozenset({"Government"})) == [True, False]
    assert matches("a", item("a"), item("a", lang="pt-BR"), item("a", lang="pt"), langs=frozenset({"pt"})) == [
        False,
        True,
        True,
    ]
    assert matches("a", item("a"), item("a", feed=other), feeds=frozenset({"https://other.example"})) == [False, True]
    assert matches("a", item("a"), item("a", feed=other), feeds=frozenset({"example"})) == [True, False]


def test_a_quorum_travels_with_the_match() -> None:
    rulebook = compile_rules([RuleSpec("rule", Line("a"), within=timedelta(hours=2), publishers=3, severity="high")])
    (match,) = rulebook.match(item("a"), NO_FACTS)
    assert match.quorum is not None
    assert (match.quorum.publishers, match.quorum.within, match.severity) == (3, timedelta(hours=2), "high")


# Vocabularies and languages


@pytest.mark.parametrize(
    ("title", "lang", "expected"),
    [
        ("Plan pour l'intelligence artificielle", "fr", True),
        ("Plan pour l'intelligence artificielle", "en", True),
        ("L'IA souveraine", "fr", True),
        ("Air India: flight IA 7", "en", False),
        ("L'IA souveraine", "und", True),
        ("AI przepisy", "pl", False),
        ("стратегия искусственного интеллекта", "ru", True),
        ("стратегия искусственного интеллекта", "bg", True),
        ("ИИ в школах", "ru", True),
        ("人工智能", "ja", True),
        ("machine learning", "sw", True),
    ],
)
def test_vocabulary_terms_are_scoped_when_short(title: str, lang: str, expected: bool) -> None:
    assert holds("@ai", title, lang=lang) is expected


def test_vocabularies_take_in_others() -> None:
    more = VocabularySpec("more", (VocabularyTerm("@ai"), VocabularyTerm("robotics", "en")))
    rulebook = compile_rules([RuleSpec("rule", Line("@more"))], [more, AI])
    assert [bool(rulebook.match(item(title), NO_FACTS)) for title in ("robotics", "machine learning", "x")] == [
        True,
        True,
        False,
    ]


def test_no_word_that_hides_a_term_holds_a_space() -> None:
    """The engine takes a term between two spaces for whole without asking further; a table must not say otherwise."""
    tables = [language_table(lang) for lang in languages()]
    assert not [word for table in tables for word in table.get("not_within", ()) if " " in word]


# Evidence and reasons


def evidence(match: Match) -> list[tuple[str, str, str]]:
    return [(piece.field, piece.text, piece.term) for piece in match.evidence]


def test_evidence_stands_in_the_text_as_given() -> None:
    one = item(
        "Séoul lance un fonds d&rsquo;<b>intelligence\u00adartificielle</b>", "Un ＦＯＮＤＳ pour l’IA.", lang="fr"
    )
    spec = RuleSpec("rule", Line("@ai NEAR/6 @invest"))
    (match,) = compile_rules([spec], [AI, INVEST]).match(one, NO_FACTS)
    assert evidence(match) == [("summary", "IA", "=IA"), ("summary", "ＦＯＮＤＳ", "fonds")]
    for piece in match.evidence:
        text = {"title": one.title, "summary": one.summary}[piece.field]
        assert text.plain[piece.start : piece.end] == piece.text


@pytest.mark.parametrize(
    ("expression", "title", "reason"),
    [
        ("@ai NEAR/5 @invest", "AI one two three four five six seven eight fund", "@ai NEAR/5 @invest: nearest 9 words apart, «AI» and «fund» in the title"),
        ("@ai NEAR/5 @invest", "an AI law", "no term of @invest occurs"),
        ("ai ONEAR/5 fund", "fund the ai", "ai ONEAR/5 fund: they stand in the other order only"),
        ("a AND b AND c", "a", "b does not occur (and 1 more condition fails)"),
        ("a NOT @invest", "a fund", "excluded by NOT @invest: «fund» (fund*) stands in the title"),
        ("a NOT flu", "a flu", "excluded by NOT flu: «flu» stands in the title"),
        ("summary:a", "a", "a does not occur in the summary"),
        ("SENTENCE(fund AND law)", "A fund. The law.", "SENTENCE(fund AND law): all of it occurs, but not in one sentence"),
        ("country:FR", "Korea plans", "country:FR: the item's country is KR"),
        ("amount>=5bn USD", "x", "amount>=5bn USD: the sums stated are «2bn» (2,000,000,000,000 KRW, about 1,400,000,000 USD)"),
        ("stage:enacted", "x", "stage:enacted: the item's stage is planned"),
        ("lang:fr", "x", "lang:fr: the item's lang is en"),
        ("x OR y", "z", "x does not occur; y does not occur"),
        ("a OR b OR c OR d OR e OR f OR g", "z", "none of 7 alternatives holds: a OR b OR c OR d OR e OR f OR g"),
    ],
)  # fmt: skip
def test_the_smallest_reason(expression: str, title: str, reason: str) -> None:
    answer = explain(expression, item(title), FACTS)
    assert not answer.matched
    assert answer.reason == reason


def test_a_term_of_another_language_says_so() -> None:
    spec = VocabularySpec("v", (VocabularyTerm("=IA", "fr"),))
    (answer,) = compile_rules([RuleSpec("rule", Line("@v"))], [spec]).explain(item("IA"), NO_FACTS)
    assert answer.reason == "no term of @v occurs"


# Examples that rules carry


def test_examples_are_run_and_failures_point_to_their_line() -> None:
    tests = (
        RuleTest(True, title="an AI fund", where=Where("rules.yaml", 7, 9)),
        RuleTest(False, title="an AI fund", where=Where("rules.yaml", 8, 9)),
        RuleTest(True, text="nothing", where=Where("rules.yaml", 9, 9)),
    )
    rulebook = compile_rules([RuleSpec("rule", Line("@ai AND @invest"), tests=tests)], [AI, INVEST])
    problems = check_tests(rulebook, lambda test: (item(test.title, test.text), NO_FACTS))
    assert [(problem.file, problem.line, problem.column) for problem in problems] == [
        ("rules.yaml", 8, 9),
        ("rules.yaml", 9, 9),
    ]
    assert problems[0].message == "rule «rule»: its test should not match, and does: an AI fund"
    assert problems[0].hint == "held by «AI» (=AI), «fund» (fund*)"
    assert problems[1].hint == "no term of @ai occurs (and 1 more condition fails)"


def test_a_fact_that_stands_elsewhere_is_said_to() -> None:
    korea = Facts(countries=(Found("KR", Span("summary", 0, 5)),))
    answer = explain("title:country:KR", item("A fund", "Korea plans it"), korea)
    assert answer.reason == "country:KR: true of the item, but not stated in the title"
