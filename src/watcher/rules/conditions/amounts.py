"""`amount>=1bn USD`: conditions on sums of money."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from functools import cache

from babel import Locale

from watcher.model import Amount
from watcher.rules.conditions.core import Condition, Find, Needs, Reason, scope_words
from watcher.rules.faults import Fault, did_you_mean
from watcher.rules.keys import fact_key
from watcher.rules.reading import EVERYWHERE, Hit, Reading, Scope

OPERATORS: Mapping[str, Callable[[Decimal, Decimal], bool]] = {
    ">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt, "=": operator.eq, "==": operator.eq,
}  # fmt: skip
SCALES = {
    "k": 3, "thousand": 3, "m": 6, "mn": 6, "mln": 6, "mio": 6, "million": 6, "b": 9, "bn": 9, "mrd": 9, "billion": 9,
    "t": 12, "tn": 12, "trillion": 12,
}  # fmt: skip
"""Powers of ten; in the rule language a billion is 10⁹ whatever the language of the item."""
SIGNS = {
    "$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "₩": "KRW", "₹": "INR", "₽": "RUB", "₺": "TRY", "₪": "ILS",
    "₫": "VND", "₱": "PHP", "฿": "THB", "₴": "UAH", "₦": "NGN", "₸": "KZT", "₼": "AZN",
}  # fmt: skip
SHOWN = 3

_WRITTEN = re.compile(
    r"(?P<before>[A-Za-z]{3}(?=[\s\d])|[^\w\s.,]+)?\s*(?P<number>\d[\d_]*(?:,\d{3})*(?:\.\d+)?)\s*"
    r"(?P<scale>[a-z]+)?\s*(?P<after>[A-Za-z]{3}|[^\w\s.,]+)?$"
)


class AmountCondition(Condition):
    """A comparison with every certain sum of the item; one that satisfies it is enough.

    Sums in the currency named are compared as they stand, others through US dollars at the item's rate; a sum that
    has no rate, or is uncertain, decides nothing.
    """

    __slots__ = ("_usd", "compare", "currency", "value")
    effort = 0

    def __init__(self, source: str, compare: str, value: Decimal, currency: str, usd: Decimal | None) -> None:
        super().__init__(source)
        self.compare = OPERATORS[compare]
        self.value = value
        self.currency = currency
        self._usd = usd

    def _satisfies(self, amount: Amount) -> bool:
        if amount.uncertain:
            return False
        if amount.currency == self.currency:
            return self.compare(amount.value, self.value)
        if amount.usd is None or self._usd is None:
            return False
        return self.compare(amount.usd, self._usd)

    def _found(self, reading: Reading, scope: Scope) -> Iterator[tuple[Amount, Hit]]:
        for amount in reading.facts.amounts:
            span = amount.span
            if self._satisfies(amount) and reading.is_within(span, scope):
                yield amount, reading.hit_of(span) or Hit(span.field, 0, 0, (span.start, span.end))

    def holds(self, reading: Reading, scope: Scope) -> bool:
        if scope == EVERYWHERE:
            return any(self._satisfies(amount) for amount in reading.facts.amounts)
        return next(self._found(reading, scope), None) is not None

    def finds(self, reading: Reading, scope: Scope) -> Iterator[Find]:
        for amount, hit in self._found(reading, scope):
            yield Find(hit, self.source, f"amount is {_shown(amount)}")

    def reason(self, reading: Reading, scope: Scope) -> Reason:
        amounts = reading.facts.amounts
        if not amounts:
            return Reason(1.0, f"{self.source}: no sum of money is stated")
        if scope is not EVERYWHERE and self.holds(reading, EVERYWHERE):
            return Reason(0.5, f"{self.source}: such a sum is stated, but not{scope_words(scope) or ' there'}")
        shown = ", ".join(
            f"«{amount.text}» ({'uncertain' if amount.uncertain else _shown(amount)})" for amount in amounts[:SHOWN]
        )
        return Reason(1.0, f"{self.source}: the sums stated are {shown}")

    def needs(self) -> Needs:
        return (frozenset({fact_key("amount")}),)


def _shown(amount: Amount) -> str:
    plain = f"{amount.value.normalize():,f} {amount.currency}"
    if amount.usd is None or amount.currency == "USD":
        return plain
    return f"{plain}, about {amount.usd.quantize(Decimal(1)):,f} USD"


def amount_condition(
    source: str, compare: str, written: str, to_usd: Callable[[Decimal, str], Decimal | None]
) -> AmountCondition:
    """Read what follows `amount>=`. `to_usd` values the threshold. Raises Fault with places in `written`."""
    if compare not in OPERATORS:
        raise Fault(f"«{compare}» is no comparison", "write one of >= <= > < =", 0, len(written))
    match = _WRITTEN.match(written)
    if match is None:
        hint = "write decimals with a point, as in 1.5bn" if re.search(r"\d,\d", written) else "write amount>=1bn USD"
        raise Fault(f"«{written}» is no sum of money", hint, 0, len(written))
    try:
        number = Decimal(match["number"].replace(",", "").replace("_", ""))
    except InvalidOperation as error:
        raise Fault(f"«{match['number']}» is no number", "write 1.5bn", *match.span("number")) from error
    scale = match["scale"] or ""
    code, place = match["after"] or match["before"], "after" if match["after"] else "before"
    if scale and scale not in SCALES and scale.upper() in currencies():
        code, place, scale = scale, "scale", ""
    if scale and scale not in SCALES:
        raise Fault(
            f"«{scale}» is no scale", did_you_mean(scale, SCALES) or "write k, m, bn or tn", *match.span("scale")
        )
    if not code:
        hint = f"write amount{compare}{written} USD"
        raise Fault("the sum names no currency", hint, 0, len(written))
    currency = _currency(code, *match.span(place))
    value = number.scaleb(SCALES.get(scale, 0))
    return AmountCondition(source, compare, value, currency, to_usd(value, currency))


def _currency(code: str, start: int, end: int) -> str:
    if code in SIGNS:
        return SIGNS[code]
    if code.upper() in currencies():
        return code.upper()
    hint = did_you_mean(code.upper(), currencies())
    raise Fault(f"no currency has the code «{code}»", hint or "use ISO 4217 codes such as USD, EUR, KRW", start, end)


@cache
def currencies() -> frozenset[str]:
    """ISO 4217 codes known to CLDR."""
    return frozenset(Locale.parse("en").currencies)
