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

PLACE_KINDS = ("state", "name", "seat", "capital", "body", "leader", "city")
_STRENGTH = {
    "state": "state", "name": "state", "seat": "seat", "capital": "seat", "body": "body", "leader": "leader", "city": "city",
}  # fmt: skip
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
    """One place of an item that points to a state. `strength` is state, seat, body, leader, city, short, firm or counter."""

    code: str
    strength: str
    start: int
    end: int
    gov: bool = False
    to: bool = False


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
    return _owned(sorted(found.values(), key=lambda m: m.start), part.text.folded)


def _owned(seen: list[Mention], folded: str) -> list[Mention]:
    """Leave out bodies that the state's name beside them gives to another: 'the French Senate', 'Schweizer Bundesrat'."""
    names = [m for m in seen if m.strength == "state"]
    return [
        m
        for m in seen
        if m.strength != "body" or not any(one.code != m.code and _next_to(folded, one, m, 4) for one in names)
    ]


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
    seen_in = {part.field: _with_roles(part, mentions(part, reading), reading) for part in reading.parts}
    has_deal = any(hit.entry.value == "deal" for part in reading.parts for hit in part.of("role"))
    partners: set[frozenset[str]] = set()
    for part in reading.parts:
        mark, seen = part.field[0], seen_in[part.field]
        _count(part, seen, mark, found)
        if seen:
            pairs = _partners(part, seen, mark, has_deal, reading, found)
            _first(seen, mark, pairs if has_deal or seen[0].start < 4 else set(), found)
            partners |= pairs
        _home(part, seen, mark, reading, found)
        _currency(currencies.get(part.field, frozenset()), mark, reading, found)
    if not any(seen_in.values()):
        for sign in found.values():
            if sign.values.keys() & {"t_money", "s_money"}:
                sign.put("money_alone")
    _prior(reading, found, unnamed=not seen_in.get("title"))
    _compare(seen_in, partners, found)
    return found


def _compare(seen_in: Mapping[str, list[Mention]], partners: set[frozenset[str]], found: dict[str, Signs]) -> None:
    """What the other states of the item say of each: rivals for the part, or partners in it."""
    in_title = {m.code for m in seen_in.get("title", ())}
    anywhere = {m.code for seen in seen_in.values() for m in seen}
    for code, sign in found.items():
        others = {other for other in in_title - {code} if frozenset((code, other)) not in partners}
        name = "rivals_of_first" if "t_first" in sign.values else "rivals"
        sign.put(name, min(len(others), 2))
        sign.put("alone", 1.0 if in_title == {code} else 0.0)
        if code == "EU" and anywhere - {"EU"}:
            sign.put("bloc_beside", 1.0 if code in in_title else 2.0)


def _count(part: Part, seen: list[Mention], mark: str, found: dict[str, Signs]) -> None:
    for mention in seen:
        sign = found.setdefault(mention.code, Signs())
        name = f"{mark}_{mention.strength}"
        if name in sign.values:
            sign.put(f"{mark}_again")
        sign.put(name)
        if mention.gov:
            sign.put(f"{mark}_gov")
        if mention.to:
            sign.put(f"{mark}_to")
        if sign.span is None:
            sign.span = part.span(mention.start, mention.end)
            sign.why = mention.strength


def _first(seen: list[Mention], mark: str, pairs: set[frozenset[str]], found: dict[str, Signs]) -> None:
    """Mark the state that is named first, and who acts together with it."""
    acting = [m for m in seen if m.strength not in ("firm", "counter")]
    if not acting:
        return
    start, first = acting[0].start, acting[0].code
    for mention in acting:
        together = frozenset((mention.code, first)) in pairs
        if mention.start == start or together:
            found[mention.code].put(f"{mark}_first")
            if start < 4:
                found[mention.code].put(f"{mark}_opens")


def _with_roles(part: Part, seen: list[Mention], reading: Reading) -> list[Mention]:
    """The mentions with their part: `gov` beside a word of government; a state that only places a company
    ('a Chinese start-up') or that others are measured against counts as `firm` or `counter`."""
    folded = part.text.folded
    roles: dict[str, list[Hit]] = {}
    for hit in part.of("role"):
        roles.setdefault(hit.entry.value, []).append(hit)
    for hit in part.of("actor"):
        roles.setdefault("firm", []).append(hit)
    return [_in_role(mention, roles, folded, reading.base) for mention in seen]


