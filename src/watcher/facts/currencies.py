"""Currencies as written: signs, codes and names, and which country's «dollar», «krone» or «元» is meant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache

from watcher.facts.money_language import rows, table_language
from watcher.facts.money_lexicon import WORD, Lexicon, has_unspaced, is_edge, is_unspaced
from watcher.facts.money_text import level_form

_ANY_CASE = frozenset(["eur", "usd", "gbp", "rmb", "nis", "fcfa", "rs", "sek", "nok", "dkk", "chf", "czk"])
_CAPITALS_ONLY = frozenset(["p", "n", "r", "w", "y", "le", "gs", "bs", "sr", "qr", "kd", "km", "tl", "nis"])
_PLAIN_CODES = frozenset(
    [
        "USD",
        "EUR",
        "GBP",
        "JPY",
        "INR",
        "KRW",
        "CNY",
        "AUD",
        "NZD",
        "CAD",
        "SGD",
        "HKD",
        "TWD",
        "BRL",
        "CHF",
        "SEK",
        "NOK",
        "DKK",
        "VND",
        "IDR",
        "THB",
        "MYR",
        "RUB",
        "UAH",
        "KZT",
        "PLN",
        "CZK",
        "HUF",
        "AED",
        "QAR",
        "NGN",
        "ZAR",
        "KES",
        "MXN",
        "ILS",
    ]
)
"""Codes that are money even beside a small number; others are words too (TOP 500, COP 30, PHP 8, ALL)."""
LONGEST_BEFORE = 16


@dataclass(frozen=True, slots=True)
class Unit:
    """A currency as written. `code` is ISO 4217 or a family such as @dollar; `weak` asks for a scale word; `capitals` for
    capitals in the text; `factor` multiplies the number (ten rials a toman, a million in «mdp»)."""

    code: str
    weak: bool = False
    capitals: bool = False
    factor: Decimal = Decimal(1)

    @property
    def is_family(self) -> bool:
        """Whether several countries' money goes by this name."""
        return self.code.startswith("@")


@dataclass(frozen=True, slots=True)
class Names:
    """Currency names that a language uses, after and before a number."""

    after: Lexicon[Unit]
    before: dict[str, Unit]
    ends: frozenset[str]
    """Last characters of those before."""


@cache
def _names(code: str) -> Names:
    """The currency names of one language alone; `*` for those of all languages."""
    after: Lexicon[Unit] = Lexicon()
    before: dict[str, Unit] = {}
    ours = {code, code.split("-")[0]}
    for currency, languages, place, listed in rows("currencies"):
        if ours.isdisjoint(languages.split(",")):
            continue
        for written in listed.split("|"):
            form, unit = _unit(currency, written, place)
            if not form:
                continue
            if place not in ("before", "before_scale"):
                after.add(form, unit)
            if place in ("before", "before_scale", "both") or (place == "scale" and unit.capitals):
                before.setdefault(form.removesuffix("*"), unit)
    if code == "*":
        for row in rows("iso4217"):
            unit = Unit(row[0], weak=True, capitals=True)
            after.add(row[0].lower(), unit)
            before.setdefault(row[0].lower(), unit)
    return Names(after, before, frozenset(form[-1] for form in before if form))


def _unit(currency: str, written: str, place: str) -> tuple[str, Unit]:
    form, _, other = written.partition("~")
    if not form:
        form, other = other, ""
    form, _, power = form.partition("^")
    code, factor = currency, Decimal(1)
    if other.isdigit():
        power = other
    elif other:
        code = other
    if power.isdigit():
        factor = Decimal(10) ** int(power)
    if code == "IRT":
        code, factor = "IRR", Decimal(10)
    form = level_form(form.rstrip("!").strip())
    capitals = (form in _CAPITALS_ONLY) or (form.upper() == code and form not in _ANY_CASE)
    weak = place in ("scale", "before_scale") or (form.upper() == code and code not in _PLAIN_CODES)
    return form, Unit(code, weak, capitals, factor)


