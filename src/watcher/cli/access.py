"""What commands open: the store, to read or to write, and the rules."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from watcher.cli.main import App
from watcher.durations import parse_duration

if TYPE_CHECKING:
    from watcher.channels.feeds_out import Entry
    from watcher.config import Settings
    from watcher.rules import Rulebook
    from watcher.store import Lists, Store


class _Duration(click.ParamType):  # type: ignore[type-arg]  # generic in newer versions only
    """A length of time such as 30d."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """The timedelta. Fails as wrong usage."""
        try:
            return parse_duration(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


DURATION = _Duration()
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


to_option = click.option(
    "--to",
    "target",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write a file to be pulled: .atom, .json (JSON Feed), .csv, or .ics (a calendar of what is ahead).",
)


def write_pulled(target: Path, what: str, entries: Sequence[Entry], now: datetime) -> None:
    """Write `entries` in the format that the file's name ends with. Who reads the file sees the old or the new one, whole."""
    from watcher.channels.feeds_out import FORMATS, About

    kind = target.suffix.lower().removeprefix(".")
    if kind not in FORMATS:
        raise click.UsageError(f"'{target.name}' ends with none of " + ", ".join(f".{name}" for name in FORMATS))
    fresh = target.with_name(target.name + ".new")
    _, write = FORMATS[kind]
    fresh.write_text(write(entries, About(f"Watcher: {what}"), now), "utf-8", newline="")
    fresh.replace(target)
    click.echo(f"{target}: {len(entries)} {what}")


@contextmanager
def reading(app: App) -> Iterator[Lists]:
    """The store, for reading."""
    from watcher.store import open_lists

    lists = open_lists(app.database())
    try:
        yield lists
    finally:
        lists.close()


@contextmanager
def writing(app: App) -> Iterator[Store]:
    """The store, for writing. While a daemon holds it, the change goes through the daemon's own lock, so wait or stop it first."""
    from watcher.store import open_store

    store = open_store(app.database(), shared=True)
    try:
        yield store
    finally:
        store.close()


def known_rule(name: str, names: Iterable[str]) -> str:
    """The name, when a rule is called so; else wrong usage, with what may be meant."""
    known = set(names)
    if name in known:
        return name
    near = difflib.get_close_matches(name, sorted(known), n=1)
    raise click.UsageError(f"no rule is called '{name}'" + (f", did you mean '{near[0]}'?" if near else ""))


def rulebook_of(app: App) -> tuple[Rulebook, Settings | None]:
    """The configured rules; without any configuration, those of the national-AI pack."""
    from watcher.config.load import pack_rules
    from watcher.errors import ConfigError
    from watcher.location import find_config
    from watcher.rules import compile_rules

    try:
        find_config(app.config)
    except ConfigError:
        if app.config:
            raise
        return compile_rules(*pack_rules("national-ai")), None
    settings = app.settings()
    return compile_rules(settings.rules, settings.vocabularies), settings
