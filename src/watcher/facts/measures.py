"""How far the main action has come (stage) and by what means it acts (instruments)."""

from __future__ import annotations

import re

from watcher.facts.lexicon import Hit, uncovered
from watcher.facts.mentions import PLACE_KINDS
from watcher.facts.reading import Part, Reading, read
from watcher.model import INSTRUMENTS, STAGES, Found, Item

_TURNS = ("cancelled", "delayed", "reviewed")
_DONE = frozenset({"approved", "enacted", "launched", "funded"})
_REACH = 60
"""Characters over which 'will', 'plans to' or 'draft' governs the verbs of its clause."""
_NEGATED = 14
_CLAUSE = re.compile(r"(?<!\d)\.|[!?;:。！？；|—]")
_VERB_LAST = frozenset(["ja", "ko", "hi", "bn", "ta", "tr", "az", "kk", "uz", "fa", "ur", "mr", "te", "pa", "ne", "hu"])
"""Languages whose verb closes the clause: the last word decides, and a negation follows."""


def stage(item: Item) -> Found | None:
    """Read the furthest stage stated of the main action, None where none is. The headline decides where it speaks."""
    return stage_of(read(item))


def instruments(item: Item) -> tuple[Found, ...]:
    """Read the instruments of policy, each once, in the order of `model.INSTRUMENTS`."""
    return used_instruments(read(item))


def stage_of(reading: Reading) -> Found | None:
    """The stage as read from an item already searched.

    A headline spends money in the present tense that is yet to be spent ('Séoul débloque …' over 'va investir'):
    there the summary has the word.
    """
    stated = [found for part in reading.parts if (found := _stage_in(part, reading.base)) is not None]
    if len(stated) == 2 and stated[0].value == "funded" and stated[1].value == "planned":
        return stated[1]
    return stated[0] if stated else None


def _stage_in(part: Part, base: str) -> Found | None:
    folded = part.text.folded
    hits = uncovered(part.of("stage"), [*part.of(*PLACE_KINDS), *part.of("medium")])
    denials = [hit for hit in hits if hit.entry.value == "not"]
    steps = [hit for hit in hits if hit.entry.value != "not" and not _denied(hit, denials, folded, base)]
    if not steps:
        return None
    main = part.field == "title" or all(hit.entry.value in _TURNS for hit in steps)
    for turn in _TURNS if main else ():
        turns = [hit for hit in steps if hit.entry.value == turn]
        if turns and (turn != "reviewed" or not any(hit.entry.value in _DONE for hit in steps)):
            return _found(part, turns[0])
    governed = [hit for hit in steps if hit.entry.value in ("planned", "considered")]
    best: Hit | None = None
    for hit in steps:
        if hit.entry.value in _TURNS:
            continue
        if hit.entry.value in _DONE and any(_governs(one, hit, folded, base) for one in governed):
            continue
        if best is None or STAGES.index(hit.entry.value) > STAGES.index(best.entry.value):
            best = hit
    return _found(part, best) if best is not None else None


def _denied(hit: Hit, denials: list[Hit], folded: str, base: str) -> bool:
    for denial in denials:
        gap = denial.start - hit.end if base in _VERB_LAST else hit.start - denial.end
        low, high = sorted((denial.end, hit.start)) if base not in _VERB_LAST else sorted((hit.end, denial.start))
        if 0 <= gap <= _NEGATED and not _CLAUSE.search(folded[low:high]):
            return True
    return False


def _governs(marker: Hit, hit: Hit, folded: str, base: str) -> bool:
    """Whether 'will', 'plans to' stands over a verb of doing: before it, or after it where the verb comes last."""
    before = 0 <= hit.start - marker.end <= _REACH and not _CLAUSE.search(folded[marker.end : hit.start])
    if base in _VERB_LAST or base in ("de", "nl"):
        after = 0 <= marker.start - hit.end <= 12 and not _CLAUSE.search(folded[hit.end : marker.start])
        return (before and base not in ("ja", "ko")) or after
    return before


def used_instruments(reading: Reading) -> tuple[Found, ...]:
    """The instruments as read from an item already searched."""
    found: dict[str, Found] = {}
    for part in reading.parts:
        names = [*part.of("medium"), *part.of("actor")]
        for hit in uncovered(part.of("instrument"), names):
            value = hit.entry.value
            if value in INSTRUMENTS and value not in found:
                found[value] = _found(part, hit)
    return tuple(found[name] for name in INSTRUMENTS if name in found)


def _found(part: Part, hit: Hit) -> Found:
    span = part.span(hit.start, hit.end)
    return Found(hit.entry.value, span, f"'{part.text.plain[span.start : span.end]}'")
