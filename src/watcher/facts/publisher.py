"""Whether an item's own publisher is the one who acts: 'Example Lab opens an office' in the feed 'Example Lab News'."""

from __future__ import annotations

import re
from functools import cache

from watcher.facts.mentions import PLACE_KINDS
from watcher.facts.reading import Part, Reading, priors
from watcher.model import Found, Span

PUBLISHER = "the item's own publisher"
"""The reason given for an actor that is the publisher."""

_ENDS = re.compile(r"\s*(?:[|:(\[·•–—]|\s-\s).*$")


def own_publisher(reading: Reading) -> Found | None:
    """The publisher, as written in the title, unless that names a state or one of its organs; None where it does not."""
    name = _name(reading.item.source)
    title = reading.parts[0] if reading.parts and reading.parts[0].field == "title" else None
    if not name or title is None:
        return None
    match = re.search(rf"(?<!\w){re.escape(name)}(?!\w)", title.text.plain)
    if match is None:
        return None
    place = Span(title.field, *match.span())
    return None if _is_of_a_state(title, place) else Found(name, place, PUBLISHER)


def _name(source: str) -> str:
    """The publisher's name in the title of its feed: 'Example Lab' of 'Example Lab News | Blog'; empty where none stands out."""
    words = _ENDS.sub("", source.strip()).split()
    while words and words[-1].casefold() in _words("kinds"):
        words.pop()
    if not words or all(word.casefold() in _words("common") for word in words):
        return ""
    name = " ".join(words)
    return name if len(name) >= 3 and name[0].isupper() else ""


@cache
def _words(name: str) -> frozenset[str]:
    """What a feed is called beside its publisher's name (`kinds`); what names no publisher where it stands alone (`common`)."""
    listed: str = priors()["publisher"][name]
    return frozenset(listed.split())


def _is_of_a_state(title: Part, place: Span) -> bool:
    """Whether a state, its seat or one of its organs is named there."""
    kinds = [kind for kind in PLACE_KINDS if kind != "institute"]
    spans = [title.span(hit.start, hit.end) for hit in title.of(*kinds, "office")]
    spans += [title.span(hit.start, hit.end) for hit in title.of("role") if hit.entry.value in ("gov", "home")]
    return any(map(place.overlaps, spans))
