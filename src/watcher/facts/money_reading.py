"""Finds numbers in levelled text with the scale words and currencies written beside them.

`read_figures` reads one figure after another from left to right; it decides nothing about what is money.
"""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal

from watcher.facts.money_figures import EAST_LANGUAGES, Figure, Source, skip
from watcher.facts.money_language import Language
from watcher.facts.money_lexicon import is_edge, is_hangul
from watcher.facts.money_scales import and_half, chained, read_scales, scale_before, scaled
from watcher.facts.money_spoken import ATTACHED, read_words
from watcher.facts.money_units import with_unit
from watcher.facts.numbers import DIGITS, EAST, MYRIADS, read_digits, read_east

_EAST_START = re.compile(r"[\d一二两兩三四五六七八九十百千백천십]")
_TRILLION = "(?<![数數几幾多半个個十百千万亿億\\d])万[亿億](?=[美欧歐日港台韩韓]?元(?![级級])|英镑|英鎊|欧元|歐元)"
"""«万亿美元» without a number before it is one of them."""
_EAST_MYRIAD = re.compile("[万亿億兆京만억조경]")
_LARGEST = Decimal(10) ** 19
_INDIAN = frozenset({Decimal(10) ** 5, Decimal(10) ** 7})
"""Lakh and crore, whose writers use the decimal point in whatever language they are quoted."""
_COMMA_COUNTRIES = frozenset({"MX", "GT", "HN", "SV", "NI", "PA", "DO", "PR"})
_PATTERNS: dict[str, re.Pattern[str]] = {}


def read_figures(source: Source) -> list[Figure]:
    """All figures of a text, in order; numbers that are part of a word or code are left out."""
    east = source.lang.code in EAST_LANGUAGES
    figures: list[Figure] = []
    at = floor = 0
    pattern = _starts(source.lang, east)
    while found := pattern.search(source.text, at):
        figure = _read_at(source, found, floor, east)
        if figure is not None and figure.value <= _LARGEST:
            figures.append(figure)
            at = floor = max(figure.end, found.end())
        else:
            at = _past(source.text, found)
    return figures


def _starts(lang: Language, east: bool) -> re.Pattern[str]:
    if lang.code not in _PATTERNS:
        words = lang.scale_words.pattern if lang.scale_words else ""
        parts = [r"\d", words] if words else [r"\d"]
        if east:
            parts.append(_TRILLION)
        parts.append("[一二两兩三四五六七八九十百千백천십](?=[一二三四五六七八九十百千万亿億兆京만억조경백천 ])")
        _PATTERNS[lang.code] = re.compile("|".join(parts))
    return _PATTERNS[lang.code]


def _past(text: str, found: re.Match[str]) -> int:
    if found.group().isdigit():
        digits = DIGITS.match(text, found.start())
        return digits.end() if digits else found.end()
    return found.end()


def _read_at(source: Source, found: re.Match[str], floor: int, east: bool) -> Figure | None:
    at = found.start()
    if east and found.group()[:1] == "万":
        one = Decimal(10) ** 12
        return with_unit(source, Figure(at, found.end(), one, Decimal(1), one, bare_end=found.end()))
    if east and _EAST_START.match(source.text, at):
        figure = _read_eastern(source, at)
        if figure is not None:
            return figure
    if found.group().isdigit():
        return _read_number(source, at)
    return read_words(source, at, floor)


def _read_eastern(source: Source, at: int) -> Figure | None:
    text = source.text
    found = EAST.match(text, at)
    if found is None:
        return None
    written = found.group()
    myriads = _EAST_MYRIAD.findall(written)
    if not myriads and not (written[0].isdigit() and written[-1] in "천백千百"):
        return None
    if at and text[at - 1] in "数數几幾수몇第":
        return None
    if not written[0].isdigit() and at and is_hangul(text[at - 1]) and written[0] in "천백십":
        return None
    value = read_east(written)
    if value is None or not value:
        return None
    factor = Decimal(MYRIADS[myriads[-1]]) if myriads else Decimal(1)
    figure = Figure(at, found.end(), value, value / factor, factor, bare_end=found.end())
    while figure.end < len(text) and text[figure.end] in "多余餘여超強强弱":
        figure = replace(figure, end=figure.end + 1)
    return with_unit(source, figure)


def _read_number(source: Source, at: int) -> Figure | None:
    text, lang = source.text, source.lang
    digits = DIGITS.match(text, at)
    if digits is None or (at and text[at - 1] in "./:" and at > 1 and text[at - 2].isdigit()):
        return None
    written, end = digits.group(), digits.end()
    if lang.code == "fa" and (slash := re.compile(r"/\d{1,2}(?!\d)").match(text, end)):
        written, end = f"{written}.{slash.group()[1:]}", slash.end()
    scales, scale_end = read_scales(source, end)
    thousands_comma = lang.code == "es" and source.country in _COMMA_COUNTRIES
    indian = any(scale.factor in _INDIAN for scale in scales)
    read = read_digits(written, "." if indian else lang.decimal_mark, bool(scales), thousands_comma)
    if read is None:
        return None
    number, unsure = read
    end_half = lang.says("half_more", text, skip(text, end))
    if not scales and end_half > skip(text, end):
        more, more_end = read_scales(source, end_half)
        if more:
            scales, scale_end, number = more, more_end, number + Decimal("0.5")
    figure = scaled(Figure(at, end, number, number, unsure=unsure, bare_end=end), scales, scale_end)
    figure = and_half(source, figure)
    figure = with_unit(source, chained(source, figure), glued_end=scale_end if scales else end)
    if figure.unit is None and lang.scale_first:
        figure = scale_before(source, figure)
    return figure if _stands_alone(source, figure, end) else None


def _stands_alone(source: Source, figure: Figure, digits_end: int) -> bool:
    """Whether the digits are a number of their own, not part of a word or code (GPT-4, H100, 1e999)."""
    text = source.text
    at = figure.start
    if (
        figure.end == digits_end
        and digits_end < len(text)
        and not is_edge(text, digits_end)
        and text[digits_end].isascii()
    ):
        return False
    if figure.unit_before or at == 0:
        return True
    previous = text[at - 1]
    if previous == "-" and at > 1 and text[at - 2].isascii() and text[at - 2].isalpha():
        return False
    if is_edge(text, at - 1):
        return True
    return previous in ATTACHED or (
        previous in "و" or (not previous.isascii() and source.lang.code in ("ar", "fa", "he", "ur"))
    )
