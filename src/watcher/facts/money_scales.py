"""Scale words behind a number: «mil millones», «lakh crore», «2 milyard 621,5 milyon», «un millón y medio»."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from watcher.facts.currencies import Unit
from watcher.facts.money_figures import Figure, Source, skip
from watcher.facts.money_language import Scale, foreign_scales
from watcher.facts.money_lexicon import is_edge
from watcher.facts.money_units import unit_after, with_unit
from watcher.facts.numbers import DIGITS, read_digits


def read_scales(source: Source, at: int) -> tuple[list[Scale], int]:
    """Scale words from `at` on: «mil millones», «lakh crore», «แสนล้าน»."""
    text, lang = source.text, source.lang
    scales: list[Scale] = []
    end = at
    while len(scales) < 3:
        begin = skip(text, end)
        connected = lang.says("num_of", text, begin)
        if connected > begin:
            begin = skip(text, connected)
        found = lang.scales.match(text, begin)
        is_foreign = found is None and not scales
        if is_foreign:
            found = foreign_scales().match(text, begin)
        if found is None or (found[0].alone not in (0, 1)):
            break
        if found[0].short and begin > end and (scales or not _stands_for_scale(source, begin, found[1])):
            break
        scales.append(replace(found[0], short=True) if is_foreign else found[0])
        end = found[1]
        if end < len(text) and text[end] == "." and text[end - 1].isalpha():
            follows = text[end + 1 : end + 2]
            if follows in (" ", "") or follows in "€$£":
                end += 1
    return (scales, end) if scales else ([], at)


def _stands_for_scale(source: Source, begin: int, end: int) -> bool:
    """Whether a short form apart from its number is a scale: «€5 m», «Rp10 T», but not «a $10 t-shirt»."""
    if source.text[end : end + 1] == "-":
        return False
    return end - begin > 1 or source.cased[begin:end].isupper() or source.text[begin:end] == "m"


def scaled(figure: Figure, scales: list[Scale], end: int) -> Figure:
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


def and_half(source: Source, figure: Figure) -> Figure:
    """«un millón y medio»: half of the scale more."""
    if figure.factor == 1:
        return figure
    end = source.lang.says("half_more", source.text, skip(source.text, figure.end))
    if end <= skip(source.text, figure.end):
        return figure
    return replace(figure, end=end, bare_end=end, value=figure.value + figure.factor / 2)


def chained(source: Source, figure: Figure) -> Figure:
    """«2 milyard 621,5 milyon», «1 लाख 25 हजार करोड़»: a second number with a scale right after."""
    text, lang = source.text, source.lang
    if figure.factor == 1 or figure.unit is not None:
        return figure
    begin = skip(text, figure.end)
    joined = lang.says("and", text, begin)
    if joined > begin:
        begin = skip(text, joined)
    digits = DIGITS.match(text, begin)
    if digits is None:
        return figure
    scales, end = read_scales(source, digits.end())
    read = read_digits(digits.group(), lang.decimal_mark, bool(scales))
    if read is None:
        return figure
    if not scales:
        is_rest = figure.factor == 1000 and read[0] < 1000 and joined <= begin and unit_after(source, end) is not None
        return replace(figure, end=end, bare_end=end, value=figure.value + read[0]) if is_rest else figure
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


def scale_before(source: Source, figure: Figure) -> Figure:
    """Swahili, Hausa, Burmese: «dola bilioni 2.5», the scale between currency and number."""
    text = source.text
    window = max(0, figure.start - 24)
    for begin in range(window, figure.start):
        if not is_edge(text, begin - 1):
            continue
        found = source.lang.scales.match(text, begin)
        if found is None or found[0].short or skip(text, found[1]) != figure.start:
            continue
        value = figure.number * found[0].factor
        scaled = replace(figure, start=begin, value=value, factor=found[0].factor)
        return with_unit(source, scaled)
    return figure
