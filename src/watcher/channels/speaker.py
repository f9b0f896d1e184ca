"""Says facts in the reader's language: countries, sums, dates, labels.

Labels come from labels/*.toml, numbers, dates and names of countries from CLDR through Babel. A
language without labels is answered in English.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from importlib import resources
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_skeleton
from babel.numbers import format_compact_decimal

from watcher.channels.clean import plain

LARGEST = Decimal(10) ** 24
"""A larger number is no sum of money, and no language has words for it: the text stands instead."""

_LABELS = resources.files("watcher.channels") / "labels"


@lru_cache(maxsize=32)
def languages() -> tuple[str, ...]:
    """Codes of the languages that have labels."""
    return tuple(
        sorted(entry.name.removesuffix(".toml") for entry in _LABELS.iterdir() if entry.name.endswith(".toml"))
    )


@lru_cache(maxsize=64)
def speaker(language: str, timezone: str = "UTC") -> Speaker:
    """The one who speaks `language` (a code such as fr, pt-BR, zh-Hant), with times in `timezone`."""
    return Speaker(_base(language) if has_labels(language) else "en", timezone)


def has_labels(language: str) -> bool:
    """Whether alerts can be told in the language."""
    return _base(language) in languages()


def _base(language: str) -> str:
    return language.replace("_", "-").split("-")[0].lower()


class Speaker:
    """Words for facts, in one language and time zone. All results are plain text."""

    def __init__(self, language: str, timezone: str) -> None:
        self.language = language
        self.locale = Locale.parse(language)
        self.zone = ZoneInfo(timezone)
        self.direction: str = self.locale.text_direction
        with (_LABELS / f"{language}.toml").open("rb") as file:
            self._labels: dict[str, Any] = tomllib.load(file)
        self.comma: str = self._labels["comma"]
        self.colon: str = self._labels["colon"]
        self._quote: str = self._labels["quote"]

    def word(self, key: str, **values: object) -> str:
        """A label of [words], filled in."""
        return str(self._labels["words"][key]).format(**values)

    def name(self, table: str, key: str) -> str:
        """The label of a code (stages, instruments, changes, batches); the code itself where it has none."""
        return str(self._labels[table].get(key, plain(key.replace("_", " "), 40)))

    def count(self, key: str, n: int, **values: object) -> str:
        """`n` of something, in the right plural."""
        forms: dict[str, str] = self._labels["counts"][key]
        return forms.get(self.locale.plural_form(n), forms["other"]).format(n=n, **values)

    def quoted(self, text: str) -> str:
        """A text in the quotation marks of the language."""
        return self._quote.format(text=text)

    def country(self, code: str) -> str:
        """The name of a country by its alpha-2 code."""
        return str(self.locale.territories.get(code) or plain(code, 40))

    def language_name(self, code: str) -> str:
        """The name of a language by its code (fr, zh-Hans)."""
        key = code.replace("-", "_")
        return str(self.locale.languages.get(key) or self.locale.languages.get(key.split("_")[0]) or plain(code, 20))

    def sum(self, amount: Mapping[str, object]) -> str:
        """A sum in its currency, and in dollars where that is another and the rate is known."""
        value = number(amount.get("value"))
        currency = plain(amount.get("currency"), 8)
        if value is None:
            return plain(amount.get("text"), 60)
        said = f"{self._short(value)} {currency}".strip()
        if amount.get("qualifier") in ("at_least", "up_to", "about"):
            said = self.word(str(amount["qualifier"]), amount=said)
        usd = number(amount.get("usd"))
        if usd is not None and currency != "USD":
            said = self.word("in_dollars", amount=said, dollars=f"{self._short(usd)} USD")
        return self.word("uncertain", amount=said) if amount.get("uncertain") else said

    def _short(self, value: Decimal) -> str:
        style: Any = "long" if "long" in self.locale.compact_decimal_formats else "short"
        digits = 1 if abs(value) >= 1000 else 0 if value == value.to_integral_value() else 2
        return format_compact_decimal(value, format_type=style, locale=self.locale, fraction_digits=digits)

    def moment(self, iso: object, now: datetime) -> str:
        """A day and time of day of the reader's zone, with the year where it is not this one; empty for no time."""
        at = _moment(iso)
        if at is None:
            return ""
        local = at.astimezone(self.zone)
        skeleton = "MMMd" if local.year == now.astimezone(self.zone).year else "yMMMd"
        return f"{format_skeleton(skeleton, local, locale=self.locale)} {local:%H:%M}"

    def day(self, iso: object) -> str:
        """A date at the precision it has: 2027, 2027-03, 2027-03-14. Anything else as it stands."""
        text = plain(iso, 40)
        for length, skeleton in ((10, "yMMMd"), (7, "yMMM")):
            if len(text) == length:
                try:
                    at = date.fromisoformat(text if length == 10 else f"{text}-01")
                except ValueError:
                    return text
                return str(format_skeleton(skeleton, at, locale=self.locale))
        return text

    def listing(self, names: Sequence[str]) -> str:
        """Names in a row."""
        return self.comma.join(names)

    def foreign(self, text: str) -> str:
        """Words that are not of this language, within a line of it.

        Where one reads from right to left they are isolated (FSI … PDI), or a number after them would be read as theirs.
        """
        return f"\u2068{text}\u2069" if text and self.direction == "rtl" else text

    @property
    def arrow(self) -> str:
        """From what was to what is, the way one reads: arrows are not turned around by Unicode."""
        return "\N{LEFTWARDS ARROW}" if self.direction == "rtl" else "\N{RIGHTWARDS ARROW}"

    def flags(self, codes: Sequence[str]) -> str:
        """The flags of countries. To Unicode they are letters from left to right: a mark before keeps the line's own way."""
        shown = "".join(flag(code) for code in codes)
        return f"\u200f{shown}" if shown and self.direction == "rtl" else shown


def flag(code: str) -> str:
    """The flag of an alpha-2 code or EU; empty for anything else."""
    if len(code) != 2 or not code.isascii() or not code.isalpha():
        return ""
    return "".join(chr(0x1F1E6 + ord(letter) - ord("A")) for letter in code.upper())


def number(value: object) -> Decimal | None:
    """A number as JSON may carry it, a string too; None for what is none, or too large for words."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str, Decimal)):
        return None
    try:
        read = Decimal(str(value))
    except InvalidOperation:
        return None
    return read if read.is_finite() and abs(read) < LARGEST else None


def _moment(iso: object) -> datetime | None:
    if not isinstance(iso, str) or not iso:
        return None
    try:
        at = datetime.fromisoformat(iso)
    except ValueError:
        return None
    return at if at.tzinfo else None
