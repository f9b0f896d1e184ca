"""Configuration: what is read, and how what is wrong is said."""

from __future__ import annotations

import json
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from watcher.config import load
from watcher.config.schema import json_schema, parse_size
from watcher.config.tree import read_tree
from watcher.durations import parse_duration
from watcher.errors import ConfigError
from watcher.location import find_config

ROOT = Path(__file__).parent.parent

MINIMAL = """
feeds:
  - https://example.org/rss
rules:
  - {name: mine, any: [budget]}
channels:
  - {name: desk, url: "console://"}
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "watcher.yaml"
    path.write_text(text, "utf-8")
    return path


def problems(folder: Path, text: str, environ: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(written(folder, text), environ or {})
    return [str(problem).replace(str(folder) + "/", "") for problem in caught.value.problems]


def test_a_bare_url_is_a_feed(tmp_path: Path) -> None:
    settings = load(written(tmp_path, MINIMAL), {})
    assert [feed.url for feed in settings.feeds] == ["https://example.org/rss"]
    assert settings.database == str(tmp_path / "watcher.db")
    assert settings.rules[0].any[0].text == "budget"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("polling: {evry: 5m}", "watcher.yaml:1:11: unknown key 'evry' (did you mean 'every'?)"),
        (
            "feeds:\n  - {url: https://a.example/f, nam: x}",
            "watcher.yaml:2:32: unknown key 'nam' (did you mean 'name'?)",
        ),
        ("rules:\n  - {name: a, any: [x]}\n  - {name: a, any: [y]}", "watcher.yaml:3:5: the rule 'a' stands twice"),
        (
            "polling: {every: soon}",
            "watcher.yaml:1:18: polling.every: 'soon' is not a duration; write 30s, 15m, 2h, 7d or 1h30m",
        ),
        (
            "database: a.db\ndatabase: b.db",
            "watcher.yaml:2:1: the key 'database' stands twice (first on line 1: keep one)",
        ),
        ("feeds: &a [https://a.example/f]", "watcher.yaml:1:8: the anchor &a is not allowed"),
        (
            "feeds: !!python/object:os.system [x]",
            "watcher.yaml:1:8: the tag tag:yaml.org,2002:python/object:os.system is not allowed",
        ),
        ("feeds: [ftp://a.example/f]", "watcher.yaml:1:9: 'ftp://a.example/f' is not the address of a feed"),
        ("include: [pack:nonsense]", "watcher.yaml:1:11: no pack of the name 'pack:nonsense'"),
        ("include: [missing.yaml]", "watcher.yaml:1:11: no file missing.yaml"),
        (
            "rules:\n  - name: a\n    any: [x]\n    notify: [dsk]\nchannels:\n  - {name: desk, url: 'console://'}",
            "did you mean 'desk'?",
        ),
        (
            "channels:\n  - {name: d, url: 'console://', quiet_hours: 22-7}",
            "watcher.yaml:2:47: channels.d.quiet_hours:",
        ),
        (
            "channels:\n  - {name: d, url: 'console://', timezone: Paris}",
            "is not a time zone; write one like Europe/Paris",
        ),
        (
            "channels:\n  - {name: d, url: 'console://', escalate: {to: d, after: 30m}}",
            "watcher.yaml:2:5: channel 'd' escalates to itself",
        ),
        ("rules: [\n", "watcher.yaml:2:1: not valid YAML"),
        ("rules:\n  - name: a\n    match: @ai", "put the expression in quotes"),
        ("channels:\n  - {name: d, url: '${NO_SUCH}'}", "the environment variable NO_SUCH is not set"),
        ("channels:\n  - {name: d, url: '${file:none}'}", "can not read"),
        ("channels:\n  - {name: d, url: '${credential:x}'}", "CREDENTIALS_DIRECTORY is not set"),
    ],
)
def test_each_problem_names_its_place_and_remedy(tmp_path: Path, text: str, said: str) -> None:
    found = problems(tmp_path, text)
    assert any(said in problem for problem in found), found


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    found = problems(tmp_path, "databse: x\npolling: {min: never, max: 6h}\nfeeds: [nonsense]")
    assert len(found) >= 2


def test_rules_are_checked_beside_other_faults(tmp_path: Path) -> None:
    """A misspelled key hides neither the expression beside it nor the rules that build on it."""
    text = """
