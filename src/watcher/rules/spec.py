"""Rules and vocabularies as a person wrote them; what configuration fills and `compile_rules` reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Where:
    """A place in a file, counted from 1; 0 is unknown. For an expression it is the place of its first character."""

    file: str = ""
    line: int = 0
    column: int = 0


NOWHERE = Where()


@dataclass(frozen=True, slots=True)
class Line:
    """A piece of text with its place: an expression, or an entry of an `any`, `all` or `none` list."""

    text: str
    where: Where = NOWHERE


@dataclass(frozen=True, slots=True)
class Weight:
    """One line of `score: add:`. Its expression adds `weight` to the sum when it holds."""

    expression: str
    weight: float
    where: Where = NOWHERE


@dataclass(frozen=True, slots=True)
class OpinionSpec:
    """`score: opinion:`, a linear judgement of an item's sentence vector; `vector` as `text.packing.pack` writes it.

    Two that judge alike are equal wherever they are written.
    """

    vector: str
    weight: float
    bias: float = 0.0
    base: float = 0.0
    limit: float = 4.0
    where: Where = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class ScoreSpec:
    """A weighted rule: it holds when `base`, the weights of what holds, and the opinion come to `at_least`."""

    at_least: float
    add: tuple[Weight, ...]
    base: float = 0.0
    opinion: OpinionSpec | None = None
    where: Where = NOWHERE


@dataclass(frozen=True, slots=True)
class RuleTest:
    """An example that a rule carries. `text` is the summary; `match` what the rule should say of it."""

    match: bool
    title: str = ""
    text: str = ""
    lang: str = ""
    source: str = ""
    tags: frozenset[str] = frozenset()
    where: Where = NOWHERE


@dataclass(frozen=True, slots=True)
class RuleSpec:
    """One rule as written. `match`, `all`, `any`, `none` and `score` that are given must hold together.

    Entries of `any`, `all` and `none` are terms as in a vocabulary ("sovereign AI" is a phrase), unless they
    use the expression language (capital operators, `@name`, `field:value`, quotes).
    `langs`, `tags` and `feeds` (names or URLs) narrow the rule to such items; empty is everywhere.
    `places` maps the other keys to their places, where known.
    """

    name: str
    match: Line | None = None
    all: tuple[Line, ...] = ()
    any: tuple[Line, ...] = ()
    none: tuple[Line, ...] = ()
    score: ScoreSpec | None = None
    per: str = "story"
    severity: str = "normal"
    notify: tuple[str, ...] = ()
    langs: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    feeds: frozenset[str] = frozenset()
    within: timedelta | None = None
    publishers: int = 0
    tests: tuple[RuleTest, ...] = ()
    where: Where = NOWHERE
    places: Mapping[str, Where] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class VocabularyTerm:
    """A term of a vocabulary: `artificial intelligence`, `=AI`, `fund*`, `стратегия~`, `/regex/`, or `@other` to take in another.

    Several words are a phrase. `lang` is the key it stood under; `any` is every language.
    """

    text: str
    lang: str = "any"
    where: Where = NOWHERE


@dataclass(frozen=True, slots=True)
class VocabularySpec:
    """A named list of terms, `@name` in rules."""

    name: str
    terms: tuple[VocabularyTerm, ...]
    where: Where = NOWHERE
