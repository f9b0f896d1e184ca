"""The rule language once more, as plainly as possible: no index, no shared work, every position tried.

`holds` says what a rule's expressions mean; the engine must give the same answer to every pair of rule and item.
It shares with the engine the parser and the text floor (folding, tokens, word edges, inflection), nothing else.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from functools import cache, lru_cache
from math import fsum
from unicodedata import category

from watcher.facts.places import ACTS
from watcher.model import Facts, Found, Item, Span, Text, Token
from watcher.rules import RuleSpec, VocabularySpec, tree
from watcher.rules.lexer import read_term, uses_language
from watcher.rules.scoping import languages_of
from watcher.rules.syntax import parse
from watcher.text import fold, fold_cased, plain_text
from watcher.text.capitals import is_own_word
from watcher.text.edges import is_whole
from watcher.text.morphology import same_word
from watcher.text.scripts import RUNNING, script_of
from watcher.text.spellings import spellings

ANYWHERE = ("title", "summary", "content")
PARTS = {
    **{name: (name,) for name in ("title", "summary", "content", "author", "category", "url")},
    "text": ANYWHERE,
    "lead": ("title", "lead"),
}
Place = tuple[str, int, int]
MARKS = "".join(chr(code) for code in range(0x110000) if category(chr(code))[0] == "M")
WORD = f"[\\w{MARKS}]"
BOUNDARY = f"(?:(?<={WORD})(?!{WORD})|(?<!{WORD})(?={WORD}))"
"""What a word is made of: also of marks, which `re` does not count (the vowel signs of Hindi)."""


class Reference:
    """Judges rules one by one."""

    def __init__(self, rules: list[RuleSpec], vocabularies: list[VocabularySpec]) -> None:
        self.rules = {rule.name: rule for rule in rules}
        self.vocabularies = {vocabulary.name: vocabulary for vocabulary in vocabularies}

    def holds(self, name: str, item: Item, facts: Facts) -> bool:
        return _Judge(self, item, facts).rule(name)


@cache
def tree_of(text: str) -> tree.Node:
    return parse(text)


@cache
def entry_of(text: str) -> tree.Node:
    return parse(text) if uses_language(text) else read_term(text)


class _Judge:
    def __init__(self, reference: Reference, item: Item, facts: Facts) -> None:
        self.reference = reference
        self.item = item
        self.facts = facts

    def rule(self, name: str) -> bool:
        rule = self.reference.rules[name]
        if rule.langs and self.item.lang not in rule.langs and self.item.lang.split("-")[0] not in rule.langs:
            return False
        if rule.tags and not rule.tags & self.item.feed.tags:
            return False
        if rule.feeds and not rule.feeds & {self.item.feed.name, self.item.feed.url}:
            return False
        if rule.match and not self.holds(tree_of(rule.match.text)):
            return False
        if not all(self.holds(entry_of(line.text)) for line in rule.all):
            return False
        if rule.any and not any(self.holds(entry_of(line.text)) for line in rule.any):
            return False
        if any(self.holds(entry_of(line.text)) for line in rule.none):
            return False
        if rule.score:
            weights = [part.weight for part in rule.score.add if self.holds(tree_of(part.expression))]
            return fsum([rule.score.base, *weights]) >= rule.score.at_least
        return True

    def holds(
        self, node: tree.Node, fields: tuple[str, ...] = ANYWHERE, sentence: tuple[str, int] | None = None
    ) -> bool:
        match node:
            case tree.And():
                return all(self.holds(child, fields, sentence) for child in node.children)
            case tree.Or():
                return any(self.holds(child, fields, sentence) for child in node.children)
            case tree.Not():
                return not self.holds(node.child, fields, sentence)
            case tree.Sentence():
                with_words = {self.sentence_of(place) for place in self.places(node.child, fields, None)}
                return any(self.holds(node.child, fields, one) for one in with_words)
            case tree.Field() if node.name in PARTS:
                return self.holds(node.operand, PARTS[node.name], sentence)
            case tree.Field():
                return self.fact(node.name, node.operand, fields, sentence)
            case tree.Comparison():
                return bool(self.amounts(node, fields, sentence))
        return bool(self.places(node, fields, sentence))

    def places(self, node: tree.Node, fields: tuple[str, ...], sentence: tuple[str, int] | None) -> list[Place]:
        """Where the words of a condition stand."""
        match node:
            case tree.Near():
                left, right = self.places(node.left, fields, sentence), self.places(node.right, fields, sentence)
                pairs = [(a, b) for a in left for b in right if self.is_near(a, b, node)]
                return [place for pair in pairs for place in pair]
            case tree.And() | tree.Or():
                return [place for child in node.children for place in self.places(child, fields, sentence)]
            case tree.Field() if node.name in PARTS:
                return self.places(node.operand, PARTS[node.name], sentence)
            case tree.Field() if isinstance(node.operand, tree.Or):
                values = [replace(node, operand=value) for value in node.operand.children]
                return [place for value in values for place in self.places(value, fields, sentence)]
            case tree.Field() if isinstance(node.operand, tree.Term):
                return [
                    self.place_of(span) for span in self.stated(node.name, node.operand.raw, fields, sentence) if span
                ]
            case tree.Comparison():
                return [self.place_of(span) for span in self.amounts(node, fields, sentence)]
            case tree.Sentence():
                return []
            case tree.Vocabulary():
                return [place for term in self.vocabulary(node.name) for place in self.term(*term, fields, sentence)]
            case tree.Term() | tree.Regex():
                return self.term(node, "", fields, sentence)
        return []

    def vocabulary(self, name: str) -> list[tuple[tree.Term | tree.Regex, str]]:
        found = []
        for term in self.reference.vocabularies[name].terms:
            node = read_term(term.text)
            if isinstance(node, tree.Vocabulary):
                found += self.vocabulary(node.name)
            else:
                found.append((node, term.lang))
        return found

    def term(
        self, node: tree.Term | tree.Regex, lang: str, fields: tuple[str, ...], sentence: tuple[str, int] | None
    ) -> list[Place]:
        languages = languages_of(node, lang)
        if languages is not None and self.item.lang not in languages:
            return []
        found = []
        for field in fields:
            inside = "summary" if field == "lead" else field
            text = self.text(inside)
            if text is not None:
                spans = positions(text, node, self.item.lang, "" if lang == "any" else lang)
                found += [(inside, start, end) for start, end in spans if field != "lead" or end <= lead_end(text)]
        return [place for place in found if sentence is None or self.sentence_of(place) == sentence]

    def is_near(self, a: Place, b: Place, node: tree.Near) -> bool:
        if a[0] != b[0]:
            return False
        a_first, a_last = self.measure(a)
        b_first, b_last = self.measure(b)
        if b[1] >= a[2]:
            return b_first - a_last <= 2 * node.distance
        if a[1] >= b[2]:
            return not node.ordered and a_first - b_last <= 2 * node.distance
        return False

    def measure(self, place: Place) -> tuple[int, int]:
        return self.token(place[0], place[1]).place, self.token(place[0], place[2] - 1).place

    def sentence_of(self, place: Place) -> tuple[str, int]:
        return place[0], self.token(place[0], place[1]).sentence

    def token(self, field: str, at: int) -> Token:
        tokens = self.tokens(field)
        return [token for token in tokens if token.start <= at or token is tokens[0]][-1]

    def tokens(self, field: str) -> tuple[Token, ...]:
        text = self.text(field)
        return text.tokens if text is not None else ()

    def text(self, field: str) -> Text | None:
        item = self.item
        texts: Mapping[str, Text | None] = {
            "title": item.title, "summary": item.summary, "content": item.content, "author": _read(item.entry.author)[0],
            "category": _read("; ".join(item.entry.categories))[0], "url": _read(item.entry.url)[0],
        }  # fmt: skip
        text = texts[field]
        return text if text is not None and text.tokens else None

    def fact(self, name: str, node: tree.Node, fields: tuple[str, ...], sentence: tuple[str, int] | None) -> bool:
        match node:
            case tree.Or():
                return any(self.fact(name, child, fields, sentence) for child in node.children)
            case tree.Not():
                return not self.fact(name, node.child, fields, sentence)
        assert isinstance(node, tree.Term)
        return self.rule(node.raw) if name == "rule" else bool(self.stated(name, node.raw, fields, sentence))

    def stated(
        self, name: str, value: str, fields: tuple[str, ...], sentence: tuple[str, int] | None
    ) -> list[Span | None]:
        """Where a fact of this value is stated; None for one that has no place."""
        facts, item = self.facts, self.item
        placed: list[Found] = []
        match name:
            case "country":
                placed = [found for found in facts.countries if found.value == value]
            case "acts":
                placed = [found for found in facts.countries if ACTS.get(found.why, "") == value]
            case "stage":
                placed = [found for found in (facts.stage,) if found is not None and found.value == value]
            case "instrument":
                placed = [found for found in facts.instruments if found.value == value]
            case "actor":
                placed = [found for found in facts.actors if has_words(found.value, value)]
            case "lang":
                return [None] if value in (item.lang, item.lang.split("-")[0]) else []
            case "tag":
                return [None] if value in item.feed.tags else []
            case "source":
                return [None] if has_words(item.source, value) else []
            case "feed":
                names = [fold(item.feed.name), fold(item.feed.url)]
                begins = value.endswith("*") and any(one.startswith(fold(value[:-1])) for one in names)
                return [None] if begins or fold(value) in names else []
            case _:
                raise AssertionError(name)
        return [found.span for found in placed if self.lies(found.span, fields, sentence)]

    def amounts(self, node: tree.Comparison, fields: tuple[str, ...], sentence: tuple[str, int] | None) -> list[Span]:
        """Where certain sums stand that satisfy a comparison, `1000 USD` or `2000 EUR` (an EUR being two USD here)."""
        number, currency = Decimal(node.operand.split(" ")[0]), node.operand.split(" ")[1]
        compare = {">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt, "=": operator.eq}
        found = []
        for amount in self.facts.amounts:
            if amount.currency == currency:
                holds = compare[node.operator](amount.value, number)
            else:
                usd = number * 2 if currency == "EUR" else number
                holds = amount.usd is not None and compare[node.operator](amount.usd, usd)
            if holds and not amount.uncertain and self.lies(amount.span, fields, sentence):
                found.append(amount.span)
        return found

    def lies(self, span: Span, fields: tuple[str, ...], sentence: tuple[str, int] | None) -> bool:
        """Does the place of a fact lie in these parts of the item, and in the sentence?"""
        if fields == ANYWHERE and sentence is None:
            return True
        text = self.text(span.field)
        if text is None:
            return False
        place = self.place_of(span)
        is_lead = span.field == "summary" and "lead" in fields and place[2] <= lead_end(text)
        return (span.field in fields or is_lead) and (sentence is None or self.sentence_of(place) == sentence)

    def place_of(self, span: Span) -> Place:
        """The tokens that a fact's place touches."""
        text = self.text(span.field)
        assert text is not None
        return (span.field, *_touched(text, span.start, span.end))


