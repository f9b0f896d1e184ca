"""`watcher explain`: why an item matched each rule, or which condition failed."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from watcher.cli.access import known_rule, reading, rulebook_of
from watcher.cli.main import App
from watcher.cli.output import emit_json

if TYPE_CHECKING:
    from watcher.model import Evidence, Verdict
    from watcher.rules import Explanation


@click.command()
@click.argument("what", required=False)
@click.option("--text", "given", help="Explain this text.")
@click.option("--title", default="", help="Title that goes with --text.")
@click.option("--lang", default="", help="Language of --text; detected otherwise.")
@click.option("--rule", "only", multiple=True, help="Only this rule; may be given several times.")
@click.option(
    "--ledger", "only_ledger", is_flag=True, help="Only what became of a stored item; no rule is asked again."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def explain(
    app: App,
    what: str | None,
    given: str | None,
    title: str,
    lang: str,
    only: tuple[str, ...],
    only_ledger: bool,
    as_json: bool,
) -> None:
    """Say why a text (--text), a stored item or a URL matches each rule, or which condition failed.

    \b
    watcher explain --text "France to invest €109bn in AI" --lang en
    watcher explain https://example.org/news/1
    watcher explain https://example.org/news/1 --ledger
    """
    ledger = None
    if given is None:
        if not what:
            raise click.UsageError("give an item, a URL or --text")
        ledger = _stored(app, what)
        if only_ledger and as_json:
            emit_json({"ledger": ledger})
        if not as_json:
            _show_ledger(ledger)
        if only_ledger:
            return
    elif only_ledger:
        raise click.UsageError("--text is in no ledger; give an item or a URL")
    verdict, answers = _judged(app, ledger, title, given or "", lang, only)
    if as_json:
        emit_json(
            {"lang": verdict.item.lang, "rules": [_explanation_json(answer) for answer in answers], "ledger": ledger}
        )
        return
    click.echo(f"language {verdict.item.lang}")
    for answer in answers:
        _show_answer(answer, {"title": verdict.item.title.plain, "summary": verdict.item.summary.plain})


def _judged(
    app: App, ledger: dict[str, Any] | None, title: str, text: str, lang: str, only: tuple[str, ...]
) -> tuple[Verdict, list[Explanation]]:
    """The text, or the stored item, by the rules as they are now."""
    from watcher.model import Entry, Feed
    from watcher.pipeline import judge
    from watcher.replay import entry_of_row

    rulebook, settings = rulebook_of(app)
    for name in only:
        known_rule(name, rulebook.names)
    if ledger is None:
        entry, feed = Entry(title=title, summary=text, lang=lang), Feed(url="text:")
    else:
        feeds = {feed.url: feed for feed in settings.feeds} if settings else {}
        entry, feed = entry_of_row(ledger), feeds.get(ledger["feed"]) or Feed(url=ledger["feed"])
    verdict = judge(entry, feed, rulebook, datetime.now(UTC))
    return verdict, list(rulebook.explain(verdict.item, verdict.facts, only))


def _stored(app: App, what: str) -> dict[str, Any]:
    from watcher.errors import StoreError

    with reading(app) as lists:
        row = lists.item(what)
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
    return {name: getattr(evidence, name) for name in evidence.__slots__}


def _show_ledger(row: Mapping[str, Any]) -> None:
    click.echo(f"item {row['id']}  {row['title']}")
    click.echo(f"  from {row['source']} ({row['feed']}), seen {_local(row['seen_at'])}, version {row['version']}")
    click.echo(
        f"  fate: {row['fate']}{' — ' + row['detail'] if row['detail'] else ''}{', story ' + row['story'] if row['story'] else ''}"
    )
    for match in row["matches"]:
        terms = ", ".join(dict.fromkeys(f"«{found['text']}»" for found in match["evidence"]))
        click.echo(f"  matched {match['rule']} when read, score {match['score']:.2f}: {terms}")
    for alert in row["alerts"]:
        for delivery in alert["deliveries"]:
            when = _local(delivery["done_at"]) if delivery["done_at"] else f"due {_local(delivery['due_at'])}"
            error = f" ({delivery['last_error']})" if delivery["last_error"] else ""
            click.echo(
                f"  alert {alert['key']} → {delivery['channel']}: {delivery['state']} {when}, {delivery['attempts']} attempt{'' if delivery['attempts'] == 1 else 's'}{error}"
            )


def _local(moment: str) -> str:
    return datetime.fromisoformat(moment).astimezone().strftime("%Y-%m-%d %H:%M")


def _show_answer(answer: Any, fields: Mapping[str, str]) -> None:
    mark = click.style("matches", fg="green", bold=True) if answer.matched else click.style("no match", fg="red")
    click.echo(
        f"\n{click.style(answer.rule, bold=True)}: {mark} (score {answer.score:.2f}){'' if answer.matched else ' — ' + answer.reason}"
    )
    for name, text in fields.items():
        spans = sorted({(e.start, e.end) for e in answer.evidence if e.field == name})
        if spans:
            click.echo(f"  {name}: {_highlight(text, spans)}")
    if answer.matched and answer.quorum is not None:
        hours = answer.quorum.within.total_seconds() / 3600
        click.echo(f"  alerts once {answer.quorum.publishers} publishers carry the story within {hours:g} h")
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
