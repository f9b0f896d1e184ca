"""One item as the conditions look at it: its fields, what occurs in it, and what was already looked up."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import accumulate
from operator import itemgetter
from typing import Any, NamedTuple

from watcher.model import Evidence, Facts, Item, Span, Text
from watcher.text import ReadText, fold_cased, plain_text

TEXT_FIELDS = ("title", "summary", "content")
"""Where a term without a scope is looked for."""
SCOPES: Mapping[str, tuple[str, ...]] = {
    "title": ("title",),
    "summary": ("summary",),
    "content": ("content",),
    "text": TEXT_FIELDS,
    "lead": ("title", "lead"),
    "author": ("author",),
    "category": ("category",),
    "url": ("url",),
}
"""What may stand before a colon to say where to look. `lead` is the title and the beginning of the summary, whole words of it."""
WIDE = "\u2e80"
LEAD = 480
"""Width of a lead in columns: a Chinese, Japanese or Korean character takes two. Feeds with whole articles go on much longer."""


class Scope(NamedTuple):
    """Where to look: fields, and one sentence of one of them inside SENTENCE( )."""

    fields: tuple[str, ...] = TEXT_FIELDS
    sentence: tuple[str, int] | None = None


EVERYWHERE = Scope()


class Hit(NamedTuple):
    """A place where something was found. `start`, `end` index the folded text; `plain` the plain text, where known exactly."""

    field: str
    start: int
    end: int
    plain: tuple[int, int] | None = None


class Place(NamedTuple):
    """A hit measured for distance: places of its first and last token (2 a word, 1 a character), and its sentence."""

    field: str
    first: int
    last: int
    sentence: int
    hit: Hit


class FieldText:
    """A field's text with hyphens opened: `flat` is `folded` with a space for each hyphen, at the same offsets."""

    __slots__ = ("_cased", "_plain_starts", "_starts", "flat", "name", "text")

    def __init__(self, name: str, text: Text) -> None:
        self.name = name
        self.text = text
        self.flat = text.folded.replace("-", " ")
        self._cased = ""
        self._starts: list[int] | None = None
        self._plain_starts: list[int] | None = None

    @property
    def cased(self) -> str:
        """`flat` with the case of the text."""
        if not self._cased:
            cased = self.text.cased if isinstance(self.text, ReadText) else fold_cased(self.text.plain)
            self._cased = cased.replace("-", " ")
        return self._cased

    def token_at(self, at: int) -> int:
        """Index of the last token that begins at or before this offset of the folded text; -1 before the first."""
        if self._starts is None:
            self._starts = [token.start for token in self.text.tokens]
        return bisect_right(self._starts, at) - 1

    def token_end(self, at: int) -> int:
        """Where the token ends that this offset of the folded text lies in; 0 when in none."""
        index = self.token_at(at)
        return self.text.tokens[index].end if index >= 0 else 0

    def place(self, hit: Hit) -> Place:
        """Where a hit stands, counted in words and sentences."""
        tokens = self.text.tokens
        if not tokens:
            return Place(self.name, 0, 0, 0, hit)
        first = tokens[max(0, self.token_at(hit.start))]
        last = tokens[max(0, self.token_at(max(hit.start, hit.end - 1)))]
        return Place(self.name, first.place, last.place, first.sentence, hit)

    def hit_of_plain(self, start: int, end: int) -> Hit:
        """The hit, in whole tokens, for a range of the plain text."""
        tokens = self.text.tokens
        if not tokens:
            return Hit(self.name, 0, 0, (start, end))
        if self._plain_starts is None:
            self._plain_starts = [self.text.to_plain(token.start, token.end)[0] for token in tokens]
        first = max(0, bisect_right(self._plain_starts, start) - 1)
        last = max(first, bisect_right(self._plain_starts, max(start, end - 1)) - 1)
        return Hit(self.name, tokens[first].start, tokens[last].end, (start, end))

    def evidence(self, hit: Hit, term: str, why: str) -> Evidence:
        """The hit as evidence, cut out of the plain text."""
        start, end = hit.plain or self.text.to_plain(hit.start, hit.end)
        return Evidence(self.name, start, end, self.text.plain[start:end], term, why)


class Find(NamedTuple):
    """A hit with the term that found it, as written, and why it counts. A hit of no text field names the fact."""

    hit: Hit
    term: str
    why: str


class Reason(NamedTuple):
    """Why a condition did not hold. `missing` counts what would have to be added, so that the smallest can be told."""

    missing: float
    text: str


_BY_PLACE = itemgetter(0, 1, 2)

Places = Callable[["Reading", FieldText], Iterator[Hit]]
"""Yields all places of a term in a field, in order."""


