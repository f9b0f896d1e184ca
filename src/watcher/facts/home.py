"""Whose press an item belongs to: states by language, wording, host and feed."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from watcher.facts.reading import Reading, priors

_OTHERS = 0.1
"""What is left of a state's weight beside wording that its press does not use."""
_UNLISTED = 0.02
"""Prior of a state that the language's tables don't name, once wording speaks for it."""


def home_states(reading: Reading, told: Mapping[str, float] | None = None) -> dict[str, float]:
    """The states whose press this is likely to be, with weights: what `press` told, and the host."""
    states = dict(press(reading) if told is None else told)
    if reading.origin:
        code = reading.origin.upper()
        if code in states or not states or max(states.values()) < 0.8:
            return {code: 1.0}
        states[code] = max(states.get(code, 0.0), 0.5)
    return states


def press(reading: Reading, currencies: frozenset[str] = frozenset()) -> Mapping[str, float]:
    """The states whose press this is likely to be by language, wording and money, 0 to 1 for each.

    Spelling and words of some countries' press ('programme', 'minister', 'crore') tell between the states that share a
    language; what then stands for each is made to add up to 1. `currencies`: ISO 4217 codes of the item's sums.
    """
    prior = language_prior(reading.lang, reading.base)
    told = {hit.entry.value for part in reading.parts for hit in part.of("trace")}
    if not told:
        return prior
    traces: Mapping[str, str] = priors()["money_trace"]
    told |= {traces.get(code) or currency_state(code) for code in currencies} - {""}
    states = {**priors()["wording"].get(reading.base, {}), **prior}
    for trace in sorted(told):
        if not trace.startswith("!"):
            for code in trace.split(","):
                states.setdefault(code, _UNLISTED)
    for trace in told:
        listed = trace.lstrip("!").split(",")
        for code in states:
            if (code in listed) == trace.startswith("!"):
                states[code] *= _OTHERS
    whole = sum(states.values())
    return {code: weight / whole for code, weight in states.items() if weight / whole >= _UNLISTED}


@cache
def language_prior(lang: str, base: str) -> Mapping[str, float]:
    """How much a language alone says of the writer's state, 0 to 1 for each."""
    table: Mapping[str, Mapping[str, float]] = priors()["language"]
    return table.get(lang) or table.get(base) or {}


def currency_state(currency: str) -> str:
    """The state that a currency tells, empty where many share it."""
    special: Mapping[str, str] = priors()["currency"]
    return special.get(currency, currency[:2])
