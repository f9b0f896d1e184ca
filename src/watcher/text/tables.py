"""The floor's data, read once from the files beside the code."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def table(name: str) -> Mapping[str, Any]:
    """Read a data file of this floor, such as 'markup'. The mapping is shared: don't change it."""
    return tomllib.loads(files("watcher.text").joinpath(f"{name}.toml").read_text(encoding="utf-8"))


@cache
def language_table(base: str) -> Mapping[str, Any]:
    """Read what text needs to know of a language, by base code (zh, not zh-Hans). Empty where nothing is known."""
    source = files("watcher.text").joinpath("languages", f"{base}.toml")
    if not base.isalpha() or not source.is_file():
        return {}
    return tomllib.loads(source.read_text(encoding="utf-8"))


@cache
def languages() -> tuple[str, ...]:
    """Base codes of all languages that have a table, sorted."""
    folder = files("watcher.text").joinpath("languages")
    return tuple(sorted(entry.name[:-5] for entry in folder.iterdir() if entry.name.endswith(".toml")))