def _in_role(mention: Mention, roles: Mapping[str, list[Hit]], folded: str, base: str) -> Mention:
    near = 3 if base in ("zh", "ja") else 14
    after = base in _AFTER_NAME
    if any(0 <= _gap(mention, hit, after) <= (0 if base in ("zh", "ja", "ko") else 5) for hit in roles.get("to", ())):
        mention = mention._replace(to=True)
    if mention.strength in ("state", "short", "seat"):
        if any(_next_to(folded, mention, hit, near) for hit in roles.get("gov", ())):
            return mention._replace(gov=True)
        if any(_next_to(folded, mention, hit, 1) for hit in roles.get("firm", ())):
            return mention._replace(strength="firm")
    for hit in roles.get("counter", ()):
        gap = _gap(mention, hit, after)
        if 0 <= gap <= (8 if after else 24) and _clear(folded[min(mention.end, hit.end) : max(mention.start, hit.start)]):
            return mention._replace(strength="counter")
    return mention


def _partners(
    part: Part, seen: list[Mention], mark: str, has_deal: bool, reading: Reading, found: dict[str, Signs]
) -> set[frozenset[str]]:
    """Pairs of states that act together: joined by a conjunction, or one 'with' the other, in an item about a deal."""
    folded = part.text.folded
    pairs: set[frozenset[str]] = set()
    for index, one in enumerate(seen[:-1]):
        two = next((later for later in seen[index + 1 :] if later.code != one.code), None)
        if two is None or two.start - one.end > 25 or not _JOINED.fullmatch(folded, one.end, two.start):
            continue
        if {one.strength, two.strength} & {"firm", "counter"}:
            continue
        if not has_deal and folded[one.end : two.start].strip() == ",":
            continue
        pair = frozenset((one.code, two.code))
        for code in pair:
            found[code].put(f"{mark}_joined")
            if has_deal:
                found[code].put(f"{mark}_pact")
        if has_deal or mark == "t":
            pairs.add(pair)
    if has_deal and mark == "t":
        pairs |= _with(part, seen, reading, found)
    return pairs


def _with(part: Part, seen: list[Mention], reading: Reading, found: dict[str, Signs]) -> set[frozenset[str]]:
    """Pairs of a first state and one that a deal is made 'with'."""
    after = reading.base in _AFTER_NAME
    pairs: set[frozenset[str]] = set()
    for hit in part.of("role"):
        if hit.entry.value != "with":
            continue
        for mention in seen[1:]:
            gap = _gap(mention, hit, after)
            if 0 <= gap <= 6 and mention.code != seen[0].code:
                found[mention.code].put("t_with")
                pairs.add(frozenset((seen[0].code, mention.code)))
    return pairs


def _gap(mention: Mention, hit: Hit, after: bool) -> int:
    """Characters between a mention and the word that governs it; negative where the word stands elsewhere."""
    return hit.start - mention.end if after else mention.start - hit.end


def _next_to(folded: str, mention: Mention, hit: Hit | Mention, near: int) -> bool:
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
            if hit.start < 6:
                sign.put(f"{mark}_home_opens", weight)
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


def _currency(codes: frozenset[str], mark: str, reading: Reading, found: dict[str, Signs]) -> None:
    """Sums in a state's money. Money of the readers' own country may be a conversion made for them."""
    special: Mapping[str, str] = priors()["currency"]
    home = home_states(reading)
    for currency in codes:
        state = special.get(currency, currency[:2])
        if state:
            name = "money_of_home" if home.get(state, 0.0) >= 0.5 else "money"
            found.setdefault(state, Signs()).put(f"{mark}_{name}")


def _prior(reading: Reading, found: dict[str, Signs], unnamed: bool) -> None:
    for code, weight in _language_prior(reading.lang, reading.base).items():
        sign = found.setdefault(code, Signs())
        kind = "language" if weight >= 0.6 else "language_weak"
        sign.put(kind, weight)
        if unnamed:
            sign.put(f"{kind}_alone", weight)
    if reading.origin:
        sign = found.setdefault(reading.origin.upper(), Signs())
        sign.put("origin")
        if unnamed:
            sign.put("origin_alone")


@cache
def weights() -> Mapping[str, float]:
    """Fitted weights of the signs (scripts/fit_places.py)."""
    fitted: Mapping[str, float] = data("places/weights.toml")["weights"]
    return fitted