vocabularies: {ai: {en: [=AI]}, broken: {en: {a: b}}}
rules:
  - {name: one, severty: high, match: "@ai titel:x @nobody"}
  - {name: two, match: [a]}
  - {name: three, match: "rule:two rule:one @broken", per: storey}
  - {nme: four, match: a}
polling: {evry: 5m}
"""
    assert [found.splitlines()[0] for found in problems(tmp_path, text)] == [
        "watcher.yaml:2:46: vocabularies.broken.en: expected a list",
        "watcher.yaml:4:17: unknown key 'severty' (did you mean 'severity'?)",
        "watcher.yaml:4:43: rule «one»: no field is called «titel»",
        "watcher.yaml:4:51: rule «one»: no vocabulary is called «nobody»",
        "watcher.yaml:5:24: rules.two.match: expected text",
        "watcher.yaml:6:60: rules.three.per: Input should be 'story' or 'item' (did you mean 'story'?)",
        "watcher.yaml:7:5: rules.3.name: 'name' is missing",
        "watcher.yaml:7:6: unknown key 'nme' (did you mean 'name'?)",
        "watcher.yaml:8:11: unknown key 'evry' (did you mean 'every'?)",
    ]


def test_a_file_that_can_not_be_read_faults_no_rule_that_needs_it(tmp_path: Path) -> None:
    (tmp_path / "words.yaml").write_text("vocabularies: {ai: [", "utf-8")
    found = problems(tmp_path, MINIMAL.replace("any: [budget]", 'match: "@ai"') + "include: [words.yaml]\n")
    assert [line.split(":")[0] for line in found] == ["words.yaml"]


def test_words_that_older_yaml_takes_for_booleans_are_text_and_told_once_a_place(tmp_path: Path) -> None:
    text = """
feeds: [{url: "https://example.org/a", full_text: yes, tags: [on, "off"]}]
vocabularies: {ai: {no: [fond, NO, "NO"]}}
rules:
  - {name: one, any: [country:NO, true], langs: [no], tests: [{text: yes, match: off}]}
"""
    settings = load(written(tmp_path, text), {})
    assert settings.feeds[0].full_text is True
    assert settings.feeds[0].tags == {"on", "off"}
    assert settings.rules[0].tests[0].match is False
    assert [(term.lang, term.text) for term in settings.vocabularies[0].terms] == [
        ("no", "fond"),
        ("no", "NO"),
        ("no", "NO"),
    ]
    assert [warning for warning in settings.warnings if "the extra `fulltext`" not in warning.message] == []
    assert [(note.line, note.column, note.message, note.severity) for note in settings.notes] == [
        (2, 63, "on is read as the text «on», not as true", "note"),
        (3, 21, "no is read as the text «no», not as false", "note"),
        (3, 32, "NO is read as the text «NO», not as false", "note"),
        (5, 35, "true is read as the text «true», not as true", "note"),
        (5, 50, "no is read as the text «no», not as false", "note"),
        (5, 70, "yes is read as the text «yes», not as true", "note"),
    ]


def test_a_key_that_nothing_follows_is_left_out(tmp_path: Path) -> None:
    text = MINIMAL.replace("any: [budget]", "any: [budget], match: , tags: ~, langs: null") + "vocabularies:\n"
    (rule,) = load(written(tmp_path, text), {}).rules
    assert (rule.match, rule.tags, rule.langs) == (None, frozenset(), frozenset())
    (said,) = problems(tmp_path, MINIMAL.replace("[budget]", "[budget, ~]"))
    assert "rules.mine.any.1: expected text (nothing stands here" in said


def test_a_rule_for_a_feed_or_tag_that_does_not_exist_is_warned_of(tmp_path: Path) -> None:
    text = """
