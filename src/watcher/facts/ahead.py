"""What is to come: dates after the item's own, with the words around them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta

from watcher.facts.lexicon import MAX_CHARS, Hit
from watcher.facts.reading import Part, Reading, read
from watcher.model import Ahead, Item
from watcher.text import ReadText, sentence_spans

_YEAR = re.compile(r"(?<![\d.,/$€£¥₩%-])(20[2-9]\d|25[67]\d|14[01]\d)(?![\d%]|[.,]\d| ?(?:%|°))")
_CENTURIES = ("20", "25", "14")
"""How the years begin. Looking for them first, and for a month's sign, spares most texts the patterns."""
_NUMERIC = re.compile(r"(?<!\d)(?:(20\d\d)[-/.](\d{1,2})[-/.](\d{1,2})|(\d{1,2})[./](\d{1,2})[./](20\d\d))(?!\d)")
_EAST = re.compile(r"(?<!\d)(?:(20\d\d) ?[年년] ?)?(\d{1,2}) ?[月월](?!間)(?: ?(\d{1,2}) ?[日일])?")
_YEAR_NEAR = re.compile(r"[ ,.]{0,3}(?:de |del |di |do |da |of |г\.? |năm )?(20[2-9]\d)(?!\d)")
_DAY_BEFORE = re.compile(r"(?<!\d)(\d{1,2})(?:\.|st|nd|rd|th|er|º|-?е|-?го|-?ю)?(?: de| di| da| of| tháng)? $")
_DAY_AFTER = re.compile(r" (\d{1,2})(?:st|nd|rd|th)?(?!\d|[.,]\d|%)")
_MONTH_VI = re.compile(r"thang (\d{1,2})(?:[/-](20\d\d)| nam (20\d\d))?(?!\d)")
_CLAUSE = re.compile(r"[;；؛]\s*")
"""What parts a sentence into statements of their own."""

_AROUND = 120
_LAST_YEAR = 9000
"""An item dated beyond is misdated; adding to its day would leave the calendar."""
_THAI_ERA, _SOLAR_HIJRI = 543, 621


def ahead(item: Item) -> tuple[Ahead, ...]:
    """Read dates to come, in order of appearance. A date that does not exist (31 February) yields nothing."""
    return events_ahead(read(item))


def events_ahead(reading: Reading) -> tuple[Ahead, ...]:
    """The dates to come of an item already searched.

    Without the item's own day only what the text itself puts ahead («is to be amended in March»), counted from the day it was seen.
    """
    item = reading.item
    day = item.published.date() if item.published and item.published.year < _LAST_YEAR else None
    seen = item.seen_at.date() if item.published is None else None
    found: dict[tuple[str, str], Ahead] = {}
    for part in reading.parts:
        taken: list[tuple[int, int]] = []
        for when, start, end in _dates(part, reading.base, day, seen):
            if any(start < stop and begin < end for begin, stop in taken):
                continue
            taken.append((start, end))
            span = part.span(start, end)
            found.setdefault((part.field, when), Ahead(when, _around(part, start, end), span))
    return tuple(sorted(found.values(), key=lambda one: (one.span.field != "title", one.span.start)))


def _dates(part: Part, base: str, day: date | None, seen: date | None) -> Iterator[tuple[str, int, int]]:
    """Dates ahead in a field, the most exact readings first: (ISO 8601 at the known precision, start, end)."""
    folded = part.text.folded[:MAX_CHARS]
    future = any(hit.entry.value == "planned" for hit in part.of("stage"))
    day = seen if day is None and future else day
    for match in _NUMERIC.finditer(folded) if "20" in folded else ():
        year, month, dom = match.group(1, 2, 3) if match[1] else match.group(6, 5, 4)
        yield from _if_ahead(int(year), int(month), int(dom), day, match.span(), future)
    if base in ("zh", "ja", "ko") and ("月" in folded or "월" in folded):
        for match in _EAST.finditer(folded):
            yield from _month(match[1], int(match[2]), match[3], day, match.span(), future)
    if base == "vi" and "thang " in folded:
        for match in _MONTH_VI.finditer(folded):
            yield from _month(match[1] and (match[2] or match[3]), int(match[1]), None, day, match.span(), future)
    for hit in part.of("month"):
        yield from _named_month(folded, hit, day, future)
    for hit in part.of("ahead"):
        if day is not None:
            yield _step(hit.entry.value, day), hit.start, hit.end
    for match in _YEAR.finditer(folded) if any(begin in folded for begin in _CENTURIES) else ():
        year_number = _gregorian(int(match[1]), base)
        if year_number is not None and (year_number > day.year if day else future):
            yield str(year_number), match.start(), match.end()


