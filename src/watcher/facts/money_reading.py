"""Finds numbers in levelled text with the scale words and currencies written beside them.

`read_figures` reads one figure after another from left to right; it decides nothing about what is money.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal

from watcher.facts import currencies
from watcher.facts.currencies import Unit
from watcher.facts.money_language import Language, Scale
from watcher.facts.money_lexicon import WORD, is_edge, is_unspaced
from watcher.facts.numbers import DIGITS, EAST, MYRIADS, read_digits, read_east, sum_words

_EAST_START = re.compile(r"[\d一二两兩三四五六七八九十百千백천십]")
_EAST_MYRIAD = re.compile("[万亿億兆京만억조경]")
_GAP = re.compile(r"[ \-]{0,2}")
_PREFIXES = frozenset("بلوفكהבלמוכש")
"""One-letter words that Arabic and Hebrew write onto a number."""
_LARGEST = Decimal(10) ** 19
_SHORT_CODES = {"us": "USD", "usd": "USD", "cad": "CAD", "ca": "CAD", "can": "CAD", "cdn": "CAD", "aud": "AUD", "au": "AUD",
                "nz": "NZD", "nzd": "NZD", "hk": "HKD", "hkd": "HKD", "sgd": "SGD", "mxn": "MXN", "u.s": "USD"}  # fmt: skip
EAST_LANGUAGES = frozenset({"ja", "ko", "zh-Hans", "zh-Hant"})


@dataclass(frozen=True, slots=True)
class Figure:
    """A number in the text. `value` counts its scale in; `number` is the number as said; `factor` the scale alone."""

    start: int
    end: int
    value: Decimal
    number: Decimal
    factor: Decimal = Decimal(1)
    unit: Unit | None = None
    home: str = ""
    """Country that an adjective beside the currency names."""
    unit_before: bool = False
    short: bool = False
    unsure: bool = False
    bare_end: int = 0
    """Where number and scale end, without a currency."""


@dataclass(frozen=True, slots=True)
class Source:
    """A text to read: levelled, and in its own case (same length); `country` of the writer or the event."""

    text: str
    cased: str
    lang: Language
    country: str


def read_figures(source: Source) -> list[Figure]:
    """All figures of a text, in order; numbers that are part of a word or code are left out."""
    east = source.lang.code in EAST_LANGUAGES
    figures: list[Figure] = []
    at = 0
    pattern = _starts(source.lang, east)
    while found := pattern.search(source.text, at):
        figure = _read_at(source, found, at, east)
        if figure is not None and figure.value <= _LARGEST:
            figures.append(figure)
            at = max(figure.end, found.end())
        else:
            at = _past(source.text, found)
    return figures


_PATTERNS: dict[str, re.Pattern[str]] = {}


def _starts(lang: Language, east: bool) -> re.Pattern[str]:
    if lang.code not in _PATTERNS:
        words = lang.scale_words.pattern if lang.scale_words else ""
        parts = [r"\d", words] if words else [r"\d"]
        if east:
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
    if east and _EAST_START.match(source.text, at):
        figure = _read_eastern(source, at)
        if figure is not None:
            return figure
    if found.group().isdigit():
        return _read_number(source, at)
    return _read_words(source, at, floor)


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
    if not written[0].isdigit() and at and _glued(text[at - 1]) and written[0] in "천백십":
        return None
    value = read_east(written)
    if value is None or not value:
        return None
    factor = Decimal(MYRIADS[myriads[-1]]) if myriads else Decimal(1)
    figure = Figure(at, found.end(), value, value / factor, factor, bare_end=found.end())
    end = found.end()
    scale = source.lang.scales.match(text, _GAP.match(text, end).end()) if source.lang.code == "ja" else None  # type: ignore[union-attr]
    if scale:
        figure = replace(figure, value=value * scale[0].factor, end=scale[1], bare_end=scale[1])
    while figure.end < len(text) and text[figure.end] in "多余餘여超強强弱":
        figure = replace(figure, end=figure.end + 1)
    return _with_unit(source, figure)


def _glued(character: str) -> bool:
    return "\uac00" <= character <= "\ud7a3"


def _read_number(source: Source, at: int) -> Figure | None:
    text, lang = source.text, source.lang
    digits = DIGITS.match(text, at)
    if digits is None or (at and text[at - 1] in "./:" and at > 1 and text[at - 2].isdigit()):
        return None
    written, end = digits.group(), digits.end()
    if lang.code == "fa" and (slash := re.compile(r"/\d{1,2}(?!\d)").match(text, end)):
        written, end = f"{written}.{slash.group()[1:]}", slash.end()
    scales, scale_end = _read_scales(source, end)
    thousands_comma = lang.code == "es" and source.country in _COMMA_COUNTRIES
    read = read_digits(written, lang.decimal_mark, bool(scales), thousands_comma)
    if read is None:
        return None
    number, unsure = read
    end_half = lang.says("half_more", text, _skip(text, end))
    if not scales and end_half > end:
        more, more_end = _read_scales(source, end_half)
        if more:
            scales, scale_end, number = more, more_end, number + Decimal("0.5")
    figure = _scaled(Figure(at, end, number, number, unsure=unsure, bare_end=end), scales, scale_end)
    figure = _and_half(source, figure)
    figure = _with_unit(source, _chained(source, figure), glued_end=scale_end if scales else end)
    if figure.unit is None and lang.scale_first:
        figure = _scale_before(source, figure)
    return figure if _stands_alone(source, figure, end) else None


_COMMA_COUNTRIES = frozenset({"MX", "GT", "HN", "SV", "NI", "PA", "DO", "PR"})


def _scaled(figure: Figure, scales: list[Scale], end: int) -> Figure:
    if not scales:
        return figure
    factor = Decimal(1)
    for scale in scales:
        factor *= scale.factor
    unit = next(
        (
            Unit(scale.currency, factor=Decimal(10) if scale.currency == "IRT" else Decimal(1))
            for scale in scales
            if scale.currency
        ),
        None,
    )
    if unit and unit.code == "IRT":
        unit, factor = Unit("IRR", factor=Decimal(10)), factor * 10
    short = any(scale.short for scale in scales)
    return replace(figure, end=end, bare_end=end, value=figure.number * factor, factor=factor, short=short, unit=unit)


def _skip(text: str, at: int) -> int:
    gap = _GAP.match(text, at)
    return gap.end() if gap else at


def _read_scales(source: Source, at: int) -> tuple[list[Scale], int]:
    """Scale words from `at` on: «mil millones», «lakh crore», «แสนล้าน»."""
    text, lang = source.text, source.lang
    scales: list[Scale] = []
    end = at
    while len(scales) < 3:
        begin = _skip(text, end)
        connected = lang.says("num_of", text, begin)
        if connected > begin:
            begin = _skip(text, connected)
        found = lang.scales.match(text, begin)
        if found is None or (found[0].alone not in (0, 1)):
            break
        if scales and found[0].short and begin > end:
            break
        scales.append(found[0])
        end = found[1]
        if end < len(text) and text[end] == "." and text[end - 1].isalpha():
            follows = text[end + 1 : end + 2]
            if follows in (" ", "") or follows in "€$£":
                end += 1
    return (scales, end) if scales else ([], at)


def _and_half(source: Source, figure: Figure) -> Figure:
    """«un millón y medio»: half of the scale more."""
    if figure.factor == 1:
        return figure
    end = source.lang.says("half_more", source.text, _skip(source.text, figure.end))
    if end <= _skip(source.text, figure.end):
        return figure
    return replace(figure, end=end, bare_end=end, value=figure.value + figure.factor / 2)


def _chained(source: Source, figure: Figure) -> Figure:
    """«2 milyard 621,5 milyon», «1 लाख 25 हजार करोड़»: a second number with a scale right after."""
    text, lang = source.text, source.lang
    if figure.factor == 1 or figure.unit is not None:
        return figure
    begin = _skip(text, figure.end)
    joined = lang.says("and", text, begin)
    if joined > begin:
        begin = _skip(text, joined)
    digits = DIGITS.match(text, begin)
    if digits is None:
        return figure
    scales, end = _read_scales(source, digits.end())
    read = read_digits(digits.group(), lang.decimal_mark, bool(scales))
    if read is None:
        return figure
    if not scales and figure.factor == 1000 and read[0] < 1000 and joined <= begin:
        if _unit_after(source, end) is not None:
            return replace(figure, end=end, bare_end=end, value=figure.value + read[0])
    if not scales:
        return figure
    factor = Decimal(1)
    for scale in scales:
        factor *= scale.factor
    if factor < figure.factor and read[0] * factor < figure.factor:
        return replace(figure, end=end, bare_end=end, value=figure.value + read[0] * factor)
    if lang.code == "es" and figure.factor == 1000 and factor > 1000 and read[0] < 1000:
        return replace(figure, end=end, bare_end=end, factor=factor, value=(figure.value + read[0]) * factor)
    if len(scales) > 1 and scales[0].factor < figure.factor and joined <= begin:
        last = scales[-1].factor
        return replace(
            figure, end=end, bare_end=end, factor=last, value=(figure.value + read[0] * factor / last) * last
        )
    return figure


def _scale_before(source: Source, figure: Figure) -> Figure:
    """Swahili, Hausa, Burmese: «dola bilioni 2.5», the scale between currency and number."""
    text = source.text
    window = max(0, figure.start - 24)
    for begin in range(window, figure.start):
        if not is_edge(text, begin - 1):
            continue
        found = source.lang.scales.match(text, begin)
        if found is None or found[0].short or _skip(text, found[1]) != figure.start:
            continue
        value = figure.number * found[0].factor
        scaled = replace(figure, start=begin, value=value, factor=found[0].factor)
        return _with_unit(source, scaled)
    return figure


def _read_words(source: Source, at: int, floor: int) -> Figure | None:
    """A sum whose number is in words: «eine Milliarde», «ötszázmilliárd», or in the scale word itself: «ملياري»."""
    text, lang = source.text, source.lang
    word_start = at
    while word_start > floor and not is_unspaced(text[at]) and not is_edge(text, word_start - 1):
        word_start -= 1
    number = _spoken_prefix(lang, text[word_start:at]) if word_start < at else None
    if word_start < at and number is None:
        alone = lang.scales.match(text, word_start)
        if alone is None and text[word_start] in _PREFIXES and word_start + 1 <= at:
            word_start += 1
        elif alone is None:
            return None
    first = lang.scales.match(text, at if number is not None else word_start)
    if first is None or first[0].short:
        return None
    if number is not None:
        scales, end = _read_scales(source, at)
        start = word_start
    elif first[0].alone not in (0, 1):
        scales, end, number, start = [first[0]], first[1], first[0].alone, word_start
    else:
        scales, end = _read_scales(source, word_start)
        number, start = _spoken_before(source, word_start, floor)
        if start < 0:
            return None
        if number is None:
            number = _alone(lang, text, word_start, scales)
            start = word_start
    if not scales or number is None:
        return None
    figure = _and_half(source, _scaled(Figure(start, end, number, number, bare_end=end), scales, end))
    figure = _with_unit(source, _chained(source, figure) if figure.factor == 1000 else figure)
    if start == word_start and number == 1 and figure.unit is None and lang.code not in ("th", "lo", "km"):
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
                    at = _skip(text, joined)
                    continue
                found = (spoken, word.end())
            values.append(found[0])
            at = _skip(text, found[1])
            more = lang.says("half_more", text, at)
            if more > at:
                values.append(Decimal("0.5"))
                at = _skip(text, more)
            connected = lang.says("num_of", text, at)
            at = _skip(text, connected) if connected > at and connected <= end else at
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


def _with_unit(source: Source, figure: Figure, glued_end: int = -1) -> Figure:
    """Adds the currency written before or after, the more telling one if both are."""
    text, code = source.text, source.lang.code
    if figure.unit is not None:
        return figure
    ahead = currencies.before(code, text, source.cased, figure.start)
    behind = _unit_after(source, figure.end)
    if ahead is not None and ahead[0].weak and figure.factor == 1:
        ahead = None
    if behind is not None and not _is_credible(source, figure, behind[0], behind[1]):
        behind = None
    if ahead is not None and (behind is None or not ahead[0].is_family or behind[0].is_family):
        unit, start = ahead
        end, home = figure.end, ""
        if behind is not None and (behind[0].is_family or behind[0].code == unit.code):
            end, home = behind[1], behind[2]
        if unit.code == "@dollar":
            unit, end = _code_after(source, unit, end)
        return replace(
            figure, start=start, end=end, unit=unit, home=home, unit_before=True, value=figure.value * unit.factor
        )
    if behind is not None:
        start = ahead[1] if ahead is not None else figure.start
        return replace(
            figure, start=start, end=behind[1], unit=behind[0], home=behind[2], value=figure.value * behind[0].factor
        )
    return figure


def _is_credible(source: Source, figure: Figure, unit: Unit, end: int) -> bool:
    """Whether a currency name after a number without a scale is one («5 won», «2025 RAND study», «3 원전» are not)."""
    if figure.factor > 1:
        return True
    if unit.weak or (
        figure.number == int(figure.number) and 2010 <= figure.number <= 2040 and source.text[end - 1].isalpha()
    ):
        return False
    if (
        source.lang.code == "ko"
        and _glued(source.text[end - 1])
        and end < len(source.text)
        and _glued(source.text[end])
    ):
        return source.lang.says("particles", source.text, end) > end
    return True


def _code_after(source: Source, unit: Unit, end: int) -> tuple[Unit, int]:
    """«$5 billion US», «$2m CAD»: which dollar, in capitals."""
    begin = _skip(source.text, end)
    begin += source.text[begin : begin + 1] == "("
    word = WORD.match(source.text, begin)
    if word and word.group() in _SHORT_CODES and source.cased[word.start() : word.end()].isupper():
        return Unit(_SHORT_CODES[word.group()]), word.end()
    return unit, end


def _unit_after(source: Source, end: int) -> tuple[Unit, int, str] | None:
    """The currency after `end` with its adjective before or behind: «Canadian dollars», «dollars canadiens»."""
    text, lang = source.text, source.lang
    begin = _skip(text, end)
    places = [begin]
    connected = lang.says("of", text, begin)
    if connected > begin:
        places.append(_skip(text, connected))
    for place in places:
        found = currencies.after(lang.code, text, source.cased, place)
        if found is not None:
            return _with_adjective(source, found)
        adjective = currencies.home_at(text, place)
        if adjective is not None:
            found = currencies.after(lang.code, text, source.cased, _skip(text, adjective[1]))
            if (
                found is not None
                and found[0].is_family
                and adjective[0] in currencies.families()[found[0].code].countries
            ):
                return found[0], found[1], adjective[0]
            if found is not None and not found[0].capitals:
                return found[0], found[1], ""
        word = WORD.match(text, place)
        if word is not None and word.end() - place > 3 and not is_unspaced(text[place]):
            found = currencies.after(lang.code, text, source.cased, _skip(text, word.end()))
            if (
                found is not None
                and not found[0].capitals
                and not found[0].is_family
                and text[word.end() : word.end() + 1] == " "
            ):
                return found[0], found[1], ""
    return None


def _with_adjective(source: Source, found: tuple[Unit, int]) -> tuple[Unit, int, str]:
    unit, end = found
    if unit.is_family and source.text[end - 1] not in "$¥":
        begin = _skip(source.text, end)
        connected = source.lang.says("of", source.text, begin)
        for place in (begin, _skip(source.text, connected)):
            adjective = currencies.home_at(source.text, place)
            if adjective and adjective[0] in currencies.families()[unit.code].countries:
                return unit, adjective[1], adjective[0]
    return unit, end, ""


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
    return previous in _PREFIXES or (
        previous in "و" or not previous.isascii() and source.lang.code in ("ar", "fa", "he", "ur")
    )
