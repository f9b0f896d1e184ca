"""The `watcher` command: global options, and commands that are imported only when they are called."""

from __future__ import annotations

import importlib
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from watcher.cli.output import fail
from watcher.errors import WatcherError

if TYPE_CHECKING:
    from watcher.config import Settings

COMMANDS = {
    "run": ("watcher.cli.service", "Run the daemon: poll, match and alert until stopped."),
    "once": ("watcher.cli.service", "Poll the feeds that are due once, deliver what is pending, and exit."),
    "demo": ("watcher.cli.service", "Watch a sample news day, served from this machine; no network needed."),
    "init": ("watcher.cli.setup", "Write a commented configuration that passes `check`."),
    "check": ("watcher.cli.setup", "Validate configuration and rules, and run the rules' own tests."),
    "scan": ("watcher.cli.scan", "Run the rules over items from files or standard input."),
    "explain": ("watcher.cli.explain", "Say why a text, item or URL matches each rule, or why not."),
    "replay": ("watcher.cli.replay", "Run rules over stored history; sends nothing."),
    "eval": ("watcher.cli.evaluate", "Precision, recall and F1 over labelled items."),
    "feeds": ("watcher.cli.feeds", "List, add, discover, import and export feeds, and their health."),
    "stories": ("watcher.cli.stories", "List, show, merge and split stories."),
    "alerts": ("watcher.cli.alerts", "List, show, resend, acknowledge and mute alerts."),
    "search": ("watcher.cli.overview", "Find stored items, in every script."),
    "channels": ("watcher.cli.channels", "List destinations, and send them a sample alert."),
    "status": ("watcher.cli.overview", "Is it alive, late, failing?"),
    "audit": ("watcher.cli.overview", "Check that matched = delivered + pending + held + dead."),
    "doctor": ("watcher.cli.care", "What is wrong with this installation, and how to mend it."),
    "db": ("watcher.cli.care", "Back up, prune, migrate and check the store."),
    "systemd": ("watcher.cli.care", "Install the systemd units."),
    "schema": ("watcher.cli.care", "Print the JSON Schema of the configuration, for editors."),
    "completion": ("watcher.cli.care", "Print the shell completion script for bash, zsh or fish."),
}


@dataclass(slots=True)
class App:
    """What every command needs: where the configuration is, and how much to say."""

    config: str | None
    level: int

    def path(self) -> Path:
        """The configuration file. Raises ConfigError."""
        from watcher.location import find_config

        return find_config(self.config)

    def database(self) -> str:
        """Where the store is, by the main file alone. Raises ConfigError."""
        from watcher.location import find_database

        path = self.path()
        found = find_database(path)
        if found is None:
            from watcher.config.load import database_of

            found = database_of(path)
        return found

    def settings(self) -> Settings:
        """The configuration, read and checked; logging set up with its secrets scrubbed. Raises ConfigError."""
        from watcher.channels.secrets import Scrubber
        from watcher.config import load
        from watcher.telemetry import set_up_logging

        settings = load(self.path())
        set_up_logging(self.level, as_json=settings.log == "json", scrub=Scrubber(settings.secrets))
        return settings


class _LazyGroup(click.Group):
    """Lists commands without importing them: `watcher --help` must be quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(
            importlib.import_module(COMMANDS[cmd_name][0]), cmd_name.replace("eval", "evaluate")
        )
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, help_text) for name, (_, help_text) in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            import difflib

            near = difflib.get_close_matches(name, COMMANDS, n=1)
            ctx.fail(f"no command '{name}'" + (f", did you mean '{near[0]}'?" if near else ""))
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except WatcherError as error:
            fail(error)


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "-c",
    "--config",
    metavar="FILE",
    type=click.Path(),
    help="Configuration; default $WATCHER_CONFIG, ./config/watcher.yaml, /etc/watcher/watcher.yaml.",
)
@click.option("-v", "--verbose", count=True, help="Say more; -vv for debugging.")
@click.option("-q", "--quiet", is_flag=True, help="Say only what went wrong.")
@click.version_option(None, "--version", package_name="watcher", message="watcher %(version)s")
@click.pass_context
def main(ctx: click.Context, config: str | None, verbose: int, quiet: bool) -> None:
    """Watch news feeds for national AI strategies and investments; hear of each event once.

    \b
    watcher demo                  see it work, without a network
    watcher init                  write your own configuration
    watcher check && watcher run  and watch
    """
    level = logging.ERROR if quiet else logging.DEBUG if verbose else logging.INFO
    ctx.obj = App(config, level)