def _gregorian(year: int, base: str) -> int | None:
    if base == "th" and year > 2500:
        return year - _THAI_ERA
    if base == "fa" and year < 1500:
        return year + _SOLAR_HIJRI
    return year if 2020 <= year < 2100 else None


def _named_month(folded: str, hit: Hit, day: date | None, future: bool) -> Iterator[tuple[str, int, int]]:
    start, end = hit.start, hit.end
    dom: str | None = None
    before = _DAY_BEFORE.search(folded, max(0, start - 10), start)
    if before:
        dom, start = before[1], before.start()
    else:
        after = _DAY_AFTER.match(folded, end)
        if after:
            dom, end = after[1], after.end()
    year = _YEAR_NEAR.match(folded, end)
    if year:
        end = year.end()
    yield from _month(year[1] if year else None, int(hit.entry.value), dom, day, (start, end), future)


def _month(
    year: str | None, month: int, dom: str | None, day: date | None, span: tuple[int, int], future: bool
) -> Iterator[tuple[str, int, int]]:
    """A month with or without year and day; without a year the next one that is to come, if near or spoken of as such."""
    number = int(dom) if dom else None
    if year:
        yield from _if_ahead(int(year), month, number, day, span, future)
    elif day is not None:
        guess = (
            day.year
            if ((month, number or 32) > (day.month, day.day) and month != day.month)
            or (month == day.month and number is not None and number > day.day)
            else day.year + 1
        )
        months_on = (guess - day.year) * 12 + month - day.month
        if months_on <= (9 if future else 5):
            yield from _if_ahead(guess, month, number, day, span, future)


def _if_ahead(
    year: int, month: int, dom: int | None, day: date | None, span: tuple[int, int], future: bool
) -> Iterator[tuple[str, int, int]]:
    try:
        when = date(year, month, dom or 1)
    except ValueError:
        return
    if day is None:
        is_ahead = future
    elif dom:
        is_ahead = when > day
    else:
        is_ahead = (year, month) > (day.year, day.month)
    if is_ahead:
        yield (when.isoformat() if dom else f"{year:04d}-{month:02d}"), *span


def _step(value: str, day: date) -> str:
    """The date that a relative word means, as far as it says: 'month+1' on 2026-12-03 is 2027-01."""
    unit, _, count = value.partition("+")
    steps = int(count or 0)
    if unit == "year":
        return str(day.year + steps)
    if unit == "month":
        month = day.month - 1 + steps
        return f"{day.year + month // 12:04d}-{month % 12 + 1:02d}"
    target = day + timedelta(days=steps * (7 if unit == "week" else 1))
    return f"{target:%Y-%m}" if unit == "week" else target.isoformat()


def _around(part: Part, start: int, end: int) -> str:
    """The clause that holds a date, as written, cut between words to about 120 characters around it."""
    folded = part.text.folded
    low, high = 0, len(folded)
    if isinstance(part.text, ReadText) and high <= MAX_CHARS:
        for begin, stop in sentence_spans(part.text):
            if begin <= start < stop:
                low, high = begin, stop
                break
    low = max([low, *(match.end() for match in _CLAUSE.finditer(folded, low, start))])
    high = min([high, *(match.start() for match in _CLAUSE.finditer(folded, end, high))])
    if start - low > _AROUND:
        low = start - _AROUND
        space = folded.find(" ", low, start)
        low = space + 1 if space >= 0 else low
    if high - end > _AROUND:
        high = end + _AROUND
        space = folded.rfind(" ", end, high)
        high = space if space >= 0 else high
    begin, stop = part.text.to_plain(low, high)
    return part.text.plain[begin:stop].strip()
