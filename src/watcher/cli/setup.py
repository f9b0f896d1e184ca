"""Setting up: init writes a configuration, check validates one."""

from __future__ import annotations

import importlib.resources
import json
import re
import stat
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from watcher.cli.main import App
from watcher.cli.output import PROBLEMS, emit_json, show_problems
from watcher.errors import ConfigError, Problem, in_file
from watcher.model import Entry, Feed

if TYPE_CHECKING:
    from watcher.config import Settings
    from watcher.config.settings import Channel
    from watcher.model import Facts, Item
    from watcher.rules import RuleSpec, RuleTest


@click.command()
@click.option("--json", "as_json", is_flag=True)
@click.option("--tests/--no-tests", default=True, help="Run the tests that rules carry.")
@click.pass_obj
def check(app: App, as_json: bool, tests: bool) -> None:
    """Validate configuration and rules: every problem as file:line:column: message, with a remedy.

    Also runs the tests that your rules carry (a pack's own too, once you add to its vocabularies), and looks for secrets
    that can not be read or that everybody can read.

    \b
    watcher check
    watcher -c new.yaml check --json
    """
    from watcher.rules import collector_resting

    with collector_resting():
        problems, summary = _check(app, tests)
    problems = sorted(problems, key=in_file)
    errors = [problem for problem in problems if problem.severity == "error"]
    if as_json:
        rows = [{name: getattr(problem, name) for name in Problem.__slots__} for problem in problems]
        emit_json({"ok": not errors, **summary, "problems": rows})
    else:
        show_problems(problems)
        kinds = Counter(problem.severity for problem in problems)
        counted = ", ".join(f"{kinds[kind]} {kind}{'' if kinds[kind] == 1 else 's'}" for kind in kinds)
        if errors:
            click.echo(counted, err=True)
        else:
            told = ", ".join(f"{number} {what}" for what, number in summary.items())
            click.echo(f"ok: {told}" + (f"; {counted}" if counted else ""))
    if errors:
        sys.exit(PROBLEMS)


def _channel_problems(channel: Channel) -> Iterator[Problem]:
    """What is wrong with a channel beyond its types; its URL is not shown."""
    from watcher.channels import senders, speaker, templates

    policy = channel.policy

    def at(key: str, said: str, hint: str, severity: str = "error") -> Problem:
        where = channel.places.get(key, channel.where)
        return Problem(where.file, where.line, where.column, f"channel '{policy.name}': {said}", hint, severity)

    if reason := senders.check(channel.url):
        yield at("url", reason, "see docs/channels.md for its URL")
    for fault in templates.problems(policy.template):
        yield at("template", f"template: {fault}", "see docs/channels.md, 'Your own text'")
    if not speaker.has_labels(policy.language):
        said = f"no labels in '{policy.language}' yet, so they are English"
        yield at("language", said, "there are " + ", ".join(speaker.languages()), "warning")


def _check(app: App, tests: bool) -> tuple[Sequence[Problem], dict[str, Any]]:
    from watcher.rules import check_tests, compile_rules

    try:
        settings = app.settings()
    except ConfigError as error:
        return error.problems, {}
    problems = [*settings.warnings, *settings.notes, *_readable_secrets(settings.files)]
    summary = {"feeds": len(settings.feeds), "rules": len(settings.rules), "channels": len(settings.channels)}
    for channel in settings.channels:
        problems += _channel_problems(channel)
    try:
        rulebook = compile_rules(settings.rules, settings.vocabularies)
    except ConfigError as error:
        return problems + error.problems, summary
    problems += rulebook.warnings
    if tests:
        tested = _tested(settings)
        problems += check_tests(rulebook, _read_test, tested)
        summary["rule tests"] = sum(len(rule.tests) for rule in tested)
    return problems, summary


def _tested(settings: Settings) -> list[RuleSpec]:
    """The rules whose tests are run: a pack's own were run before it shipped, unless its vocabularies are added to here."""
    files = [{term.where.file.startswith("pack:") for term in spec.terms} for spec in settings.vocabularies]
    if any(len(kinds) > 1 for kinds in files):
        return list(settings.rules)
    return [rule for rule in settings.rules if not rule.where.file.startswith("pack:")]


