"""Sums whose number is in words: «eine Milliarde», «ötszázmilliárd», «полтора миллиарда», «ملياري»."""

from __future__ import annotations

from decimal import Decimal

from watcher.facts.money_figures import Figure, Source, skip
from watcher.facts.money_language import Language, Scale
from watcher.facts.money_lexicon import WORD, is_edge, is_unspaced
from watcher.facts.money_scales import and_half, chained, read_scales, scaled
from watcher.facts.money_units import with_unit
from watcher.facts.numbers import sum_words

ATTACHED = frozenset("بلوفكהבלמוכש")
"""One-letter words that Arabic and Hebrew write onto the next word or number."""


def read_words(source: Source, at: int, floor: int) -> Figure | None:
    """A sum whose number is in words: «eine Milliarde», «ötszázmilliárd», or in the scale word itself: «ملياري»."""
    text, lang = source.text, source.lang
    word_start = at
    while word_start > floor and not is_unspaced(text[at]) and not is_edge(text, word_start - 1):
        word_start -= 1
    number = _spoken_prefix(lang, text[word_start:at]) if word_start < at else None
    if word_start < at and number is None:
        alone = lang.scales.match(text, word_start)
        if alone is None and text[word_start] in ATTACHED and word_start + 1 <= at:
            word_start += 1
        elif alone is None:
            return None
    first = lang.scales.match(text, at if number is not None else word_start)
    if first is None or first[0].short:
        return None
    if number is not None:
        scales, end = read_scales(source, at)
        start = word_start
    elif first[0].alone not in (0, 1):
        scales, end, number, start = [first[0]], first[1], first[0].alone, word_start
    else:
        scales, end = read_scales(source, word_start)
        number, start = _spoken_before(source, word_start, floor)
        if start < 0:
            return None
        if number is None:
            number = _alone(lang, text, word_start, scales)
            start = word_start
    if not scales or number is None:
        return None
    figure = and_half(source, scaled(Figure(start, end, number, number, bare_end=end), scales, end))
    figure = with_unit(source, chained(source, figure) if figure.factor == 1000 else figure)
    if start == word_start and number == 1 and figure.unit is None and len(scales) < 2:
        return None
    return figure


def _alone(lang: Language, text: str, at: int, scales: list[Scale]) -> Decimal | None:
    before = text[max(0, at - 16) : at].rstrip()
    if lang.ends_with("vague", before):
        return None
    if lang.code in ("th", "lo", "km") and len(scales) > 1:
        return Decimal(1)
    if lang.code == "es" and scales and scales[0].factor == 1000 and text.startswith("mil ", at):
        return Decimal(1)
    return scales[0].alone or None if scales else None


def _spoken_prefix(lang: Language, prefix: str) -> Decimal | None:
    """The number that the beginning of a word says («ötszáz» in «ötszázmilliárd»)."""
    values: list[Decimal] = []
    while prefix:
        piece = next((pair for pair in lang.numeral_pieces if prefix.startswith(pair[0])), None)
        if piece is None or len(values) > 6:
            return None
        values.append(piece[1])
        prefix = prefix[len(piece[0]) :]
    return sum_words(values) if values else None


def _spoken_before(source: Source, end: int, floor: int) -> tuple[Decimal | None, int]:
    """The number said in words right before `end`, and where it begins."""
    text, lang = source.text, source.lang
    begin = max(floor, end - 48)
    starts = [word.start() for word in WORD.finditer(text, begin, end) if is_edge(text, word.start() - 1)]
    for start in starts[-5:]:
        values: list[Decimal] = []
        at = start
        while at < end:
            found = lang.numerals.match(text, at)
            if found is None:
                word = WORD.match(text, at, end)
                spoken = _spoken_prefix(lang, word.group()) if word else None
                if word is None or spoken is None:
                    joined = lang.says("and", text, at)
                    if not values or joined == at:
                        break
                    at = skip(text, joined)
                    continue
                found = (spoken, word.end())
            values.append(found[0])
            at = skip(text, found[1])
            more = lang.says("half_more", text, at)
            if more > at:
                values.append(Decimal("0.5"))
                at = skip(text, more)
            connected = lang.says("num_of", text, at)
            at = skip(text, connected) if connected > at and connected <= end else at
        if at == end and values:
            if lang.ends_with("vague", text[max(0, start - 16) : start].rstrip()) or _is_bare_hundred(
                lang, text, start
            ):
                return None, -1
            return sum_words(values), start
    if begin < end and is_unspaced(text[end - 1]):
        for start in range(max(begin, end - 6), end):
            found = lang.numerals.match(text, start)
            if found and found[1] == end:
                return found[0], start
    return None, end


def _is_bare_hundred(lang: Language, text: str, start: int) -> bool:
    """English «hundred million» without «a» or «one» is the end of «a few hundred million» and its kind."""
    return lang.code == "en" and text.startswith("hundred", start)
