"""Rules and vocabularies that ship with Watcher: `include: [pack:NAME]`.

A pack is a folder of YAML beside this file. Its files are configuration like a user's own, so a user can extend its
vocabularies and read what its rules weigh.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable


@cache
def names() -> tuple[str, ...]:
    """The packs there are, sorted."""
    return tuple(sorted(entry.name for entry in _root().iterdir() if entry.is_dir() and _yaml(entry)))


@cache
def pack_files(name: str) -> tuple[tuple[str, str], ...]:
    """A pack's files as (name, text), rules before vocabularies. Raises KeyError where no pack has this name.

    A file is named `pack:NAME/…`, which is how problems and evidence cite it.
    """
    if name not in names():
        raise KeyError(name)
    return tuple((f"pack:{name}/{path}", file.read_text("utf-8")) for path, file in _yaml(_root().joinpath(name)))


def _root() -> Traversable:
    return resources.files(__package__)


def _yaml(folder: Traversable, prefix: str = "") -> list[tuple[str, Traversable]]:
    """YAML files of a folder, then those of its subfolders, in order of name."""
    entries = sorted(folder.iterdir(), key=lambda entry: entry.name)
    found = [(prefix + entry.name, entry) for entry in entries if entry.is_file() and entry.name.endswith(".yaml")]
    for entry in entries:
        if entry.is_dir():
            found += _yaml(entry, f"{prefix}{entry.name}/")
    return found
