"""`watcher replay`: rules over stored history, and what a change of rules gains and loses."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from watcher.cli.main import App
from watcher.cli.output import emit_json, table
from watcher.config import Settings
from watcher.config.schema import parse_duration
from watcher.replay import Scan, entry_of_row
from watcher.rules import compile_rules


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
