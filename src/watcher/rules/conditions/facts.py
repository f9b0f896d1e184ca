"""Facts: conditions on what was read out of an item, `field:value` and comparisons.

`FACTS` is the registry: a keyword is one entry here, and the grammar, the checks and the documentation follow.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from babel import Locale

from watcher.facts.places import ACTS
from watcher.facts.publisher import PUBLISHER
from watcher.model import INSTRUMENTS, STAGES, Found
from watcher.rules.conditions.core import Condition, Find, Needs, Reason, scope_words
from watcher.rules.faults import Fault, did_you_mean
from watcher.rules.keys import RUNS, fact_key
from watcher.rules.reading import EVERYWHERE, Hit, Reading, Scope
from watcher.text import fold
from watcher.text.language import normal

MAX_SHOWN = 5
LONGEST_CODE = 3
_PUBLISHER = "publisher"


@dataclass(frozen=True, slots=True)
class FactKind:
    """How one fact is asked for. `read` turns a value as written into the one sought, or raises Fault without a place.

    `values` lists what an item has; `same` tells whether one of them is meant; `keys` are the index keys of a value sought.
    """

    keyword: str
    read: Callable[[str], str]
    values: Callable[[Reading], Iterable[Found | str]]
    same: Callable[[str, str], bool]
    keys: Callable[[str], frozenset[str]]
    example: str


class Fact(Condition):
    """`keyword:value`."""

    __slots__ = ("kind", "value")
    effort = 0

    def __init__(self, source: str, kind: FactKind, value: str) -> None:
        super().__init__(source)
        self.kind = kind
        self.value = value

    def _found(self, reading: Reading, scope: Scope) -> Iterator[Found | str]:
        for found in self.kind.values(reading):
            if isinstance(found, str):
                if self.kind.same(found, self.value):
                    yield found
            elif self.kind.same(found.value, self.value) and reading.is_within(found.span, scope):
                yield found

    def holds(self, reading: Reading, scope: Scope) -> bool:
        return next(self._found(reading, scope), None) is not None

    def hits(self, reading: Reading, scope: Scope) -> list[Hit]:
        placed = (reading.hit_of(found.span) for found in self._found(reading, scope) if isinstance(found, Found))
        return [hit for hit in placed if hit is not None]

    def finds(self, reading: Reading, scope: Scope) -> Iterator[Find]:
        for found in self._found(reading, scope):
            if isinstance(found, str):
                yield Find(Hit(self.kind.keyword, 0, 0, (0, 0)), self.source, f"{self.kind.keyword} is {found}")
                continue
            hit = reading.hit_of(found.span) or Hit(found.span.field, 0, 0, (found.span.start, found.span.end))
            why = f"{self.kind.keyword} is {found.value}" + (f": {found.why}" if found.why else "")
            yield Find(hit, self.source, why)

    def reason(self, reading: Reading, scope: Scope) -> Reason:
        if scope is not EVERYWHERE and self.holds(reading, EVERYWHERE):
            return Reason(0.5, f"{self.source}: true of the item, but not stated{scope_words(scope) or ' there'}")
        values = [found if isinstance(found, str) else found.value for found in self.kind.values(reading)]
        shown = ", ".join(dict.fromkeys(value for value in values[:MAX_SHOWN] if value)) or "not known"
        return Reason(1.0, f"{self.source}: the item's {self.kind.keyword} is {shown}")

    def needs(self) -> Needs:
        keys = self.kind.keys(self.value)
        return (keys,) if keys else ()


def fact(keyword: str, raw: str, source: str) -> Fact:
    """The condition for `keyword:raw`. Raises Fault, without a place, for a value that can not be."""
    kind = FACTS[keyword]
    return Fact(source, kind, kind.read(raw.strip()))


def present_facts(reading: Reading) -> Iterator[str]:
    """The index keys of all facts of an item."""
    lang = reading.lang
    yield fact_key("lang", lang)
    yield fact_key("lang", lang.split("-")[0])
    for tag in reading.item.feed.tags:
        yield fact_key("tag", fold(tag))
    facts = reading.facts
    for country in facts.countries:
        yield fact_key("country", country.value)
        yield fact_key("acts", _acting_as(country).value)
    for instrument in facts.instruments:
        yield fact_key("instrument", instrument.value)
    if facts.stage is not None:
        yield fact_key("stage", facts.stage.value)
    for actor in facts.actors:
        for word in RUNS.findall(fold(actor.value)):
            yield fact_key("actor", word)
        yield fact_key("actor")
        if actor.why == PUBLISHER:
            yield fact_key("acts", _PUBLISHER)
    for word in RUNS.findall(fold(reading.item.source)):
        yield fact_key("source", word)
    yield fact_key("source")
    for name in (reading.item.feed.name, reading.item.feed.url):
        yield fact_key("feed", fold(name))
    if facts.amounts:
        yield fact_key("amount")


def _acting_as(country: Found) -> Found:
    """What of a state acts, from the reason that names it; empty for a state that is only guessed."""
    return Found(ACTS.get(country.why, ""), country.span, country.why)


def _all_acting(reading: Reading) -> list[Found]:
    """What acts: parts of states, and the item's own publisher where its title names it."""
    own = [Found(_PUBLISHER, actor.span, actor.why) for actor in reading.facts.actors if actor.why == PUBLISHER]
    return [*map(_acting_as, reading.facts.countries), *own]


