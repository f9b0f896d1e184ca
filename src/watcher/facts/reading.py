"""An item as the facts floor reads it: its fields with every form of the lexicon found in them, and where it comes from."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

from watcher.facts.lexicon import Hit, lexicon
from watcher.model import Item, Span, Text


class Part:
    """A field of an item and what the lexicon finds in it."""

    __slots__ = ("_by_kind", "_of", "field", "hits", "text")

    def __init__(self, field: str, text: Text, hits: tuple[Hit, ...]) -> None:
        self.field = field
        self.text = text
        self.hits = hits
        self._of: dict[tuple[str, ...], list[Hit]] = {}
        self._by_kind: dict[str, list[Hit]] = {}
        for hit in hits:
            self._by_kind.setdefault(hit.entry.kind, []).append(hit)

    def span(self, start: int, end: int) -> Span:
        """The place in plain text of a range of folded text."""
        begin, stop = self.text.to_plain(start, end)
        return Span(self.field, begin, stop)

    def of(self, *kinds: str) -> list[Hit]:
        """Hits of some kinds, in order of place. The list is shared: don't change it."""
        known = self._of.get(kinds)
        if known is None:
            found = [self._by_kind[kind] for kind in kinds if kind in self._by_kind]
            if len(found) > 1:
                known = [hit for hit in self.hits if hit.entry.kind in kinds]
            else:
                known = found[0] if found else []
            self._of[kinds] = known
        return known


@dataclass(frozen=True, slots=True)
class Reading:
    """An item, searched once. `origin` is the country (lower case) of its feed or host, empty where neither tells."""

    item: Item
    lang: str
    base: str
    origin: str
    parts: tuple[Part, ...]


def read(item: Item) -> Reading:
    """Search an item's title and summary."""
    origin = origin_of(item)
    parts = tuple(
        Part(field, text, tuple(lexicon().scan(text, item.lang, origin)))
        for field, text in (("title", item.title), ("summary", item.summary))
        if text.plain
    )
    return Reading(item, item.lang, item.lang.split("-")[0].lower(), origin, parts)


def origin_of(item: Item) -> str:
    """The country that an item is written in, by its feed's `country` or its host's ending; lower case, may be empty."""
    if item.feed.country:
        return item.feed.country.lower()
    return _country_of_host(item.entry.url) or _country_of_host(item.feed.url)


def _country_of_host(url: str) -> str:
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return ""
    ending = host.rstrip(".").rsplit(".", 1)[-1].lower()
    special: Mapping[str, str] = priors()["domain"]
    if ending in special:
        return special[ending].lower()
    return ending if len(ending) == 2 and ending.isalpha() and ending.isascii() else ""


@cache
def priors() -> Mapping[str, Any]:
    """What language, host and currency say of the writer's country."""
    return data("places/priors.toml")


@cache
def data(path: str) -> Mapping[str, Any]:
    """A TOML file of the facts floor, read once. The mapping is shared: don't change it."""
    source = files("watcher") / "facts" / "data" / path
    return tomllib.loads(source.read_text(encoding="utf-8"))
