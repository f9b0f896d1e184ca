"""Running: the daemon, a single round, and the demo."""

from __future__ import annotations

import asyncio
import sys

import click

from watcher.cli.main import App
from watcher.cli.output import PROBLEMS, emit_json


@click.command()
@click.pass_obj
def run(app: App) -> None:
    """Run the daemon: poll, match and alert until stopped (SIGTERM or Ctrl-C); SIGHUP reads the configuration again.

    With `web:` configured, the dashboard too.
    """
    from watcher import telemetry
    from watcher.config import load
    from watcher.daemon import Daemon

    settings = app.settings()
    counters = telemetry.Counters()
    daemon = Daemon(settings, lambda: load(app.path()), telemetry.LogObserver(), counters)
    asyncio.run(daemon.run())


@click.command()
@click.option("--all", "every", is_flag=True, help="Poll every feed, due or not.")
@click.option("--json", "as_json", is_flag=True)
@click.pass_obj
def once(app: App, every: bool, as_json: bool) -> None:
    """Poll once every feed that is due (--all: every feed), deliver what is pending, print a summary and exit.

    Exit code 1: a feed failed or something could not be delivered yet; the log says which, and it is tried again.
    """
    from dataclasses import asdict

    from watcher.daemon import once as round_of
    from watcher.telemetry import LogObserver

    summary = asyncio.run(round_of(app.settings(), LogObserver(), every=every))
    if as_json:
        emit_json(asdict(summary))
    else:
        click.echo(
            f"{summary.polled} feeds polled, {summary.items} new or edited items, {summary.matched} matched, "
            f"{summary.alerts} alerts, {summary.delivered} delivered"
            + (f", {summary.failed} failed" if summary.failed else "")
            + (f"; {summary.pending} channels still have something to send later" if summary.pending else "")
        )
    if summary.failed:
        sys.exit(PROBLEMS)


@click.command()
@click.option("--seconds", default=25.0, show_default=True, help="How long the sample day takes.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
@click.pass_obj
def demo(app: App, seconds: float, as_json: bool) -> None:
    """Serve a sample news day from this machine and run the real daemon on it; alerts appear here. No network needed."""
    from watcher.demo.day import run_demo

    summary = asyncio.run(run_demo(app.level, seconds))
    if as_json:
        emit_json(summary)
    else:
        click.echo("\n" + ", ".join(f"{value} {name}" for name, value in summary.items()))
