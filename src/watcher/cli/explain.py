"""`watcher explain`: why an item matched each rule, or which condition failed."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from watcher.cli.access import known_rule, reading, rulebook_of
from watcher.cli.main import App
from watcher.cli.output import emit_json

if TYPE_CHECKING:
    from watcher.model import Verdict
    from watcher.rules import Explanation


@dataclass(frozen=True, slots=True)
class Answer:
    """What a rule says of an item: as it was when the item was read, or now. `evidence` has the keys of `model.Evidence`."""

    rule: str
    matched: bool
    score: float
    reason: str = ""
    evidence: Sequence[Mapping[str, Any]] = ()
    parts: Sequence[Mapping[str, Any]] = ()
    quorum: str = ""


@click.command()
@click.argument("what", required=False)
@click.option("--text", "given", help="Explain this text.")
@click.option("--title", default="", help="Title that goes with --text.")
@click.option("--lang", default="", help="Language of --text; detected otherwise.")
@click.option("--rule", "only", multiple=True, help="Only this rule, as it is now; may be given several times.")
@click.option(
    "--now", "asks_now", is_flag=True, help="Ask every rule as it is now, not as it was when the item was read."
)
@click.option("--ledger", "only_ledger", is_flag=True, help="Only what became of a stored item, without its text.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def explain(
    app: App,
    what: str | None,
    given: str | None,
    title: str,
    lang: str,
    only: tuple[str, ...],
    asks_now: bool,
    only_ledger: bool,
    as_json: bool,
) -> None:
    """Say why a text (--text), a stored item or a URL matches each rule, or which condition failed.

    Of a stored item: what became of it, and what the rules said when it was read, the nearest eight of those that did not
    match among them. --rule and --now ask the rules as they are now, which takes longer.

    \b
    watcher explain https://example.org/news/1
    watcher explain https://example.org/news/1 --rule national-ai-investment
    watcher explain --text "France to invest €109bn in AI" --lang en
    """
    if given is not None:
        if only_ledger or what:
            raise click.UsageError("--text goes with neither an item nor --ledger")
        verdict, answers = _judged(app, None, title, given, lang, only)
        _tell(as_json, verdict.item.lang, answers, _texts(verdict), None)
        return
    if not what:
        raise click.UsageError("give an item, a URL or --text")
    row = _stored(app, what)
    if only_ledger:
        if as_json:
            emit_json({"ledger": row})
        else:
            _show_ledger(row, row["matches"])
        return
    kept = None if only or asks_now else _kept(row)
    if not as_json:
        _show_ledger(row, row["matches"] if kept is None else ())
    if kept is not None:
        _tell(as_json, row["lang"], kept, row, row)
        if not as_json:
            click.echo("\nThis is what the rules said when it was read; --now asks them as they are.")
        return
    verdict, answers = _judged(app, row, "", "", "", only)
    _tell(as_json, verdict.item.lang, answers, _texts(verdict), row)


def _tell(
    as_json: bool, lang: str, answers: Sequence[Answer], texts: Mapping[str, Any], ledger: dict[str, Any] | None
) -> None:
    if as_json:
        rules = [{name: value for name, value in asdict(answer).items() if name != "quorum"} for answer in answers]
        emit_json({"lang": lang, "rules": rules, "ledger": ledger})
        return
    click.echo(f"language {lang}")
    for answer in answers:
        _show_answer(answer, texts)


def _kept(row: Mapping[str, Any]) -> list[Answer] | None:
    """What the rules said when the item was read; None where it was read before that was kept."""
    if row["misses"] is None:
        return None
    held = [Answer(match["rule"], True, match["score"], evidence=match["evidence"]) for match in row["matches"]]
    return held + [Answer(rule, False, 0.0, reason) for rule, reason in row["misses"].items()]


def _judged(
    app: App, ledger: dict[str, Any] | None, title: str, text: str, lang: str, only: tuple[str, ...]
) -> tuple[Verdict, list[Answer]]:
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
    return verdict, [_answer(found) for found in rulebook.explain(verdict.item, verdict.facts, only)]


def _texts(verdict: Verdict) -> dict[str, str]:
    return {"title": verdict.item.title.plain, "summary": verdict.item.summary.plain}


def _stored(app: App, what: str) -> dict[str, Any]:
    from watcher.errors import StoreError

    with reading(app) as lists:
        row = lists.item(what)
        if row is None and "://" in what:
            from watcher.stories import link_keys

            row = lists.item_of(link_keys(what, [feed["url"] for feed in lists.feeds()]))
    if row is None:
        raise StoreError(
            "io", f"no stored item has the id or URL '{what}'; `watcher search` finds items, --text explains any text"
        )
    return row


def _answer(found: Explanation) -> Answer:
    quorum = ""
    if found.quorum is not None:
        hours = found.quorum.within.total_seconds() / 3600
        quorum = f"alerts once {found.quorum.publishers} publishers carry the story within {hours:g} h"
    return Answer(
        found.rule,
        found.matched,
        round(found.score, 4),
        found.reason,
        [asdict(evidence) for evidence in found.evidence],
        [asdict(part) for part in found.parts if part.held],
        quorum,
    )


def _show_ledger(row: Mapping[str, Any], matches: Sequence[Mapping[str, Any]]) -> None:
    click.echo(f"item {row['id']}  {row['title']}")
    click.echo(f"  from {row['source']} ({row['feed']}), seen {_local(row['seen_at'])}, version {row['version']}")
    click.echo(
        f"  fate: {row['fate']}{' — ' + row['detail'] if row['detail'] else ''}{', story ' + row['story'] if row['story'] else ''}"
    )
    for match in matches:
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


def _show_answer(answer: Answer, texts: Mapping[str, str]) -> None:
    mark = click.style("matches", fg="green", bold=True) if answer.matched else click.style("no match", fg="red")
    score = f" (score {answer.score:.2f})" if answer.matched or answer.score or answer.parts else ""
    click.echo(
        f"\n{click.style(answer.rule, bold=True)}: {mark}{score}{'' if answer.matched else ' — ' + answer.reason}"
    )
    for name in ("title", "summary"):
        spans = sorted({(found["start"], found["end"]) for found in answer.evidence if found["field"] == name})
        if spans:
            click.echo(f"  {name}: {_highlight(texts[name], spans)}")
    if answer.matched and answer.quorum:
        click.echo(f"  {answer.quorum}")
    for found in answer.evidence:
        click.echo(
            f"    {found['field']} {found['start']}–{found['end']} «{found['text']}»: {found['term']} — {found['why']}"
        )
    for part in sorted(answer.parts, key=lambda part: -abs(part["weight"])):
        click.echo(f"    {part['weight']:+.2f}  {part['expression']}")


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
