"""Whose press an item belongs to: states by language, host and feed."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from watcher.facts.reading import Reading, priors


def home_states(reading: Reading) -> dict[str, float]:
    """The states whose press this is likely to be, with weights, from host and language."""
    states = dict(language_prior(reading.lang, reading.base))
    if reading.origin:
        code = reading.origin.upper()
        if code in states or not states or max(states.values()) < 0.8:
            return {code: 1.0}
        states[code] = max(states.get(code, 0.0), 0.5)
    return states


@cache
def language_prior(lang: str, base: str) -> Mapping[str, float]:
    """How much a language alone says of the writer's state, 0 to 1 for each."""
    table: Mapping[str, Mapping[str, float]] = priors()["language"]
    return table.get(lang) or table.get(base) or {}


def currency_state(currency: str) -> str:
    """The state that a currency tells, empty where many share it."""
    special: Mapping[str, str] = priors()["currency"]
    return special.get(currency, currency[:2])
