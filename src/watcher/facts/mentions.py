"""Which states an item mentions: by what, where, and in which part of the sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from functools import cache
from itertools import pairwise
from typing import NamedTuple

from watcher.facts.lexicon import Hit
from watcher.facts.reading import Part, Reading, data
from watcher.facts.shortforms import short_forms

PLACE_KINDS = ("state", "name", "seat", "capital", "body", "institute", "leader", "city", "europe", "clue", "generic")
_STRENGTH = {"name": "state", "capital": "seat", "clue": "body", "generic": "body"}
_GRACE = timedelta(days=75)
"""How long before and after a term of office a name still stands for the office."""
AFTER_NAME = frozenset(
    ["ko", "ja", "hi", "bn", "ta", "tr", "az", "kk", "uz", "te", "mr", "pa", "ur", "hu", "ka", "fi", "et"]
)
"""Languages that put what governs a name after it ('中国に対抗', 'Çin'e karşı')."""
_NOUN_FIRST = frozenset(
    ["es", "pt", "it", "fr", "ro", "ca", "gl", "ar", "fa", "he", "id", "ms", "vi", "th", "sw", "cy", "ga", "sq"]
)
"""Languages that put an adjective after its noun ('empresa china')."""
_NEAR_COUNTER, _FAR_COUNTER, _SHORT_WORD = 6, 28, 5
"""How far a word of comparison reaches: 'like' to the next word, 'face au … de' over a phrase."""
_CLAUSE = frozenset('.,;:!?、。，；：|—()"')


WORD = re.compile(r"\w+|[^\w\s]")


class Mention(NamedTuple):
    """One place of an item that points to a state. `strength` is state, seat, body, institute, leader, city, short, firm or counter."""

    code: str
    strength: str
    start: int
    end: int
    gov: bool = False
    to: bool = False

    @property
    def acts(self) -> bool:
        """Whether the state may be the one that acts here, not where a company sits or what others look to."""
        return self.strength not in ("firm", "counter")


def mentions(part: Part, reading: Reading) -> list[Mention]:
    """The mentions of one field, in order, the longest where several overlap."""
    day = reading.item.published.date() if reading.item.published else None
    hits = _specific([hit for hit in part.of(*PLACE_KINDS) if in_office(hit, day)])
    media = part.of("medium", "actor")
    found: dict[tuple[int, str], Mention] = {}
    for hit in _outermost(hits):
        if any(m.start <= hit.start and hit.end <= m.end and m.end - m.start > hit.end - hit.start for m in media):
            continue
        mention = Mention(hit.entry.value, _STRENGTH.get(hit.entry.kind, hit.entry.kind), hit.start, hit.end)
        found.setdefault((hit.start, mention.code), mention)
    if reading.base in ("zh", "ja", "ko"):
        taken = [(m.start, m.end) for m in found.values()]
        for code, start, end in short_forms(part.text.folded, reading.base, taken):
            found.setdefault((start, code), Mention(code, "short", start, end))
    seen = _owned(sorted(found.values(), key=lambda m: m.start), part.text.folded, reading.base)
    return _with_roles(part, seen, reading)


def _with_roles(part: Part, seen: list[Mention], reading: Reading) -> list[Mention]:
    """The mentions with their part: `gov` beside a word of government; a state that only places a company
    ('a Chinese start-up') or that others are measured against counts as `firm` or `counter`."""
    folded = part.text.folded
    roles: dict[str, list[Hit]] = {}
    for hit in part.of("role"):
        roles.setdefault(hit.entry.value, []).append(hit)
    for hit in part.of("actor"):
        roles.setdefault("firm", []).append(hit)
    measured = _measured(seen, roles.get("counter", []), folded, reading.base)
    ends = {hit.end for hit in roles.get("counter", ())} if reading.base == "zh" else set()
    beside = {index for index in measured if seen[index].start in ends}
    placed = [_in_role(mention, roles, folded, reading.base) for mention in seen]
    for index in measured:
        if index in beside or not placed[index].gov:
            placed[index] = placed[index]._replace(strength="counter")
    return _spread(placed, folded)


def _spread(seen: list[Mention], folded: str) -> list[Mention]:
    """Let a measure take in what is joined to it: 'after China and the US, India plans …'."""
    for index, (one, two) in enumerate(pairwise(seen)):
        words = WORD.findall(folded[one.end : two.start])
        is_joined = 0 < len(words) <= 3 and joiners().issuperset(words) and {",", "、"}.isdisjoint(words)
        if is_joined and "counter" in (one.strength, two.strength):
            seen[index : index + 2] = [one._replace(strength="counter"), two._replace(strength="counter")]
    return seen


@cache
def joiners() -> frozenset[str]:
    """What may stand between the names of two states that act together."""
    words: str = data("places/priors.toml")["joiners"]
    return frozenset(words.split())


def _in_role(mention: Mention, roles: Mapping[str, list[Hit]], folded: str, base: str) -> Mention:
    near = 3 if base in ("zh", "ja", "ko") else 14
    after = base in AFTER_NAME
    if mention.strength == "europe" and any(next_to(folded, mention, hit, 1) for hit in roles.get("union", ())):
        mention = mention._replace(strength="state")
    if any(0 <= gap_to(mention, hit, after) <= (0 if base in ("zh", "ja", "ko") else 5) for hit in roles.get("to", ())):
        mention = mention._replace(to=True)
    if mention.strength in ("state", "short", "seat"):
        if any(next_to(folded, mention, hit, near) for hit in roles.get("gov", ())):
            return mention._replace(gov=True)
        if any(_places(folded, mention, hit, base) for hit in roles.get("firm", ())):
            return mention._replace(strength="firm")
    return mention


def _measured(seen: list[Mention], counters: list[Hit], folded: str, base: str) -> set[int]:
    """Indexes of the mentions that others are measured against: each counter word takes the nearest it governs."""
    after = base in AFTER_NAME
    found: set[int] = set()
    for hit in counters:
        reach = _FAR_COUNTER if after or hit.end - hit.start > _SHORT_WORD else _NEAR_COUNTER
        gaps = [(gap_to(mention, hit, after), index) for index, mention in enumerate(seen)]
        near = [(gap, index) for gap, index in gaps if 0 <= gap <= reach]
        if near:
            index = min(near)[1]
            low, high = sorted((seen[index].start, hit.start))
            if _clear(folded[low:high].replace("'", "")):
                found.add(index)
    return found


def _places(folded: str, mention: Mention, hit: Hit, base: str) -> bool:
    """Whether a state's name or adjective only places a company: 'Chinese start-up', 'empresa china', 台湾TSMC."""
    gap = mention.start - hit.end if base in _NOUN_FIRST and hit.entry.kind == "role" else hit.start - mention.end
    return 0 <= gap <= 1 and next_to(folded, mention, hit, 1)


def _specific(hits: list[Hit]) -> list[Hit]:
    """Leave out 'Congress' and 'MPs' where another state was named before or its seat or leader is: they are that one's."""
    return [
        hit
        for hit in hits
        if hit.entry.kind != "generic"
        or not any(
            other.entry.value != hit.entry.value
            and (
                other.entry.kind in ("seat", "capital", "leader")
                or (other.entry.kind in ("state", "name") and other.start < hit.start)
            )
            for other in hits
        )
    ]


def _owned(seen: list[Mention], folded: str, base: str) -> list[Mention]:
    """Leave out bodies that the state's name beside them gives to another: 'the French Senate', 'Schweizer Bundesrat'."""
    names = [m for m in seen if m.strength == "state"]
    bare = folded.replace('"', " ")
    near = 1 if base in ("zh", "ja", "ko") else 4
    return [
        m
        for m in seen
        if m.strength not in ("body", "institute")
        or not any(one.code != m.code and _owns(bare, one, m, near) for one in names)
    ]


def _owns(bare: str, name: Mention, body: Mention, near: int) -> bool:
    """Whether a state's name stands beside a body, or behind it after words like 'of the'."""
    if next_to(bare, name, body, near):
        return True
    between = bare[body.end : name.start].split()
    return 0 < len(between) <= 3 and _genitives().issuperset(between)


@cache
def _genitives() -> frozenset[str]:
    words: str = data("places/priors.toml")["genitives"]
    return frozenset(words.split())


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


def gap_to(mention: Mention, hit: Hit, after: bool) -> int:
    """Characters between a mention and the word that governs it; negative where the word stands elsewhere."""
    return hit.start - mention.end if after else mention.start - hit.end


def next_to(folded: str, mention: Mention, hit: Hit | Mention, near: int) -> bool:
    """Whether two stand side by side: overlapping, or at most `near` characters apart in one clause."""
    if hit.start < mention.end and mention.start < hit.end:
        return True
    if hit.start >= mention.end:
        return hit.start - mention.end <= near and _clear(folded[mention.end : hit.start])
    return mention.start - hit.end <= near and _clear(folded[hit.end : mention.start])


def _clear(gap: str) -> bool:
    return _CLAUSE.isdisjoint(gap)
