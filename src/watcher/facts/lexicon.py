"""All words that facts are read from, in one automaton: what stands where in a text, with script-aware edges.

Data files under facts/data hold sections `[lang …]` (`[*]`: every language) and lines `value form form …`.
In a form `_` is a space, a final `*` takes an ending, a leading `*` may be the end of a compound, `=Form` keeps
its case, and `form@xx` counts only in items of language or origin xx.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import NamedTuple, TypeVar

from ahocorasick_rs import AhoCorasick

from watcher.facts.bounds import ends_well, starts_well
from watcher.model import Text
from watcher.text import ReadText, fold, fold_cased

MAX_CHARS = 6_000
"""How much of a field is searched: a news item says what it is about well before."""

Shared = TypeVar("Shared", bound=Hashable)

_SOURCES = (
    ("state", "places/states.txt"),
    ("state", "places/union.txt"),
    ("state", "places/groups.txt"),
    ("europe", "places/europe.txt"),
    ("name", "places/names.txt"),
    ("seat", "places/seats.txt"),
    ("capital", "places/capitals.txt"),
    ("city", "places/cities.txt"),
    ("city", "places/regions.txt"),
    ("body", "places/bodies.txt"),
    ("institute", "places/institutes.txt"),
    ("clue", "places/clues.txt"),
    ("generic", "places/generic.txt"),
    ("role", "places/roles.txt"),
    ("trace", "places/traces.txt"),
    ("stage", "measures/stages.txt"),
    ("instrument", "measures/instruments.txt"),
    ("actor", "actors/names.txt"),
    ("office", "actors/offices.txt"),
    ("medium", "attribution/media.txt"),
    ("credit", "attribution/verbs.txt"),
    ("ahead", "ahead/words.txt"),
    ("month", "ahead/months.txt"),
)
_CAPITALISED = frozenset({"name", "seat", "capital", "city", "leader", "medium", "actor"})
_ENGLISH = frozenset({"en"})
_ALIASES = {
    "no": ("nb",), "nn": ("nb",), "bs": ("hr", "sr"), "hr": ("sr", "bs"), "sr": ("hr", "bs"), "id": ("ms",),
    "ms": ("id", "en"), "tl": ("fil", "en"), "fil": ("tl", "en"), "sw": ("en",), "cy": ("en",), "ga": ("en",),
    "be": ("ru",), "mr": ("hi", "en"), "ne": ("hi", "en"), "ky": ("kk",), "gl": ("es", "pt"), "ca": ("es",),
    "lb": ("de",), "mk": ("bg", "sr"), "uz": ("ru",), "kk": ("ru",), "mt": ("en",), "ha": ("en",), "yo": ("en",),
    "so": ("en",), "zu": ("en",), "af": ("nl", "en"), "da": ("nb",),
}  # fmt: skip
_OWN_SCRIPT = frozenset(
    [
        "ko",
        "ja",
        "zh",
        "th",
        "he",
        "hi",
        "bn",
        "ta",
        "te",
        "kn",
        "ml",
        "pa",
        "gu",
        "mr",
        "ne",
        "si",
        "my",
        "km",
        "lo",
        "ka",
        "am",
        "hy",
        "el",
        "ar",
        "fa",
        "ur",
        "ru",
        "uk",
        "bg",
    ]
)


_ARABIC = frozenset({"ar"})


@dataclass(frozen=True, slots=True)
class Entry:
    """A form of the lexicon: what it stands for and when it counts.

    `exact` is compared with its case, `spelled` with its accents; `since`/`until` are ISO months, empty for open.
    """

    kind: str
    value: str
    langs: frozenset[str]
    tail: int
    head: bool
    exact: str
    spelled: str
    only: str
    since: str = ""
    until: str = ""


class Hit(NamedTuple):
    """An entry found in a folded text; `end` includes the ending of a stem."""

    start: int
    end: int
    entry: Entry


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The automaton and what each of its patterns stands for."""

    automaton: AhoCorasick
    entries: tuple[tuple[Entry, ...], ...]
    languages: frozenset[str]
    """Base codes that have sections. Text in others is searched for English, and for forms of any other script."""

    def scan(self, text: Text, lang: str, origin: str) -> list[Hit]:
        """Every form in a text that counts in its language, in order, with overlaps; longest at a place first."""
        folded = text.folded[:MAX_CHARS]
        cased = text.cased if isinstance(text, ReadText) else fold_cased(text.plain)
        known = lang.split("-")[0].lower() in self.languages
        spoken = spoken_as(lang) if known else _ENGLISH
        hits: list[Hit] = []
        forms = self.entries
        for index, start, end in self.automaton.find_matches_as_indexes(folded, overlapping=True):
            begins: bool | None = None  # most forms are of other languages, which is cheaper to tell
            for entry in forms[index]:
                if entry.langs and entry.langs.isdisjoint(spoken) and (known or folded[start].isascii()):
                    continue
                if entry.only and entry.only != origin and entry.only not in spoken:
                    continue
                if not entry.head:
                    begins = starts_well(folded, start) if begins is None else begins
                    if not begins:
                        continue
                stop = ends_well(folded, end, entry.tail)
                if stop < 0 or not _written_so(text, cased, start, end, entry):
                    continue
                hits.append(Hit(start, stop, entry))
        hits.sort(key=lambda hit: (hit.start, -hit.end))
        return hits


