"""Trying rules: scan, explain, replay, eval. All run the daemon's own `judge` and `settle`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from watcher.cli.main import App
from watcher.cli.output import PROBLEMS, emit_json, emit_line, table
from watcher.config import Settings
from watcher.config.schema import parse_duration
from watcher.errors import ParseError
from watcher.model import Document, Evidence
from watcher.replay import Scan, entry_of_row, read_lines
from watcher.rules import Rulebook, compile_rules


def rulebook_of(app: App) -> tuple[Rulebook, Settings | None]:
    """The configured rules; without any configuration, those of the national-AI pack."""
    from watcher.config import find_config
    from watcher.config.load import pack_rules
    from watcher.errors import ConfigError

    try:
        find_config(app.config)
    except ConfigError:
        if app.config:
            raise
        return compile_rules(*pack_rules("national-ai")), None
    settings = app.settings()
    return compile_rules(settings.rules, settings.vocabularies), settings


@click.command()
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="JSON Lines, which scan writes anyway.")
@click.pass_obj
def scan(app: App, files: tuple[Path, ...], as_json: bool) -> None:
    """Run the rules over items: JSON Lines (files or standard input), or feed documents (.xml, .rss, .atom, .rdf, .json).

    \b
    echo '{"id": 1, "title": "Séoul investira 34 billions de won dans l’IA"}' | watcher scan
    watcher scan items.jsonl feed.xml
    """
    rulebook, _ = rulebook_of(app)
    scanning = Scan(rulebook, datetime.now(UTC))
    failed = False
    for record, fault in _records(files or (Path("-"),)):
        if not fault:
            try:
                emit_line(scanning.line(record))
                continue
            except ValueError as error:
                fault = str(error)
            except Exception as error:  # a poison item is set aside and shown; the rest is still read
                fault = f"internal error: {type(error).__name__}: {error}"
        failed = True
        emit_line({"id": record.get("id"), "error": fault})
    if failed:
        sys.exit(PROBLEMS)


def _records(files: tuple[Path, ...]) -> Iterator[tuple[dict[str, Any], str]]:
    for path in files:
        if str(path) == "-":
            lines = (line.decode("utf-8", "replace") for line in sys.stdin.buffer)
            yield from read_lines(lines)
        elif _is_document(path):
            yield from _document_records(path)
        else:
            with path.open(encoding="utf-8", errors="replace") as opened:
                yield from read_lines(opened)


def _is_document(path: Path) -> bool:
    """A feed document, by its name; a .json file whose first line is a whole record is JSON Lines."""
    if path.suffix in (".xml", ".rss", ".atom", ".rdf"):
        return True
    if path.suffix != ".json":
        return False
    with path.open(encoding="utf-8", errors="replace") as opened:
        first = opened.readline()
    try:
        return "version" in json.loads(first)
    except (ValueError, TypeError):
        return True


def _document_records(path: Path) -> Iterator[tuple[dict[str, Any], str]]:
    from watcher.feeds.parse import parse_document

    try:
        parsed = parse_document(Document(url=path.absolute().as_uri(), body=path.read_bytes()))
    except ParseError as error:
        yield {"id": str(path)}, error.reason
        return
    for entry in parsed.entries:
        published = entry.published or entry.updated
        yield (
            {
                "id": entry.guid or entry.url or entry.title,
                "title": entry.title,
                "summary": entry.summary or entry.content,
                "url": entry.url,
                "lang": entry.lang or parsed.lang,
                "published": published.isoformat() if published else None,
                "source": entry.source or parsed.title,
            },
            "",
        )


@click.command()
@click.argument("what", required=False)
@click.option("--text", "given", help="Explain this text.")
@click.option("--title", default="", help="Title that goes with --text.")
@click.option("--lang", default="", help="Language of --text; detected otherwise.")
@click.option("--rule", "only", multiple=True, help="Only this rule; may be given several times.")
@click.option("--json", "as_json", is_flag=True)
@click.pass_obj
def explain(
    app: App, what: str | None, given: str | None, title: str, lang: str, only: tuple[str, ...], as_json: bool
) -> None:
    """Say why a text (--text), a stored item or a URL matches each rule, or which condition failed.

    \b
    watcher explain --text "France to invest €109bn in AI" --lang en
    watcher explain https://example.org/news/1
    """
    from watcher.model import Entry, Feed
    from watcher.pipeline import judge

    rulebook, settings = rulebook_of(app)
    ledger: dict[str, Any] | None = None
    if given is not None:
        entry, feed = Entry(title=title, summary=given, lang=lang), Feed(url="text:")
    elif what:
        if settings is None:
            raise click.UsageError("an item or URL needs a configuration that names the database")
        ledger = _stored(settings, what)
        entry, feed = (
            entry_of_row(ledger),
            next((f for f in settings.feeds if f.url == ledger["feed"]), Feed(url=ledger["feed"])),
        )
    else:
        raise click.UsageError("give an item, a URL or --text")
    verdict = judge(entry, feed, rulebook, datetime.now(UTC))
    answers = [answer for answer in rulebook.explain(verdict.item, verdict.facts) if not only or answer.rule in only]
    if as_json:
        emit_json(
            {"lang": verdict.item.lang, "rules": [_explanation_json(answer) for answer in answers], "ledger": ledger}
        )
        return
    if ledger:
        _show_ledger(ledger)
    click.echo(f"language {verdict.item.lang}")
    for answer in answers:
        _show_answer(answer, {"title": verdict.item.title.plain, "summary": verdict.item.summary.plain})


def _stored(settings: Settings, what: str) -> dict[str, Any]:
    from watcher.errors import StoreError
    from watcher.store import open_lists

    lists = open_lists(settings.database)
    try:
        row = lists.item(what)
    finally:
        lists.close()
    if row is None:
        raise StoreError(
            "io", f"no stored item has the id or URL '{what}'; `watcher search` finds items, --text explains any text"
        )
    return row


def _explanation_json(answer: Any) -> dict[str, Any]:
    return {
        "rule": answer.rule,
        "matched": answer.matched,
        "score": round(answer.score, 4),
        "reason": answer.reason,
        "evidence": [vars_of(evidence) for evidence in answer.evidence],
        "parts": [
            {"expression": part.expression, "weight": part.weight, "held": part.held}
            for part in answer.parts
            if part.held
        ],
    }


def vars_of(evidence: Evidence) -> dict[str, Any]:
    """An evidence as a dict."""
    return {name: getattr(evidence, name) for name in Evidence.__slots__}


def _show_ledger(row: Mapping[str, Any]) -> None:
    click.echo(f"item {row['id']}  {row['title']}")
    click.echo(f"  from {row['source']} ({row['feed']}), seen {row['seen_at']}, version {row['version']}")
    click.echo(
        f"  fate: {row['fate']}{' — ' + row['detail'] if row['detail'] else ''}{', story ' + row['story'] if row['story'] else ''}"
    )
    for alert in row["alerts"]:
        for delivery in alert["deliveries"]:
            when = delivery["done_at"] or f"due {delivery['due_at']}"
            error = f" ({delivery['last_error']})" if delivery["last_error"] else ""
            click.echo(
                f"  alert {alert['key']} → {delivery['channel']}: {delivery['state']} {when}, {delivery['attempts']} attempts{error}"
            )


def _show_answer(answer: Any, fields: Mapping[str, str]) -> None:
    mark = click.style("matches", fg="green", bold=True) if answer.matched else click.style("no match", fg="red")
    click.echo(
        f"\n{click.style(answer.rule, bold=True)}: {mark} (score {answer.score:.2f}){'' if answer.matched else ' — ' + answer.reason}"
    )
    for name, text in fields.items():
        spans = sorted({(e.start, e.end) for e in answer.evidence if e.field == name})
        if spans:
            click.echo(f"  {name}: {_highlight(text, spans)}")
    for evidence in answer.evidence:
        click.echo(
            f"    {evidence.field} {evidence.start}–{evidence.end} «{evidence.text}»: {evidence.term} — {evidence.why}"
        )
    for part in sorted((part for part in answer.parts if part.held), key=lambda part: -abs(part.weight)):
        click.echo(f"    {part.weight:+.2f}  {part.expression}")


def _highlight(text: str, spans: list[tuple[int, int]]) -> str:
    out, last = [], 0
    for start, end in spans:
        if start < last:
            continue
        out += [
            text[last:start],
            click.style(text[start:end], fg="black", bg="yellow") if sys.stdout.isatty() else f"[{text[start:end]}]",
        ]
        last = end
    return "".join([*out, text[last:]])


@click.command()
@click.option("--since", default="30d", show_default=True, help="How far back, such as 30d.")
@click.option("--rule", "only", default="", help="Only this rule.")
@click.option(
    "--other",
    "--new",
    "other",
    type=click.Path(exists=True, dir_okay=False),
    help="A changed configuration to compare with.",
)
@click.option(
    "--diff",
    nargs=2,
    type=click.Path(exists=True, dir_okay=False),
    help="Two configurations, OLD NEW: alerts gained and lost.",
)
@click.option(
    "--config", "config", type=click.Path(exists=True, dir_okay=False), help="Replay with this configuration instead."
)
@click.option("--json", "as_json", is_flag=True)
@click.pass_obj
def replay(
    app: App, since: str, only: str, other: str | None, diff: tuple[str, str] | None, config: str | None, as_json: bool
) -> None:
    """Run rules over stored history and show what would, or would no longer, have alerted. Sends nothing.

    \b
    watcher replay --since 90d --config new.yaml
    watcher replay --diff old.yaml new.yaml
    """
    from watcher.config import load

    settings = app.settings()
    start = datetime.now(UTC) - parse_duration(since)
    given = config or other
    new = load(Path(given)) if given else settings
    before = _replayed(settings, load(Path(diff[0])), start) if diff else _told(settings, start)
    after = _replayed(settings, load(Path(diff[1])) if diff else new, start)
    rows = [
        {"change": change, "id": key, "rules": sorted(rules), "title": title, "seen_at": at}
        for change, side, missing in (("gained", after, before), ("lost", before, after))
        for key, (rules, title, at) in side.items()
        if key not in missing and (not only or only in rules)
    ]
    kept = len(after.keys() & before.keys())
    if as_json:
        emit_json(
            {
                "gained": [r for r in rows if r["change"] == "gained"],
                "lost": [r for r in rows if r["change"] == "lost"],
                "kept": kept,
            }
        )
        return
    table(
        ("change", "seen", "rules", "title"),
        [(r["change"], str(r["seen_at"])[:16], r["rules"], r["title"]) for r in rows],
    )
    gained = sum(r["change"] == "gained" for r in rows)
    click.echo(f"{gained} gained, {len(rows) - gained} lost, {kept} kept", err=True)


Replayed = dict[str, tuple[frozenset[str], str, str]]


def _told(settings: Settings, start: datetime) -> Replayed:
    """Items that began or moved a story in truth: what the live daemon flagged."""
    from watcher.store import open_lists

    lists = open_lists(settings.database)
    try:
        rows = [row for row in lists.items(start) if row["matches"]]
    finally:
        lists.close()
    return {
        row["id"]: (frozenset(match["rule"] for match in row["matches"]), row["title"], row["seen_at"]) for row in rows
    }


def _replayed(settings: Settings, rules: Settings, start: datetime) -> Replayed:
    """Items that these rules flag, folded over the history that `settings` stored."""
    from watcher.model import Feed
    from watcher.store import open_lists

    scanning = Scan(compile_rules(rules.rules, rules.vocabularies), datetime.now(UTC))
    feeds = {feed.url: feed for feed in rules.feeds}
    lists = open_lists(settings.database)
    found: Replayed = {}
    try:
        for row in lists.items(start):
            verdict, _ = scanning.judge(
                entry_of_row(row), feeds.get(row["feed"], Feed(url=row["feed"], name=row["source"]))
            )
            if verdict.matches:
                found[row["id"]] = (frozenset(match.rule for match in verdict.matches), row["title"], row["seen_at"])
    finally:
        lists.close()
    return found


@click.command("eval")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
@click.option(
    "--fail-under",
    type=float,
    default=0.0,
    metavar="F1",
    help="Exit with 1 when the F1 of all rules together is below this.",
)
@click.option("--misses/--no-misses", default=True, help="List the misses with their reasons.")
@click.option("--json", "as_json", is_flag=True)
@click.pass_obj
def evaluate(app: App, file: Path, fail_under: float, misses: bool, as_json: bool) -> None:
    """Precision, recall and F1 per rule and language over labelled items (JSON Lines with `relevant` or `rules`).

    \b
    watcher eval labelled.jsonl --fail-under 0.9
    """
    from watcher.evaluate import ANY_RULE, Evaluation
    from watcher.replay import entry_of, verdict_json

    rulebook, _ = rulebook_of(app)
    scanning, found = Scan(rulebook, datetime.now(UTC)), Evaluation()
    failed = False
    records = sorted(_records((file,)), key=lambda pair: str(pair[0].get("published") or ""))
    for record, fault in records:
        try:
            if fault:
                raise ValueError(fault)
            verdict, story = scanning.judge(entry_of(record))
        except ValueError as error:
            click.echo(f"{file}: {record.get('id')}: {error}", err=True)
            failed = True
            continue
        reason = ""
        if not verdict.matches and record.get("relevant"):
            reason = "; ".join(
                f"{answer.rule}: {answer.reason}" for answer in rulebook.explain(verdict.item, verdict.facts)
            )
        found.add(record, {**verdict_json(verdict), "story": story}, reason)
    report = found.report()
    if as_json:
        emit_json(report)
    else:
        _show_report(report, misses)
    f1 = found.rules[ANY_RULE].f1
    if f1 < fail_under:
        click.echo(f"F1 {f1:.4f} is below {fail_under}", err=True)
    if failed or f1 < fail_under:
        sys.exit(PROBLEMS)


def _show_report(report: dict[str, Any], misses: bool) -> None:
    def figures(row: Mapping[str, Any]) -> tuple[Any, ...]:
        return (
            row["hits"],
            row["false"],
            row["missed"],
            f"{row['precision']:.3f}",
            f"{row['recall']:.3f}",
            f"{row['f1']:.3f}",
        )

    rows = [(f"rule {name}", *figures(row)) for name, row in report["rules"].items()]
    rows += [(f"language {name}", *figures(row)) for name, row in report["languages"].items()]
    rows += [(name, *figures(report[name])) for name in ("amounts", "countries") if name in report]
    table(("what", "hits", "false", "missed", "precision", "recall", "F1"), rows)
    if "stories" in report:
        click.echo("stories: " + ", ".join(f"{name} {value:.3f}" for name, value in report["stories"].items()))
    if misses:
        for wrong in report["wrong"]:
            click.echo(
                f"{wrong['kind']:7} {wrong['id']}  {wrong['title']}"
                + (f"\n        {wrong['reason'][:300]}" if wrong["reason"] else "")
            )
