"""Expression text → tokens, each with its place."""

from __future__ import annotations

import re
from dataclasses import dataclass

from watcher.rules import tree
from watcher.rules.faults import Fault
from watcher.rules.reading import SCOPES

MAX_DISTANCE = 1000
MAX_WORDS = 20

_SPACE = re.compile(r"\s+")
_NEAR = re.compile(r"(O?NEAR)(?:/(\d*))?(?=[\s()]|$)")
_OPERATOR = re.compile(r"(AND|OR|NOT)(?=[\s()\"“]|$)|(SENTENCE)(?=[\s(]|$)")
_COMPARISON = re.compile(
    r"([a-z_]+)(\s*(?:>=|<=|=>|=<|>|<)|==?)\s*"
    r"((?:[A-Z]{3}\s*|[A-Z]{0,3}\p{Sc}\s*)?[\d][\d.,_]*"
    r"(?:\s*(?:thousand|million|billion|trillion|mln|mio|mrd|mn|bn|tn|k|m|b|t)(?![a-z]))?"
    r"(?:\s*(?:[A-Z]{3}(?![\w])|\p{Sc}))?|[^\s()]*)".replace(r"\p{Sc}", "[$€£¥₩₹₽₺₪₫₱฿₴₦₸₼]"),
)
_FIELD = re.compile(r"([A-Za-z_]+):(?!//)")
_NAME = re.compile(r"[\w.-]*")
_RUN = re.compile(r"[^\s()\"“”]+")
_VALUE = re.compile(r"[^\s()]+")
_QUOTES = {'"': '"', "“": "”", "„": "“", "«": "»"}


@dataclass(slots=True)
class Token:
    """`kind`: ( ) AND OR NOT NEAR SENTENCE field term end. `node` is the leaf of a term, `number` the n of NEAR/n."""

    kind: str
    text: str
    start: int
    end: int
    node: tree.Node | None = None
    number: int = 0


_FACT = re.compile(r"(?:country|acts|stage|instrument|actor):(?=\S)|amount\s*[<>=]")
"""Facts that have a place, so that a part of the item may stand before them: title:country:KR."""


def tokens(text: str) -> list[Token]:
    """All tokens, the last of kind `end`. Raises Fault."""
    found: list[Token] = []
    at = 0
    while True:
        space = _SPACE.match(text, at)
        at = space.end() if space else at
        if at >= len(text):
            found.append(Token("end", "", max(0, len(text.rstrip()) - 1), len(text)))
            return found
        after_field = bool(found) and found[-1].kind == "field"
        token = _value(text, at, found[-1].text) if after_field else _token(text, at)
        found.append(token)
        at = token.end


def read_term(text: str, start: int = 0) -> tree.Term | tree.Regex | tree.Vocabulary:
    """A term as a vocabulary lists it: `=AI`, `fund*`, `стратегия~`, `/regex/`, `@other`; several words are a phrase.

    Quotes around it are allowed. `start` is where it begins in its expression. Raises Fault.
    """
    bare = text.strip()
    start += text.find(bare)
    if bare.startswith(("/", "=/")):
        token = _regex(bare, 0)
        if token.end != len(bare):
            raise Fault(
                "something follows the regular expression", "escape slashes inside as \\/", start, start + len(bare)
            )
        return tree.Regex(start, start + len(bare), *_regex_parts(token))
    if bare.startswith("@"):
        return tree.Vocabulary(start, start + len(bare), bare[1:])
    exact = bare.startswith("=")
    inner = bare[1:] if exact else bare
    if len(inner) > 1 and _QUOTES.get(inner[0]) == inner[-1]:
        inner = inner[1:-1]
    return _term(inner, exact, start, start + len(bare))


def uses_language(text: str) -> bool:
    """Does an entry of an any/all/none list use the expression language, so that it is not a bare term?"""
    bare = text.strip()
    if bare.startswith(("/", "=/")) or (bare.startswith("@") and _SPACE.search(bare) is None):
        return False
    if '"' in bare or "“" in bare or re.search(r"(?:^|\s)(?:AND|OR|NOT|O?NEAR/\d*|SENTENCE\(|@\w)", bare):
        return not (len(bare) > 1 and _QUOTES.get(bare[0]) == bare[-1] and bare.count(bare[0]) <= 2)
    return bool(re.match(r"\(|[a-z_]+(?::\S|\s*[<>]=?\s*\d)", bare))


def _token(text: str, at: int) -> Token:
    char = text[at]
    if char in "()":
        return Token(char, char, at, at + 1)
    if char == "/" or text.startswith("=/", at):
        return _regex(text, at)
    if char == "@":
        return _vocabulary(text, at)
    if char in "ANOS":
        if near := _NEAR.match(text, at):
            return _near(near)
        if operator := _OPERATOR.match(text, at):
            return Token(operator[1] or operator[2], operator[0], at, operator.end())
    if char.isascii() and (char.isalpha() or char == "_"):
        if comparison := _COMPARISON.match(text, at):
            operand = comparison[3].strip()
            node = tree.Comparison(
                at, comparison.end(), comparison[1], comparison[2].strip(), operand, comparison.start(3)
            )
            return Token("term", comparison[0], at, comparison.end(), node)
        if field := _FIELD.match(text, at):
            return Token("field", field[1], at, field.end())
    return _words(text, at, _RUN)


