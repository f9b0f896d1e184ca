"""`watcher channels`: where alerts go, and a sample sent there."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

import click

from watcher.cli.access import json_option
from watcher.cli.main import App
from watcher.cli.output import PROBLEMS, emit_json, table


@click.group()
def channels() -> None:
    """Destinations."""


@channels.command("list")
@json_option
@click.pass_obj
def channels_list(app: App, as_json: bool) -> None:
    """Channels and their policy; their URLs are secrets and are not shown.

    \b
    watcher channels list
    """
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
    """Send a real sample alert to one channel, or to all.

    \b
    watcher channels test desk
    """
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
