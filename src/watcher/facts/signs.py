"""What speaks for each state as the acting one: named signs that `places` weighs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from watcher.facts.home import currency_state, home_states, press
from watcher.facts.mentions import AFTER_NAME, WORD, Mention, gap_to, joiners, mentions, next_to
from watcher.facts.reading import Part, Reading, data
from watcher.model import Span

_LONGEST_JOINT = 25


@dataclass(slots=True)
class Signs:
    """What speaks for one state, as named numbers, and the first place that does."""

    values: dict[str, float] = field(default_factory=dict)
    span: Span | None = None
    why: str = ""

    @property
    def is_named(self) -> bool:
        """Whether the text itself points to the state; what language and host say names no second one."""
        return self.span is not None and self.why != "home"

    def put(self, name: str, value: float = 1.0) -> None:
        """Set a sign to the greatest value seen."""
        if value > self.values.get(name, 0.0) or name not in self.values:
            self.values[name] = value


def mentions_by_field(reading: Reading) -> dict[str, list[Mention]]:
    """Which states each field of an item mentions."""
    return {part.field: mentions(part, reading) for part in reading.parts}


def signs(
    reading: Reading,
    currencies: Mapping[str, frozenset[str]],
    seen_in: Mapping[str, list[Mention]] | None = None,
) -> dict[str, Signs]:
    """What speaks for each state. `currencies`: ISO 4217 codes by field; `seen_in`: `mentions_by_field`, where it is known."""
    found: dict[str, Signs] = {}
    if seen_in is None:
        seen_in = mentions_by_field(reading)
    has_deal = any(hit.entry.value == "deal" for part in reading.parts for hit in part.of("role"))
    partners: set[frozenset[str]] = set()
    counted = frozenset[str]().union(*currencies.values())
    told = press(reading, counted)
    home = home_states(reading, told)
    for part in reading.parts:
        mark, seen = part.field[0], seen_in[part.field]
        _count(part, seen, mark, found)
        if seen:
            pairs = _partners(part, seen, mark, has_deal, reading, found)
            _first(seen, mark, pairs if has_deal or seen[0].start < 4 else set(), found)
            partners |= pairs
        _home(part, seen, mark, reading.base, home, found)
        _currency(currencies.get(part.field, frozenset()), mark, home, found)
    if not any(seen_in.values()):
        for sign in found.values():
            if sign.values.keys() & {"t_money", "s_money"}:
                sign.put("money_alone")
    _prior(reading, found, told, unnamed=not any(m.acts for m in seen_in.get("title", ())))
    _compare(seen_in, partners, found)
    return found


def _compare(seen_in: Mapping[str, list[Mention]], partners: set[frozenset[str]], found: dict[str, Signs]) -> None:
    """What the other states of the item say of each: rivals for the part, or partners in it."""
    in_title = {m.code for m in seen_in.get("title", ()) if m.acts}
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
        # An institute places an item as well as a body does; only what is said of it differs.
        name = f"{mark}_{'body' if mention.strength == 'institute' else mention.strength}"
        if name in sign.values:
            sign.put(f"{mark}_again")
        sign.put(name)
        if mention.gov:
            sign.put(f"{mark}_gov")
        if mention.to:
            sign.put(f"{mark}_to")
        if sign.span is None or (sign.why == "institute" and mention.acts):
            sign.span = part.span(mention.start, mention.end)
            sign.why = mention.strength


def _first(seen: list[Mention], mark: str, pairs: set[frozenset[str]], found: dict[str, Signs]) -> None:
    """Mark the state that is named first, and who acts together with it."""
    acting = [m for m in seen if m.acts and not m.to]
    if not acting:
        return
    start, first = acting[0].start, acting[0].code
    for mention in acting:
        together = frozenset((mention.code, first)) in pairs
        if mention.start == start or together:
            found[mention.code].put(f"{mark}_first")
            if start < 4:
                found[mention.code].put(f"{mark}_opens")


def _partners(
    part: Part, seen: list[Mention], mark: str, has_deal: bool, reading: Reading, found: dict[str, Signs]
) -> set[frozenset[str]]:
    """Pairs of states that act together: joined by a conjunction, or one 'with' the other, in an item about a deal."""
    folded = part.text.folded
    pairs: set[frozenset[str]] = set()
    for index, one in enumerate(seen[:-1]):
        two = next((later for later in seen[index + 1 :] if later.code != one.code), None)
        if two is None or not _are_joined(folded[one.end : two.start], has_deal):
            continue
        if not (one.acts and two.acts):
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


def _are_joined(gap: str, has_deal: bool) -> bool:
    """Whether only conjunctions and articles stand between two names; a comma alone is enough in an item on a deal."""
    if len(gap) > _LONGEST_JOINT:
        return False
    words = WORD.findall(gap)
    if not words or words == [","]:
        return has_deal or gap == ""
    return joiners().issuperset(words)


def _with(part: Part, seen: list[Mention], reading: Reading, found: dict[str, Signs]) -> set[frozenset[str]]:
    """Pairs of a first state and one that a deal is made 'with'."""
    after = reading.base in AFTER_NAME
    pairs: set[frozenset[str]] = set()
    for hit in part.of("role"):
        if hit.entry.value != "with":
            continue
        for mention in seen[1:]:
            gap = gap_to(mention, hit, after)
            if 0 <= gap <= 6 and mention.code != seen[0].code:
                found[mention.code].put("t_with")
                pairs.add(frozenset((seen[0].code, mention.code)))
    return pairs


def _home(
    part: Part, seen: list[Mention], mark: str, base: str, home: Mapping[str, float], found: dict[str, Signs]
) -> None:
    """The writer's own government ('le gouvernement', '정부'), unless a state's name beside it says whose."""
    folded = part.text.folded
    near = 4 if base in ("zh", "ja", "ko", "th") else 16
    for hit in part.of("role"):
        if hit.entry.value != "home" or any(next_to(folded, m, hit, near) for m in seen):
            continue
        for code, weight in home.items():
            sign = found.setdefault(code, Signs())
            sign.put(f"{mark}_home", weight)
            if hit.start < 6:
                sign.put(f"{mark}_home_opens", weight)
            if sign.span is None:
                sign.span, sign.why = part.span(hit.start, hit.end), "home"
        return


def _currency(codes: frozenset[str], mark: str, home: Mapping[str, float], found: dict[str, Signs]) -> None:
    """Sums in a state's money. Money of the readers' own country may be a conversion made for them."""
    for state in map(currency_state, codes):
        if state:
            name = "money_of_home" if home.get(state, 0.0) >= 0.5 else "money"
            found.setdefault(state, Signs()).put(f"{mark}_{name}")


def _prior(reading: Reading, found: dict[str, Signs], told: Mapping[str, float], unnamed: bool) -> None:
    for code, weight in told.items():
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
