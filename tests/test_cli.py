"""The command line, as its users type it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from watcher.cli.main import COMMANDS, main

ROOT = Path(__file__).parent.parent

CONFIG = """
feeds: [https://example.org/rss]
rules:
  - name: budget
    match: 'budget AND AI'
    tests:
      - {title: A budget for AI, match: true}
channels:
  - {name: desk, url: "console://"}
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "watcher.yaml"
    path.write_text(CONFIG, "utf-8")
    return path


def call(*arguments: str, given: str | None = None) -> Result:
    return CliRunner().invoke(main, arguments, input=given)


def lines(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_every_command_has_help_with_its_purpose() -> None:
    for name in COMMANDS:
        result = call(name, "--help")
        assert result.exit_code == 0, (name, result.output)
        assert "Usage:" in result.output


def leaves(command: click.Command, *path: str) -> Iterator[tuple[str, click.Command]]:
    """Every command that does something, with its name."""
    if not isinstance(command, click.Group):
        yield " ".join(path), command
        return
    for name in command.list_commands(click.Context(command)):
        child = command.get_command(click.Context(command), name)
        assert child is not None
        yield from leaves(child, *path, name)


def test_every_command_has_an_example() -> None:
    for name, command in leaves(main, "watcher"):
        _, _, examples = (command.help or "").partition("\b\n")
        typed = name.replace("watcher ", r"watcher (-c \S+ )?")
        assert re.search(rf"^\s*(.*\| )?{typed}\b", examples, re.MULTILINE), name


def test_help_lists_every_command() -> None:
    shown = call("--help").output
    assert all(f"  {name} " in shown for name in COMMANDS)


def test_wrong_usage_ends_with_2_and_a_hint() -> None:
    result = call("chek")
    assert result.exit_code == 2
    assert "did you mean 'check'?" in result.output


def test_check_says_ok(config: Path) -> None:
    result = call("-c", str(config), "check")
    assert (result.exit_code, result.stdout) == (0, "ok: 1 feeds, 1 rules, 1 channels, 1 rule tests\n")


def test_check_points_to_a_rule_test_that_fails(config: Path) -> None:
    config.write_text(CONFIG.replace("match: true", "match: false"), "utf-8")
    result = call("-c", str(config), "check")
    assert result.exit_code == 1
    assert f"{config}:7:9: rule «budget»: its test should not match, and does" in result.stderr


def test_check_points_to_a_syntax_error_in_a_rule(config: Path) -> None:
    config.write_text(CONFIG.replace("budget AND AI", "budget AND (AI"), "utf-8")
    result = call("-c", str(config), "check", "--json")
    assert result.exit_code == 1
    (problem,) = json.loads(result.stdout)["problems"]
    assert (problem["line"], problem["severity"]) == (5, "error")


@pytest.mark.parametrize(
    ("channel", "place", "said"),
    [
        ("{name: desk, url: 'slack://s3cr3t'}", "9:23", "the 'slack://' URL is not complete or not right"),
        ("{name: desk, url: 'console://', template: '${titel}'}", "9:47", "did you mean 'title'?"),
        ("{name: desk, url: 'console://', language: xx}", "9:47", "warning: channel 'desk': no labels in 'xx'"),
    ],
)
def test_check_points_to_what_a_channel_gets_wrong_and_shows_no_url(
    config: Path, channel: str, place: str, said: str
) -> None:
    config.write_text(CONFIG.replace('{name: desk, url: "console://"}', channel), "utf-8")
    told = call("-c", str(config), "check").output
    assert f"{config}:{place}: " in told
    assert said in told
    assert "s3cr3t" not in told


def test_a_packs_own_tests_run_once_its_vocabularies_are_added_to(tmp_path: Path) -> None:
    config = tmp_path / "watcher.yaml"
    config.write_text("include: ['pack:national-ai']\n", "utf-8")
    assert call("-c", str(config), "check").stdout == "ok: 0 feeds, 2 rules, 0 channels, 0 rule tests\n"
    config.write_text("include: ['pack:national-ai']\nvocabularies: {ai: {en: [weather]}}\n", "utf-8")
    shown = json.loads(call("-c", str(config), "check", "--json").stdout)
    assert shown["rule tests"] > 50


def test_scan_gives_a_line_for_each_line_in_order(config: Path) -> None:
    given = '{"id": 1, "title": "A budget for AI", "mine": "kept"}\nnot json\n{"id": 3, "title": 7}\n{"id": 4, "title": "Weather"}\n'
    result = call("-c", str(config), "scan", given=given)
    assert result.exit_code == 1
    first, second, third, fourth = lines(result)
    assert (first["matched"], first["rules"], first["mine"]) == (True, ["budget"], "kept")
    assert second["id"] is None and "not JSON" in second["error"]
    assert third == {"id": 3, "error": "'title' must be text"}
    assert (fourth["id"], fourth["matched"]) == (4, False)


def test_scan_has_every_key_of_the_contract(config: Path) -> None:
    (row,) = lines(call("-c", str(config), "scan", given='{"id": 1, "title": "Seoul\'s AI budget: 34 trillion won"}'))
    wanted = {
        "id",
        "matched",
        "rules",
        "score",
        "lang",
        "countries",
        "amounts",
        "stage",
        "instruments",
        "story",
        "evidence",
    }
    assert wanted | {"actors", "ahead", "attributed_to"} <= row.keys()
    assert [(amount["value"], amount["currency"]) for amount in row["amounts"]] == [(34_000_000_000_000, "KRW")]


def test_evidence_offsets_are_those_of_the_text(config: Path) -> None:
    title = "Ｂｕｄｇｅｔ &amp; <b>A.I.</b> budget"
    (row,) = lines(call("-c", str(config), "scan", given=json.dumps({"id": 1, "title": title})))
    plain = "Ｂｕｄｇｅｔ & A.I. budget"
    assert row["matched"]
    assert all(plain[found["start"] : found["end"]] == found["text"] for found in row["evidence"])


def test_scan_reads_feed_documents(config: Path, tmp_path: Path) -> None:
    document = tmp_path / "feed.xml"
    document.write_text(
        '<rss version="2.0"><channel><title>T</title><item><title>A budget for AI</title></item></channel></rss>'
    )
    (row,) = lines(call("-c", str(config), "scan", str(document)))
    assert row["matched"]


def test_one_event_twice_is_one_story_in_scan() -> None:
    rows = [
        {
            "id": 1,
            "title": "South Korea to invest 34 trillion won in AI",
            "summary": "Seoul plans a national AI committee.",
            "published": "2025-02-01",
        },
        {
            "id": 2,
            "title": "South Korea to invest 34 trillion won in AI",
            "summary": "Seoul plans a national AI committee.",
            "published": "2025-02-01",
        },
        {
            "id": 3,
            "title": "France approves 2 billion euros for AI",
            "summary": "The government in Paris approved it.",
            "published": "2025-02-01",
        },
    ]
    found = lines(call("scan", given="\n".join(map(json.dumps, rows))))
    assert found[0]["story"] == found[1]["story"] != found[2]["story"]


def test_explain_says_why_and_why_not(config: Path) -> None:
    answer = call("-c", str(config), "explain", "--text", "The AI budget", "--json")
    assert json.loads(answer.stdout)["rules"][0]["matched"] is True
    refused = call("-c", str(config), "explain", "--text", "The budget")
    assert "no match" in refused.stdout
    assert "AI" in refused.stdout


def test_eval_fails_under_a_limit(config: Path, tmp_path: Path) -> None:
    labelled = tmp_path / "labelled.jsonl"
    rows = [
        {"id": 1, "title": "A budget for AI", "relevant": True, "lang": "en"},
        {"id": 2, "title": "AI news", "relevant": True, "lang": "en"},
    ]
    labelled.write_text("\n".join(map(json.dumps, rows)))
    result = call("-c", str(config), "eval", str(labelled), "--fail-under", "0.9")
    assert result.exit_code == 1
    assert "missed  2  AI news" in result.stdout
    assert call("-c", str(config), "eval", str(labelled), "--fail-under", "0.6").exit_code == 0


def test_eval_lists_what_each_rule_missed_and_why(tmp_path: Path) -> None:
    config, labelled = tmp_path / "w.yaml", tmp_path / "labelled.jsonl"
    config.write_text("rules:\n  - {name: near, match: AI NEAR/2 fund}\n  - {name: word, any: [budget]}\n")
    rows = [
        {"id": 1, "title": "AI budget needs a big fund", "lang": "en", "rules": ["near", "nearr"]},
        {"id": 2, "title": "AI fund", "lang": "en", "rules": ["near"]},
    ]
    labelled.write_text("\n".join(map(json.dumps, rows)))
    result = call("-c", str(config), "eval", str(labelled), "--json")
    wrong = {(row["id"], row["kind"], row["reason"]) for row in json.loads(result.stdout)["wrong"]}
    assert wrong == {
        (1, "missed", "near: AI NEAR/2 fund: nearest 5 words apart, «AI» and «fund» in the title"),
        (1, "missed", ""),
        (1, "false", "word: held by «budget» (budget)"),
    }
    assert "the labels name a rule 'nearr', which there is not" in result.stderr


def test_explain_refuses_a_rule_that_there_is_not(config: Path) -> None:
    result = call("-c", str(config), "explain", "--text", "x", "--rule", "nosuch")
    assert result.exit_code == 2
    assert "no rule is called 'nosuch'" in result.stderr


def test_init_writes_what_check_accepts(tmp_path: Path) -> None:
    folder = tmp_path / "config"
    assert call("init", "--yes", str(folder)).exit_code == 0
    assert call("-c", str(folder / "watcher.yaml"), "check").exit_code == 0
    assert call("init", "--yes", str(folder)).exit_code == 1


def test_a_command_without_a_database_says_what_to_do(config: Path) -> None:
    for command in (["status"], ["stories", "list"], ["alerts", "list"], ["audit"], ["search", "x"]):
        result = call("-c", str(config), *command)
        assert result.exit_code == 1
        assert "watcher once" in result.stderr


def test_no_secret_is_shown(config: Path) -> None:
    config.write_text(CONFIG.replace("console://", "json://user:hunter2hunter2@example.org/t0ken"), "utf-8")
    for command in (["channels", "list"], ["channels", "list", "--json"], ["check"], ["-v", "feeds", "list"]):
        result = call("-c", str(config), *command)
        assert "hunter2" not in result.output
        assert "t0ken" not in result.output


def test_completion_is_written_for_each_shell() -> None:
    for shell in ("bash", "zsh", "fish"):
        assert "watcher" in call("completion", shell).output


def test_the_units_beside_are_those_of_the_package() -> None:
    packaged = ROOT / "src" / "watcher" / "cli" / "units"
    names = {path.name for path in packaged.iterdir()}
    assert {path.name for path in (ROOT / "systemd").iterdir()} == names
    assert all((ROOT / "systemd" / name).read_text() == (packaged / name).read_text() for name in names)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not here")
def test_the_service_is_locked_down() -> None:
    unit = ROOT / "src" / "watcher" / "cli" / "units" / "watcher.service"
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=15", str(unit)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-500:]


def test_systemd_install_writes_units_that_name_this_program(tmp_path: Path, config: Path) -> None:
    result = call("-c", str(config), "systemd", "install", "--root", str(tmp_path))
    assert result.exit_code == 0, result.output
    text = (tmp_path / "etc/systemd/system/watcher.service").read_text()
    assert "/usr/bin/watcher" not in text or shutil.which("watcher") == "/usr/bin/watcher"


@pytest.mark.parametrize(
    ("script", "page"), [("commands_doc.py", "commands.md"), ("config_doc.py", "configuration.md")]
)
def test_the_references_are_current(script: str, page: str) -> None:
    made = subprocess.run([sys.executable, str(ROOT / "scripts" / script)], capture_output=True, text=True, check=True)
    written = (ROOT / "docs" / page).read_text("utf-8")
    assert written == made.stdout, f"run: python scripts/{script} > docs/{page}"
