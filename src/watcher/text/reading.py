"""A field as read: plain text for people, folded text for matching, and the way between them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from watcher.model import Token
from watcher.text import folding, markup, sentences
from watcher.text.scripts import MARK_CLASS, RUNNING_CLASS

_TOKEN = re.compile(
    f"(?P<running>[{RUNNING_CLASS}])"
    f"|(?P<hangul>[\u1100-\u11ff\u3130-\u318f\uac00-\ud7ff]++)"
    f"|(?:[^\\W_{RUNNING_CLASS}\u1100-\u11ff\u3130-\u318f\uac00-\ud7ff]++|[{MARK_CLASS}]++)++"
)
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class ReadText:
    """The text of one field. Everything beyond `plain` is worked out at first use and kept."""

    plain: str
    lang: str = ""
    """Base language where known: it decides what a full stop means, nothing else."""

    @cached_property
    def folded(self) -> str:
        """`plain` with case, width, normal form, accents, quotes, hyphens and ignorable marks made one."""
        return folding.fold(self.plain)

    @cached_property
    def cased(self) -> str:
        """`folded` with its case kept; the same length, so offsets of one hold in the other."""
        return folding.fold_cased(self.plain)

    @cached_property
    def tokens(self) -> tuple[Token, ...]:
        """Words, and single characters of scripts without spaces. Korean endings on a Latin word share its place."""
        return tuple(_tokens(self.folded, self._stops))

    @cached_property
    def sentence_ends(self) -> tuple[int, ...]:
        """Offsets of `folded` just after each sentence, the last included."""
        return (*self._stops, len(self.folded))

    @cached_property
    def _stops(self) -> list[int]:
        return sentences.ends(self.cased, self.lang)

    def to_plain(self, start: int, end: int) -> tuple[int, int]:
        """The range of `plain` that a range of `folded` came from; an empty range stays empty."""
        starts, ends = self._origins
        if not starts or start >= end:
            place = starts[start] if 0 <= start < len(starts) else len(self.plain)
            return place, place
        return starts[start], ends[min(end, len(ends)) - 1]

    @cached_property
    def _origins(self) -> tuple[list[int] | range, list[int] | range]:
        size = len(self.plain)
        if len(self.folded) == size and folding.keeps_places(self.plain):
            return range(size), range(1, size + 1)
        return folding.origins(self.plain)


def read(source: str, lang: str = "") -> ReadText:
    """Read HTML or a title that may hold entities."""
    return ReadText(markup.to_plain(_clean(source)), lang)


def plain_text(source: str, lang: str = "") -> ReadText:
    """Read text in which '<' and '&' mean themselves."""
    return ReadText(markup.collapse(_clean(source)), lang)


def _clean(source: str) -> str:
    """Half a surrogate pair can be neither stored nor sent; it becomes the replacement character."""
    try:
        source.encode()
    except UnicodeEncodeError:
        return _SURROGATE.sub("\ufffd", source)
    return source


def _tokens(folded: str, ends: list[int]) -> list[Token]:
    result: list[Token] = []
    boundaries = iter([*ends, len(folded) + 1])
    boundary = next(boundaries)
    sentence = 0
    place = 0
    last_end = -1
    for match in _TOKEN.finditer(folded):
        start, end = match.span()
        while start >= boundary:
            sentence += 1
            boundary = next(boundaries)
        kind = match.lastgroup
        if kind == "hangul" and start == last_end and folded[start - 1].isascii():
            place -= 2
        result.append(Token(start, end, place, sentence))
        place += 1 if kind == "running" else 2
        last_end = end
    return result


def sentence_spans(text: ReadText) -> list[tuple[int, int]]:
    """Ranges of `folded`, one a sentence, in order."""
    return list(pairwise((0, *text.sentence_ends)))