def _value(text: str, at: int, field: str) -> Token:
    """What follows `field:`: a group, a list, a fact after a part of the item, or one value, which may hold colons and slashes."""
    if field in SCOPES and _FACT.match(text, at):
        return _token(text, at)
    if text[at] == "[":
        return _list(text, at)
    if text[at] in '(=@"“„«/' and not text.startswith("//", at):
        return _token(text, at)
    if operator := _OPERATOR.match(text, at):
        return Token(operator[1] or operator[2], operator[0], at, operator.end())
    return _words(text, at, _VALUE)


def _words(text: str, at: int, run: re.Pattern[str]) -> Token:
    exact = text[at] == "="
    begin = at + 1 if exact else at
    closing = _QUOTES.get(text[begin : begin + 1])
    if closing:
        end = text.find(closing, begin + 1)
        if end < 0:
            raise Fault("this quote is never closed", f"add a {closing} after the phrase", begin, begin + 1)
        inner, end = text[begin + 1 : end], end + 1
        if text.startswith("~", end):
            inner, end = " ".join(word.rstrip("~") + "~" for word in inner.split()), end + 1
        return Token("term", text[at:end], at, end, _term(inner, exact, at, end))
    match = run.match(text, begin)
    if match is None:
        stray = text[at]
        raise Fault(f"«{stray}» does not belong here", "quote it if it is meant", at, at + 1)
    word = match[0]
    if word.endswith(","):
        raise Fault("terms are not separated by commas", "write OR between them", match.end() - 1, match.end())
    return Token("term", text[at : match.end()], at, match.end(), _term(word, exact, at, match.end()))


def _term(inner: str, exact: bool, start: int, end: int) -> tree.Term:
    words = tuple(_word(word, exact, start, end) for word in inner.split())
    if not words:
        raise Fault("this term is empty", "write a word, or remove it", start, end)
    if len(words) > MAX_WORDS:
        raise Fault(f"a phrase of {len(words)} words, {MAX_WORDS} is the limit", "shorten it", start, end)
    return tree.Term(start, end, words, exact, inner.strip())


def _word(word: str, exact: bool, start: int, end: int) -> tree.WordText:
    mode, bare = "whole", word
    if "*" not in word and "~" not in word:
        return tree.WordText(word)
    if len(word) > 1 and word[-1] in "*~":
        mode, bare = ("prefix" if word[-1] == "*" else "forms"), word[:-1]
    if mode == "forms" and exact:
        hint = f"write ={bare} for this case, or {bare}~ for its forms"
        raise Fault("= (exact case) and ~ (inflected forms) contradict each other", hint, start, end)
    if "*" in bare and any(char.isalnum() for char in bare):
        hint = "word* matches beginnings; word~ also finds it inside compounds; else a /regex/"
        raise Fault(f"* can only end a word, not stand in «{word}»", hint, start, end)
    if not any(char.isalnum() for char in bare) and mode != "whole":
        raise Fault(f"«{word}» has nothing to match", "put letters before the mark", start, end)
    if mode == "prefix" and len(bare) < 2 and bare.isascii():
        raise Fault(f"«{word}» matches far too much", "write at least two letters before *", start, end)
    return tree.WordText(bare, mode)


def _near(match: re.Match[str]) -> Token:
    start, end = match.span()
    if not match[2]:
        raise Fault(f"{match[1]} needs a distance", f"write {match[1]}/10", start, end)
    distance = int(match[2][:9])
    if not 1 <= distance <= MAX_DISTANCE:
        raise Fault(f"{match[1]} takes 1 to {MAX_DISTANCE} words", f"write {match[1]}/10", start, end)
    return Token("NEAR", match[0], start, end, None, distance)


def _vocabulary(text: str, at: int) -> Token:
    match = _NAME.match(text, at + 1)
    name = match[0].rstrip(".") if match else ""
    if not name:
        raise Fault("@ needs the name of a vocabulary", "write @name; quote it if the sign is meant", at, at + 1)
    end = at + 1 + len(name)
    return Token("term", text[at:end], at, end, tree.Vocabulary(at, end, name))


def _regex(text: str, at: int) -> Token:
    begin = text.index("/", at)
    end = begin + 1
    while end < len(text) and text[end] != "/":
        end += 2 if text[end] == "\\" else 1
    if end >= len(text):
        hint = "add a / after it, or quote the term if no regular expression is meant"
        raise Fault("this regular expression is never closed", hint, begin, begin + 1)
    node = tree.Regex(at, end + 1, text[begin + 1 : end].replace("\\/", "/"), begin > at)
    return Token("term", text[at : end + 1], at, end + 1, node)


def _regex_parts(token: Token) -> tuple[str, bool]:
    assert isinstance(token.node, tree.Regex)
    return token.node.pattern, token.node.exact


def _list(text: str, at: int) -> Token:
    """`[KR, "South Korea"]` as an Or of terms."""
    end = text.find("]", at)
    if end < 0:
        raise Fault("this list is never closed", "add a ]", at, at + 1)
    children: list[tree.Node] = []
    offset = at + 1
    for entry in text[at + 1 : end].split(","):
        if entry.strip():
            children.append(read_term(entry, offset))
        offset += len(entry) + 1
    if not children:
        raise Fault("this list is empty", "name at least one value", at, end + 1)
    node = children[0] if len(children) == 1 else tree.Or(at, end + 1, tuple(children))
    return Token("term", text[at : end + 1], at, end + 1, node)
