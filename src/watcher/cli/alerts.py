"""`watcher alerts`: what was told, and what became of each telling."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from watcher.cli.access import DURATION, json_option, reading, to_option, write_pulled, writing
from watcher.cli.main import App
from watcher.cli.output import ago, emit_json, table
from watcher.errors import StoreError


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
@click.option("--since", type=DURATION, default="30d", show_default=True, help="How far back.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="How many at most.")
@json_option
@to_option
@click.pass_obj
def alerts_list(app: App, since: timedelta, limit: int, as_json: bool, target: Path | None) -> None:
    """Alerts, latest first, with the state of each delivery.

    \b
    watcher alerts list --since 24h
    watcher alerts list --to /var/www/alerts.atom
    """
    now = datetime.now(UTC)
    with reading(app) as lists:
        found = lists.alerts(limit, now - since)
    if target is not None:
        from watcher.channels.feeds_out import alert_entries, alert_of
        from watcher.channels.speaker import speaker

        write_pulled(target, "alerts", alert_entries(map(alert_of, found), speaker("en"), now), now)
        return
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
    """One alert with its facts and deliveries.

    \b
    watcher alerts show s1f0:1
    """
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
@click.argument("key", required=False)
@click.option("--dead", is_flag=True, help="All that were given up, in place of one alert.")
@click.option("--held", is_flag=True, help="All that may have arrived and wait for a person (`on_uncertain: hold`).")
@click.option("--channel", default="", help="Only to this channel.")
@click.pass_obj
def alerts_resend(app: App, key: str | None, dead: bool, held: bool, channel: str) -> None:
    """Send an alert once more, to the channels it was for; receivers see the same id.

    \b
    watcher alerts resend s1f0:1 --channel desk
    watcher alerts resend --dead --channel desk
    """
    if bool(key) == (dead or held):
        raise click.UsageError(
            "name an alert, or --dead for all that were given up, --held for all that may have arrived"
        )
    if not key:
        states = [state for state, asked in (("dead", dead), ("held", held)) if asked]
        with reading(app) as lists:
            deliveries = [found for state in states for found in lists.deliveries(state=state, limit=sys.maxsize)]
    else:
        deliveries = _alert(app, key)["deliveries"]
    keys = [d["key"] for d in deliveries if channel in ("", d["channel"])]
    if channel and deliveries and not keys:
        others = ", ".join(sorted({d["channel"] for d in deliveries}))
        raise click.UsageError(f"nothing of that kind is for '{channel}'; there is {others}")
    with writing(app) as store:
        number = store.resend(keys, datetime.now(UTC))
    click.echo(f"{number} deliveries are due again; the running daemon or `watcher once` sends them")


@alerts.command("ack")
@click.argument("key")
@click.pass_obj
def alerts_ack(app: App, key: str) -> None:
    """Acknowledge an alert: it does not escalate.

    \b
    watcher alerts ack s1f0:1
    """
    found = _alert(app, key)
    with writing(app) as store:
        store.acknowledge(found["key"], datetime.now(UTC))
    click.echo(f"{found['key']} is acknowledged")


@alerts.command("mute")
@click.argument("story_id")
@click.option("--for", "length", type=DURATION, default="7d", show_default=True, help="For how long.")
@click.pass_obj
def alerts_mute(app: App, story_id: str, length: timedelta) -> None:
    """Hear nothing more of a story for a while. `--for 0s` ends it.

    \b
    watcher alerts mute s1f0 --for 30d
    """
    until = datetime.now(UTC) + length
    with writing(app) as store:
        if not store.mute_story(story_id, until):
            raise StoreError("io", f"no story '{story_id}'; `watcher stories list` shows them")
    click.echo(f"{story_id} is muted until {until:%Y-%m-%d %H:%M} UTC")