def _one_of(what: str, known: Iterable[str]) -> Callable[[str], str]:
    names = tuple(known)

    def read(raw: str) -> str:
        name = raw.casefold().replace("-", "_").replace(" ", "_")
        if name not in names:
            hint = did_you_mean(name, names)
            raise Fault(f"no {what} is called «{raw}»", hint or "known are " + ", ".join(names), 0, 0)
        return name

    return read


@cache
def territories() -> Mapping[str, str]:
    """English names of states and territories by ISO 3166-1 alpha-2 code, and EU. From CLDR."""
    names = Locale.parse("en").territories
    return {code: name for code, name in names.items() if len(code) == 2 and code.isalpha() and code not in _NO_STATE}


_NO_STATE = frozenset({"ZZ", "XA", "XB", "EZ", "QO", "UN"})


@cache
def language_names() -> Mapping[str, str]:
    """English names of languages by code. From CLDR."""
    return dict(Locale.parse("en").languages)


def _country(raw: str) -> str:
    known = territories()
    code = "GB" if raw.upper() == "UK" else raw.upper()
    if code in known:
        return code
    by_name = {name.casefold(): code for code, name in known.items()}
    if raw.casefold() in by_name:
        return by_name[raw.casefold()]
    hint = _meant(raw, known)
    raise Fault(f"no country has the code «{raw}»", hint or "use ISO 3166 codes such as KR, FR, EU", 0, 0)


def _meant(raw: str, known: Mapping[str, str]) -> str:
    """«did you mean DE (Germany)?» for what is like a name of `known`, names by code; for a short `raw` like a code."""
    if len(raw) <= LONGEST_CODE:
        shown = {code: f"{code} ({name})" for code, name in known.items() if len(code) == 2}
    else:
        shown = {name: f"{code} ({name})" for code, name in known.items()}
    hint = did_you_mean(raw, shown)
    pattern = "|".join(sorted(map(re.escape, shown), key=len, reverse=True))
    return re.sub(rf"\b(?:{pattern})(?!\w)", lambda found: shown[found[0]], hint)


def language_code(raw: str) -> str:
    """A language tag or code as items have it: `zh-TW` is zh-Hant, `pt-BR` pt, `no` nb.

    Raises Fault, without a place, for what is no language.
    """
    base = re.split("[-_]", raw.strip())[0].lower()
    known = language_names()
    if base not in known:
        hint = _meant(raw, known)
        raise Fault(f"no language has the code «{raw}»", hint or "use codes such as fr, ko, zh-Hans", 0, 0)
    return normal(raw)


def is_language(lang: str, sought: str) -> bool:
    """Is an item's language the one sought? `zh` is zh-Hans and zh-Hant."""
    return lang == sought or lang.split("-")[0] == sought


def _some(raw: str) -> str:
    folded = fold(raw).strip()
    if not folded:
        raise Fault("this value is empty", "name one", 0, 0)
    return folded


def _named(value: str, sought: str) -> bool:
    """Do the words of the name sought stand in the value, as whole words?"""
    words = f" {' '.join(RUNS.findall(fold(value)))} "
    wanted = " ".join(RUNS.findall(sought))
    return f" {wanted} " in words if wanted else sought in fold(value)


def _is_feed(value: str, sought: str) -> bool:
    folded = fold(value)
    return folded.startswith(sought[:-1]) if sought.endswith("*") else folded == sought


def _words_of(field: str) -> Callable[[str], frozenset[str]]:
    def keys(sought: str) -> frozenset[str]:
        runs = RUNS.findall(sought)
        return frozenset({fact_key(field, max(runs, key=len)) if runs else fact_key(field)})

    return keys


def _equal(value: str, sought: str) -> bool:
    return value == sought


def _key_of(field: str) -> Callable[[str], frozenset[str]]:
    return lambda value: frozenset({fact_key(field, value)})


def _feed_names(reading: Reading) -> tuple[str, str]:
    return reading.item.feed.name, reading.item.feed.url


FACTS: Mapping[str, FactKind] = {
    kind.keyword: kind
    for kind in (
        FactKind("country", _country, lambda r: r.facts.countries, _equal, _key_of("country"), "country:[KR, FR]"),
        FactKind("acts", _one_of("acting part of a state", [*ACTS.values(), _PUBLISHER]), _all_acting, _equal,
                 _key_of("acts"), "acts:[leader, body]"),
        FactKind("stage", _one_of("stage", STAGES), lambda r: (r.facts.stage,) if r.facts.stage else (), _equal,
                 _key_of("stage"), "stage:planned"),
        FactKind("instrument", _one_of("instrument", INSTRUMENTS), lambda r: r.facts.instruments, _equal,
                 _key_of("instrument"), "instrument:fund"),
        FactKind("actor", _some, lambda r: r.facts.actors, _named, _words_of("actor"), 'actor:"Ministry of Science"'),
        FactKind("lang", language_code, lambda r: (r.lang,), is_language, _key_of("lang"), "lang:fr"),
        FactKind("tag", _some, lambda r: sorted(r.item.feed.tags), lambda value, sought: fold(value) == sought,
                 _key_of("tag"), "tag:government"),
        FactKind("source", _some, lambda r: (r.item.source,), _named, _words_of("source"), 'source:"Yonhap"'),
        FactKind("feed", _some, _feed_names, _is_feed,
                 lambda sought: frozenset() if sought.endswith("*") else frozenset({fact_key("feed", sought)}),
                 'feed:"Example"'),
    )
}  # fmt: skip
"""Every fact that an expression can ask for, by keyword."""
