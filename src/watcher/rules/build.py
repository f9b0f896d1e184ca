"""Syntax tree → conditions: names looked up, terms shared, values read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from decimal import Decimal

from watcher.rules import tree
from watcher.rules.conditions.amounts import amount_condition
from watcher.rules.conditions.core import Condition
from watcher.rules.conditions.facts import FACTS, fact
from watcher.rules.conditions.logic import All, Any, Not
from watcher.rules.conditions.places import Near, Sentence, Within
from watcher.rules.conditions.reference import RuleReference, Target
from watcher.rules.conditions.words import Seeker, Words
from watcher.rules.faults import FOLLOWS, Fault, did_you_mean
from watcher.rules.reading import SCOPES
from watcher.rules.regex import compile_regex
from watcher.rules.scoping import languages_of
from watcher.rules.seekers import Expression, Literal, Prefix, Varied, flat
from watcher.text.spellings import spellings

_GROUPS = (tree.Or, tree.Near)
"""What the parts of a score repeat most: kept in the reading, they are worked out once an item."""
MAX_TERM = 500
"""Characters of a term or phrase."""
ToUsd = Callable[[Decimal, str], Decimal | None]


class Builder:
    """Builds the conditions of one rulebook. Equal terms and vocabularies become one object, sought once an item.

    `lookups` collects the index keys that conditions look up in `Reading.present`; `fields` the extra fields sought in.
    """

    def __init__(self, to_usd: ToUsd) -> None:
        self.vocabularies: dict[str, Any] = {}
        self.rules: dict[str, Target] = {}
        self.rule_names: frozenset[str] = frozenset()
        self.lookups: set[str] = set()
        self.fields: set[str] = set()
        self._to_usd = to_usd
        self._seekers: dict[tuple[object, ...], Seeker] = {}
        self._groups: dict[tuple[type, str], Condition] = {}
        self._alternatives: list[Any] = []

    def build(self, node: tree.Node, text: str) -> Condition:
        """The condition of a node of the expression `text`; groups written alike are one. Raises Fault."""
        if not isinstance(node, _GROUPS):
            return self._new(node, text)
        key = (type(node), text[node.start : node.end])
        if key not in self._groups:
            self._groups[key] = self._new(node, text)
        return self._groups[key]

    def _new(self, node: tree.Node, text: str) -> Condition:
        source = text[node.start : node.end]
        match node:
            case tree.Term() | tree.Regex():
                found = self.words(node, source)
                return found[0] if len(found) == 1 else self.any_of(source, list(found))
            case tree.Vocabulary():
                return self._vocabulary(node)
            case tree.Field():
                return self._field(node, text)
            case tree.Comparison():
                return self._comparison(node, text)
            case tree.Near():
                return _near(self, node, text)
            case tree.And():
                return All(source, [self.build(child, text) for child in node.children])
            case tree.Or():
                return self.any_of(source, [self.build(child, text) for child in node.children])
            case tree.Not():
                return Not(source, self.build(node.child, text))
            case tree.Sentence():
                return Sentence(source, self.build(node.child, text))
        raise TypeError(f"no condition is known for {type(node).__name__}")

    def faults(self, node: tree.Node, text: str) -> Iterator[Fault]:
        """Every fault of an expression that does not build, in the order written: of a part only what its own parts have not."""
        if isinstance(node, tree.Field) and isinstance(node.operand, tree.Or):
            parts: Iterable[tree.Node] = (replace(node, operand=value) for value in node.operand.children)
        else:
            parts = tree.below(node)
        is_sound = True
        for part in parts:
            for fault in self.faults(part, text):
                is_sound = False
                yield fault
        if is_sound:
            try:
                self.build(node, text)
            except Fault as fault:
                yield fault

    def words(self, node: tree.Term | tree.Regex, source: str, lang: str = "", of: str = "") -> tuple[Words, ...]:
        """The conditions of a term, one for each spelling; of a vocabulary's term with its language and the vocabulary's name."""
        applies = languages_of(node, lang)
        if isinstance(node, tree.Regex):
            seeker = self._shared(("regex", node.pattern, node.exact), lambda: self._expression(node))
            return (Words(source, seeker, applies, of),)
        term_lang = "" if lang in ("any", "*", "all") else lang
        found = [self._term(node, term_lang), *(self._spelled(other) for other in other_spellings(node, term_lang))]
        return tuple(Words(source, seeker, applies, of) for seeker in found)

    def _spelled(self, literal: str) -> Seeker:
        return self._shared(("literal", literal, ""), lambda: Literal(literal, literal, exact=False))

    def any_of(self, source: str, children: list[Condition], name: str = "") -> Any:
        """An OR whose lookups the index will know of."""
        condition = Any(source, children, name)
        self.lookups.update(condition.lookups)
        self._alternatives.append(condition)
        return condition

    def forget_needs(self) -> None:
        """Let conditions go of what they needed to be filed by."""
        for condition in self._alternatives:
            condition.forget_needs()

    def _term(self, node: tree.Term, lang: str) -> Seeker:
        key = (node.words, node.exact, lang)
        seeker = self._seekers.get(key)
        if seeker is None:
            seeker = self._seekers[key] = self._new_term(node, lang)
        return seeker

    def _new_term(self, node: tree.Term, lang: str) -> Seeker:
        if node.end - node.start > MAX_TERM:
            hint = "shorten it, or list several terms"
            raise Fault(f"a term of more than {MAX_TERM} characters", hint, node.start, node.start + MAX_TERM)
        modes = {word.mode for word in node.words}
        text = " ".join(word.text for word in node.words)
        folded = flat(text)
        if not folded.strip():
            hint = "write letters or digits"
            raise Fault("nothing is left of this term once it is folded", hint, node.start, node.end)
        if modes == {"whole"}:
            exact = text if node.exact else ""
            return self._shared(("literal", folded, exact), lambda: Literal(text, folded, exact=node.exact))
        if modes == {"prefix"} and len(folded.split()) == 1:
            exact = text if node.exact else ""
            return self._shared(("prefix", folded, exact), lambda: Prefix(text, exact=node.exact))
        if node.exact:
            hint = "use * and = on a single word, or leave = away"
            raise Fault("= does not go with * inside a phrase", hint, node.start, node.end)
        if any(not flat(word.text).strip() for word in node.words if word.mode != "whole"):
            raise Fault("nothing is left of a word once it is folded", "write letters", node.start, node.end)
        return Varied(node.words, lang)

    def _shared(self, key: tuple[object, ...], make: Callable[[], Seeker]) -> Seeker:
        if key not in self._seekers:
            self._seekers[key] = make()
        return self._seekers[key]

    @staticmethod
    def _expression(node: tree.Regex) -> Expression:
        try:
            return Expression(compile_regex(node.pattern, node.exact))
        except Fault as fault:
            offset = node.start + (2 if node.exact else 1)
            raise Fault(fault.message, fault.hint, offset + fault.start, offset + fault.end) from fault

    def _vocabulary(self, node: tree.Vocabulary) -> Condition:
        found = self.vocabularies.get(node.name)
        if found is None:
            hint = did_you_mean(node.name, self.vocabularies) or "add it under vocabularies:"
            raise Fault(f"no vocabulary is called «{node.name}»", hint, node.start, node.end)
        return found

    def _field(self, node: tree.Field, text: str) -> Condition:
        source = text[node.start : node.end]
        if node.name in SCOPES:
            fields = SCOPES[node.name]
            self.fields.update(set(fields) - {"lead"})
            return Within(source, self.build(node.operand, text), fields)
        if node.name == "rule" or node.name in FACTS:
            return self._value(node.name, node.operand, text)
        known = [*SCOPES, *FACTS, "rule", "amount"]
        hint = did_you_mean(node.name, known) + f'; quote it if the text is meant: "{text[node.start : node.end]}"'
        raise Fault(f"no field is called «{node.name}»", hint.removeprefix("; "), node.start, node.name_end)

    def _value(self, name: str, node: tree.Node, text: str) -> Condition:
        """`name:` before a value, or spread over a list or group of values."""
        source = text[node.start : node.end]
        if isinstance(node, tree.Or):
            return self.any_of(f"{name}:({source})", [self._value(name, child, text) for child in node.children])
        if isinstance(node, tree.Not):
            return Not(f"NOT {name}:{source}", self._value(name, node.child, text))
        if not isinstance(node, tree.Term):
            raise Fault(f"{name}: takes a value or a list", f"write {name}:[a, b]", node.start, node.end)
        raw = node.raw
        if name == "rule":
            return self._reference(node, raw)
        try:
            return fact(name, raw, f"{name}:{source}")
        except Fault as fault:
            raise Fault(fault.message, fault.hint, node.start, node.end) from fault

    def _reference(self, node: tree.Node, name: str) -> Condition:
        target = self.rules.get(name)
        if target is None:
            if name in self.rule_names:
                raise Fault(f"rule «{name}» has a fault of its own", "correct it", node.start, node.end, FOLLOWS)
            hint = did_you_mean(name, self.rule_names) or "add it under rules:"
            raise Fault(f"no rule is called «{name}»", hint, node.start, node.end)
        return RuleReference(f"rule:{name}", target)

    def _comparison(self, node: tree.Comparison, text: str) -> Condition:
        if node.name != "amount":
            hint = did_you_mean(node.name, ["amount"]) or "only amount can be compared, as in amount>=1bn USD"
            raise Fault(f"«{node.name}» can not be compared", hint, node.start, node.start + len(node.name))
        try:
            return amount_condition(text[node.start : node.end], node.operator, node.operand, self._to_usd)
        except Fault as fault:
            begin = node.operand_start
            raise Fault(fault.message, fault.hint, begin + fault.start, max(begin + fault.end, begin + 1)) from fault


def _near(builder: Builder, node: tree.Near, text: str) -> Condition:
    left, right = builder.build(node.left, text), builder.build(node.right, text)
    for side, child in ((left, node.left), (right, node.right)):
        if isinstance(side, RuleReference) or _has_no_place(child):
            hint = f"write {text[node.left.start : node.left.end]} AND {text[node.right.start : node.right.end]}"
            raise Fault("this has no place in the text, so nothing can be near it", hint, child.start, child.end)
    return Near(text[node.start : node.end], left, right, node.distance, node.ordered)


PLACELESS = frozenset({"lang", "tag", "source", "feed", "rule"})


def _has_no_place(node: tree.Node) -> bool:
    return isinstance(node, tree.Field) and node.name in PLACELESS


def other_spellings(node: tree.Term, lang: str) -> tuple[str, ...]:
    """Literals that a plain term also stands under (للذكاء for الذكاء). Hashtags are left out: they would double every phrase."""
    if node.exact or any(word.mode != "whole" for word in node.words) or node.end - node.start > MAX_TERM:
        return ()
    written = " ".join(word.text for word in node.words)
    return tuple(other for other in spellings(written, lang)[1:] if not other.startswith("#"))
