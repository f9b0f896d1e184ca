"""The states that an item is about: whose AI policy or investment it is, not each one that it mentions."""

from __future__ import annotations

from collections.abc import Mapping
from math import exp

from watcher.facts.mentions import Mention
from watcher.facts.reading import Reading, read
from watcher.facts.signs import Signs, signs, weights
from watcher.model import Found, Item, Span

_SECOND = 0.5
"""Probability from which a state beside the likeliest is one more actor."""
_LEAST = 0.05
"""Probability below which not even the likeliest is named."""
_GUESSES = {
    "language_weak",
    "language_weak_alone",
    "rivals",
    "alone",
    "t_home",
    "t_home_opens",
    "s_home",
    "s_home_opens",
}
_LEAST_SHARE, _LEAST_ALONE = 0.3, 0.35
"""Share of a language's press that a state needs to be named for nothing else: beside 'the government', and without.
A guess that is wrong more often than not costs more than it brings: of English items that told nothing, the greatest
share was right in 2 of 7."""
_WHY = {
    "state": "named as the acting state",
    "seat": "its seat of government stands for it",
    "body": "a body or programme of this state acts",
    "institute": "an institute, company or region of this state is named",
    "leader": "its leader or minister acts",
    "europe": "Europe is named",
    "city": "a place in this state",
    "firm": "named beside a company",
    "counter": "named as a measure",
    "short": "short name in a headline",
    "home": "the government of the country that the item is written in",
}

ACTS = {why: sign for sign, why in _WHY.items()}
"""By the reason given for a state, what of it acts: state, leader, body, seat, home … A reason that is none of these guesses."""


def countries(item: Item) -> tuple[Found, ...]:
    """Read the acting states of an item, ISO 3166-1 alpha-2 or EU, the likeliest first."""
    return acting_states(read(item), {})


def acting_states(
    reading: Reading,
    currencies: Mapping[str, frozenset[str]],
    seen_in: Mapping[str, list[Mention]] | None = None,
) -> tuple[Found, ...]:
    """Read the acting states; `currencies` are the ISO 4217 codes of the sums in each field, `seen_in` as for `signs`."""
    found = signs(reading, currencies, seen_in)
    ranked = sorted(((probability(sign), code) for code, sign in found.items()), reverse=True)
    chosen = [
        code
        for rank, (p, code) in enumerate(ranked)
        if (rank == 0 and p >= _LEAST)
        or (found[code].is_named and (p >= _SECOND or _is_one_group(found, code, ranked[0][1])))
    ]
    if len(chosen) > 1 and _is_by_language(found[chosen[0]]):
        del chosen[0]
    return tuple(_found(code, found[code], reading) for code in chosen if not _is_guess(found[code]))


def _is_one_group(found: Mapping[str, Signs], code: str, first: str) -> bool:
    """Whether one name stands for both states ('Baltic states')."""
    return found[first].span is not None and found[code].span == found[first].span


def _is_by_language(sign: Signs) -> bool:
    """Whether a state is the likeliest for its language alone: no government is named, and the text names another state."""
    return all(name.startswith(("language", "rivals", "alone")) for name in sign.values)


def _is_guess(sign: Signs) -> bool:
    """Whether nothing speaks for a state but a language that it shares with others, and that some government acts."""
    share = sign.values.get("language_weak", 0.0)
    return set(sign.values) <= _GUESSES and share < (_LEAST_SHARE if _has_home(sign) else _LEAST_ALONE)


def _has_home(sign: Signs) -> bool:
    """Whether the item speaks of a government without saying whose."""
    return "t_home" in sign.values or "s_home" in sign.values


def probability(sign: Signs) -> float:
    """How likely a state with these signs is an acting one."""
    fitted = weights()
    total = fitted["bias"] + sum(fitted.get(name, 0.0) * value for name, value in sign.values.items())
    return 1.0 / (1.0 + exp(-max(-30.0, min(30.0, total))))


def _found(code: str, sign: Signs, reading: Reading) -> Found:
    if sign.span is not None:
        return Found(code, sign.span, _WHY.get(sign.why, sign.why))
    field = reading.parts[0].field if reading.parts else "title"
    why = "its currency" if any("money" in name for name in sign.values) else "language and origin of the item"
    return Found(code, Span(field, 0, 0), why)
