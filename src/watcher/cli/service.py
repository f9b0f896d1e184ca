"""Running: the daemon, a single round, and the demo."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

import click

from watcher.cli.main import App
from watcher.cli.output import PROBLEMS, emit_json
from watcher.errors import WatcherError

if TYPE_CHECKING:
    from watcher.daemon.daemon import Daemon


@click.command()
@click.pass_obj
def run(app: App) -> None:
    """Run the daemon: poll, match and alert until stopped (SIGTERM or Ctrl-C). SIGHUP, or a change of its files, reads the configuration again.

    With `web:` configured, the dashboard too.

    \b
    watcher -c /etc/watcher/watcher.yaml run
    kill -HUP PID     read the configuration again
    """
    from watcher import telemetry
    from watcher.config import load
    from watcher.daemon.daemon import Daemon

    daemon = Daemon(app.settings(), lambda: load(app.path()), telemetry.LogObserver(), telemetry.Counters())
    asyncio.run(_run(daemon))
    _leave()


def _leave() -> None:
    """End now. Python would wait for threads that still send, for as long as a destination hangs; all is written and closed."""
    import logging
    import os
    import threading

    if threading.active_count() > 1:
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


async def _run(daemon: Daemon) -> None:
    """The daemon, with the dashboard beside it where it is configured. Nothing here holds the settings: the daemon lets their rules go."""
    web = daemon.settings.web
    if web is None:
        await daemon.run()
        return
    try:
        from watcher.web.serve import listener_of, server_of
    except ImportError as error:
        raise WatcherError(
            f"web: needs the extra `web` (pip install 'watcher[web]'): {error.name} is missing"
        ) from error
    running = asyncio.create_task(daemon.run())
    opened = asyncio.create_task(daemon.opened.wait())
    await asyncio.wait({running, opened}, return_when=asyncio.FIRST_COMPLETED)
    opened.cancel()
    if not daemon.opened.is_set():
        await running  # it says who holds the database, which is more than that the address is taken
        return
    try:
        listener = listener_of(daemon.settings)
    except OSError as error:
        daemon.stop()
        await running
        raise WatcherError(f"web: can not listen on {web.listen}: {error.strerror}") from error
    server = server_of(daemon.settings, daemon)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        await running
    finally:
        server.should_exit = True
        await serving


@click.command()
@click.option("--all", "every", is_flag=True, help="Poll every feed, due or not.")
@click.option("--json", "as_json", is_flag=True)
@click.pass_obj
def once(app: App, every: bool, as_json: bool) -> None:
    """Poll once every feed that is due (--all: every feed), deliver what is pending, print a summary and exit.

    Exit code 1: a feed failed or something could not be delivered yet; the log says which, and it is tried again.

    \b
    watcher once
    watcher once --all --json
    """
    from dataclasses import asdict

    from watcher.daemon.round import once as round_of
    from watcher.polling import NO_NETWORK
    from watcher.telemetry import LogObserver

    summary = asyncio.run(round_of(app.settings(), LogObserver(), every=every))
    if as_json:
        emit_json(asdict(summary))
    else:
        click.echo(
            f"{summary.polled} feeds polled, {summary.items} new or edited items, {summary.matched} matched, "
            f"{summary.alerts} alerts, {summary.delivered} delivered"
            + (f", {summary.failed} failed" if summary.failed else "")
            + (f"; {NO_NETWORK}" if summary.network_is_down else "")
            + (f"; {summary.pending} channels still have something to send later" if summary.pending else "")
        )
    if summary.failed or summary.network_is_down:
        sys.exit(PROBLEMS)


@click.command()
@click.option("--seconds", default=25.0, show_default=True, help="How long the sample day takes.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
@click.pass_obj
def demo(app: App, seconds: float, as_json: bool) -> None:
    """Serve a sample news day from this machine and run the real daemon on it; alerts appear here. No network needed.

    \b
    watcher demo --seconds 10
    """
    from watcher.demo.day import run_demo

    summary = asyncio.run(run_demo(app.level, seconds))
    if as_json:
        emit_json(summary)
    else:
        click.echo("\n" + ", ".join(f"{value} {name}" for name, value in summary.items()))
