"""States by one character in East Asian headlines: 米, 中韓, 韓, 한미, 英美."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache

from watcher.facts.bounds import script_at
from watcher.facts.lexicon import listed

_BOUND = frozenset("政首大总總企商國国議议官副財财防外両兩两双雙簽签達达皇王裁軍军空海側侧方版製制 ")
"""What may follow a short form that begins many words: 中方, 日政府, 印首相."""
_LONGEST_RUN = 9
_AFTER_PAIR = frozenset("两兩両双雙签簽達达首企政贸貿關关共領领合科聯联協协高大同发發拟擬将將宣就元外峰間间の防")
_AFTER_HANGUL_PAIR = ("정상", "관세", "무역", "협력", "기술", "동맹", "양국", "간")
"""What may follow two short forms run together: 英美签署, 日韓首脳, 한미동맹."""
_FREE = {
    "zh": {"美": "股元术術好团團食丽丽麗容的学學味妆妝", "英": "特伟偉语語镑鎊寸雄文才俊", "韩": "元语", "韓": "元語"},
    "ja": {
        "米": "粉価穀飯作農",
        "英": "語文会雄気",
        "韓": "",
        "仏": "教像法壇滅",
        "豪": "華雨雪快邸",
        "露": "出呈骨店天",
    },
}
"""Short forms that may stand before any other word at the edge of a clause (米商務省, 英AI法), but for these letters."""
_ALONE_TOO = {
    "zh": frozenset("美英韓韩俄陸日中歐欧"),
    "ja": frozenset("米英韓中仏独露伊豪日印"),
    "ko": frozenset("美中日英韓佛獨露印伊歐濠"),
}


def short_forms(folded: str, base: str, taken: list[tuple[int, int]]) -> Iterator[tuple[str, int, int]]:
    """Read short names outside the ranges already `taken`: (state, start, end).

    Many are common words themselves and count only in pairs (英法, 한미): those that `_ALONE_TOO` leaves out.
    A character counts beside another such character, or alone at an edge (start of a clause, after a space or
    mark) before a mark, a space or an office. Ordinary words begin with the same characters: 中小企業, 日前, 印发.
    """
    table = _table(base)
    size = len(folded)
    for place, char in enumerate(folded[:400]):
        code = table.get(char)
        if code is None or any(start <= place < end for start, end in taken):
            continue
        before = folded[place - 1] if place else " "
        after = folded[place + 1] if place + 1 < size else " "
        if (
            _pair(folded, place, base, table)
            or _beside(folded, place, base, taken)
            or (char in _ALONE_TOO.get(base, ()) and _edge(before) and _bound(after, base, char))
        ):
            yield code, place, place + 1


def _pair(folded: str, place: int, base: str, table: Mapping[str, str]) -> bool:
    """Whether the character stands in a run of two or three short names, or is joined to one by a middle dot."""
    start = place
    while start > max(0, place - _LONGEST_RUN) and (folded[start - 1] in table or folded[start - 1] in "·・/-"):
        start -= 1
    end = place + 1
    limit = min(len(folded), place + _LONGEST_RUN)
    while end < limit and (folded[end] in table or folded[end] in "·・/-"):
        end += 1
    run = folded[start:end].strip("·・/-")
    names = [char for char in run if char in table]
    if not 2 <= len(names) <= 4 or len({table[char] for char in names}) != len(names):
        return False
    before = folded[start - 1] if start else " "
    after = folded[end] if end < len(folded) else " "
    if base == "ko":
        hangul = any(script_at(char) == "hangul" for char in names)
        return not hangul or (
            script_at(before) != "hangul" and (after in " ,'\"()" or folded.startswith(_AFTER_HANGUL_PAIR, end))
        )
    return _edge(before) and (_edge(after) or after in _AFTER_PAIR)


def _beside(folded: str, place: int, base: str, taken: list[tuple[int, int]]) -> bool:
    """Whether a short name is joined to another written out: 한·UAE 정상, 日EU首脳."""
    before = folded[place - 1] if place else " "
    joined = folded[place + 1 : place + 2] in ("·", "・", "-", "/")
    if not _edge(before) or (base == "ko" and not joined):
        return False
    return any(start == place + 1 + joined for start, _ in taken)


def _edge(char: str) -> bool:
    return script_at(char) == ""


def _bound(after: str, base: str, char: str) -> bool:
    if base == "ko":
        return script_at(char) == "han" and script_at(after) != "han"
    free = _FREE.get(base, {})
    if char in free:
        return after not in free[char]
    return _edge(after) or (after in _BOUND and char not in "日中")


@cache
def _table(base: str) -> Mapping[str, str]:
    return {form: value for langs, value, form in listed("places/short.txt") if base in langs}
