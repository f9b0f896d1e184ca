"""A number found in a text, and the text it is found in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from watcher.facts.currencies import Unit
from watcher.facts.money_language import Language

_GAP = re.compile(r"[ \-]{0,2}")
EAST_LANGUAGES = frozenset({"ja", "ko", "zh-Hans", "zh-Hant"})


@dataclass(frozen=True, slots=True)
class Figure:
    """A number in the text. `value` counts its scale in; `number` is the number as said; `factor` the scale alone."""

    start: int
    end: int
    value: Decimal
    number: Decimal
    factor: Decimal = Decimal(1)
    unit: Unit | None = None
    home: str = ""
    """Country that an adjective beside the currency names."""
    unit_before: bool = False
    short: bool = False
    unsure: bool = False
    bare_end: int = 0
    """Where number and scale end, without a currency."""


@dataclass(frozen=True, slots=True)
class Source:
    """A text to read: levelled, and in its own case (same length); `country` of the writer or the event."""

    text: str
    cased: str
    lang: Language
    country: str


def skip(text: str, at: int) -> int:
    gap = _GAP.match(text, at)
    return gap.end() if gap else at
