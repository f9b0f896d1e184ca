"""Whether a number with a scale but no currency is money: nothing counted follows, and money is the matter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from watcher.facts.currencies import home_at
from watcher.facts.money_figures import EAST_LANGUAGES, Figure, Source, skip
from watcher.facts.money_language import Language
from watcher.facts.money_lexicon import WORD, is_unspaced

INDIAN = ("lakh", "crore", "lac", "cr")
"""Scales that English papers of India write and those of its neighbours seldom do."""
BARE_FLOOR = Decimal(10) ** 6
_SHORT_ITEM = 400
"""Characters up to which one mention of money speaks for the whole item; in longer text it has to be near."""
_NAMES_BY_CAPITAL = frozenset({"es", "fr", "pt", "it", "ca", "gl", "ro"})
"""Languages that put «of» between a million and what is counted, and a capital on names alone."""
_PLURALS = ("s", "x", "ani", "esi", "ini")
"""Endings of people counted by where they come from («deux millions de Parisiens»)."""
_SELDOM_COUNTED = Decimal(10) ** 6
"""From a million on, what news counts without naming it is mostly money."""


@dataclass(frozen=True, slots=True)
class BareSums:
    """An item as its bare numbers are read. `mentions` tells whether a word of a role stands anywhere in it."""

    lang: Language
    text: str
    mentions: Callable[[str], bool]

    def holds(self, source: Source, figure: Figure, *, has_money: bool) -> bool:
        """Whether a number with a scale but no currency is money: nothing counted follows, and money is the matter."""
        large = figure.factor >= BARE_FLOOR or (
            self.lang.code in EAST_LANGUAGES and figure.value >= 10**8 and figure.factor > 1
        )
        if figure.unit is not None or not large or figure.short or not figure.value:
            return False
        if self.lang.code in EAST_LANGUAGES:
            before = source.text[max(0, figure.start - 10) : figure.start]
            if any(word in before for word in self.lang.endings.get("counted_before", ())):
                return False
            paid = any(word in before for word in self.lang.endings.get("money", ()))
            if self._is_counted(source.text[figure.bare_end : figure.bare_end + 14].lstrip(" "), paid):
                return False
            if not is_unspaced(source.text[figure.bare_end - 1]):
                return False
            if self.lang.code == "ko":
                return True
            if len(self.text) < _SHORT_ITEM:
                return has_money or self.mentions("money")
            if not any(map(str.isdigit, source.text[figure.start : figure.end])):
                return False
            near = source.text[max(0, figure.start - 24) : figure.end + 12]
            return any(word in near for word in self.lang.endings["money"])
        if self.lang.code == "en":
            return self._is_bare_english(source, figure) and (has_money or self.mentions("money"))
        return self._may_end(source, figure.bare_end) and (
            has_money
            or self.mentions("money")
            or self._has_purpose(source, figure)
            or (figure.value >= _SELDOM_COUNTED and not self.mentions("counts"))
        )

    def _has_purpose(self, source: Source, figure: Figure) -> bool:
        """Whether right behind a figure it says what for («100 millones para un centro»), which is no year."""
        begin = skip(source.text, figure.bare_end)
        end = self.lang.says("purpose", source.text, begin)
        return end > begin and not source.text[end : end + 2].strip().isdigit()

    def _is_bare_english(self, source: Source, figure: Figure) -> bool:
        """English names the currency nearly always, but for crores, and sums right before a word for money."""
        if any(word in source.text[figure.start : figure.end] for word in INDIAN):
            return self._may_end(source, figure.bare_end)
        begin = figure.bare_end + 1
        return self.lang.says("money", source.text, begin) > begin

    def _is_counted(self, follows: str, paid: bool) -> bool:
        """Whether a counted noun follows a number in Chinese, Japanese or Korean. `paid`: a word for money stands before."""
        endings = self.lang.endings
        if follows.startswith(endings.get("not_counted", ())):
            return False
        if self.lang.code != "ko":
            is_weak = follows.startswith(endings.get("counted_weak", ()))
            return follows.startswith(endings.get("counted", ())) or (is_weak and not paid)
        word = WORD.match(follows)
        for counter in endings["counted"]:
            if word and word.group().startswith(counter):
                rest = word.group()[len(counter) :]
                if not rest or len(counter) > 1 or rest in endings["particles"]:
                    return True
        return False

    def _may_end(self, source: Source, end: int) -> bool:
        text = source.text
        begin = end
        while begin < len(text) and text[begin] in ' "':
            begin += 1
        if begin >= len(text) or text[begin] in ".,;:!?)]»/…|(":
            return True
        if text[begin] == "-":
            return begin > end or self.lang.says("money", text, begin + 1) > begin + 1
        if is_unspaced(text[begin]) and begin > end:
            return True
        if self.lang.says("follow", text, begin) > begin or self.lang.says("money", text, begin) > begin:
            return True
        return self.lang.code in _NAMES_BY_CAPITAL and self._is_of_a_name(source, end, begin)

    def _is_of_a_name(self, source: Source, end: int, begin: int) -> bool:
        """Whether a programme or body follows what is paid, not what is counted: «aportará 1.500 millones de Horizonte»."""
        paid = self.lang.words["money"]
        if not any(paid.match(source.text, word.start()) for word in WORD.finditer(source.text, max(0, end - 50), end)):
            return False
        connected = self.lang.says("of", source.text, begin)
        at = skip(source.text, connected)
        word = WORD.match(source.text, at)
        if connected == begin or word is None or not source.cased[at].isupper():
            return False
        return not word.group().endswith(_PLURALS) and home_at(source.text, at) is None
