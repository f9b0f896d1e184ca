"""Which rules to look at for an item: an index over the rarest thing that each rule needs.

Each rule is filed under the key set that fewest items hold (its anchor), and behind that under the next rarest (its
guard), so that it is looked at only when both occur; whatever else it needs is compared before it is. Words of spaced scripts are looked up in a table by the item's
own words; everything else (running scripts, prefixes, stems) is found by one Aho-Corasick automaton. Rules for which
nothing is known to be needed are looked at for every item.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from math import sqrt

from ahocorasick_rs import AhoCorasick

from watcher.rules.conditions.core import Needs
from watcher.rules.conditions.facts import present_facts
from watcher.rules.keys import FACT, LITERAL, cost, words_in
from watcher.rules.reading import TEXT_FIELDS, Reading

GROUP = "\x03"
MAX_SPREAD = 4
"""A set of more keys that several rules need (a vocabulary) is filed as one group, shared by them."""
MAX_ALONE = 64
"""So many keys of a set that no other rule needs are filed one by one: a group of its own would be one more thing to look up."""
ALWAYS = ""
"""The key that every item holds."""
FEW = 8

Rest = tuple[tuple[str, ...], tuple[frozenset[str], ...]]
"""What a rule needs beyond anchor and guard: all of the keys, and one of each set."""
Posting = dict[str, tuple[int, ...]] | tuple[tuple[str, tuple[int, ...]], ...]
"""Rules behind one anchor key, by guard key; ALWAYS where there is no guard. Pairs while they are few."""


class Index:
    """Filed rules. Immutable once built."""

    def __init__(self, needs: Sequence[Needs], lookups: Iterable[str], extra_fields: Iterable[str]) -> None:
        self.fields = (*TEXT_FIELDS, *sorted(set(extra_fields) - set(TEXT_FIELDS)))
        self.always: tuple[int, ...] = tuple(number for number, need in enumerate(needs) if not need)
        self._groups: dict[str, tuple[str, ...]] = {}
        self._postings: dict[str, Posting] = {}
        self._numbers: dict[frozenset[str], str] = {}
        self._costs: dict[frozenset[str], float] = {}
        rests = self._file(needs)
        self._lookups = frozenset(lookups)
        literals = {key for key in self._lookups if key.startswith(LITERAL)}
        literals.update(key for key in self._groups if key.startswith(LITERAL))
        for anchor, posting in self._postings.items():
            literals.update(key for key in (anchor, *dict(posting)) if key.startswith(LITERAL))
        literals.update(key for rest in rests.values() for key in rest[0] if key.startswith(LITERAL))
        self._literals = sorted(literals)
        self._automaton = AhoCorasick([key[1:] for key in self._literals]) if literals else None
        self._rests = self._comparable(rests, literals)
        del self._numbers, self._costs

    def survey(self, reading: Reading) -> None:
        """Note in the reading which keys the item holds."""
        present = reading.present
        for name in self.fields:
            field = reading.field(name)
            if field is None:
                continue
            present |= words_in(field.flat)
            if self._automaton is not None:
                literals = self._literals
                hits = self._automaton.find_matches_as_indexes(field.flat, overlapping=True)
                present.update([literals[hit[0]] for hit in hits])
        present.update(present_facts(reading))
        present.add(ALWAYS)
        for key in self._groups.keys() & present:
            present.update(self._groups[key])
        reading.sought = present & self._lookups

    def candidates(self, reading: Reading) -> list[int]:
        """The numbers of all rules that can hold, in order; the reading must have been surveyed."""
        present = reading.present
        found: set[int] = set(self.always)
        postings = self._postings
        for anchor in postings.keys() & present:
            posting = postings[anchor]
            if isinstance(posting, dict):
                for guard in posting.keys() & present:
                    found.update(posting[guard])
                continue
            for guard, numbers in posting:
                if guard in present:
                    found.update(numbers)
        rests = self._rests
        return sorted([number for number in found if number not in rests or _has(present, rests[number])])

    def _file(self, needs: Sequence[Needs]) -> dict[int, Sequence[frozenset[str]]]:
        """File every rule; answers what each needs beyond what it is filed under."""
        used: Counter[str] = Counter()
        shared = Counter(chain.from_iterable(needs))
        for keys, times in shared.items():
            used.update(dict.fromkeys(keys, times))
        total = max(1, len(needs))
        filed: dict[str, dict[str, list[int]]] = {}
        rests: dict[int, Sequence[frozenset[str]]] = {}
        for number, need in enumerate(needs):
            if not need:
                continue
            ranked = sorted(need, key=lambda keys: self._rarity(keys, used, total))
            anchors = self._spread(ranked[0], shared[ranked[0]])
            guards: tuple[str, ...] = (ALWAYS,)
            rest = ranked[1:]
            if rest and (len(rest[0]) <= MAX_SPREAD or shared[rest[0]] > 1):
                guards, rest = self._spread(rest[0], shared[rest[0]]), rest[1:]
            if rest:
                rests[number] = rest
            for anchor in anchors:
                posting = filed.setdefault(anchor, {})
                for guard in guards:
                    posting.setdefault(guard, []).append(number)
        for anchor, posting in filed.items():
            pairs = [(guard, tuple(numbers)) for guard, numbers in posting.items()]
            self._postings[anchor] = tuple(pairs) if len(pairs) <= FEW else dict(pairs)
        return rests

    @staticmethod
    def _comparable(rests: Mapping[int, Sequence[frozenset[str]]], literals: set[str]) -> dict[int, Rest]:
        """Of what rules need besides, that of which an item's survey tells whether it occurs: not every piece of text."""
        compared: dict[int, Rest] = {}
        for number, rest in rests.items():
            told = [keys for keys in rest if all(not key.startswith(LITERAL) or key in literals for key in keys)]
            if told:
                must = tuple(key for keys in told if len(keys) == 1 for key in keys)
                compared[number] = must, tuple(keys for keys in told if len(keys) > 1)
        return compared

    def _rarity(self, keys: frozenset[str], used: Counter[str], total: int) -> float:
        """How often an item will hold one of the keys, for comparison: by their length, and by how many rules ask for them.

        Rules ask for what occurs: a word that many of them share is frequent, a name that one of them has is rare.
        """
        known = self._costs.get(keys)
        if known is None:
            shares = [(key, 1.0 if is_fact(key) else used[key] / total) for key in keys]
            known = self._costs[keys] = sum([sqrt(cost(key)) * share for key, share in shares])
        return known

    def _spread(self, keys: frozenset[str], times: int) -> tuple[str, ...]:
        """The keys to file under: they themselves when few or needed by one rule alone, else the group of them."""
        if len(keys) <= MAX_SPREAD or (times == 1 and len(keys) <= MAX_ALONE):
            return tuple(keys)
        group = self._numbers.get(keys)
        if group is None:
            group = self._numbers[keys] = f"{GROUP}{len(self._numbers)}"
            for key in keys:
                self._groups[key] = (*self._groups.get(key, ()), group)
        return (group,)


def _has(present: set[str], rest: Rest) -> bool:
    must, one_of = rest
    return present.issuperset(must) and not any(map(present.isdisjoint, one_of))


def is_fact(key: str) -> bool:
    """Does the key name a fact rather than something in the text?"""
    return key.startswith(FACT)
