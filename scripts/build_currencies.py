"""Writes facts/data/money/countries.tsv and iso4217.tsv from CLDR's territory data, as Babel ships it.

Run it after a Babel upgrade: python scripts/build_currencies.py
"""

from __future__ import annotations

from pathlib import Path

from babel.core import get_global

MONEY = Path(__file__).parents[1] / "src" / "watcher" / "facts" / "data" / "money"
SETTLED = {
    "EU": "EUR", "XK": "EUR", "BG": "EUR", "HR": "EUR", "EC": "USD", "PA": "USD", "SV": "USD", "ZW": "USD", "CH": "CHF",
    "LI": "CHF", "CU": "CUP", "LS": "LSL", "BT": "BTN", "HT": "HTG", "NA": "NAD", "UY": "UYU", "CL": "CLP", "VE": "VES",
    "SL": "SLE", "TW": "TWD", "CD": "CDF",
}  # fmt: skip
"""Where several tenders are in use, or CLDR's newest is not the one that newspapers mean."""


def main() -> None:
    """Write both tables."""
    countries: dict[str, str] = {}
    codes: set[str] = set()
    for country, tenders in get_global("territory_currencies").items():
        in_use = [tender for tender in tenders if tender[2] is None and tender[3]]
        if in_use and len(country) == 2 and country.isalpha():
            countries[country] = max(in_use, key=lambda tender: tender[1] or (0, 0, 0))[0]
            codes.update(tender[0] for tender in in_use)
    countries.update(SETTLED)
    codes.update(SETTLED.values())
    rows = "".join(f"{country}\t{currency}\n" for country, currency in sorted(countries.items()))
    head = "# country\tcurrency, from CLDR territory data (Babel), the tender in use\n"
    (MONEY / "countries.tsv").write_text(head + rows, encoding="utf-8")
    listed = "".join(f"{code}\n" for code in sorted(codes))
    head = "# ISO 4217 codes in use, from CLDR territory data (Babel)\n"
    (MONEY / "iso4217.tsv").write_text(head + listed, encoding="utf-8")


if __name__ == "__main__":
    main()
