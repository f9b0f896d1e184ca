"""Whom an item credits: the agencies and media that it takes its story from."""

from __future__ import annotations

import re

from watcher.facts.lexicon import Hit
from watcher.facts.reading import Part, Reading, read
from watcher.model import Found, Item

_NEAR = 24
_FAR = 90
"""The verb closes the sentence in Korean and Japanese: '월스트리트저널은 … 전했다'."""
_BESIDE = 5
"""Inverted order: 'scrie Bloomberg', 'meldet dpa'."""
_DATELINE = re.compile(r"^[^.。]{0,60}?[(（]([^)）]{2,30})[)）]")
_CLAUSE = re.compile(r"[.。!?；;]")


def attributed_to(item: Item) -> tuple[Found, ...]:
    """Read the media that an item credits («selon Bloomberg», ロイター通信によると, "SEOUL (Reuters) -"), each once."""
    return credited(read(item))


def credited(reading: Reading) -> tuple[Found, ...]:
    """The media credited by an item already searched."""
    found: dict[str, Found] = {}
    for part in reading.parts:
        words = part.of("credit")
        for hit in part.of("medium"):
            name = hit.entry.value.replace("_", " ")
            if name in found:
                continue
            why = _credit(part, hit, words, reading.base)
            if why:
                found[name] = Found(name, part.span(hit.start, hit.end), why)
    return tuple(found.values())


def _credit(part: Part, hit: Hit, words: list[Hit], base: str) -> str:
    folded = part.text.folded
    reach = _FAR if base in ("ko", "ja") else _NEAR
    for word in words:
        if word.end <= hit.start:
            gap, near = folded[word.end : hit.start], _NEAR if word.entry.value == "before" else _BESIDE
        elif word.entry.value == "after" and hit.end <= word.start:
            gap, near = folded[hit.end : word.start], reach
        else:
            continue
        if len(gap) <= near and not _CLAUSE.search(gap):
            return f"credited with '{folded[word.start : word.end]}'"
    dateline = _DATELINE.match(folded)
    if dateline and dateline.start(1) <= hit.start and hit.end <= dateline.end(1):
        return "named in the dateline"
    if (folded[hit.end : hit.end + 1] in (":", "：") and hit.start < 3) or _closes(folded, hit):
        return "named as the source"
    return ""


def _closes(folded: str, hit: Hit) -> bool:
    """Whether the name stands alone at the end: '… - Reuters', '…(연합뉴스)', '—報道' style."""
    before = folded[: hit.start].rstrip()
    after = folded[hit.end :].strip(" )]）.。")
    return not after and before[-1:] in ("-", "|", "(", "（", "—", "/")
