"""Numbers as newspapers write them: digits with marks, numeral words, Han and Hangul numerals.

All text is levelled (`money_text.level`): digits are ASCII, spaces and hyphens one kind.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

DIGITS = re.compile(r"\d{1,3}(?: \d{3})+(?![\d])(?:[.,]\d{1,2}(?!\d))?|\d+(?:[.,']\d+)*")
"""A number at a place; grouping by spaces asks for groups of three."""
MAX_DIGITS = 18
_UNITS = {"十": 10, "百": 100, "千": 1000, "십": 10, "백": 100, "천": 1000}
MYRIADS = {
    "万": 10**4,
    "만": 10**4,
    "亿": 10**8,
    "億": 10**8,
    "억": 10**8,
    "兆": 10**12,
    "조": 10**12,
    "京": 10**16,
    "경": 10**16,
}
_HAN_DIGITS = dict(zip("零一二三四五六七八九", range(10), strict=True)) | {"〇": 0, "两": 2, "兩": 2}
_SKIPPED = frozenset("多余餘여来來几幾 ")


class Number(NamedTuple):
    """A number read. `end` is where it ends in the text, `unsure` that its mark can be read in two ways."""

    value: Decimal
    end: int
    unsure: bool = False


def read_digits(
    written: str, decimal_mark: str, scaled: bool, thousands_comma: bool = False
) -> tuple[Decimal, bool] | None:
    """The value of digits with marks, and whether another reading is possible; None where it is no number.

    `scaled`: a scale word follows, so that «169,966 milliards» is a fraction; `thousands_comma`: the writer's
    country groups by comma though the language has a decimal comma (Mexico).
    """
    plain = written.replace(" ", "").replace("'", "")
    marks = [mark for mark in plain if mark in ".,"]
    if sum(map(str.isdigit, plain)) > MAX_DIGITS:
        return None
    if not marks:
        return Decimal(plain), False
    if len(set(marks)) == 2:
        last = plain[max(plain.rfind("."), plain.rfind(","))]
        if plain.count(last) > 1:
            return None
        other = "," if last == "." else "."
        return Decimal(plain.replace(other, "").replace(last, ".")), False
    mark = marks[0]
    groups = plain.split(mark)
    if len(marks) > 1:
        whole = all(len(group) in (2, 3) for group in groups[1:-1]) and len(groups[-1]) == 3 and groups[0] != ""
        return (Decimal(plain.replace(mark, "")), False) if whole else None
    if len(groups[1]) != 3 or len(groups[0]) > 3 or groups[0] == "0" or " " in written:
        return Decimal(plain.replace(mark, ".")), False
    return _three_digits(groups, mark, decimal_mark, scaled, thousands_comma)


def _three_digits(
    groups: Sequence[str], mark: str, decimal_mark: str, scaled: bool, thousands_comma: bool
) -> tuple[Decimal, bool]:
    """One mark before three digits: thousands, unless it is the language's decimal mark beside a scale word."""
    whole, fraction = Decimal(groups[0] + groups[1]), Decimal(f"{groups[0]}.{groups[1]}")
    if thousands_comma:
        return (fraction, True) if mark == "." and scaled and groups[1] != "000" else (whole, False)
    if mark != decimal_mark or not scaled:
        return whole, False
    if mark == "," and groups[1] == "000":
        return whole, False
    return fraction, groups[1].endswith("0")


def sum_words(values: Sequence[Decimal]) -> Decimal:
    """Compose numeral words in the order said: «two hundred and fifty» is (2, 100, 50)."""
    total = Decimal(0)
    current = Decimal(0)
    for value in values:
        if value == 100 and 0 < current < 100:
            current *= 100
        elif value == 1000:
            total += (current or 1) * 1000
            current = Decimal(0)
        elif value < 1 and current:
            current += value
        else:
            current += value
    return total + current


_EAST_GROUP = r"(?:(?>\d+(?:[.,]\d+)*)|[一二两兩三四五六七八九十百千십백천多余餘여]){1,24}+ ?[万亿億兆京만억조경]{1,4}+"
EAST = re.compile(
    rf"{_EAST_GROUP}(?: ?{_EAST_GROUP}){{0,6}}+(?: ?\d{{1,4}}[천백千百]?(?= ?[円元원달엔유위파]))?|\d+[천백千百]\d*(?= ?[円元원달])"
)
"""A Chinese, Japanese or Korean number at a place: «1兆4000億», «2조3천880억», «一万五千亿», «100多亿»."""


def read_east(written: str) -> Decimal | None:
    """The value of a number that `EAST` matched."""
    total = section = Decimal(0)
    pending: Decimal | None = None
    for piece in re.findall(r"\d+(?:[.,]\d+)*|.", written):
        if piece[0].isdigit():
            read = read_digits(piece, ".", False)
            if read is None:
                return None
            pending = read[0] if "." not in piece or "," in piece else Decimal(piece)
        elif piece in _HAN_DIGITS:
            pending = Decimal(_HAN_DIGITS[piece])
        elif piece in _UNITS:
            section += (pending if pending is not None else 1) * _UNITS[piece]
            pending = None
        elif piece in MYRIADS:
            section += pending or 0
            pending = None
            myriad = MYRIADS[piece]
            if total and total < myriad:
                total = (total + section) * myriad
            else:
                total += (section or 1) * myriad
            section = Decimal(0)
        elif piece not in _SKIPPED:
            return None
    return total + section + (pending or 0)
