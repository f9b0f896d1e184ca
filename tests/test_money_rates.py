"""Dollars at the rate of the day."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from watcher.facts.rates import usd


def test_dollars_stay_dollars() -> None:
    assert usd(Decimal("1.5"), "USD", None) == Decimal("1.5")


@pytest.mark.parametrize(
    ("currency", "day", "low", "high"),
    [
        ("EUR", date(2025, 2, 10), "1.02", "1.04"),
        ("KRW", date(2025, 9, 9), "0.00070", "0.00074"),
        ("GBP", date(2025, 1, 13), "1.20", "1.24"),
        ("RUB", date(2019, 6, 3), "0.014", "0.016"),
        ("RUB", date(2024, 6, 3), "0.010", "0.012"),
        ("TWD", date(2025, 7, 1), "0.030", "0.035"),
        ("XOF", date(2025, 7, 1), "0.0017", "0.0019"),
        ("NPR", date(2024, 7, 1), "0.0074", "0.0076"),
    ],
)
def test_a_unit_in_dollars_lies_where_the_market_had_it(currency: str, day: date, low: str, high: str) -> None:
    million = usd(Decimal(10**6), currency, day)
    assert million is not None
    assert Decimal(low) < million / 10**6 < Decimal(high)


@pytest.mark.parametrize(("currency", "units"), [("SAR", "3.75"), ("AED", "3.6725"), ("QAR", "3.64"), ("BHD", "0.376")])
def test_pegs_are_exact_on_any_day(currency: str, units: str) -> None:
    assert usd(Decimal(units) * 1000, currency, date(2018, 1, 1)) == Decimal("1000.00")
    assert usd(Decimal(units) * 1000, currency, None) == Decimal("1000.00")


def test_a_currency_without_a_rate_has_no_dollars() -> None:
    assert usd(Decimal(5), "XXX", date(2025, 1, 1)) is None
    assert usd(Decimal(5), "JPY", date(1990, 1, 1)) is None


def test_a_day_after_the_last_rate_takes_the_last() -> None:
    assert usd(Decimal(100), "EUR", date(2200, 1, 1)) == usd(Decimal(100), "EUR", None)
