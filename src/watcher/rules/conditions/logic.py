"""AND, OR, NOT and vocabularies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from watcher.rules.conditions.core import Condition, Find, Needs, Reason, quickest, scope_words
from watcher.rules.conditions.words import Words
from watcher.rules.keys import cheapest, file_under
from watcher.rules.reading import Hit, Reading, Scope

FEW = 6
"""Up to so many alternatives are simply tried; more are looked up by what occurs."""
SHOWN = 60


class All(Condition):
    """AND. Tried in the order that decides soonest, explained in the order written."""

    __slots__ = ("_quickest", "children")
    effort = 2

    def __init__(self, source: str, children: Sequence[Condition]) -> None:
        super().__init__(source)
        self.children = tuple(children)
        self._quickest = tuple(sorted(self.children, key=quickest))

    def holds(self, reading: Reading, scope: Scope) -> bool:
        for child in self._quickest:  # noqa: SIM110 - all() with a generator takes twice the time, and this is the hot path
            if not child.holds(reading, scope):
                return False
        return True

    def finds(self, reading: Reading, scope: Scope) -> Iterator[Find]:
        for child in self.children:
            yield from child.finds(reading, scope)

    def hits(self, reading: Reading, scope: Scope) -> list[Hit]:
        return [hit for child in self.children for hit in child.hits(reading, scope)]

    def reason(self, reading: Reading, scope: Scope) -> Reason:
        failed = [child.reason(reading, scope) for child in self.children if not child.holds(reading, scope)]
        smallest = min(failed, key=lambda reason: reason.missing)
        others = len(failed) - 1
        more = f" (and {others} more {'condition fails' if others == 1 else 'conditions fail'})" if others else ""
        return Reason(sum(reason.missing for reason in failed), smallest.text + more)

    def needs(self) -> Needs:
        return tuple(dict.fromkeys(keys for child in self.children for keys in child.needs()))


class Any(Condition):
    """OR, and a vocabulary (`name` is its @name). Of many alternatives only those are tried whose index keys occur.

    What many alternatives, or vocabularies, say of a scope is kept in the reading: the parts of a score ask for them again and again.
    """

    __slots__ = ("_by_key", "_is_kept", "_needs", "_unkeyed", "children", "name")
    effort = 2

    def __init__(self, source: str, children: Sequence[Condition], name: str = "") -> None:
        super().__init__(source)
        self.children = tuple(children)
        self.name = name
        needs = [child.needs() for child in self.children]
        chosen = [cheapest(need) for need in needs]
        self._unkeyed = tuple(index for index, keys in enumerate(chosen) if not keys)
        self._by_key: dict[str, tuple[int, ...]] = {}
        if len(self.children) > FEW:
            for index, keys in enumerate(chosen):
                file_under(self._by_key, keys, index)
        self._is_kept = bool(self._by_key) or any(isinstance(child, Any) for child in self.children)
        self._needs: Needs | None = needs_of_any(needs)

    @property
    def lookups(self) -> Sequence[str]:
        """The index keys by which alternatives are looked up; the index must look for them in every item."""
        return tuple(self._by_key)

    def _chances(self, reading: Reading) -> Sequence[Condition]:
        """The alternatives that can hold, in the order written; worked out once an item, where much is kept."""
        if not self._is_kept:
            return self.children
        known: Sequence[Condition] | None = reading.chances.get(id(self))
        if known is None:
            known = reading.chances[id(self)] = self._new_chances(reading)
        return known

    def _new_chances(self, reading: Reading) -> Sequence[Condition]:
        children: Iterable[Condition] = self.children
        if self._by_key:
            keys = self._by_key.keys() & reading.sought
            if not (keys or self._unkeyed):
                return ()
            found = set(self._unkeyed).union(*(self._by_key[key] for key in keys))
            children = map(self.children.__getitem__, sorted(found))
        return [child for child in children if child.may_hold(reading)]

    def may_hold(self, reading: Reading) -> bool:
        return not self._is_kept or bool(self._chances(reading))

    def holds(self, reading: Reading, scope: Scope) -> bool:
        if not self._is_kept:
            return self._holds(reading, scope)
        if not self._chances(reading):
            return False
        asked = (id(self), scope)
        known = reading.held.get(asked)
        if known is None:
            known = reading.held[asked] = self._holds(reading, scope)
        return known

    def _holds(self, reading: Reading, scope: Scope) -> bool:
        for child in self._chances(reading):  # noqa: SIM110 - as in All
            if child.holds(reading, scope):
                return True
        return False

    def finds(self, reading: Reading, scope: Scope) -> Iterator[Find]:
        if not self._is_kept:
            return self._finds(reading, scope)
        if not self._chances(reading):
            return iter(())
        asked = (id(self), scope)
        known = reading.finds.get(asked)
        if known is None:
            known = reading.finds[asked] = tuple(self._finds(reading, scope))
        return iter(known)

    def _finds(self, reading: Reading, scope: Scope) -> Iterator[Find]:
        for child in self._chances(reading):
            if type(child) is Words or child.holds(reading, scope):
                yield from child.finds(reading, scope)

    def hits(self, reading: Reading, scope: Scope) -> list[Hit]:
        if not self._is_kept:
            return self._hits(reading, scope)
        if not self._chances(reading):
            return []
        asked = (id(self), scope)
        known = reading.stands.get(asked)
        if known is None:
            known = reading.stands[asked] = self._hits(reading, scope)
        return known

    def _hits(self, reading: Reading, scope: Scope) -> list[Hit]:
        return [hit for child in self._chances(reading) for hit in child.hits(reading, scope)]

    def reason(self, reading: Reading, scope: Scope) -> Reason:
        if self.name:
            return Reason(1.0, f"no term of {self.name} occurs{scope_words(scope)}")
        if len(self.children) > FEW:
            shown = self.source if len(self.source) <= SHOWN else self.source[: SHOWN - 1] + "…"
            return Reason(1.0, f"none of {len(self.children)} alternatives holds{scope_words(scope)}: {shown}")
        reasons = [child.reason(reading, scope) for child in self.children]
        return Reason(min(reason.missing for reason in reasons), "; ".join(reason.text for reason in reasons))

    def needs(self) -> Needs:
        return needs_of_any([child.needs() for child in self.children]) if self._needs is None else self._needs

    def forget_needs(self) -> None:
        """Let go of what is needed, once the index has filed it: sets of all words of a vocabulary, some megabytes."""
        self._needs = None


class Not(Condition):
    """NOT."""

    __slots__ = ("child",)
    effort = 3

    def __init__(self, source: str, child: Condition) -> None:
        super().__init__(source)
        self.child = child

    def holds(self, reading: Reading, scope: Scope) -> bool:
        return not self.child.holds(reading, scope)

    def finds(self, reading: Reading, scope: Scope) -> Iterator[Find]:
        return iter(())

    def reason(self, reading: Reading, scope: Scope) -> Reason:
        first = next(self.child.finds(reading, scope), None)
        if first is None:
            return Reason(1.0, f"excluded by {self.source}")
        shown = reading.evidence(first.hit, first.term, first.why)
        which = "" if first.term in self.source else f" ({first.term})"
        what = f"«{shown.text}»{which} stands in the {shown.field}" if shown.text else first.why
        return Reason(1.0, f"excluded by {self.source}: {what}")


def needs_of_any(needs: Sequence[Needs]) -> Needs:
    """What at least one of several conditions needs: what all of them need, and one of what each needs besides."""
    if not needs or not all(needs):
        return ()
    common = [keys for keys in needs[0] if all(keys in other for other in needs[1:])]
    besides = [cheapest(tuple(keys for keys in need if keys not in common)) for need in needs]
    union = frozenset().union(*besides) if all(besides) else frozenset()
    return (*common, union) if union else tuple(common)
