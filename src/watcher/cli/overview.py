"""What is stored and how it stands: `watcher search`, `status`, `audit`."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import Any

import click

from watcher.cli.access import json_option, reading
from watcher.cli.main import App
from watcher.cli.output import PROBLEMS, ago, emit_json, table
from watcher.polling import NO_NETWORK
from watcher.store import holder, open_lists


@click.command()
@click.argument("query", nargs=-1, required=True)
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="How many at most.")
@json_option
@click.pass_obj
def search(app: App, query: tuple[str, ...], limit: int, as_json: bool) -> None:
    """Find stored items in every script, latest first.

    Words must all occur, in any order; "quotes" make a phrase. OR, NOT, NEAR/n, word* and parentheses work as in rules.

    \b
    watcher search 人工智能 AND '(基金 OR 法)'
    watcher search '"sovereign compute" NOT shares'
    watcher search 'gigafactory NEAR/5 AI'
    """
    from watcher.store.query import search_query

    try:
        asked = search_query(" ".join(query))
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    with reading(app) as lists:
        found = lists.search(asked, limit)
    if as_json:
        emit_json(found)
        return
    if not found:
        click.echo("nothing found: all words must occur, as whole words; word* takes what begins so", err=True)
    now = datetime.now(UTC)
    table(
        ("item", "seen", "source", "lang", "fate", "title"),
        [(row["id"], ago(row["seen_at"], now), row["source"], row["lang"], row["fate"], row["title"]) for row in found],
    )


@click.command()
@json_option
@click.pass_obj
def status(app: App, as_json: bool) -> None:
    """Is it alive, late, failing? Exit code 1 when something needs a person.

    \b
    watcher status
    watcher status --json
    """
    now = datetime.now(UTC)
    database = app.database()
    lists = open_lists(database)
    try:
        counts, size, feeds = lists.counts(), lists.size(), lists.feeds()
    finally:
        lists.close()
    running = holder(database)
    troubles = _troubles(counts, feeds, running is not None, now)
    report = {
        "running": running is not None,
        "pid": running.pid if running else None,
        **counts,
        "database_bytes": size,
        "troubles": troubles,
    }
    if as_json:
        emit_json(report)
    else:
        click.echo(
            f"daemon: {f'running, {running}' if running else 'not running'}; last poll {ago(counts['last_polled_at'], now)}"
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


def _troubles(counts: dict[str, Any], feeds: list[dict[str, Any]], is_running: bool, now: datetime) -> list[str]:
    found = []
    dead = sum(row["n"] for row in counts["deliveries"] if row["state"] in ("dead", "held"))
    if dead:
        found.append(
            f"{dead} deliveries are dead or held: `watcher alerts list`, then `watcher alerts resend --dead` (or `--held`)"
        )
    if is_running and counts["config_refused"]:
        found.append(
            f"the last reload was refused, the old configuration stays live: {counts['config_refused']}; "
            "`watcher check` lists every problem"
        )
    if counts["disk_full"]:
        found.append(
            f"the disk is full (first seen {ago(counts['disk_full'], now)}): no feed is polled, alerts that wait are still sent; "
            "make room where the database is, and polls go on by themselves"
        )
    elif (
        is_running
        and counts["next_poll_at"]
        and (now - datetime.fromisoformat(counts["next_poll_at"])).total_seconds() > 300
    ):
        found.append(f"polls are late: the oldest was due {ago(counts['next_poll_at'], now)}")
    if counts["network_down"]:
        found.append(f"{NO_NETWORK} (first seen {ago(counts['network_down'], now)})")
    ill = [feed for feed in feeds if feed["condition"] not in ("new", "ok")]
    found += [f"{feed['url']}: {feed['condition']}: {feed['last_error']}" for feed in ill[:20]]
    if len(ill) > 20:
        found.append(f"and {len(ill) - 20} more feeds: `watcher feeds health`")
    return found


@click.command()
@json_option
@click.pass_obj
def audit(app: App, as_json: bool) -> None:
    """Check the promise: matched = delivered + pending + held + dead. Exit code 1 when something is missing.

    \b
    watcher audit || watcher alerts list
    """
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
