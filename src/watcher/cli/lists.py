"""What was found and what became of it: stories, alerts, search, channels, status, audit."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import click

from watcher.cli.main import App
from watcher.cli.output import PROBLEMS, ago, emit_json, table
from watcher.config.schema import parse_duration
from watcher.errors import StoreError
from watcher.store import Lists, SqliteStore, open_lists, open_store

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@contextmanager
def reading(app: App) -> Iterator[Lists]:
    """The store, for reading."""
    lists = open_lists(app.settings().database)
    try:
        yield lists
    finally:
        lists.close()


@contextmanager
def writing(app: App) -> Iterator[SqliteStore]:
    """The store, for writing. While a daemon holds it, the change goes through the daemon's own lock, so wait or stop it first."""
    store = open_store(app.settings().database, shared=True)
    try:
        yield store
    finally:
        store.close()


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
@click.option("--since", default="30d", show_default=True)
@click.option("--rule", default="", help="Only stories that this rule caught.")
@click.option("--limit", default=50, show_default=True)
@json_option
@click.pass_obj
def stories_list(app: App, since: str, rule: str, limit: int, as_json: bool) -> None:
    """Stories, latest first."""
    now = datetime.now(UTC)
    with reading(app) as lists:
        found = lists.stories(limit, now - parse_duration(since), rule)
    if as_json:
        emit_json([story_json(story) for story in found])
        return
    rows = [
        (
            s.id,
            ago(s.last_at, now),
            s.facts.get("countries", []),
            len(s.reports),
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
    """One story: its facts, who had it first, who next."""
    with reading(app) as lists:
        story = lists.story(story_id)
    if story is None:
        raise StoreError("io", f"no story '{story_id}'; `watcher stories list` shows them")
    if as_json:
        emit_json(story_json(story))
        return
    click.secho(story.title, bold=True)
    click.echo(f"{story.id}, revision {story.revision}, rules {', '.join(sorted(story.rules)) or 'none'}")
    for name, value in story.facts.items():
        if value:
            click.echo(f"  {name}: {_brief(value)}")
    reports = sorted(story.reports, key=lambda report: report.at)
    table(
        ("when", "publisher", "language", "credits", "title"),
        [(report.at, report.publisher, report.lang, report.credits, report.title) for report in reports],
    )


def _brief(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {child}" for key, child in value.items() if child)
    if isinstance(value, (list, tuple)):
        return "; ".join(_brief(child) for child in value)
    return str(value)


@stories.command("merge")
@click.argument("first")
@click.argument("second")
@click.pass_obj
def stories_merge(app: App, first: str, second: str) -> None:
    """Say that two stories are one event. Nobody is alerted for it."""
    from watcher.stories import merge as join_stories

    with reading(app) as lists:
        known = {name: lists.story(name) for name in (first, second)}
        absent = [name for name, story in known.items() if story is None]
        if absent:
            raise StoreError("io", f"no story '{absent[0]}'; `watcher stories list` shows them")
        moved = {row["id"]: first for row in lists.items_of_story(second)}
    one, other = known[first], known[second]
    assert one is not None and other is not None
    if one.id == other.id:
        raise click.UsageError("they are one story already")
    merged = join_stories(one, other)
    with writing(app) as store:
        store.regroup([merged, replace(other, merged_into=merged.id)], {}, moved, datetime.now(UTC))
    click.echo(f"{first} and {second} are one story: {merged.id}, {len(merged.reports)} reports")


@stories.command("split")
@click.argument("story_id")
@click.argument("items", nargs=-1, required=True)
@click.pass_obj
def stories_split(app: App, story_id: str, items: tuple[str, ...]) -> None:
    """Take reports (by item id) out of a story, into one of their own. Nobody is alerted for it."""
    from watcher.cli.trial import rulebook_of
    from watcher.replay import tell_stories_apart

    rulebook, _ = rulebook_of(app)
    with reading(app) as lists:
        story = lists.story(story_id)
        rows = lists.items_of_story(story_id)
    if story is None or not set(items) <= {row["id"] for row in rows}:
        raise StoreError(
            "io", f"story '{story_id}' has no such items; `watcher stories show {story_id} --json` lists them"
        )
    if set(items) == {row["id"] for row in rows}:
        raise click.UsageError("these are all of its items; name fewer")
    now = datetime.now(UTC)
    kept, parted, keys = tell_stories_apart(story, rows, frozenset(items), rulebook, now)
    with writing(app) as store:
        store.regroup([kept, parted], keys, dict.fromkeys(items, parted.id), now)
    click.echo(f"new story {parted.id} with {len(parted.reports)} reports; {kept.id} keeps {len(kept.reports)}")


def _alert(app: App, key: str) -> dict[str, Any]:
    """An alert by its key or the beginning of it. Raises StoreError where there is none."""
    with reading(app) as lists:
        found = lists.alert(key)
    if found is None:
        raise StoreError("io", f"no alert '{key}'; `watcher alerts list` shows them")
    return found


@click.group()
def alerts() -> None:
    """Alerts, and what became of each."""


@alerts.command("list")
@click.option("--since", default="30d", show_default=True)
@click.option("--limit", default=50, show_default=True)
@json_option
@click.pass_obj
def alerts_list(app: App, since: str, limit: int, as_json: bool) -> None:
    """Alerts, latest first, with the state of each delivery."""
    now = datetime.now(UTC)
    with reading(app) as lists:
        found = lists.alerts(limit, now - parse_duration(since))
    if as_json:
        emit_json(found)
        return
    rows = [
        (
            a["key"],
            ago(a["created_at"], now),
            a["kind"],
            a["severity"],
            [f"{d['channel']} {d['state']}" for d in a["deliveries"]],
            a["body"].get("title", ""),
        )
        for a in found
    ]
    table(("alert", "when", "kind", "severity", "deliveries", "title"), rows)


@alerts.command("show")
@click.argument("key")
@json_option
@click.pass_obj
def alerts_show(app: App, key: str, as_json: bool) -> None:
    """One alert with its facts and deliveries."""
    found = _alert(app, key)
    if as_json:
        emit_json(found)
        return
    click.secho(str(found["body"].get("title", key)), bold=True)
    click.echo(
        f"{found['key']}, {found['kind']}, {found['severity']}, {found['created_at']}"
        + (", acknowledged" if found["acked_at"] else "")
    )
    for change in found["changes"]:
        click.echo(f"  {change['kind']}: {change['old'] or '—'} → {change['new']}")
    table(
        ("channel", "state", "attempts", "due", "done", "last error"),
        [
            (d["channel"], d["state"], d["attempts"], d["due_at"], d["done_at"], d["last_error"])
            for d in found["deliveries"]
        ],
    )


@alerts.command("resend")
@click.argument("key")
@click.option("--channel", default="", help="Only to this channel.")
@click.pass_obj
def alerts_resend(app: App, key: str, channel: str) -> None:
    """Send an alert once more, to the channels it was for; receivers see the same id."""
    found = _alert(app, key)
    keys = [d["key"] for d in found["deliveries"] if not channel or d["channel"] == channel]
    with writing(app) as store:
        number = store.resend(keys, datetime.now(UTC))
    click.echo(f"{number} deliveries are due again; the running daemon or `watcher once` sends them")


@alerts.command("ack")
@click.argument("key")
@click.pass_obj
def alerts_ack(app: App, key: str) -> None:
    """Acknowledge an alert: it does not escalate."""
    found = _alert(app, key)
    with writing(app) as store:
        store.acknowledge(found["key"], datetime.now(UTC))
    click.echo(f"{found['key']} is acknowledged")


@alerts.command("mute")
@click.argument("story_id")
@click.option("--for", "length", default="7d", show_default=True, help="For how long.")
@click.pass_obj
def alerts_mute(app: App, story_id: str, length: str) -> None:
    """Hear nothing more of a story for a while."""
    until = datetime.now(UTC) + parse_duration(length)
    with writing(app) as store:
        if not store.mute_story(story_id, until):
            raise StoreError("io", f"no story '{story_id}'; `watcher stories list` shows them")
    click.echo(f"{story_id} is muted until {until:%Y-%m-%d %H:%M} UTC")


@click.command()
@click.argument("query")
@click.option("--limit", default=20, show_default=True)
@json_option
@click.pass_obj
def search(app: App, query: str, limit: int, as_json: bool) -> None:
    """Find stored items in every script. Words must all occur; "quotes" make a phrase, OR, NOT, word* and parentheses work.

    \b
    watcher search '人工智能 AND (基金 OR 법)'
    watcher search '"sovereign compute" NOT shares'
    """
    from watcher.replay import search_query

    with reading(app) as lists:
        found = lists.search(search_query(query), limit)
    if as_json:
        emit_json(found)
        return
    now = datetime.now(UTC)
    table(
        ("item", "seen", "source", "lang", "fate", "title"),
        [(row["id"], ago(row["seen_at"], now), row["source"], row["lang"], row["fate"], row["title"]) for row in found],
    )


@click.group()
def channels() -> None:
    """Destinations."""


@channels.command("list")
@json_option
@click.pass_obj
def channels_list(app: App, as_json: bool) -> None:
    """Channels and their policy; their URLs are secrets and are not shown."""
    rows = [
        {
            "name": c.policy.name,
            "service": c.url.split(":", 1)[0],
            "digest": c.policy.digest or "at once",
            "quiet_hours": c.policy.quiet_hours,
            "timezone": c.policy.timezone,
            "at_most": c.policy.at_most,
            "min_severity": c.policy.min_severity,
        }
        for c in app.settings().channels
    ]
    if as_json:
        emit_json(rows)
    else:
        table(
            ("name", "service", "digest", "quiet hours", "time zone", "at most", "from severity"),
            [tuple(row.values()) for row in rows],
        )


@channels.command("test")
@click.argument("name", required=False)
@json_option
@click.pass_obj
def channels_test(app: App, name: str | None, as_json: bool) -> None:
    """Send a real sample alert to one channel, or to all."""
    from watcher.channels import sample, senders
    from watcher.errors import DeliveryError

    settings = app.settings()
    chosen = [channel for channel in settings.channels if name in (None, channel.policy.name)]
    if not chosen:
        raise click.UsageError(
            f"no channel '{name}'; there is " + (", ".join(c.policy.name for c in settings.channels) or "none")
        )
    results = []
    for channel in chosen:
        for policy, sender in senders.open_all(channel.url, channel.policy, rate=channel.rate):
            try:
                sender.send(sample.message(policy, sender.service, datetime.now(UTC)))
                results.append({"channel": policy.name, "ok": True, "reason": ""})
            except DeliveryError as error:
                results.append({"channel": policy.name, "ok": False, "reason": error.reason})
    if as_json:
        emit_json(results)
    else:
        for result in results:
            click.echo(f"{result['channel']}: {'delivered' if result['ok'] else 'failed: ' + str(result['reason'])}")
    if not all(result["ok"] for result in results):
        sys.exit(PROBLEMS)


@click.command()
@json_option
@click.pass_obj
def status(app: App, as_json: bool) -> None:
    """Is it alive, late, failing? Exit code 1 when something needs a person."""
    now = datetime.now(UTC)
    settings = app.settings()
    lists = open_lists(settings.database)
    try:
        counts, size, feeds = lists.counts(), lists.size(), lists.feeds()
    finally:
        lists.close()
    from watcher.store.connection import holder

    pid = holder(settings.database)
    troubles = _troubles(counts, feeds, pid, now)
    report = {"running": pid is not None, "pid": pid, **counts, "database_bytes": size, "troubles": troubles}
    if as_json:
        emit_json(report)
    else:
        click.echo(
            f"daemon: {'running, process ' + str(pid) if pid else 'not running'}; last poll {ago(counts['last_polled_at'], now)}"
        )
        click.echo(
            f"feeds: {counts['feeds']} ({', '.join(f'{n} {c}' for c, n in sorted(counts['feed_conditions'].items())) or 'none'})"
        )
        click.echo(
            f"items: {counts['items']}, matched {counts['matched']}, stories {counts['stories']}, alerts {counts['alerts']}; {size / 1e6:.1f} MB"
        )
        for row in counts["deliveries"]:
            click.echo(
                f"deliveries to {row['channel']}: {row['n']} {row['state']}"
                + (f", oldest {ago(row['oldest'], now)}" if row["state"] == "pending" else "")
            )
        for trouble in troubles:
            click.secho(f"! {trouble}", fg="red" if sys.stdout.isatty() else None)
    if troubles:
        sys.exit(PROBLEMS)


def _troubles(counts: dict[str, Any], feeds: list[dict[str, Any]], pid: int | None, now: datetime) -> list[str]:
    found = []
    dead = sum(row["n"] for row in counts["deliveries"] if row["state"] in ("dead", "held"))
    if dead:
        found.append(f"{dead} deliveries are dead or held: `watcher alerts list`, then `watcher alerts resend`")
    if (
        pid is not None
        and counts["next_poll_at"]
        and (now - datetime.fromisoformat(counts["next_poll_at"])).total_seconds() > 300
    ):
        found.append(f"polls are late: the oldest was due {ago(counts['next_poll_at'], now)}")
    ill = [feed for feed in feeds if feed["condition"] not in ("new", "ok")]
    found += [f"{feed['url']}: {feed['condition']}: {feed['last_error']}" for feed in ill[:20]]
    if len(ill) > 20:
        found.append(f"and {len(ill) - 20} more feeds: `watcher feeds health`")
    return found


@click.command()
@json_option
@click.pass_obj
def audit(app: App, as_json: bool) -> None:
    """Check the promise: matched = delivered + pending + held + dead. Exit code 1 when something is missing."""
    with reading(app) as lists:
        found = lists.audit()
    if as_json:
        emit_json(found)
    else:
        click.echo(
            f"{found['planned']} deliveries planned: {found['delivered']} delivered, {found['pending']} pending, {found['held']} held, "
            f"{found['dead']} dead, {found['lost']} lost"
        )
        for item in found["lost_items"]:
            click.echo(f"lost: item {item}; `watcher explain {item}`")
    if found["lost"]:
        sys.exit(PROBLEMS)