def before(lang: str, text: str, plain: str, end: int) -> tuple[Unit, int] | None:
    """The currency written right before `end`, and where it begins. `plain` is `text` in its own case."""
    stop = len(text[max(0, end - 2) : end].rstrip(" ")) + max(0, end - 2)
    found = _before(lang, text, plain, stop, end)
    if found is None and stop and text[stop - 1] == ".":
        found = _before(lang, text, plain, stop - 1, stop - 1)
    return found


def _before(lang: str, text: str, plain: str, stop: int, end: int) -> tuple[Unit, int] | None:
    ours, all_names = _names(table_language(lang)), _names("*")
    if not stop or (text[stop - 1] not in ours.ends and text[stop - 1] not in all_names.ends):
        return None
    own, shared = ours.before, all_names.before
    for start in range(max(0, stop - LONGEST_BEFORE), stop):
        written = text[start:stop]
        unit = own.get(written) or shared.get(written)
        if unit is None or (unit.capitals and not plain[start:stop].isupper()):
            continue
        if stop != end and text[stop - 1] >= "\u3040":  # 美元 12: a new clause; Burmese does leave a space
            continue
        first = text[start]
        if first.isalpha() and not is_unspaced(first) and not is_edge(text, start - 1):
            continue
        if unit.capitals and stop - start == 1 and stop != end:
            continue
        return unit, start
    return None


def after(lang: str, text: str, plain: str, at: int) -> tuple[Unit, int] | None:
    """The currency written at `at`, and where it ends."""
    found = _names("*").after.match(text, at)
    own = _names(table_language(lang)).after.match(text, at)
    if own is not None and (found is None or own[1] >= found[1]):
        found = own
    if found is None or not found[0].code or (found[0].capitals and not plain[at : found[1]].isupper()):
        return None
    return found


@dataclass(frozen=True, slots=True)
class Family:
    """Countries that call their money by one name: `default` where nothing tells, and by country and language."""

    default: str
    countries: dict[str, str]
    languages: dict[str, str]


@cache
def families() -> dict[str, Family]:
    """Every family by its name."""
    return {row[0]: Family(row[1], _pairs(row[2]), _pairs(row[3] if len(row) > 3 else "")) for row in rows("families")}


def family_of(currency: str, country: str) -> str:
    """The family that holds a currency and a country's other one: Czech «korun» after «Swedish»; empty if none does."""
    for name, family in families().items():
        if currency in family.countries.values() and family.countries.get(country, currency) != currency:
            return name
    return ""


def _pairs(listed: str) -> dict[str, str]:
    return dict(pair.split("=") for pair in listed.split())


@cache
def _homes() -> tuple[Lexicon[str], tuple[tuple[str, str], ...]]:
    spaced: Lexicon[str] = Lexicon()
    unspaced: list[tuple[str, str]] = []
    for country, _, listed in rows("homes"):
        for written in listed.split("|"):
            form = level_form(written)
            spaced.add(form, country)
            if is_unspaced(form[0]):
                unspaced.append((form.removesuffix("*"), country))
    return spaced, tuple(unspaced)


def home_at(text: str, at: int) -> tuple[str, int] | None:
    """The country whose name or adjective begins at `at` («canadiens»), and where the word ends."""
    return _homes()[0].match(text, at)


def homes_in(text: str) -> dict[str, int]:
    """Countries named in a text, with the first place of each."""
    spaced, unspaced = _homes()
    found: dict[str, int] = {}
    for word in WORD.finditer(text[:20_000]):
        at = word.start()
        hit = spaced.match(text, at)
        if hit is None and text[at] in "وبلفك" and word.end() - at > 4:
            hit = spaced.match(text, at + 1)
        if hit is None and text.startswith("ال", at):
            hit = spaced.match(text, at + 2)
        if hit:
            found.setdefault(hit[0], at)
    for form, country in unspaced if has_unspaced(text) else ():
        at = text.find(form)
        if at >= 0:
            found[country] = min(at, found.get(country, at))
    return found


def currency_of(country: str, day: date | None = None) -> str:
    """The currency of a country, by ISO 3166 code, on a day (none: today's); empty where unknown."""
    code = country.upper()
    for state, former, until in rows("formerly"):
        if state == code and day is not None and day < date.fromisoformat(until):
            return former
    return _tender().get(code, "")


@cache
def _tender() -> dict[str, str]:
    return {row[0]: row[1] for row in rows("countries")}
