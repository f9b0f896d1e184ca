"""The currency written beside a number: before it, after it, or both, with the adjective that tells whose it is."""

from __future__ import annotations

from dataclasses import replace

from watcher.facts import currencies
from watcher.facts.currencies import Unit
from watcher.facts.money_figures import Figure, Source, skip
from watcher.facts.money_lexicon import WORD, is_hangul, is_unspaced

_SHORT_CODES = {"us": "USD", "usd": "USD", "cad": "CAD", "ca": "CAD", "can": "CAD", "cdn": "CAD", "aud": "AUD", "au": "AUD",
                "nz": "NZD", "nzd": "NZD", "hk": "HKD", "hkd": "HKD", "sgd": "SGD", "mxn": "MXN", "u.s": "USD"}  # fmt: skip


def with_unit(source: Source, figure: Figure, glued_end: int = -1) -> Figure:
    """Adds the currency written before or after, the more telling one if both are."""
    text, code = source.text, source.lang.code
    if figure.unit is not None:
        return figure
    ahead = currencies.before(code, text, source.cased, figure.start)
    behind = unit_after(source, figure.end, connected=not figure.short, across=figure.factor > 1)
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
        and is_hangul(source.text[end - 1])
        and end < len(source.text)
        and is_hangul(source.text[end])
    ):
        return source.lang.says("particles", source.text, end) > end
    return True


def _code_after(source: Source, unit: Unit, end: int) -> tuple[Unit, int]:
    """«$5 billion US», «$2m CAD»: which dollar, in capitals."""
    begin = skip(source.text, end)
    begin += source.text[begin : begin + 1] == "("
    word = WORD.match(source.text, begin)
    if word and word.group() in _SHORT_CODES and source.cased[word.start() : word.end()].isupper():
        return Unit(_SHORT_CODES[word.group()]), word.end()
    return unit, end


def unit_after(source: Source, end: int, connected: bool = True, across: bool = True) -> tuple[Unit, int, str] | None:
    """The currency after `end` with its adjective before or behind: «Canadian dollars», «dollars canadiens»."""
    text, lang = source.text, source.lang
    begin = skip(text, end)
    places = [begin]
    joined = lang.says("of", text, begin)
    if connected and joined > begin:
        places.append(skip(text, joined))
    for place in places:
        found = currencies.after(lang.code, text, source.cased, place)
        if found is not None:
            return _with_adjective(source, found)
        adjective = currencies.home_at(text, place)
        if adjective is not None:
            found = currencies.after(lang.code, text, source.cased, skip(text, adjective[1]))
            if (
                found is not None
                and found[0].is_family
                and adjective[0] in currencies.families()[found[0].code].countries
            ):
                return found[0], found[1], adjective[0]
            shared = currencies.family_of(found[0].code, adjective[0]) if found is not None else ""
            if found is not None and shared:
                return Unit(shared), found[1], adjective[0]
            if found is not None and not found[0].capitals:
                return found[0], found[1], ""
        word = WORD.match(text, place)
        if across and word is not None and word.end() - place > 3 and not is_unspaced(text[place]):
            found = currencies.after(lang.code, text, source.cased, skip(text, word.end()))
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
        begin = skip(source.text, end)
        connected = source.lang.says("of", source.text, begin)
        for place in (begin, skip(source.text, connected)):
            adjective = currencies.home_at(source.text, place)
            if adjective and adjective[0] in currencies.families()[unit.code].countries:
                return unit, adjective[1], adjective[0]
    return unit, end, ""