feeds: [{url: "https://example.org/a", name: Example, tags: [government]}]
rules: [{name: one, any: [a], feeds: [Exampel, example], tags: [goverment]}]
"""
    assert [(note.column, note.message, note.hint) for note in load(written(tmp_path, text), {}).notes] == [
        (38, "rule 'one': feeds: no feed has «Exampel»", "did you mean 'example'?"),
        (64, "rule 'one': tags: no feed has «goverment»", "did you mean 'government'?"),
    ]


def test_words_stay_words(tmp_path: Path) -> None:
    text = "rules:\n  - name: no-surprise\n    any: [NO, on, 12:30, 010, 1.10, yes, 0x1F]"
    assert [line.text for line in load(written(tmp_path, text), {}).rules[0].any] == [
        "NO",
        "on",
        "12:30",
        "010",
        "1.10",
        "yes",
        "0x1F",
    ]


def test_secrets_come_from_environment_files_and_credentials(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("json://files.example\n")
    (tmp_path / "secret").chmod(0o600)
    (tmp_path / "cred").mkdir()
    (tmp_path / "cred" / "smtp").write_text("json://credentials.example")
    text = "channels:\n  - {name: a, url: '${A}'}\n  - {name: b, url: '${file:secret}'}\n  - {name: c, url: '${credential:smtp}'}"
    settings = load(
        written(tmp_path, text), {"A": "json://environment.example", "CREDENTIALS_DIRECTORY": str(tmp_path / "cred")}
    )
    assert [channel.url for channel in settings.channels] == [
        "json://environment.example",
        "json://files.example",
        "json://credentials.example",
    ]
    assert "json://files.example" in settings.secrets
    assert "environment.example" not in repr(settings)


def test_a_secret_that_everybody_can_read_is_warned_of(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("console://")
    (tmp_path / "secret").chmod(0o644)
    settings = load(written(tmp_path, "channels:\n  - {name: a, url: '${file:secret}'}"), {})
    assert [problem.severity for problem in settings.warnings] == ["warning"]


def test_vocabularies_of_one_name_add_up(tmp_path: Path) -> None:
    (tmp_path / "more.yaml").write_text("vocabularies: {ai: {xx: [other]}}")
    settings = load(
        written(tmp_path, "include: [more.yaml]\nvocabularies: {ai: {en: [first]}, flat: [everywhere]}"), {}
    )
    terms = {spec.name: [(term.lang, term.text) for term in spec.terms] for spec in settings.vocabularies}
    assert terms == {"ai": [("en", "first"), ("xx", "other")], "flat": [("any", "everywhere")]}


@pytest.mark.parametrize(
    "bomb",
    [
        "a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]",
        "a: {<<: {b: 1}, <<: {c: 2}}",
        "[" * 100_000,
        "a: " * 30 + "x",
        "- " * 50 + "x",
        "x" * 6_000_000,
        "\x00",
        "a: !!binary x",
    ],
)
def test_hostile_yaml_is_refused_without_a_hang(bomb: str) -> None:
    with pytest.raises(ConfigError):
        read_tree(bomb, "bomb.yaml")


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("15m", 900), ("1h30m", 5400), ("7d", 604800), ("1w", 604800)]
)
def test_durations(text: str, seconds: int) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(("text", "size"), [("10MB", 10_000_000), ("500KB", 500_000), ("1MiB", 1_048_576), ("77", 77)])
def test_sizes(text: str, size: int) -> None:
    assert parse_size(text) == size


def test_the_committed_schema_is_current() -> None:
    committed = json.loads((ROOT / "config" / "watcher.schema.json").read_text("utf-8"))
    assert committed == json.loads(json.dumps(json_schema())), "run: watcher schema > config/watcher.schema.json"


def test_the_shipped_configuration_loads() -> None:
    settings = load(ROOT / "config" / "watcher.yaml", {})
    assert len(settings.feeds) > 100
    assert {rule.name for rule in settings.rules} >= {"national-ai-strategy", "national-ai-investment"}


def test_a_missing_configuration_says_how_to_make_one() -> None:
    with pytest.raises(ConfigError, match="watcher init"):
        find_config("/nowhere/watcher.yaml", {})


@pytest.mark.parametrize("is_there", [True, False])
def test_an_extra_that_full_text_lacks_is_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_there: bool
) -> None:
    module = sys.modules["watcher.config.load"]  # by its name stands the function
    monkeypatch.setattr(module, "find_spec", lambda name: object() if is_there else None)
    text = "feeds:\n" + "".join(f"  - {{url: 'https://example.org/{n}', full_text: true}}\n" for n in range(2))
    warnings = load(written(tmp_path, text), {}).warnings
    assert [(warning.line, "extra `fulltext`" in warning.message) for warning in warnings] == [(2, True)] * (
        not is_there
    )
