"""Text → Facts: sums, acting states, stage, instruments, actors, what is ahead, whom it credits.

`extract` is the one door; it searches an item's fields once and lets every reader work on what was found.
"""

from __future__ import annotations

from watcher.facts.actors import named_actors
from watcher.facts.ahead import events_ahead
from watcher.facts.attribution import credited
from watcher.facts.home import home_states
from watcher.facts.measures import stage_of, used_instruments
from watcher.facts.money import amounts_of
from watcher.facts.places import acting_states
from watcher.facts.reading import Reading, read
from watcher.facts.signs import mentions_by_field
from watcher.model import Amount, Facts, Found, Item

__all__ = ["extract"]


def extract(item: Item) -> Facts:
    """Read all facts of an item. Any text will do; what can't be read is left out.

    States and sums tell each other: whose dollar it is, and whose money. So states are weighed again where there are sums.
    """
    reading = read(item)
    seen_in = mentions_by_field(reading)
    acting = acting_states(reading, {}, seen_in)
    sums = _sums(reading, acting)
    if sums:
        before, acting = acting, acting_states(reading, currencies(sums), seen_in)
        if _moved(before, acting) and any(one.currency == "USD" for one in sums):
            sums = _sums(reading, acting)
    return Facts(
        countries=acting,
        amounts=sums,
        stage=stage_of(reading),
        instruments=used_instruments(reading),
        actors=named_actors(reading),
        ahead=events_ahead(reading),
        attributed_to=credited(reading),
    )


def _moved(before: tuple[Found, ...], after: tuple[Found, ...]) -> bool:
    """Whether sums told another state first, whose own dollar a plain one may be."""
    return bool(after) and (not before or before[0].value != after[0].value)


def currencies(sums: tuple[Amount, ...]) -> dict[str, frozenset[str]]:
    """The currencies that each field counts in, conversions for the reader ('(약 2조원)') left out."""
    fields = {one.span.field for one in sums}
    return {
        field: frozenset(one.currency for one in sums if one.span.field == field and not _is_conversion(one, sums))
        for field in fields
    }


def _is_conversion(one: Amount, sums: tuple[Amount, ...]) -> bool:
    return one.same_as is not None and sums[one.same_as].currency != one.currency


def _sums(reading: Reading, acting: tuple[Found, ...]) -> tuple[Amount, ...]:
    parts = [(part.field, part.text) for part in reading.parts]
    day = reading.item.published.date() if reading.item.published else None
    return amounts_of(parts, reading.lang, _likely_country(reading, acting), day)


def _likely_country(reading: Reading, acting: tuple[Found, ...]) -> str:
    """The country whose money an unnamed currency is likely to be: a state that acts, or where the item comes from."""
    if acting and acting[0].value != "EU":
        return acting[0].value
    home = home_states(reading)
    return max(home, key=lambda code: home[code]) if home else ""