class Reading:
    """An item with its facts while rules look at it. Keeps what was found, so that no term is sought twice.

    `present` holds the index keys of all that occurs (see `index`); whoever looks an item up fills it.
    """

    def __init__(self, item: Item, facts: Facts) -> None:
        self.item = item
        self.facts = facts
        self.lang = item.lang
        self.present: set[str] = set()
        self.sought: set[str] = set()
        """Those of `present` by which conditions look up their alternatives."""
        self.chances: dict[int, Sequence[Any]] = {}
        """Which alternatives of an OR can hold, by the OR."""
        self.held: dict[tuple[int, Scope], bool] = {}
        self.stands: dict[tuple[int, Scope], list[Hit]] = {}
        self.finds: dict[tuple[int, Scope], tuple[Find, ...]] = {}
        """Whether many alternatives hold in a scope, where they stand, and what makes them hold, by the OR."""
        self.placed: dict[tuple[int, Scope], list[Place]] = {}
        """Where the sides of NEARs stand, measured, by the side."""
        self.decided: dict[str, bool] = {}
        """What was decided of rules that others build on, by name."""
        self.found: dict[str, tuple[Find, ...]] = {}
        self.reasons: dict[str, Reason] = {}
        self.weighed: dict[int, list[int]] = {}
        """Which parts of a score hold, by the score."""
        self.opinions: dict[int, float] = {}
        """What the second opinion of a score adds, by the score."""
        self._fields: dict[str, FieldText | None] = {}
        self._occurs: dict[int, bool] = {}
        self._everywhere: dict[int, list[Hit]] = {}
        self._hits: dict[tuple[int, str], list[Hit]] = {}
        self._sentences: dict[tuple[int, tuple[str, ...]], dict[tuple[str, int], list[Hit]]] = {}

    @cached_property
    def texts(self) -> tuple[FieldText, ...]:
        """The fields that a term without a scope is sought in, as far as the item has them."""
        return tuple(field for field in map(self.field, TEXT_FIELDS) if field is not None)

    @cached_property
    def apart(self) -> set[str]:
        """Everything that stands between spaces in the folded texts."""
        found: set[str] = set()
        for field in self.texts:
            found.update(field.text.folded.split(" "))
        return found

    def field(self, name: str) -> FieldText | None:
        """A field as read; None where the item has none."""
        if name in self._fields:
            return self._fields[name]
        text = self._text(name)
        found = self._fields[name] = FieldText(name, text) if text is not None and text.folded else None
        return found

    @cached_property
    def _lead_end(self) -> int:
        """Where in the folded summary the lead ends."""
        summary = self.field("summary")
        flat = summary.flat if summary is not None else ""
        if len(flat) > LEAD // 2:
            widths = accumulate(2 if char >= WIDE else 1 for char in flat)
            return next((at for at, width in enumerate(widths) if width > LEAD), len(flat))
        return len(flat)

    def _text(self, name: str) -> Text | None:
        item = self.item
        if name == "title":
            return item.title
        if name == "summary":
            return item.summary
        if name == "content":
            return item.content
        if name == "author":
            return plain_text(item.entry.author)
        if name == "category":
            return plain_text("; ".join(item.entry.categories))
        if name == "url":
            return plain_text(item.entry.url)
        return None

    def occurs(self, owner: object, places: Places, scope: Scope) -> bool:
        """Does `places` find anything in the scope? Stops at the first."""
        if scope is not EVERYWHERE:
            return bool(self.hits(owner, places, scope))
        known = self._occurs.get(id(owner))
        if known is None:
            known = False
            for field in self.texts:
                for _ in places(self, field):
                    known = True
                    break
            self._occurs[id(owner)] = known
        return known

    def hits(self, owner: object, places: Places, scope: Scope) -> list[Hit]:
        """All that `places` finds in the scope's fields, sought once per owner and field."""
        if scope.sentence is not None:
            return self._hits_in_sentence(owner, places, scope.fields, scope.sentence)
        if scope is EVERYWHERE:
            found = self._everywhere.get(id(owner))
            if found is None:
                found = self._everywhere[id(owner)] = [hit for field in self.texts for hit in places(self, field)]
            return found
        return [hit for name in scope.fields for hit in self._hits_in_field(owner, places, name)]

    def _hits_in_field(self, owner: object, places: Places, name: str) -> list[Hit]:
        key = (id(owner), name)
        found = self._hits.get(key)
        if found is None:
            if name == "lead":
                end = self._lead_end
                found = [hit for hit in self._hits_in_field(owner, places, "summary") if hit.end <= end]
            else:
                field = self.field(name)
                found = list(places(self, field)) if field is not None else []
            self._hits[key] = found
        return found

    def _hits_in_sentence(
        self, owner: object, places: Places, fields: tuple[str, ...], sentence: tuple[str, int]
    ) -> list[Hit]:
        key = (id(owner), fields)
        by_sentence = self._sentences.get(key)
        if by_sentence is None:
            by_sentence = self._sentences[key] = {}
            hits = [hit for name in fields for hit in self._hits_in_field(owner, places, name)]
            for place in self.places(hits):
                by_sentence.setdefault((place.field, place.sentence), []).append(place.hit)
        return by_sentence.get(sentence, [])

    def places(self, hits: Iterable[Hit]) -> list[Place]:
        """The hits measured, ordered by field and place."""
        found = []
        for hit in hits:
            field = self.field(hit.field)
            if field is not None:
                found.append(field.place(hit))
        found.sort(key=_BY_PLACE)
        return found

    def is_within(self, span: Span, scope: Scope) -> bool:
        """Does the place of a fact lie in the scope?"""
        if scope is EVERYWHERE:
            return True
        hit = self.hit_of(span)
        if hit is None:
            return False
        is_lead = span.field == "summary" and "lead" in scope.fields and hit.end <= self._lead_end
        if span.field not in scope.fields and not is_lead:
            return False
        if scope.sentence is None:
            return True
        return any((place.field, place.sentence) == scope.sentence for place in self.places([hit]))

    def hit_of(self, span: Span) -> Hit | None:
        """The hit for the place of a fact; None where its field is not part of the item."""
        field = self.field(span.field)
        return field.hit_of_plain(span.start, span.end) if field is not None else None

    def evidence(self, hit: Hit, term: str, why: str) -> Evidence:
        """The hit as evidence; without a text when it names a fact instead of a field."""
        field = self.field(hit.field)
        return field.evidence(hit, term, why) if field is not None else Evidence(hit.field, 0, 0, "", term, why)
