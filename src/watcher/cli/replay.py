"""`watcher replay`: rules over stored history, and what a change of rules gains and loses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from watcher.cli.access import DURATION, known_rule
from watcher.cli.main import App
from watcher.cli.output import emit_json, table
from watcher.config import Settings
from watcher.model import Feed
from watcher.replay import Scan, entry_of_row
from watcher.rules import compile_rules
from watcher.store import open_lists


@click.command()
@click.option("--since", type=DURATION, default="30d", show_default=True, help="How far back, such as 30d.")
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
    app: App,
    since: timedelta,
    only: str,
    other: str | None,
    diff: tuple[str, str] | None,
    config: str | None,
    as_json: bool,
) -> None:
    """Run rules over stored history and show what would, or would no longer, have alerted. Sends nothing.

    \b
    watcher replay --since 90d --config new.yaml
    watcher replay --diff old.yaml new.yaml
    """
    from watcher.config import load

    settings = app.settings()
    start = datetime.now(UTC) - since
    old = load(Path(diff[0])) if diff else None
    given = diff[1] if diff else config or other
    new = load(Path(given)) if given else settings
    if only:
        known_rule(only, [rule.name for part in (settings, old, new) if part is not None for rule in part.rules])
    before = _replayed(settings, old, start, only) if old is not None else _told(settings, start, only)
    after = _replayed(settings, new, start, only)
    gained, lost = _without(after, before), _without(before, after)
    kept = len(after) - len(gained)
    if as_json:
        emit_json({"gained": [_json(e) for e in gained], "lost": [_json(e) for e in lost], "kept": kept})
        return
    table(
        ("change", "seen", "reports", "rules", "title"),
        [
            (change, event.seen_at[:16], len(event.items), sorted(event.rules), event.title)
            for change, events in (("gained", gained), ("lost", lost))
            for event in events
        ],
        flexible=4,
    )
    click.echo(f"{len(gained)} alerts gained, {len(lost)} lost, {kept} kept", err=True)


@dataclass(slots=True)
class Event:
    """What alerts together: the matched items of a story, or one item of a rule that says `per: item`."""

    title: str
    seen_at: str
    items: list[str] = field(default_factory=list)
    rules: set[str] = field(default_factory=set)


def _json(event: Event) -> dict[str, Any]:
    return {
        "id": event.items[0],
        "rules": sorted(event.rules),
        "title": event.title,
        "seen_at": event.seen_at,
        "reports": len(event.items),
    }


def _without(events: list[Event], others: list[Event]) -> list[Event]:
    """The events of which the other side has no item. Stories may be cut otherwise there: an item in common is enough."""
    theirs = {item for event in others for item in event.items}
    return [event for event in events if theirs.isdisjoint(event.items)]


def _gathered(found: Iterable[tuple[dict[str, Any], str, Mapping[str, str]]], only: str) -> list[Event]:
    """(stored row, story, rules that matched with their `per`) in order → events in order."""
    events: dict[str, Event] = {}
    for row, story, matched in found:
        rules = {only} & matched.keys() if only else set(matched)
        if not rules:
            continue
        alone = not story or any(matched[rule] == "item" for rule in rules)
        event = events.setdefault(row["id"] if alone else story, Event(row["title"], str(row["seen_at"])))
        event.items.append(row["id"])
        event.rules |= rules
    return list(events.values())


def _told(settings: Settings, start: datetime, only: str) -> list[Event]:
    """What the live daemon flagged in truth."""
    per = {rule.name: rule.per for rule in settings.rules}
    with _history(settings, start) as rows:
        found = (
            (row, row["story"], {match["rule"]: per.get(match["rule"], "story") for match in row["matches"]})
            for row in rows
        )
        return _gathered(found, only)


def _replayed(settings: Settings, rules: Settings, start: datetime, only: str) -> list[Event]:
    """What these rules flag, folded over the history that `settings` stored."""
    scanning = Scan(compile_rules(rules.rules, rules.vocabularies), datetime.now(UTC), every_story=False)
    feeds = {feed.url: feed for feed in rules.feeds}
    found = []
    with _history(settings, start) as rows:
        for row in rows:
            feed = feeds.get(row["feed"], Feed(url=row["feed"], name=row["source"]))
            verdict, story = scanning.judge(entry_of_row(row), feed)
            found.append((row, story, {match.rule: match.per for match in verdict.matches}))
    return _gathered(((row, scanning.memory.current(story), matched) for row, story, matched in found), only)


@contextmanager
def _history(settings: Settings, start: datetime) -> Iterator[Iterable[dict[str, Any]]]:
    lists = open_lists(settings.database)
    try:
        yield lists.items(start)
    finally:
        lists.close()
