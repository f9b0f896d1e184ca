"""`watcher stories`: one event each, with all its reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from watcher.cli.access import DURATION, json_option, reading, rulebook_of, to_option, write_pulled, writing
from watcher.cli.main import App
from watcher.cli.output import ago, emit_json, table
from watcher.errors import StoreError
from watcher.model import Story

if TYPE_CHECKING:
    from watcher.model import Update
    from watcher.store.store import Grouped


def story_json(story: Any) -> dict[str, Any]:
    """A story as JSON-able facts."""
    return {
        "id": story.id,
        "title": story.title,
        "first_at": story.first_at.isoformat(),
        "last_at": story.last_at.isoformat(),
        "revision": story.revision,
        "rules": sorted(story.rules),
        "facts": story.facts,
        "told": sorted(story.told),
        "reports": [
            {
                "item": report.item_id,
                "publisher": report.publisher,
                "lang": report.lang,
                "title": report.title,
                "url": report.url,
                "at": report.at.isoformat(),
                "credits": list(report.credits),
            }
            for report in story.reports
        ],
    }


@click.group()
def stories() -> None:
    """Stories: one event each, with all its reports."""


@stories.command("list")
@click.option("--since", type=DURATION, default="30d", show_default=True, help="How far back.")
@click.option("--rule", default="", help="Only stories that this rule caught.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="How many at most.")
@json_option
@to_option
@click.pass_obj
def stories_list(app: App, since: timedelta, rule: str, limit: int, as_json: bool, target: Path | None) -> None:
    """Stories, latest first.

    \b
    watcher stories list --since 7d --rule national-ai-investment
    watcher stories list --to /var/www/ahead.ics
    """
    now = datetime.now(UTC)
    with reading(app) as lists:
        found = lists.stories(limit, now - since, rule)
    if target is not None:
        from watcher.channels.feeds_out import story_entries
        from watcher.channels.speaker import speaker

        write_pulled(
            target, "stories", story_entries([story for story in found if story.rules], speaker("en"), now), now
        )
        return
    if as_json:
        emit_json([story_json(story) for story in found])
        return
    rows = [
        (
            s.id,
            ago(s.last_at, now),
            s.facts.get("countries", []),
            s.facts.get("report_count", len(s.reports)),
            len({r.lang for r in s.reports}),
            s.revision,
            s.title,
        )
        for s in found
    ]
    table(("story", "last report", "states", "reports", "languages", "revision", "title"), rows)


@stories.command("show")
@click.argument("story_id")
@json_option
@click.pass_obj
def stories_show(app: App, story_id: str, as_json: bool) -> None:
    """One story: its facts, who had it first, who next.

    \b
    watcher stories show s1f0
    """
    with reading(app) as lists:
        story = lists.story(story_id)
    if story is None:
        raise StoreError("io", f"no story '{story_id}'; `watcher stories list` shows them")
    if as_json:
        emit_json(story_json(story))
        return
    from watcher.channels.content import story_facts
    from watcher.channels.speaker import speaker

    click.secho(story.title, bold=True)
    click.echo(f"{story.id}, revision {story.revision}")
    for label, words in story_facts(story, speaker("en"), datetime.now(UTC)):
        click.echo(f"  {label}: {words}")
    reports = sorted(story.reports, key=lambda report: report.at)
    table(
        ("item", "when", "publisher", "language", "credits", "title"),
        [
            (report.item_id, report.at, report.publisher, report.lang, report.credits, report.title)
            for report in reports
        ],
    )


@stories.command("merge")
@click.argument("first")
@click.argument("second")
@click.pass_obj
def stories_merge(app: App, first: str, second: str) -> None:
    """Say that two stories are one event. Nobody is alerted for it.

    \b
    watcher stories merge s1f0 s2a9
    """
    from watcher.model import Update
    from watcher.stories import merge as join_stories

    def joined(groups: Sequence[Grouped]) -> Update:
        (one, _), (other, _) = groups
        if one.id == other.id:
            raise click.UsageError("they are one story already")
        merged = join_stories(one, other)
        return Update(stories=(merged, replace(other, merged_into=merged.id)))

    with writing(app) as store:
        merged = store.regroup((first, second), joined, datetime.now(UTC)).stories[0]
    click.echo(f"{first} and {second} are one story: {merged.id}, {_reports(merged)}")


@stories.command("split")
@click.argument("story_id")
@click.argument("items", nargs=-1, required=True)
@click.pass_obj
def stories_split(app: App, story_id: str, items: tuple[str, ...]) -> None:
    """Take reports (by item id) out of a story, into one of their own. Nobody is alerted for it.

    \b
    watcher stories split s1f0 9c1e 77ab
    """
    from watcher.model import Update
    from watcher.replay import tell_stories_apart

    rulebook, _ = rulebook_of(app)
    now = datetime.now(UTC)

    def apart(groups: Sequence[Grouped]) -> Update:
        ((story, rows),) = groups
        known = {row["id"] for row in rows}
        if unknown := set(items) - known:
            raise StoreError(
                "io",
                f"story '{story.id}' has no item {', '.join(sorted(unknown))}; `watcher stories show {story.id}` lists them",
            )
        if set(items) == known:
            raise click.UsageError("these are all of its items; name fewer")
        kept, parted, keys = tell_stories_apart(story, rows, frozenset(items), rulebook, now)
        return Update(stories=(kept, parted), story_keys=keys, moved=dict.fromkeys(items, parted.id))

    with writing(app) as store:
        kept, parted = store.regroup((story_id,), apart, now).stories
    click.echo(f"new story {parted.id} with {_reports(parted)}; {kept.id} keeps {len(kept.reports)}")


def _reports(story: Story) -> str:
    number = story.facts.get("report_count", len(story.reports))
    return "1 report" if number == 1 else f"{number} reports"