def has_words(value: str, sought: str) -> bool:
    return f" {fold(sought)} " in f" {fold(value)} "


def lead_end(text: Text) -> int:
    """Where the first 480 columns of a folded text end."""
    width = 0
    for at, char in enumerate(text.folded):
        width += 2 if ord(char) >= 0x2E80 else 1
        if width > 480:
            return at
    return len(text.folded)


def positions(text: Text, node: tree.Term | tree.Regex, lang: str, term_lang: str) -> list[tuple[int, int]]:
    """Every place of a term in a text, by trying each."""
    return _positions(text.plain, node, lang, term_lang)


@lru_cache(maxsize=1000)
def _read(plain: str) -> tuple[Text, str, str]:
    """A text, folded with hyphens opened, and the same with its case."""
    text = plain_text(plain)
    return text, text.folded.replace("-", " "), fold_cased(plain).replace("-", " ")


@lru_cache(maxsize=100_000)
def _positions(plain: str, node: tree.Term | tree.Regex, lang: str, term_lang: str) -> list[tuple[int, int]]:
    text, folded, cased = _read(plain)
    if isinstance(node, tree.Regex):
        pattern = re.sub(r"\\[bw]", lambda escape: BOUNDARY if escape[0] == r"\b" else WORD, node.pattern)
        return [_touched(text, *match.span()) for match in re.finditer(pattern, plain, 0 if node.exact else re.I)]
    written = " ".join(word.text for word in node.words)
    exact = fold_cased(written).replace("-", " ") if node.exact else ""
    modes = [word.mode for word in node.words]
    found = set()
    if "prefix" not in modes:
        plain_term = not node.exact and set(modes) == {"whole"}
        literals = spellings(written, term_lang) if plain_term else (fold(written).replace("-", " "),)
        for literal in literals:
            for start in [match.start() for match in re.finditer(f"(?={re.escape(literal)})", folded)]:
                end = start + len(literal)
                if _has_case(cased, start, exact, lang) and is_whole(text.folded, start, end, lang):
                    found.add((start, end))
    if set(modes) != {"whole"}:
        pieces = pieces_of(node)
        starts = range(len(folded)) if pieces[0][1] != "forms" else [token.start for token in text.tokens]
        for start in starts:
            end = _walk(text, folded, start, pieces, term_lang or lang)
            if end and _has_case(cased, start, exact, lang):
                ends = [pieces[0][1], pieces[-1][1]]
                if ends == ["forms", "forms"] or is_whole(text.folded, start, end, lang):
                    found.add((start, end))
    return sorted(found)


