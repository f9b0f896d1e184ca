"""NEAR, ONEAR, SENTENCE and scopes: conditions on where words stand."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from watcher.rules.conditions.core import Condition, Find, Needs, Reason
from watcher.rules.reading import Hit, Place, Reading, Scope

WORD = 2
"""What a word adds to a place (see model.Token); a character of a script without spaces adds 1."""
LOOKED_AROUND = 8


class Near(Condition):
    """`left NEAR/n right`: words of both sides in one field, at most n words apart, that do not overlap.

    n counts from word to word: neighbours are 1 apart. With `ordered` (ONEAR) the left word comes first.
    A NEAR stands where the words of its pairs stand: `a NEAR/3 b NEAR/3 c` wants c near one of the a and b that are near.
    """

    __slots__ = ("left", "ordered", "reach", "right")
    effort = 3

    def __init__(self, source: str, left: Condition, right: Condition, distance: int, ordered: bool) -> None:
        super().__init__(source)
        self.left = left
        self.right = right
        self.reach = WORD * distance
        self.ordered = ordered

    def holds(self, reading: Reading, scope: Scope) -> bool:
        lefts, rights = self._sides(reading, scope)
        return bool(partners(lefts, rights, self.reach, int(self.ordered), first_only=True))

    def hits(self, reading: Reading, scope: Scope) -> list[Hit]:
        lefts, rights = self._sides(reading, scope)
        order = int(self.ordered)
        return [*partners(lefts, rights, self.reach, order), *partners(rights, lefts, self.reach, -order)]

    def finds(self, reading: Reading, scope: Scope) -> Iterator[Find]:
        near = set(self.hits(reading, scope))
        for side in (self.left, self.right):
            yield from (find for find in side.finds(reading, scope) if find.hit in near)

    def _sides(self, reading: Reading, scope: Scope) -> tuple[list[Place], list[Place]]:
        left = _places(self.left, reading, scope)
        right = _places(self.right, reading, scope) if left else []
        return (left, right) if right else ([], [])

    def reason(self, reading: Reading, scope: Scope) -> Reason:
        missing = [side for side in (self.left, self.right) if not side.hits(reading, scope)]
        if missing:
            reasons = [side.reason(reading, scope) for side in missing]
            text = " and ".join(reason.text for reason in reasons)
            return Reason(sum(reason.missing for reason in reasons), text)
        return Reason(0.5, f"{self.source}: {self._how_near(reading, *self._sides(reading, scope))}")

    def _how_near(self, reading: Reading, lefts: list[Place], rights: list[Place]) -> str:
        found = nearest(lefts, rights, int(self.ordered))
        if found is not None:
            gap, left, right = found
            words = " and ".join(f"«{reading.evidence(hit, '', '').text}»" for hit in sorted((left, right)))
            return f"nearest {-(-gap // WORD)} words apart, {words} in the {left.field}"
        if self.ordered and nearest(lefts, rights, 0) is not None:
            return "they stand in the other order only"
        sides = [dict.fromkeys(place.field for place in places) for places in (lefts, rights)]
        if sides[0].keys() & sides[1].keys():
            return "both occur, but only as the same words"
        return (
            f"never in one field: one stands in the {' and '.join(sides[0])}, the other in the {' and '.join(sides[1])}"
        )

    def needs(self) -> Needs:
        return tuple(dict.fromkeys(self.left.needs() + self.right.needs()))


def _places(side: Condition, reading: Reading, scope: Scope) -> list[Place]:
    """Where a side stands; a vocabulary is measured once, however many NEARs it is a side of."""
    asked = (id(side), scope)
    known = reading.placed.get(asked)
    if known is None:
        known = reading.placed[asked] = reading.places(side.hits(reading, scope))
    return known


def partners(
    places: Sequence[Place], others: Sequence[Place], reach: int, order: int, *, first_only: bool = False
) -> list[Hit]:
    """The hits of `places` that have one of `others` within `reach`, without overlap.

    `order` 1: the other must come after, -1: before, 0: either. Both sequences are ordered by field and place.
    """
    if not places or not others:
        return []
    starts = [(other.field, other.first) for other in others]
    widest = max(other.last - other.first for other in others)
    found = []
    for place in places:
        low = place.first if order > 0 else place.first - reach - widest
        high = place.last if order < 0 else place.last + reach
        for index in range(bisect_left(starts, (place.field, low)), len(others)):
            other = others[index]
            if other.field != place.field or other.first > high:
                break
            gap = _gap(place, other, order)
            if gap is not None and gap <= reach:
                found.append(place.hit)
                break
        if found and first_only:
            break
    return found


def nearest(places: Sequence[Place], others: Sequence[Place], order: int) -> tuple[int, Hit, Hit] | None:
    """The smallest gap between a place and another, with both; None where they never share a field in this order."""
    starts = [(other.field, other.first) for other in others]
    best: tuple[int, Hit, Hit] | None = None
    for place in places:
        middle = bisect_left(starts, (place.field, place.first))
        for other in others[max(0, middle - LOOKED_AROUND) : middle + LOOKED_AROUND]:
            gap = _gap(place, other, order) if other.field == place.field else None
            if gap is not None and (best is None or gap < best[0]):
                best = gap, place.hit, other.hit
    return best


def _gap(place: Place, other: Place, order: int) -> int | None:
    """Distance between two places, None where they overlap or stand in the wrong order."""
    if other.hit.start >= place.hit.end:
        return other.first - place.last if order >= 0 else None
    if other.hit.end <= place.hit.start:
        return place.first - other.last if order <= 0 else None
    return None


class Sentence(Condition):
    """SENTENCE( ): all of it holds within one sentence of one field."""

    __slots__ = ("child",)
    effort = 4

    def __init__(self, source: str, child: Condition) -> None:
        super().__init__(source)
        self.child = child

    def _holding(self, reading: Reading, scope: Scope) -> Iterator[Scope]:
        """The sentences, as scopes, in which the child holds. Only sentences that it has words in can be such."""
        seen: set[tuple[str, int]] = set()
        for place in reading.places(self.child.hits(reading, scope)):
            sentence = (place.field, place.sentence)
            if sentence not in seen:
                seen.add(sentence)
                narrow = Scope(scope.fields, sentence)
                if self.child.holds(reading, narrow):
                    yield narrow

    def holds(self, reading: Reading, scope: Scope) -> bool:
        return next(self._holding(reading, scope), None) is not None

    def finds(self, reading: Reading, scope: Scope) -> Iterator[Find]:
        for narrow in self._holding(reading, scope):
            yield from self.child.finds(reading, narrow)

    def reason(self, reading: Reading, scope: Scope) -> Reason:
        if not self.child.holds(reading, scope):
            return self.child.reason(reading, scope)
        return Reason(0.5, f"{self.source}: all of it occurs, but not in one sentence")

    def needs(self) -> Needs:
        return self.child.needs()


class Within(Condition):
    """`title:( )` and the like: looks only into these fields."""

    __slots__ = ("_scope", "child", "fields")

    def __init__(self, source: str, child: Condition, fields: tuple[str, ...]) -> None:
        super().__init__(source)
        self.child = child
        self.fields = fields
        self._scope = Scope(fields)

    def may_hold(self, reading: Reading) -> bool:
        return self.child.may_hold(reading)

    def _narrow(self, scope: Scope) -> Scope:
        return self._scope if scope.sentence is None else Scope(self.fields, scope.sentence)

    def holds(self, reading: Reading, scope: Scope) -> bool:
        return self.child.holds(reading, self._narrow(scope))

    def hits(self, reading: Reading, scope: Scope) -> list[Hit]:
        return self.child.hits(reading, self._narrow(scope))

    def finds(self, reading: Reading, scope: Scope) -> Iterator[Find]:
        return self.child.finds(reading, self._narrow(scope))

    def reason(self, reading: Reading, scope: Scope) -> Reason:
        return self.child.reason(reading, self._narrow(scope))

    def needs(self) -> Needs:
        return self.child.needs()
