"""How each language writes sums: its scale words, numerals and the small words around a sum, read from data/money."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache
from importlib.resources import files

from watcher.facts.money_lexicon import Lexicon, is_unspaced
from watcher.facts.money_text import level_form


@dataclass(frozen=True, slots=True)
class Scale:
    """A scale word. `alone` is how many of it the bare word says (0: it needs a number); `short` needs a currency beside it."""

    factor: Decimal
    alone: Decimal = Decimal(0)
    short: bool = False
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Language:
    """One language's way with sums."""

    code: str
    decimal_mark: str
    currency: str
    scales: Lexicon[Scale]
    numerals: Lexicon[Decimal]
    numeral_pieces: tuple[tuple[str, Decimal], ...]
    scale_words: re.Pattern[str] | None
    words: dict[str, Lexicon[bool]] = field(default_factory=dict)
    endings: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Forms of a role that are looked for before a sum, longest first."""
    scale_first: bool = False

    def says(self, role: str, text: str, at: int) -> int:
        """Where the longest word of a role that begins at `at` ends; `at` where there is none."""
        lexicon = self.words.get(role)
        found = lexicon.match(text, at) if lexicon else None
        return found[1] if found else at

    def ends_with(self, role: str, before: str) -> bool:
        """Whether `before` (stripped) ends with a word of a role."""
        return any(_ends(before, form) for form in self.endings.get(role, ()))


def _ends(before: str, form: str) -> bool:
    if not before.endswith(form):
        return False
    rest = len(before) - len(form)
    return rest == 0 or is_unspaced(form[0]) or not before[rest - 1].isalpha()


@cache
def rows(name: str) -> tuple[tuple[str, ...], ...]:
    """The rows of a table in data/money, without comments."""
    text = (files("watcher") / "facts" / "data" / "money" / f"{name}.tsv").read_text(encoding="utf-8")
    return tuple(tuple(line.split("\t")) for line in text.splitlines() if line.strip() and not line.startswith("#"))


@cache
def _by_language(name: str) -> dict[str, list[tuple[str, ...]]]:
    table: dict[str, list[tuple[str, ...]]] = {}
    for row in rows(name):
        table.setdefault(row[0], []).append(row[1:])
    return table


def table_language(lang: str) -> str:
    """The code under which the tables know a language; English for one they don't."""
    code = _SAME.get(lang, lang)
    if code in _by_language("languages"):
        return code
    base = code.split("-")[0].lower()
    base = _SAME.get(base, base)
    return base if base in _by_language("languages") else "en"


_SAME = {"nn": "nb", "no": "nb", "tl": "fil", "zh": "zh-Hans", "zh-TW": "zh-Hant", "zh-HK": "zh-Hant", "zh-CN": "zh-Hans",
         "zh-Hant-HK": "zh-Hant", "zh-SG": "zh-Hans", "iw": "he", "in": "id", "sh": "sr", "cnr": "sr", "prs": "fa",
         "arz": "ar", "ckb": "ku"}  # fmt: skip


@cache
def language(lang: str) -> Language:
    """A language by its code; unknown ones are read as English is."""
    code = "*" if lang == "*" else table_language(lang)
    if code == "*":
        words, endings = _words(code)
        return Language(code, ".", "", Lexicon(), Lexicon(), (), None, words, endings)
    mark, currency, also = (*_by_language("languages")[code][0], "", "", "")[:3]
    scales: Lexicon[Scale] = Lexicon()
    forms: list[str] = []
    for source in (code, also):
        for exponent, listed in _by_language("scales").get(source, ()):
            for form, scale in _scales(int(exponent), listed):
                scales.add(form, scale if source == code else replace(scale, short=True))
                if not scale.short and source == code:
                    forms.append(form)
    numerals: Lexicon[Decimal] = Lexicon()
    pieces: dict[str, Decimal] = {}
    for value, listed in _by_language("numerals").get(code, ()):
        for form in listed.split("|"):
            numerals.add(level_form(form), Decimal(value))
            pieces[level_form(form)] = Decimal(value)
    words, endings = _words(code)
    return Language(
        code, mark, currency, scales, numerals, tuple(sorted(pieces.items(), key=lambda pair: -len(pair[0]))),
        _pattern(forms), words, endings, "scale_first" in words,
    )  # fmt: skip


def _scales(exponent: int, listed: str) -> Iterator[tuple[str, Scale]]:
    for written in listed.split("|"):
        form, _, currency = written.partition("~")
        form, alone, count = form.partition("=")
        short = form.endswith("!")
        one = Decimal(count or 1) if alone else Decimal(0)
        yield level_form(form.rstrip("!").strip()), Scale(Decimal(10) ** exponent, one, short, currency)


def shared_words() -> Language:
    """Words that all languages share a table for."""
    return language("*")


@cache
def foreign_scales() -> Lexicon[Scale]:
    """Scale words of all languages, for sums in another language than their text's.

    A word that languages disagree on («billion») has the factor 0: a sum with it can't be read.
    """
    exponents: dict[str, set[Decimal]] = {}
    forms: dict[str, Scale] = {}
    for _, exponent, listed in rows("scales"):
        for form, scale in _scales(int(exponent), listed):
            bare = form.removesuffix("*")
            if scale.currency or scale.alone not in (0, 1) or (len(bare) < 2 and not is_unspaced(bare[0])):
                continue
            vague = scale.short or (len(bare) < 3 and not is_unspaced(bare[0]))
            exponents.setdefault(bare, set()).update((scale.factor, Decimal(0)) if vague else (scale.factor,))
            forms[form] = scale
    lexicon: Lexicon[Scale] = Lexicon()
    for form, scale in forms.items():
        agreed = len(exponents[form.removesuffix("*")]) == 1
        lexicon.add(form, Scale(scale.factor if agreed else Decimal(0)))
    return lexicon


def _pattern(forms: list[str]) -> re.Pattern[str] | None:
    """Finds scale words that no digits precede: stems of three letters or more, or with letters beyond ASCII."""
    stems = {form.removesuffix("*") for form in forms if " " not in form}
    stems = {stem for stem in stems if len(stem) > 2 or is_unspaced(stem[0]) or not stem.isascii()}
    if not stems:
        return None
    return re.compile("|".join(map(re.escape, sorted(stems, key=len, reverse=True))))


def _words(code: str) -> tuple[dict[str, Lexicon[bool]], dict[str, tuple[str, ...]]]:
    words: dict[str, Lexicon[bool]] = {}
    endings: dict[str, tuple[str, ...]] = {}
    for role, listed in _by_language("words").get(code, _by_language("words").get(code.split("-")[0], ())):
        forms = [level_form(form) for form in listed.split("|")]
        lexicon = words.setdefault(role, Lexicon())
        for form in forms:
            lexicon.add(form, True)
        endings[role] = tuple(sorted({*endings.get(role, ()), *forms}, key=len, reverse=True))
    return words, endings
