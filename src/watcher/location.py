"""Where the configuration and the database are, found without reading the rest: what only looks something up must answer at once."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from watcher.errors import ConfigError, Problem

SEARCH_PATH = ("config/watcher.yaml", "/etc/watcher/watcher.yaml")
DATABASE = "./watcher.db"
"""The database of a configuration that names none, beside it."""


def find_config(given: str | None, environ: Mapping[str, str] | None = None) -> Path:
    """The configuration file: as given, `$WATCHER_CONFIG`, ./config/watcher.yaml, /etc/watcher/watcher.yaml.

    Raises ConfigError when there is none.
    """
    asked = given or (os.environ if environ is None else environ).get("WATCHER_CONFIG")
    for candidate in (asked,) if asked else SEARCH_PATH:
        if candidate and Path(candidate).is_file():
            return Path(candidate)
    where = asked or " or ".join(SEARCH_PATH)
    raise ConfigError([Problem(where, 0, 0, "no configuration file there", "make one with `watcher init`")])


def beside(config: Path, named: str) -> str:
    """The database that a configuration names as `named`: a path is relative to the configuration's folder."""
    return named if "://" in named else str(config.parent / named)


def is_server(location: str) -> bool:
    """Whether a database is one of a PostgreSQL server, and no file."""
    return location.startswith(("postgresql://", "postgres://"))


def database_fault(location: str) -> str:
    """Why a database can not be used here, and what to do; '' where it can."""
    scheme, found, _ = location.partition("://")
    if is_server(location):
        import importlib.util

        if importlib.util.find_spec("psycopg") is None:
            return "a database on PostgreSQL needs the extra `postgres`; pip install 'watcher[postgres]'"
        return ""
    if found and scheme != "sqlite":
        return f"the database '{scheme}://…' is not supported; name a SQLite file, or postgresql://user@host/name"
    return ""


def passwords_of(location: str) -> frozenset[str]:
    """The passwords in a database's URL, as they stand and as they are meant."""
    from urllib.parse import unquote

    place, _, options = location.partition("://")[2].partition("?")
    user, _, _ = place.rpartition("@")
    found = [user.partition(":")[2], *re.findall(r"(?:^|&)(?:ssl)?password=([^&]*)", options)]
    return frozenset(form for password in found if password for form in (password, unquote(password)))


def kept_in(location: str, config: Path, environ: Mapping[str, str] | None = None) -> Path:
    """The folder of a database; of one on a server the service's state folder, or the configuration's."""
    if not is_server(location):
        return Path(location.removeprefix("sqlite:///")).parent
    state = (os.environ if environ is None else environ).get("STATE_DIRECTORY", "").partition(":")[0]
    return Path(state) if state else config.parent


def find_database(config: Path) -> str | None:
    """The database by a glance at its line; None where that does not tell and the configuration must be read."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        with config.open(encoding="utf-8", errors="replace") as file:
            named = _top_level(yaml.parse(file, Loader=loader), "database")
    except (yaml.YAMLError, OSError):
        return None
    return beside(config, named) if named and "${" not in named else None


def _top_level(events: Iterable[Any], wanted: str) -> str | None:
    """The plain value of a key of the outermost mapping, DATABASE where the key is absent, None where the value is no text."""
    import yaml

    depth, key, is_key = 0, "", True
    for event in events:
        if isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth == 1 and isinstance(event, (yaml.ScalarEvent, yaml.CollectionStartEvent, yaml.AliasEvent)):
            text = str(event.value) if isinstance(event, yaml.ScalarEvent) and not event.anchor else None
            if not is_key and key == wanted:
                return text
            key, is_key = text or "", not is_key
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth == 1 and not isinstance(event, yaml.MappingStartEvent):
                return None
    return DATABASE
