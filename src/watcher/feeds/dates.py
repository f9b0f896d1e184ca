"""Dates that feeds write in their own way: other languages' months, other orders, no zone."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime, timedelta, timezone
from functools import cache

_ISO = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*(Z|[+-]\d{2}:?\d{2})?)?$", re.IGNORECASE
)
_YEAR_FIRST = re.compile(r"(\d{4})\s*[-/.年년]\s*(\d{1,2})\s*[-/.月월]\s*(\d{1,2})")
_DAY_FIRST = re.compile(r"\b(\d{1,2})\s*[-/.]\s*(\d{1,2})\s*[-/.]\s*(\d{4})\b")
_DAY_MONTH = re.compile(r"\b(\d{1,2})[.ºª]?\s*(?:de |d['’])?\s*([^\s\d,/-]+)\.?,?\s*(?:de |del )?\s*(\d{4}|\d{2})\b")
_MONTH_DAY = re.compile(r"(?:^|[\s,])([^\s\d,/-]+)\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})\b")
_TIME = re.compile(r"(?<!\d)(\d{1,2}):(\d{2})(?::(\d{2}))?\s*([ap]\.?\s?m\b|오전|오후|上午|下午)?", re.IGNORECASE)
_ZONE = re.compile(r"(?:\b(?:GMT|UTC)\s*)?([+-])(\d{2}):?(\d{2})\b")
_DAY_NUMBER_YEAR = re.compile(r"\b(\d{1,2})\D{1,12}(\d{1,2})\D{1,6}(\d{4})\b")
_MONTH_FIRST_LANGUAGES = ("en-us", "fil")
# Tried after the document's own language, for documents that declare none or a wrong one.
_LANGUAGES = [
    "en",
    "fr",
    "de",
    "es",
    "pt",
    "it",
    "nl",
    "ru",
    "uk",
    "pl",
    "cs",
    "sk",
    "hu",
    "ro",
    "bg",
    "el",
    "tr",
    "sv",
    "nb",
    "da",
    "fi",
    "is",
    "et",
    "lv",
    "lt",
    "hr",
    "sl",
    "sr",
    "sq",
    "ca",
    "gl",
    "eu",
    "ga",
    "id",
    "ms",
    "vi",
    "fil",
    "sw",
    "af",
    "ar",
    "fa",
    "ur",
    "he",
    "hi",
    "bn",
    "ta",
    "te",
    "th",
    "ko",
    "ja",
    "zh",
    "ka",
    "hy",
    "az",
    "kk",
]


def moment(text: str, lang: str = "") -> datetime | None:
    """Read a date as aware UTC, None if it can not be told. One without a zone is taken as UTC."""
    text = unicodedata.normalize("NFKC", text.strip())[:100]
    if found := _ISO.match(text):
        year, month, day, hour, minute, second, zone = found.groups()
        return _made(
            int(year), int(month), int(day), (int(hour or 0), int(minute or 0), int(second or 0)), _zone(zone or "")
        )
    date = _date(text, lang)
    return _made(*date, _time(text), _zone(text)) if date else None


def _date(text: str, lang: str) -> tuple[int, int, int] | None:
    if found := _YEAR_FIRST.search(text):
        return int(found[1]), int(found[2]), int(found[3])
    if found := _DAY_FIRST.search(text):
        day, month = int(found[1]), int(found[2])
        if month > 12 or (lang.lower().startswith(_MONTH_FIRST_LANGUAGES) and day <= 12):
            day, month = month, day
        return int(found[3]), month, day
    named = _DAY_MONTH.search(text)
    if named and (number := _month(named[2], lang)):
        year = int(named[3])
        return year if year > 99 else year + (2000 if year < 70 else 1900), number, int(named[1])
    named = _MONTH_DAY.search(text)
    if named and (number := _month(named[1], lang)):
        return int(named[3]), number, int(named[2])
    if found := _DAY_NUMBER_YEAR.search(text):
        return int(found[3]), int(found[2]), int(found[1])
    return None


def _time(text: str) -> tuple[int, int, int]:
    found = _TIME.search(text)
    if not found:
        return (0, 0, 0)
    hour, half = int(found[1]), (found[4] or "").lower()
    afternoon = half.startswith("p") or half in ("오후", "下午") or "오후" in text or "下午" in text
    if afternoon and hour < 12:
        hour += 12
    elif half.startswith("a") and hour == 12:
        hour = 0
    return hour, int(found[2]), int(found[3] or 0)


def _zone(text: str) -> timedelta:
    found = _ZONE.search(text)
    if not found:
        return timedelta()
    offset = timedelta(hours=int(found[2]), minutes=int(found[3]))
    return -offset if found[1] == "-" else offset


def _made(year: int, month: int, day: int, time: tuple[int, int, int], offset: timedelta) -> datetime | None:
    if year > 2400:
        year -= 543  # the Buddhist calendar, as Thai publishers write it
    try:
        return datetime(year, month, day, *time, tzinfo=timezone(offset)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _month(word: str, lang: str) -> int:
    """1–12 for a month's name or abbreviation (at least three letters of it), 0 for any other word."""
    word = word.lower().strip(".")
    own = [lang.lower().split("-")[0]] if lang else []
    for language in [*own, *_LANGUAGES]:
        names = _names(language)
        if word in names:
            return names[word]
        if len(word) >= 3:
            fits = {
                number
                for name, number in names.items()
                if name.startswith(word) or (len(name) > 3 and word.startswith(name))
            }
            if len(fits) == 1:
                return fits.pop()
    return 0


@cache
def _names(language: str) -> dict[str, int]:
    """Names of the months in one language from CLDR, by lower-case name."""
    from babel import Locale, UnknownLocaleError  # costly, and only odd dates need it

    try:
        months = Locale.parse(language).months
    except (UnknownLocaleError, ValueError):
        return {}
    names: dict[str, int] = {}
    for context in ("format", "stand-alone"):
        for width in ("wide", "abbreviated"):
            for number, name in months[context][width].items():
                names.setdefault(str(name).lower().strip("."), int(number))
    return {name: number for name, number in names.items() if not name.isdigit()}
