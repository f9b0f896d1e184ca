"""The rule language once more, as plainly as possible: no index, no shared work, every position tried.

`holds` says what a rule's expressions mean; the engine must give the same answer to every pair of rule and item.
It shares with the engine the parser and the text floor (folding, tokens, word edges, inflection), nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from math import fsum

from watcher.model import Facts, Found, Item, Text, Token
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
Place = tuple[str, int, int]


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
                sentences = {(field, token.sentence) for field in fields for token in self.tokens(field)}
                with_words = {self.sentence_of(place) for place in self.places(node.child, fields, None)}
                return any(self.holds(node.child, fields, one) for one in sentences & with_words)
            case tree.Field() if node.name in ("title", "summary", "content", "author", "category", "url"):
                return self.holds(node.operand, (node.name,), sentence)
            case tree.Field() if node.name == "text":
                return self.holds(node.operand, ANYWHERE, sentence)
            case tree.Field():
                return self.fact(node.name, node.operand, fields)
            case tree.Comparison():
                return self.amount(node, fields)
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
            case tree.Field() if node.name == "title":
                return self.places(node.operand, ("title",), sentence)
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
            text = self.text(field)
            if text is not None:
                spans = positions(text, node, self.item.lang, "" if lang == "any" else lang)
                found += [(field, start, end) for start, end in spans]
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
            "title": item.title, "summary": item.summary, "content": item.content, "author": plain_text(item.entry.author),
            "category": plain_text("; ".join(item.entry.categories)), "url": plain_text(item.entry.url),
        }  # fmt: skip
        text = texts[field]
        return text if text is not None and text.tokens else None

    def fact(self, name: str, node: tree.Node, fields: tuple[str, ...]) -> bool:
        match node:
            case tree.Or():
                return any(self.fact(name, child, fields) for child in node.children)
            case tree.Not():
                return not self.fact(name, node.child, fields)
        assert isinstance(node, tree.Term)
        value = node.raw
        match name:
            case "rule":
                return self.rule(value)
            case "country":
                return value in self.stated(self.facts.countries, fields)
            case "stage":
                return value in self.stated((self.facts.stage,) if self.facts.stage else (), fields)
            case "instrument":
                return value in self.stated(self.facts.instruments, fields)
            case "lang":
                return value in (self.item.lang, self.item.lang.split("-")[0])
            case "tag":
                return value in self.item.feed.tags
            case "source":
                return f" {value} " in f" {self.item.source} "
        raise AssertionError(name)

    @staticmethod
    def stated(found: tuple[Found, ...], fields: tuple[str, ...]) -> set[str]:
        """Values of facts stated in these fields."""
        return {fact.value for fact in found if fields == ANYWHERE or fact.span.field in fields}

    def amount(self, node: tree.Comparison, fields: tuple[str, ...]) -> bool:
        number, currency = node.operand.split(" ")
        compare = {">=": "__ge__", "<=": "__le__", ">": "__gt__", "<": "__lt__"}[node.operator]
        assert currency == "USD"
        return any(
            amount.usd is not None and not amount.uncertain and getattr(amount.usd, compare)(int(number))
            for amount in self.facts.amounts
            if fields == ANYWHERE or amount.span.field in fields
        )


def positions(text: Text, node: tree.Term | tree.Regex, lang: str, term_lang: str) -> list[tuple[int, int]]:
    """Every place of a term in a text, by trying each."""
    return _positions(text.plain, node, lang, term_lang)


@lru_cache(maxsize=100_000)
def _positions(plain: str, node: tree.Term | tree.Regex, lang: str, term_lang: str) -> list[tuple[int, int]]:
    text = plain_text(plain)
    if isinstance(node, tree.Regex):
        return [_touched(text, *match.span()) for match in re.finditer(node.pattern, plain, 0 if node.exact else re.I)]
    folded = text.folded.replace("-", " ")
    written = " ".join(word.text for word in node.words)
    modes = [word.mode for word in node.words]
    found = set()
    if "prefix" not in modes:
        cased = fold_cased(written).replace("-", " ")
        plain_term = not node.exact and set(modes) == {"whole"}
        literals = spellings(written, term_lang) if plain_term else (fold(written).replace("-", " "),)
        for literal in literals:
            for start in range(len(folded)):
                end = start + len(literal)
                as_written = not node.exact or _has_case(fold_cased(plain).replace("-", " "), start, cased, lang)
                if folded[start:end] == literal and as_written and is_whole(text.folded, start, end, lang):
                    found.add((start, end))
    if set(modes) != {"whole"}:
        cased = fold_cased(plain).replace("-", " ")
        for start in range(len(folded)):
            end = _walk(text, folded, start, pieces_of(node), term_lang or lang)
            if node.exact and not _has_case(cased, start, fold_cased(written).replace("-", " "), lang):
                continue
            ends = [pieces_of(node)[0][1], pieces_of(node)[-1][1]]
            if end and (ends == ["forms", "forms"] or is_whole(text.folded, start, end, lang)):
                found.add((start, end))
    return sorted(found)


def _has_case(cased: str, start: int, term: str, lang: str) -> bool:
    return cased.startswith(term, start) and not is_own_word(cased, start, start + len(term), lang)


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
