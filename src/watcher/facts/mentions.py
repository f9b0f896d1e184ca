"""Which states an item mentions, by what, where and in which part: the evidence that `places` weighs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from typing import NamedTuple

from watcher.facts.lexicon import Hit
from watcher.facts.reading import Part, Reading, data, priors
from watcher.facts.shortforms import short_forms
from watcher.model import Span

PLACE_KINDS = ("state", "name", "seat", "capital", "body", "leader")
_STRENGTH = {"state": "state", "name": "state", "seat": "seat", "capital": "seat", "body": "body", "leader": "leader"}
_GRACE = timedelta(days=75)
"""How long before and after a term of office a name still stands for the office."""
_AFTER_NAME = frozenset("ko ja hi bn ta tr az kk uz te mr pa ur hu ka fi et".split())
"""Languages that put what a name is measured against after it ('中国に対抗', 'Çin'e karşı')."""
_JOINED = re.compile(
    r"[\s,;'\"()«»“”]*(?:and|et|und|y|e|i|и|й|та|و|ו|و ال|a|en|og|och|ja|un|ir|ve|ile|və|va|ва|және|dan|at|na|और|এবং|"
    r"மற்றும்|اور|και|და|și|si|és|és a|in|sowie|as well as|with|avec|con|com|mit|met|med|con la|con el|va|và|với|와|과|及|"
    r"和|与|與|と|및|·|・|、|-|–|/|&|-|le|la|les|l'|the|de|du|del|dengan|bilan)*[\s,;'\"()«»]*"
)


class Mention(NamedTuple):
    """One place of an item that points to a state. `strength` is state, seat, body, leader or short."""

    code: str
    strength: str
    start: int
    end: int


@dataclass(slots=True)
class Signs:
    """What speaks for one state, as named numbers, and the first place that does."""

    values: dict[str, float] = field(default_factory=dict)
    span: Span | None = None
    why: str = ""

    def put(self, name: str, value: float = 1.0) -> None:
        """Set a sign to the greatest value seen."""
        self.values[name] = max(self.values.get(name, 0.0), value)


def mentions(part: Part, reading: Reading) -> list[Mention]:
    """The mentions of one field, in order, the longest where several overlap."""
    day = reading.item.published.date() if reading.item.published else None
    hits = [hit for hit in part.of(*PLACE_KINDS) if in_office(hit, day)]
    media = part.of("medium", "actor")
    found: dict[tuple[int, str], Mention] = {}
    reach = -1
    for hit in _outermost(hits):
        if any(m.start <= hit.start and hit.end <= m.end and m.end - m.start > hit.end - hit.start for m in media):
            continue
        reach = max(reach, hit.end)
        mention = Mention(hit.entry.value, _STRENGTH[hit.entry.kind], hit.start, hit.end)
        found.setdefault((hit.start, mention.code), mention)
    if reading.base in ("zh", "ja", "ko"):
        taken = [(m.start, m.end) for m in found.values()]
        for code, start, end in short_forms(part.text.folded, reading.base, taken):
            found.setdefault((start, code), Mention(code, "short", start, end))
    return sorted(found.values(), key=lambda m: m.start)


def _outermost(hits: list[Hit]) -> Iterator[Hit]:
    """Hits that lie in no longer one. Equal ranges all stay: one form may name two states."""
    reach: tuple[int, int] = (-1, -1)
    for hit in hits:
        if hit.end <= reach[1] and (hit.start, hit.end) != reach:
            continue
        if hit.end > reach[1]:
            reach = (hit.start, hit.end)
        yield hit


def in_office(hit: Hit, day: date | None) -> bool:
    """Whether a leader's name stands for the office on a day; true for what is no leader."""
    entry = hit.entry
    if day is None or not (entry.since or entry.until):
        return True
    since = date.fromisoformat(f"{entry.since}-01") - _GRACE if entry.since else date.min
    until = date.fromisoformat(f"{entry.until}-01") + _GRACE if entry.until else date.max
    return since <= day <= until


def signs(reading: Reading, currencies: Mapping[str, frozenset[str]]) -> dict[str, Signs]:
    """What speaks for each state. `currencies`: ISO 4217 codes by field."""
    found: dict[str, Signs] = {}
    in_title: set[str] = set()
    for part in reading.parts:
        mark = "t" if part.field == "title" else "s"
        seen = mentions(part, reading)
        _count(part, seen, mark, found)
        if seen:
            _first(seen, mark, found)
            _roles(part, seen, mark, reading, found)
        if part.field == "title":
            in_title = {m.code for m in seen}
        _home(part, seen, mark, reading, found)
        _currency(currencies.get(part.field, frozenset()), mark, found)
    _prior(reading, found)
    for code, sign in found.items():
        others = len(in_title - {code})
        sign.put("rivals", min(others, 2))
        sign.put("alone", 1.0 if in_title == {code} else 0.0)
    return found


def _count(part: Part, seen: list[Mention], mark: str, found: dict[str, Signs]) -> None:
    for mention in seen:
        sign = found.setdefault(mention.code, Signs())
        name = f"{mark}_{mention.strength}"
        if name in sign.values:
            sign.put(f"{mark}_again")
        sign.put(name)
        if sign.span is None:
            sign.span = part.span(mention.start, mention.end)
            sign.why = mention.strength


def _first(seen: list[Mention], mark: str, found: dict[str, Signs]) -> None:
    start = seen[0].start
    for mention in seen:
        if mention.start == start:
            found[mention.code].put(f"{mark}_first")
            if start < 4:
                found[mention.code].put(f"{mark}_opens")


def _roles(part: Part, seen: list[Mention], mark: str, reading: Reading, found: dict[str, Signs]) -> None:
    folded = part.text.folded
    roles: dict[str, list[Hit]] = {}
    for hit in part.of("role"):
        roles.setdefault(hit.entry.value, []).append(hit)
    near = 3 if reading.base in ("zh", "ja") else 14
    after = reading.base in _AFTER_NAME
    for mention in seen:
        sign = found[mention.code]
        if mention.strength in ("state", "short", "seat"):
            if any(_next_to(folded, mention, hit, near) for hit in roles.get("gov", ())):
                sign.put(f"{mark}_gov")
            elif any(_next_to(folded, mention, hit, near) for hit in roles.get("firm", ())):
                sign.put(f"{mark}_firm")
        for hit in roles.get("counter", ()):
            gap = hit.start - mention.end if after else mention.start - hit.end
            if 0 <= gap <= 8 and _clear(folded[min(mention.end, hit.end) : max(mention.start, hit.start)]):
                sign.put(f"{mark}_counter")
    deal = bool(roles.get("deal"))
    for index, one in enumerate(seen[:-1]):
        two = seen[index + 1]
        if one.code != two.code and len(folded[one.end : two.start]) < 25 and _JOINED.fullmatch(folded, one.end, two.start):
            for code in (one.code, two.code):
                found[code].put(f"{mark}_joined")
                if deal:
                    found[code].put("deal")


def _next_to(folded: str, mention: Mention, hit: Hit, near: int) -> bool:
    if hit.start < mention.end and mention.start < hit.end:
        return True
    if hit.start >= mention.end:
        return hit.start - mention.end <= near and _clear(folded[mention.end : hit.start])
    return mention.start - hit.end <= near and _clear(folded[hit.end : mention.start])


def _clear(gap: str) -> bool:
    return not any(char in gap for char in ".,;:!?、。，；：|—()\"")


def _home(part: Part, seen: list[Mention], mark: str, reading: Reading, found: dict[str, Signs]) -> None:
    """The writer's own government ('le gouvernement', '정부'), unless a state's name beside it says whose."""
    folded = part.text.folded
    near = 4 if reading.base in ("zh", "ja", "ko", "th") else 16
    for hit in part.of("role"):
        if hit.entry.value != "home" or any(_next_to(folded, m, hit, near) for m in seen):
            continue
        for code, weight in home_states(reading).items():
            sign = found.setdefault(code, Signs())
            sign.put(f"{mark}_home", weight)
            if sign.span is None:
                sign.span, sign.why = part.span(hit.start, hit.end), "home"
        return


def home_states(reading: Reading) -> dict[str, float]:
    """The states whose press this is likely to be, with weights, from host and language."""
    states = dict(_language_prior(reading.lang, reading.base))
    if reading.origin:
        code = reading.origin.upper()
        if code in states or not states or max(states.values()) < 0.8:
            return {code: 1.0}
        states[code] = max(states.get(code, 0.0), 0.5)
    return states


@cache
def _language_prior(lang: str, base: str) -> Mapping[str, float]:
    table: Mapping[str, Mapping[str, float]] = priors()["language"]
    return table.get(lang) or table.get(base) or {}


def _currency(codes: frozenset[str], mark: str, found: dict[str, Signs]) -> None:
    special: Mapping[str, str] = priors()["currency"]
    for currency in codes:
        state = special.get(currency, currency[:2])
        if state:
            found.setdefault(state, Signs()).put(f"{mark}_currency")


def _prior(reading: Reading, found: dict[str, Signs]) -> None:
    for code, weight in _language_prior(reading.lang, reading.base).items():
        found.setdefault(code, Signs()).put("language", weight)
    if reading.origin:
        found.setdefault(reading.origin.upper(), Signs()).put("origin")


@cache
def weights() -> Mapping[str, float]:
    """Fitted weights of the signs (scripts/fit_places.py)."""
    fitted: Mapping[str, float] = data("places/weights.toml")["weights"]
    return fitted
