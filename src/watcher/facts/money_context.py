"""What a figure means in its item: ranges, sums without a currency, and whose dollars they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from watcher.facts.currencies import Unit, currency_of, families, homes_in
from watcher.facts.money_bare import BARE_FLOOR, INDIAN, BareSums
from watcher.facts.money_figures import EAST_LANGUAGES, Figure, Source
from watcher.facts.money_language import Language, shared_words
from watcher.facts.money_lexicon import WORD
from watcher.facts.money_ranges import linked

_UNSPACED_LANGUAGES = EAST_LANGUAGES | {"th", "lo", "km", "my"}
_CLAIM_FIRST = frozenset({"@yuan", "@rupee", "@riyal", "@dirham", "@dinar", "@poundar"})
"""Families whose name a language shares with other countries, so that a country in the text outweighs the language."""
_NEAR_DOLLARS = ("CA", "AU", "NZ")
_DOLLAR_SUBJECTS = (*_NEAR_DOLLARS, "SG", "HK")
_EAST_HOMES = {"ko": "KR", "ja": "JP", "zh-Hans": "CN", "zh-Hant": "TW"}
_LOCAL_DOLLARS = frozenset({"en", "fr", "es"})
"""Languages whose papers say plain dollar for a Canadian one; others name it or convert it."""
_AMERICAN_FIRMS = "US-firm"
_MANY_HOMES = frozenset({"en", "fr", "es", "pt", "de", "ar", "ru", "sw"})
"""Languages of several countries, where a bare sum is in the money of the country it is about."""
_EURO_LATE = {"bg": "BG", "hr": "HR"}
"""Languages whose country took the euro within the years that feeds go back to."""


@dataclass(frozen=True, slots=True)
class Sum:
    """A figure known to be money. `currency` is empty where the text leaves several open."""

    figure: Figure
    part: int
    currency: str
    unsure: bool = False


class Context:
    """The parts of an item together: what they name decides what one of them leaves out."""

    def __init__(
        self,
        sources: Sequence[Source],
        figures: Sequence[Sequence[Figure]],
        lang: Language,
        country: str,
        day: date | None = None,
    ) -> None:
        self.sources = sources
        self.lang = lang
        self.country = country
        self.day = day
        self._figures = [linked(source, list(found)) for source, found in zip(sources, figures, strict=True)]
        self._text = "\n".join(source.text for source in sources)
        self._homes: dict[str, int] | None = None
        self._mentioned: dict[str, bool] = {}

    def sums(self) -> list[Sum]:
        """All sums, in order: those with a currency, and bare ones where the item speaks of money."""
        listed = [(part, figure) for part, found in enumerate(self._figures) for figure in found]
        explicit = [self._resolved(part, figure) if self._is_explicit(figure) else None for part, figure in listed]
        local = {one.currency for one in explicit if one and one.figure.unit and not one.figure.unit.is_family}
        first = next((one for one in explicit if one), None)
        bare = BareSums(self.lang, self._text, self._mentions)
        last: Sum | None = None
        sums: list[Sum] = []
        for (part, figure), known in zip(listed, explicit, strict=True):
            if known is not None and (last is None or not self._is_aside(known)):
                last = known
            if known is None and bare.holds(self.sources[part], figure, has_money=first is not None):
                known = self._inherited(part, figure, last or first)
            elif known is not None and figure.unit and figure.unit.code == "@dollar" and not figure.home:
                known = self._dollars(known, local)
            if known is not None:
                sums.append(known)
        return sums

    def _is_aside(self, one: Sum) -> bool:
        """Whether a sum stands in brackets, where papers put conversions."""
        before = self.sources[one.part].text[max(0, one.figure.start - 24) : one.figure.start]
        return before.rfind("(") > before.rfind(")")

    @property
    def homes(self) -> dict[str, int]:
        """Countries that the item names, with the first place."""
        if self._homes is None:
            self._homes = homes_in(self._text)
        return self._homes

    def _is_explicit(self, figure: Figure) -> bool:
        if figure.unit is None or not figure.value:
            return False
        return not (figure.factor < BARE_FLOOR and figure.unit.code == "JPY" and self._mentions("index"))

    def _mentions(self, role: str) -> bool:
        """Whether a word of a role stands anywhere in the item."""
        if role not in self._mentioned:
            self._mentioned[role] = self._looks_for(role)
        return self._mentioned[role]

    def _looks_for(self, role: str) -> bool:
        lexicon = self.lang.words.get(role) or shared_words().words.get(role)
        if lexicon is None:
            return False
        if self.lang.code in _UNSPACED_LANGUAGES:
            return any(form.removesuffix("*") in self._text for form in self.lang.endings[role])
        return any(lexicon.match(self._text, word.start()) for word in WORD.finditer(self._text[:20_000]))

    def _resolved(self, part: int, figure: Figure) -> Sum:
        unit = figure.unit
        assert unit is not None
        if not unit.is_family:
            return Sum(figure, part, unit.code, figure.unsure)
        written = self.sources[part].text[figure.start : figure.end]
        if (
            unit.code == "@rupee"
            and self.lang.code == "en"
            and self.country != "PK"
            and any(word in written for word in INDIAN)
        ):
            return Sum(figure, part, "INR", figure.unsure)
        currency, unsure = self._member(unit, figure.home)
        return Sum(figure, part, currency, unsure or figure.unsure)

    def _member(self, unit: Unit, home: str) -> tuple[str, bool]:
        """Which of a family's currencies is meant, and whether that is a guess."""
        family = families()[unit.code]
        if home:
            return family.countries[home], False
        own = family.languages.get(self.lang.code, "")
        if own and unit.code not in _CLAIM_FIRST:
            return own, False
        named = [country for country in self.homes if country in family.countries]
        own_named = [country for country in named if family.countries[country] == own]
        if own and (own_named or not named) and not (self.country in family.countries and self.country not in named):
            return own, False
        if unit.code == "@dollar":
            return self._dollar(named), False
        if self.country in family.countries and (self.country in named or not named or self.country == "HK"):
            return family.countries[self.country], False
        if named:
            return family.countries[min(named, key=self.homes.__getitem__)], False
        return family.default, not family.default

    def _dollar(self, named: Sequence[str]) -> str:
        """Plain dollars are American, but where a Canadian, Australian, New Zealand or Singapore matter is the subject."""
        places = self.homes
        country = self.country
        near = [one for one in named if one in _NEAR_DOLLARS and (one == country or self.lang.code in _LOCAL_DOLLARS)]
        if country in _DOLLAR_SUBJECTS and country not in near and self._is_local(country):
            near.append(country)
        if country in places and country not in _DOLLAR_SUBJECTS:
            near = [one for one in near if places[one] < places[country]]
        if not near:
            return "USD"
        first = min(near, key=lambda one: places.get(one, 0))
        if "US" in places and country != first and places["US"] < places.get(first, 0):
            return "USD"
        return families()["@dollar"].countries[first]

    def _is_local(self, country: str) -> bool:
        """Whether its own papers' plain dollar is likely its own: no American name is in the text."""
        if self.lang.code not in ("en", "fr") or "US" in self.homes:
            return False
        firms = _AMERICAN_FIRMS in self.homes
        return not firms or (country in self.homes and country in _NEAR_DOLLARS)

    def _dollars(self, known: Sum, local: set[str]) -> Sum:
        """Where «AU$» or «C$» stands in the item, a plain dollar is an American one."""
        if known.currency != "USD" and known.currency in local and known.figure.unit_before:
            return replace(known, currency="USD")
        return known

    def _inherited(self, part: int, figure: Figure, nearest: Sum | None) -> Sum | None:
        """A bare sum in the currency of the sum before it, or of the first one after."""
        if nearest is None:
            return self._at_home(part, figure)
        home = _EAST_HOMES.get(self.lang.code)
        if home and (figure.value > 2 * nearest.figure.value or self._is_about(home)):
            return self._at_home(part, figure)
        unit = nearest.figure.unit
        factor = unit.factor if unit and unit.code == "IRR" else Decimal(1)
        return Sum(replace(figure, value=figure.value * factor), part, nearest.currency, figure.unsure)

    def _is_about(self, country: str) -> bool:
        return self.country == country and (country in self.homes or not set(self.homes) - {_AMERICAN_FIRMS})

    def _at_home(self, part: int, figure: Figure) -> Sum | None:
        """A bare sum where nothing else names a currency: the language's, or that of the country it is about."""
        if self.lang.code == "zh-Hant":
            currency, unsure = self._member(Unit("@yuan"), "")
            return Sum(figure, part, currency, unsure)
        own = self.lang.currency
        if self.lang.code == "en" and any(
            word in self.sources[part].text[figure.start : figure.end] for word in INDIAN
        ):
            return Sum(figure, part, "INR", figure.unsure)
        country = self.country or ("US" if "US" in self.homes else "")
        if self.lang.code not in EAST_LANGUAGES:
            if not country and len(self.homes) == 1 and _AMERICAN_FIRMS not in self.homes:
                country = next(iter(self.homes))
            if country not in ("", "EU") and (country == "US" or self.lang.code in _MANY_HOMES):
                own = currency_of(country, self.day)
        own = currency_of(_EURO_LATE[self.lang.code], self.day) if self.lang.code in _EURO_LATE else own
        own = own or ("EUR" if country == "EU" else "")
        return Sum(figure, part, own, figure.unsure) if own else None
