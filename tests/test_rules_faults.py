"""What a person sees when a rule is wrong: the place, a caret, a remedy; and nothing that hangs or overflows."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watcher.errors import Problem, RuleError
from watcher.rules import Line, RuleSpec, ScoreSpec, VocabularySpec, VocabularyTerm, Weight, Where, compile_rules
from watcher.rules.faults import Fault
from watcher.rules.syntax import parse

AI = VocabularySpec("ai", (VocabularyTerm("=AI", "en"),))
INVESTMENT = VocabularySpec("investment", (VocabularyTerm("fund", "en"),))


def problems(*rules: RuleSpec, vocabularies: tuple[VocabularySpec, ...] = (AI, INVESTMENT)) -> list[Problem]:
    with pytest.raises(RuleError) as caught:
        compile_rules(rules, vocabularies)
    return caught.value.problems


def problem(expression: str) -> Problem:
    (found,) = problems(RuleSpec("x", Line(expression, Where("rules.yaml", 4, 12))))
    return found


def test_a_problem_shows_place_line_caret_and_remedy() -> None:
    assert str(problem("@ai NEAR/5 (fund OR loan")) == (
        "rules.yaml:4:23: rule «x»: this ( is never closed\n    @ai NEAR/5 (fund OR loan\n               ^ (add a ))"
    )


def test_the_caret_stands_under_wide_characters() -> None:
    assert problem("人工智能 AND country:XX").message.splitlines()[1:] == [
        "    人工智能 AND country:XX",
        "                         ^^",
    ]


def test_a_place_in_a_later_line_of_a_block() -> None:
    found = problem("fund\n  AND country:XX")
    assert (found.line, found.column) == (5, 15)


@pytest.mark.parametrize(
    ("expression", "message", "hint"),
    [
        ("", "the expression is empty", "write at least one term"),
        ("a AND", "nothing follows AND", "add a term, or remove it"),
        ("a AND OR b", "nothing follows AND", "add a term, or remove it"),
        ("OR b", "nothing stands before OR", "write something before it, or quote it if the word is meant"),
        ("a)", "nothing is open that this ) closes", "remove it, or add the ( it belongs to"),
        ("()", "nothing stands in these parentheses", "remove them"),
        ("a NEAR b", "NEAR needs a distance", "write NEAR/10"),
        ("a NEAR/0 b", "NEAR takes 1 to 1000 words", "write NEAR/10"),
        ("a ONEAR/9999 b", "ONEAR takes 1 to 1000 words", "write ONEAR/10"),
        ("NOT a NEAR/5 b", "NOT can not stand inside NEAR", "write NOT (a NEAR/5 b)"),
        ("a NEAR/5 (b AND c)", "AND can not stand inside NEAR", "write (a NEAR/5 b) AND (a NEAR/5 c)"),
        ("a NEAR/5 lang:fr", "this has no place in the text, so nothing can be near it", "write a AND lang:fr"),
        ("SENTENCE a", "SENTENCE needs parentheses", "write SENTENCE(a AND b)"),
        ('"abc', "this quote is never closed", 'add a " after the phrase'),
        ("a, b", "terms are not separated by commas", "write OR between them"),
        ("title:", "title: has nothing to look for", "write title:something"),
        ("=Fund~", "= (exact case) and ~ (inflected forms) contradict each other", "write =Fund for this case, or Fund~ for its forms"),
        ("*fund", "* can only end a word, not stand in «*fund»", "word* matches beginnings; word~ also finds it inside compounds; else a /regex/"),
        ("f*", "«f*» matches far too much", "write at least two letters before *"),
        ("@", "@ needs the name of a vocabulary", "write @name; quote it if the sign is meant"),
        ("@a", "no vocabulary is called «a»", "did you mean ai?"),
        ("@invesment", "no vocabulary is called «invesment»", "did you mean investment?"),
        ("rule:other", "no rule is called «other»", "known are x"),
        ("country:XX", "no country has the code «XX»", "use ISO 3166 codes such as KR, FR, EU"),
        ("country:Germny", "no country has the code «Germny»", "did you mean DE (Germany)?"),
        ("stage:planed", "no stage is called «planed»", "did you mean planned?"),
        ("instrument:funds", "no instrument is called «funds»", "did you mean fund?"),
        ("lang:english", "no language has the code «english»", "did you mean en (English)?"),
        ("amount>=1bn", "the sum names no currency", "write amount>=1bn USD"),
        ("amount>=1bn UDS", "no currency has the code «UDS»", "did you mean USD?"),
        ("amount>=lots", "«lots» is no sum of money", "write amount>=1bn USD"),
        ("amuont>=1bn USD", "«amuont» can not be compared", "did you mean amount?"),
        ("country:[KR, FR", "this list is never closed", "add a ]"),
        ("country:[]", "this list is empty", "name at least one value"),
        ("titel:fund", "no field is called «titel»", "did you mean title?"),
        ("/fund", "this regular expression is never closed", "add a / after it"),
        ("/(?=a)b/", "look-around is not known", "use NOT, NEAR or SENTENCE of the rule language instead"),
        (r"/(a)\1/", "back-references are not known", "write the text out"),
        ("/a{5000}/", "RE2 refuses this regular expression: invalid repetition size: {5000}", "repeat less, at most 1000 times"),
        ("/a*/", "this regular expression matches the empty text, so always", "make at least one part of it required"),
        ("/[a/", "this [ is never closed", "add a ], or write \\["),
        (r"/foo\bbar/", "\\b can never hold here", "remove it"),
        ("/" + "ab" * 600 + "/", "a regular expression of 1200 characters, 1000 is the limit", "split it"),
        ("\u00ad", "nothing is left of this term once it is folded", "write letters or digits"),
    ],
)  # fmt: skip
def test_the_remedy_is_named(expression: str, message: str, hint: str) -> None:
    found = problem(expression)
    assert found.message.splitlines()[0] == f"rule «x»: {message}"
    assert hint in found.hint


def test_every_problem_is_told_at_once() -> None:
    rules = (
        RuleSpec("one", Line("a AND", Where("r.yaml", 1, 1))),
        RuleSpec("two", any=(Line("@nobody", Where("r.yaml", 2, 5)),)),
        RuleSpec("three", score=ScoreSpec(1, (Weight("(", 1, Where("r.yaml", 3, 5)),))),
        RuleSpec("four", where=Where("r.yaml", 4, 1)),
        RuleSpec("four", Line("a"), where=Where("r.yaml", 5, 1)),
        RuleSpec("five", Line("a"), within=timedelta(hours=2), where=Where("r.yaml", 6, 1)),
    )
    assert [found.line for found in problems(*rules)] == [1, 2, 3, 4, 5, 6]


def test_every_fault_of_one_expression_is_told() -> None:
    (spec,) = [
        RuleSpec("x", Line("country:[KR, Germny] @aii OR title:(titel:a NEAR/3 amount>=1bn UDS) NOT stage:planed"))
    ]
    said = [found.message.splitlines()[0].removeprefix("rule «x»: ") for found in problems(spec)]
    assert said == [
        "no country has the code «Germny»",
        "no vocabulary is called «aii»",
        "no field is called «titel»",
        "no currency has the code «UDS»",
        "no stage is called «planed»",
    ]


def test_a_language_that_does_not_exist_is_refused_wherever_it_stands() -> None:
    words = VocabularySpec(
        "words", (VocabularyTerm("fund", "englsh", Where("r.yaml", 2, 9)), VocabularyTerm("fonds", "fr"))
    )
    found = problems(
        RuleSpec("x", Line("a", Where("r.yaml", 5, 1)), langs=frozenset({"korean"})), vocabularies=(words,)
    )
    assert [(one.message, one.hint) for one in found] == [
        ("rule «x»: no language has the code «korean»", "did you mean ko (Korean)?"),
        ("vocabulary «words»: no language has the code «englsh»", "did you mean en (English)?"),
    ]


def test_circles_are_refused() -> None:
    rules = (RuleSpec("a", Line("x rule:b")), RuleSpec("b", Line("rule:a")), RuleSpec("c", Line("fine")))
    assert "rules build on each other in a circle: a → b → a" in problems(*rules)[0].message
    itself = problems(RuleSpec("me", Line("rule:me")))
    assert "a circle: me → me" in itself[0].message
    vocabularies = (VocabularySpec("p", (VocabularyTerm("@q"),)), VocabularySpec("q", (VocabularyTerm("@p"),)))
    assert "@p → @q → @p" in problems(vocabularies=vocabularies)[0].message


def test_a_long_chain_of_rules_is_refused_not_overflowed() -> None:
    rules = [RuleSpec("r0", Line("a"))] + [
        RuleSpec(f"r{number}", Line(f"rule:r{number - 1}")) for number in range(1, 3000)
    ]
    assert "more than 20 rules build on each other" in problems(*rules)[0].message


@pytest.mark.parametrize(
    "expression",
    [
        "(" * 5000 + "a" + ")" * 5000,
        "NOT " * 5000 + "a",
        "title:" * 5000 + "a",
        "SENTENCE(" * 5000,
        "a " + "NEAR/5 b " * 5000,
        "a " * 200_000,
        "(" * 200_000,
        "/" + "(" * 900 + "/",
        "/((a{1,1000}){1,1000}){1,1000}/",
        "country:[" + "KR," * 10_000 + "]",
    ],
    ids=["parentheses", "not", "scopes", "sentences", "near", "long", "open", "regex", "repeats", "list"],
)
def test_nothing_hangs_or_overflows(expression: str) -> None:
    begun = time.process_time()
    try:
        compile_rules([RuleSpec("x", Line(expression))])
    except RuleError as error:
        assert all(len(found.message) < 600 for found in error.problems)
    assert time.process_time() - begun < 5


@settings(max_examples=300, derandomize=True, deadline=None, database=None)
@given(st.text(alphabet='ab@=*~"/()[]:<>-,. ANDORTE1\\“é人', max_size=40))
def test_any_text_parses_or_says_why(text: str) -> None:
    try:
        parse(text)
    except Fault as fault:
        assert fault.message and fault.hint
        assert 0 <= fault.start < fault.end


def warnings(*rules: RuleSpec) -> list[str]:
    return [found.message.splitlines()[0] for found in compile_rules(rules, (AI,)).warnings]


def test_rules_that_every_item_pays_for_are_warned_of() -> None:
    assert warnings(RuleSpec("x", Line(r"/\d+ \w+/"))) == [
        "rule «x»: only regular expressions without fixed text decide, so every item must be searched"
    ]
    assert warnings(RuleSpec("x", Line("NOT a"))) == [
        "rule «x»: it names nothing that must occur, so every item is looked at"
    ]
    assert warnings(RuleSpec("x", Line(r"/\d+ million/"))) == []
    assert warnings(RuleSpec("x", Line("NOT a AND country:KR"))) == []


@pytest.mark.parametrize(
    ("expression", "message", "hint"),
    [
        ("fund and loan", "«and» in lower case is a word to match", "write AND for the operator"),
        ("fund near/5 loan", "«near/5» in lower case is a word to match", "write NEAR/5"),
        ("sentence(fund AND loan)", "«sentence» in lower case is a word to match", "write SENTENCE( )"),
        ("fund && loan", "«&&» is a sign to match", "write AND"),
        ("fund || loan", "«||» is a sign to match", "write OR"),
        ("fund -loan", "«-loan» is a word to match", "write NOT loan"),
        ("fund !loan", "«!loan» is a word to match", "write NOT loan"),
        ("+fund loan", "«+fund» is a word to match", "leave the + out"),
        ("~fund", "the ~ of «~fund» is a sign to match", "write fund~"),
        ("f?nd", "the ? of «f?nd» is a sign to match", "write word* for beginnings"),
        ("fund *", "«*» is a sign to match", "leave it out"),
        ("=@ai", "«=@ai» is a word to match", "write @ai"),
        ("fund country!=KR", "«country!=KR» is a word to match", "write NOT field:value"),
        (r"/gpt-\d/i", "«i» behind the regular expression is a word to match", "any case is matched"),
        ("country:US OR KR", "«KR» is a word to match, no country", "write country:[…, KR]"),
        ("stage:planned OR funded OR bird", "«funded» is a word to match, no stage", "write stage:[…, funded]"),
    ],
)
def test_what_is_seldom_meant_is_warned_of(expression: str, message: str, hint: str) -> None:
    (warning,) = compile_rules([RuleSpec("x", Line(expression))], (AI,)).warnings
    assert warning.message.splitlines()[0] == f"rule «x»: {message}"
    assert hint in warning.hint


@pytest.mark.parametrize(
    "expression",
    [
        "R&D",
        "C++ AND AT&T",
        '"what?" OR "-loan"',
        "e-mail",
        "KR OR country:US fund",
        "/a&b|c!/ fund",
        "title:US OR KR",
        '"and" fund',
    ],
)
def test_what_is_meant_is_not_warned_of(expression: str) -> None:
    assert [
        found for found in compile_rules([RuleSpec("x", Line(expression))]).warnings if "to match" in found.message
    ] == []