def uncovered(hits: list[Hit], names: list[Hit]) -> list[Hit]:
    """Hits that lie in no longer hit of their own list or of `names`; of two on one range a whole form beats a stem."""
    whole = {(hit.start, hit.end) for hit in hits if hit.entry.tail == 0}
    own = {id(hit) for hit in hits}
    kept: list[Hit] = []
    reach, last = -1, (-1, -1)
    before = -1
    for hit in sorted([*hits, *names], key=lambda hit: (hit.start, -hit.end)):
        place = (hit.start, hit.end)
        if place != last:
            before, last = reach, place
            reach = max(reach, hit.end)
        if before < hit.end and id(hit) in own and (hit.entry.tail == 0 or place not in whole):
            kept.append(hit)
    return kept


def _written_so(text: Text, cased: str, start: int, end: int, entry: Entry) -> bool:
    if entry.spelled:
        begin, stop = text.to_plain(start, end)
        return text.plain[begin:stop].lower() == entry.spelled
    if not entry.exact:
        return entry.kind not in _CAPITALISED or not cased[start:end].islower()
    if cased[start:end] != _exact_cased(entry.exact):
        return False
    if entry.exact.isascii():
        return True
    begin, stop = text.to_plain(start, end)
    return text.plain[begin:stop] == entry.exact


@cache
def _exact_cased(form: str) -> str:
    return fold_cased(form)


@cache
def spoken_as(lang: str) -> frozenset[str]:
    """The sections that count for an item's language: its own, its sisters', English for names in foreign scripts."""
    base = lang.split("-")[0].lower()
    extra = ("en",) if base in _OWN_SCRIPT else ()
    return frozenset((base, lang.lower(), *_ALIASES.get(base, ()), *extra))


@cache
def lexicon() -> Lexicon:
    """The one lexicon, built at first use from the packaged data."""
    patterns: dict[str, list[Entry]] = {}
    for kind, path in _SOURCES:
        for langs, value, form in listed(path):
            _add(patterns, kind, value, langs, form)
            if kind == "instrument" and langs == _ARABIC and _takes_alif(form):
                _add(patterns, kind, value, langs, form + "ا")
    for line in _lines("places/leaders.tsv"):
        code, since, until, tongues, forms = line.split("\t")
        spoken = frozenset[str]() if tongues == "*" else frozenset(tongues.split(","))
        for form in forms.split():
            _add(patterns, "leader", code, spoken, form, since, until)
    entries = tuple(_shared(tuple(bucket)) for bucket in patterns.values())
    _shared.cache_clear()
    languages = frozenset(lang for bucket in entries for entry in bucket for lang in entry.langs)
    return Lexicon(AhoCorasick(list(patterns)), entries, languages)


def _takes_alif(form: str) -> bool:
    """Whether a noun shows the indefinite accusative in writing («تطلق صندوقا»): a word by itself, not of those that end in a mark of their own."""
    return form.isalpha() and form[-1] not in "ةاىءه"


def _add(
    patterns: dict[str, list[Entry]],
    kind: str,
    value: str,
    langs: frozenset[str],
    form: str,
    since: str = "",
    until: str = "",
) -> None:
    form, _, only = form.partition("@")
    head = form.startswith("*")
    stem = form.endswith("*") and len(form) > 1
    exact = form[1:].rstrip("*").replace("_", " ") if form.startswith("=") else ""
    literal = fold(form.lstrip("=*").rstrip("*").replace("_", " ")).strip()
    if not literal:
        return
    tail = _stem_tail(kind, literal, langs) if stem else _own_tail(kind, literal)
    plain = form.lstrip("=*").rstrip("*").replace("_", " ").lower()
    spelled = plain if "vi" in langs and not exact and not plain.isascii() else ""
    entry = _shared(Entry(kind, value, langs, tail, head, exact, spelled, only, since, until))
    bucket = patterns.setdefault(literal, [])
    if entry not in bucket:
        bucket.append(entry)


@cache
def _shared(value: Shared) -> Shared:
    """The first of equal values: most forms of a thing stand for the same."""
    return value


def _stem_tail(kind: str, literal: str, langs: frozenset[str]) -> int:
    """The longest ending of a stem: short stems take short ones, or every other word would begin with them."""
    if kind == "state" and "en" in langs:
        return 2
    if kind == "name":
        return 3 if len(literal) < 5 else 5
    return 6 if len(literal) < 5 else 9


def _own_tail(kind: str, literal: str) -> int:
    """Endings that names take by themselves in inflecting scripts; Latin genitives of people ('Trumps', 'Trumpa')."""
    if kind not in ("leader", "seat", "capital", "actor", "medium"):
        return 0
    last = literal[-1]
    if "\u0370" <= last <= "\u052f" or "\u0900" <= last <= "\u0dff" or "\u10a0" <= last <= "\u10ff":
        return 3 if len(literal) > 4 else 0
    if kind in ("leader", "actor", "medium") and last.isascii() and len(literal) > 4:
        return 3 if kind == "leader" else 2
    return 0


def listed(path: str) -> Iterator[tuple[frozenset[str], str, str]]:
    """The forms of a data file: sections' languages (empty: all), value, form as written."""
    langs: frozenset[str] = frozenset()
    for line in _lines(path):
        if line.startswith("["):
            names = line.strip("[]").split()
            langs = frozenset() if names == ["*"] else frozenset(names)
            continue
        value, *forms = line.split()
        for form in forms:
            yield langs, value, form


def _lines(path: str) -> Iterator[str]:
    source = files("watcher") / "facts" / "data" / path
    if not source.is_file():
        return
    for line in source.read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            yield line