def _read_test(test: RuleTest) -> tuple[Item, Facts]:
    """A rule's own example as the pipeline would read it."""
    from watcher.facts import extract
    from watcher.pipeline import read_entry

    entry = Entry(
        title=escape(test.title, quote=False),
        summary=escape(test.text, quote=False),
        lang=test.lang,
        source=test.source,
    )
    item = read_entry(entry, Feed(url="test:", tags=test.tags), datetime(2026, 1, 1, tzinfo=UTC))
    return item, extract(item)


def _readable_secrets(files: Sequence[Path]) -> list[Problem]:
    """Configuration files that hold a password and that every user can read."""
    found = []
    for file in files:
        text = file.read_text("utf-8", "replace")
        lines = text.splitlines()
        secret = next(
            (
                number
                for number, line in enumerate(lines, 1)
                if re.search(r"://[^/\s:@${}]+:[^@\s$]+@|(?i:token|secret|password)[=:]\s*[\w-]{12,}", line)
                and not line.lstrip().startswith("#")
            ),
            0,
        )
        if secret and file.stat().st_mode & stat.S_IROTH:
            hint = f"chmod 640 {file}, or move it out with ${{file:…}} or ${{credential:…}}"
            found.append(
                Problem(str(file), secret, 1, "a secret stands here and every user can read the file", hint, "warning")
            )
    return found


@click.command()
@click.argument("folder", default="config", type=click.Path(file_okay=False, path_type=Path))
@click.option("--yes", is_flag=True, help="Ask nothing; take the defaults.")
@click.option("--force", is_flag=True, help="Write over files that are there.")
def init(folder: Path, yes: bool, force: bool) -> None:
    """Ask a few questions and write a commented configuration that passes `check`.

    \b
    watcher init             asks, and writes config/
    watcher init --yes DIR   writes DIR with the defaults
    """
    template = importlib.resources.files("watcher.cli").joinpath("init.yaml").read_text("utf-8")
    rules = importlib.resources.files("watcher.cli").joinpath("init-rules.yaml").read_text("utf-8")
    answers = _defaults() if yes or not sys.stdin.isatty() else _ask(template)
    text = re.sub(r'"@(\w+)@"|@(\w+)@', lambda at: _quoted(answers[at[1]]) if at[1] else answers[at[2]], template)
    targets = {folder / "watcher.yaml": text, folder / "rules" / "mine.yaml": rules}
    present = [str(path) for path in targets if path.exists()]
    if present and not force:
        raise click.ClickException(f"{', '.join(present)} is there already; --force writes over it")
    for path, content in targets.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, "utf-8")
    (folder / "watcher.yaml").chmod(0o640)
    click.echo(f"wrote {' and '.join(map(str, targets))}")
    click.echo(f"next: watcher -c {folder}/watcher.yaml check, then once, then run")


def _defaults() -> dict[str, str]:
    return {"timezone": "UTC", "language": "en", "url": "console://", "feeds": "", "contact": ""}


def _ask(template: str) -> dict[str, str]:
    answers = _defaults()
    answers["contact"] = click.prompt(
        "An address or page where publishers reach you (put into the User-Agent)", default="", show_default=False
    )
    answers["timezone"] = click.prompt("Your time zone", default="UTC", value_proc=_zone)
    answers["language"] = click.prompt(
        "Language of alerts", default="en", type=click.Choice(["en", "fr", "de", "es", "ko", "ja", "zh", "ar"])
    )
    answers["url"] = click.prompt(
        "Where alerts go: an Apprise URL, mailto://… or console://", default="console://", value_proc=_destination
    )
    feeds: list[str] = []
    while feed := click.prompt(
        "A feed of your own (empty to go on)", default="", show_default=False, value_proc=_address
    ):
        if feed not in feeds and feed not in template:
            feeds.append(feed)
    answers["feeds"] = "\n".join(f"  - {_quoted(feed)}" for feed in feeds)
    return answers


def _destination(text: str) -> str:
    from watcher.channels import senders

    if "${" not in text and (fault := senders.check(text)):
        raise click.BadParameter(fault)
    return text


def _address(text: str) -> str:
    """A feed's address; https is meant where no scheme is written."""
    address = text.strip() if "://" in text or not text.strip() else f"https://{text.strip()}"
    if address and not re.fullmatch(r"https?://[^\s/?#]+\S*", address):
        raise click.BadParameter("write http:// or https:// and the whole address")
    return address


def _quoted(text: str) -> str:
    """Text as YAML writes it between double quotes."""
    return json.dumps(text, ensure_ascii=False)


def _zone(text: str) -> str:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return str(ZoneInfo(text))
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise click.BadParameter("write one like Europe/Paris") from error
