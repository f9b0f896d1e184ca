"""Sums of money in a text: value, ISO 4217 currency, US dollars at the rate of the day, and where they stand.

The grammar is one for all languages (`money_reading`), the words are tables in data/money, what a text leaves
out is taken from its surroundings (`money_context`). See docs/decisions/0005-money.md.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from watcher.facts.money_context import Context, Sum
from watcher.facts.money_figures import Source
from watcher.facts.money_language import language, shared_words
from watcher.facts.money_reading import read_figures
from watcher.facts.money_text import Levelled, level
from watcher.facts.rates import usd
from watcher.model import Amount, Span, Text

MAX_CHARS = 100_000
"""Text beyond this is not read for sums; no feed item says something new there."""
_NEAR = (Decimal("0.55"), Decimal("1.8"))
"""How far two statements of one sum may lie apart in dollars: rates move, newspapers round."""


def amounts(text: Text, field: str, lang: str, country: str, day: date | None) -> tuple[Amount, ...]:
    """Sums of money in one field, in order. `country` is where the writer or the event is, empty if unknown.

    Ranges give two amounts. A number without a currency counts where the text speaks of money and nothing
    counted follows; it takes the currency of its neighbour, else of country or language.
    """
    return amounts_of(((field, text),), lang, country, day)


def amounts_of(parts: Sequence[tuple[str, Text]], lang: str, country: str, day: date | None) -> tuple[Amount, ...]:
    """Sums of all fields of an item, read together: the title's currency holds for a bare sum of the summary."""
    kept = [(field, text.plain[:MAX_CHARS]) for field, text in parts]
    words = language(lang)
    if not any(_may_hold_money(plain, words.scale_words) for _, plain in kept):
        return ()
    levelled = [level(plain) for _, plain in kept]
    sources = [
        Source(one.text, _cased(one, plain), words, country.upper())
        for one, (_, plain) in zip(levelled, kept, strict=True)
    ]
    figures = [read_figures(source) for source in sources]
    if not any(figures):
        return ()
    sums = [one for one in Context(sources, figures, words, country.upper(), day).sums() if one.currency]
    found = [_amount(one, sources[one.part], levelled[one.part], *kept[one.part], day) for one in sums]
    return tuple(_repeated(_paired(found, sums, sources)))


_DIGIT = re.compile(r"\d|[万萬][亿億]|[一二两兩三四五六七八九十百千백천]")


def _may_hold_money(plain: str, scale_words: re.Pattern[str] | None) -> bool:
    return _DIGIT.search(plain) is not None or (
        scale_words is not None and scale_words.search(level(plain).text) is not None
    )


def _cased(levelled: Levelled, plain: str) -> str:
    if levelled.offsets is None:
        return plain
    return "".join(plain[at] for at in levelled.offsets)


def _amount(one: Sum, source: Source, levelled: Levelled, field: str, plain: str, day: date | None) -> Amount:
    start, end = levelled.span(one.figure.start, one.figure.end)
    value = one.figure.value.normalize()
    value = value.quantize(Decimal(1)) if value == value.to_integral_value() else value
    return Amount(
        text=plain[start:end],
        value=value,
        currency=one.currency,
        usd=usd(value, one.currency, day),
        span=Span(field, start, end),
        qualifier=_qualifier(source, one),
        uncertain=one.unsure,
    )


def _qualifier(source: Source, one: Sum) -> str:
    before = source.text[max(0, one.figure.start - 28) : one.figure.start].rstrip(" -(")
    behind = source.text[one.figure.end : one.figure.end + 4].lstrip(" ")
    for role in ("at_least", "up_to", "about"):
        if source.lang.ends_with(role, before):
            return role
    if behind.startswith(("超", "以上", "余", "이상", "+", "-plus", "強")):
        return "at_least"
    return ""


def _paired(found: list[Amount], sums: list[Sum], sources: Sequence[Source]) -> list[Amount]:
    """Mark the second of two neighbours that state one sum in two currencies."""
    for place in range(1, len(found)):
        first, second = found[place - 1], found[place]
        if sums[place - 1].part != sums[place].part or first.currency == second.currency:
            continue
        gap = sources[sums[place].part].text[sums[place - 1].figure.end : sums[place].figure.start]
        if _says_equal(gap) and _is_near(first, second):
            found[place] = replace(second, same_as=place - 1)
    return found


def _repeated(found: list[Amount]) -> list[Amount]:
    """Mark sums that another field has stated: the summary says the title's sum again, it does not add one."""
    first: dict[tuple[Decimal, str], int] = {}
    for place, one in enumerate(found):
        known = first.setdefault((one.value, one.currency), place)
        if one.same_as is None and found[known].span.field != one.span.field:
            found[place] = replace(one, same_as=known)
            found[known] = replace(found[known], qualifier=found[known].qualifier or one.qualifier)
    return found


def _says_equal(gap: str) -> bool:
    if len(gap) > 40 or not gap.strip():
        return False
    opened = "(" in gap[:12] or "/" in gap[:2]
    rest = (gap.partition("(")[2] if "(" in gap[:12] else gap).strip(" (),;-/[（）")
    every = shared_words()
    at = 0
    while at < len(rest):
        end = every.says("equal", rest, at)
        if end == at:
            return False
        at = end
        while at < len(rest) and rest[at] in " .,":
            at += 1
    return opened or bool(rest)


def _is_near(first: Amount, second: Amount) -> bool:
    if first.usd is None or second.usd is None or not first.usd:
        return True
    return _NEAR[0] <= second.usd / first.usd <= _NEAR[1]