def _has_case(cased: str, start: int, term: str, lang: str) -> bool:
    """Does an exact term stand here in its case? Every other does."""
    return not term or (cased.startswith(term, start) and not is_own_word(cased, start, start + len(term), lang))


@cache
def pieces_of(node: tree.Term) -> list[tuple[str, str]]:
    pieces = []
    for word in node.words:
        parts = fold(word.text).replace("-", " ").split()
        pieces += [(part, "whole") for part in parts[:-1]]
        inflects = word.mode != "forms" or script_of(parts[-1][-1]) not in RUNNING
        pieces.append((parts[-1], word.mode if inflects else "whole"))
    return pieces


def _walk(text: Text, folded: str, start: int, pieces: list[tuple[str, str]], lang: str) -> int:
    """Where the phrase ends that begins at `start`; 0 when it does not stand there."""
    at = start
    for number, (word, mode) in enumerate(pieces):
        if number > 0:
            if folded[at : at + 1] != " ":
                return 0
            at += 1
        if mode == "forms":
            token = next((token for token in text.tokens if token.start == at), None)
            if token is None or not _is_form(word, folded[token.start : token.end], lang):
                return 0
            at = token.end
            continue
        if not folded.startswith(word, at):
            return 0
        at += len(word)
        if mode == "prefix":
            at = max([at, *(token.end for token in text.tokens if token.start < at <= token.end)])
    return at


def _is_form(word: str, token: str, lang: str) -> bool:
    korean = script_of(word[-1]) == "hangul" and token.startswith(word) and is_whole(token, 0, len(word), "ko")
    return same_word(word, token, lang) or korean


def _touched(text: Text, start: int, end: int) -> tuple[int, int]:
    """The tokens that a range of the plain text touches."""
    begins = [(token, text.to_plain(token.start, token.end)[0]) for token in text.tokens]
    first = [token for token, begin in begins if begin <= start] or [text.tokens[0]]
    last = [token for token, begin in begins if begin < max(end, start + 1)] or [text.tokens[0]]
    return first[-1].start, last[-1].end
