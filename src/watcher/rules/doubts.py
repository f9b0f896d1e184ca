"""What can be read and is seldom meant so: other languages' operators, wildcards, values that lost their field."""

from __future__ import annotations

import re
from collections.abc import Iterator

from watcher.rules import tree
from watcher.rules.conditions.facts import FACTS
from watcher.rules.faults import Fault
from watcher.rules.lexer import Token, tokens

_MAY_DOUBT = re.compile(r"\b(?:and|or|not|o?near/\d|sentence\s*\()|[&|!?]|(?:^|[\s(])[-+~*=]|/[a-z]")
_CLOSED = ("country", "acts", "stage", "instrument", "lang")
"""Facts whose values are known, so that one without its field can be told."""

_SIGNS = (
    (re.compile(r"and|or|not|o?near/\d+"), "«{0}» in lower case is a word to match", "write {1} for the operator, or quote it"),
    (re.compile(r"&&?"), "«{0}» is a sign to match", "write AND, or quote it"),
    (re.compile(r"\|\|?"), "«{0}» is a sign to match", "write OR, or quote it"),
    (re.compile(r"[-!]\w.*"), "«{0}» is a word to match", "write NOT {2} to exclude it, or quote it"),
    (re.compile(r"\+\w.*"), "«{0}» is a word to match", "leave the + out: terms that stand side by side must all occur"),
    (re.compile(r"~\w.*"), "the ~ of «{0}» is a sign to match", "write {2}~ for its forms"),
    (re.compile(r"\w+!=.*"), "«{0}» is a word to match", "write NOT field:value"),
    (re.compile(r"\w*\?\w*"), "the ? of «{0}» is a sign to match", "write word* for beginnings, or a /regex/"),
    (re.compile(r"\*+"), "«{0}» is a sign to match", "leave it out: what is not asked for may be anything"),
    (re.compile(r"=@\w.*"), "«{0}» is a word to match", "write {2}: the terms of the vocabulary mind the case that say so"),
)  # fmt: skip


def doubts(text: str, node: tree.Node) -> Iterator[Fault]:
    """Warnings, with their places, for an expression that parses."""
    if _MAY_DOUBT.search(text):
        found = tokens(text)
        for token, before in zip(found, [None, *found[:-1]], strict=True):
            if token.kind == "term" and (fault := _of_token(token, before, text)):
                yield fault
    if ":" in text and " OR " in text:
        yield from _lost_fields(node)


def _of_token(token: Token, before: Token | None, text: str) -> Fault | None:
    bare = token.text
    if before is not None and isinstance(before.node, tree.Regex) and before.end == token.start:
        hint = "leave it out: any case is matched, and =/…/ minds it; or put a space before it"
        return _warning(f"«{bare}» behind the regular expression is a word to match", hint, token)
    if bare == "sentence" and text[token.end :].lstrip().startswith("("):
        return _warning("«sentence» in lower case is a word to match", "write SENTENCE( ), or quote it", token)
    if isinstance(token.node, tree.Term) and bare[:1] not in '"“„«':
        for pattern, message, hint in _SIGNS:
            if pattern.fullmatch(bare):
                return _warning(message.format(bare), hint.format(bare, bare.upper(), bare[1:]), token)
    return None


def _lost_fields(node: tree.Node) -> Iterator[Fault]:
    """`country:US OR KR`, where KR is but a word."""
    for either in tree.walk(node):
        if not isinstance(either, tree.Or):
            continue
        names = [child.name for child in either.children if isinstance(child, tree.Field) and child.name in _CLOSED]
        for child in either.children if names else ():
            if isinstance(child, tree.Term) and len(child.words) == 1 and _is_value(names[0], child.raw):
                message = f"«{child.raw}» is a word to match, no {names[0]}"
                hint = f"write {names[0]}:[…, {child.raw}], or quote it"
                yield Fault(message, hint, child.start, child.end, "warning")


def _is_value(name: str, raw: str) -> bool:
    try:
        FACTS[name].read(raw)
    except Fault:
        return False
    return name != "country" or raw.isupper()


def _warning(message: str, hint: str, token: Token) -> Fault:
    return Fault(message, hint, token.start, token.end, "warning")
