"""Expression text → syntax tree. Precedence: NOT, NEAR, AND (also juxtaposition), OR.

Raises Fault at the first error, with what to write instead. Depth and length are limited, so nothing overflows or hangs.
"""

from __future__ import annotations

from collections.abc import Callable

from watcher.rules import tree
from watcher.rules.faults import Fault
from watcher.rules.lexer import Token, tokens

MAX_LENGTH = 50_000
MAX_DEPTH = 60
MAX_CHAINED = 10
OPERATORS = frozenset({"AND", "OR", "NOT", "NEAR", "SENTENCE"})


def parse(text: str) -> tree.Node:
    """The tree of an expression. Raises Fault."""
    if len(text) > MAX_LENGTH:
        raise Fault(
            f"the expression is {len(text):,} characters long, {MAX_LENGTH:,} is the limit",
            "put long lists of terms into a vocabulary",
            0,
            1,
        )
    parser = _Parser(text, tokens(text))
    node = parser.either()
    left = parser.token
    if left.kind == ")":
        raise Fault("nothing is open that this ) closes", "remove it, or add the ( it belongs to", left.start, left.end)
    if left.kind != "end":
        raise Fault(f"«{left.text}» does not belong here", "remove it", left.start, left.end)
    return node


class _Parser:
    def __init__(self, text: str, found: list[Token]) -> None:
        self.text = text
        self.tokens = found
        self.index = 0
        self.depth = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.index]

    def take(self) -> Token:
        token = self.tokens[self.index]
        self.index += 1
        return token

    def deeper(self, parse_inner: Callable[[], tree.Node], token: Token) -> tree.Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise Fault(
                f"more than {MAX_DEPTH} levels of nesting",
                "give the inner parts names as rules of their own (rule:name)",
                token.start,
                token.end,
            )
        node = parse_inner()
        self.depth -= 1
        return node

    def either(self) -> tree.Node:
        children = [self.both()]
        while self.token.kind == "OR":
            self.take()
            children.append(self.both())
        return children[0] if len(children) == 1 else tree.Or(children[0].start, children[-1].end, tuple(children))

    def both(self) -> tree.Node:
        children = [self.near()]
        while self.token.kind not in ("OR", ")", "end"):
            if self.token.kind == "AND":
                self.take()
            children.append(self.near())
        return children[0] if len(children) == 1 else tree.And(children[0].start, children[-1].end, tuple(children))

    def near(self) -> tree.Node:
        node = self.unary()
        chained = 0
        while self.token.kind == "NEAR":
            operator = self.take()
            chained += 1
            if chained > MAX_CHAINED:
                hint = "split it with AND"
                raise Fault(f"more than {MAX_CHAINED} NEAR in a row", hint, operator.start, operator.end)
            right = self.unary()
            for side in (node, right):
                _refuse_inside_near(side)
            node = tree.Near(node.start, right.end, node, right, operator.number, operator.text.startswith("O"))
        return node

    def unary(self) -> tree.Node:
        token = self.token
        if token.kind == "NOT":
            self.take()
            child = self.deeper(self.unary, token)
            return tree.Not(token.start, child.end, child)
        return self.primary()

    def primary(self) -> tree.Node:
        token = self.take()
        if token.kind == "(":
            return self.group(token)
        if token.kind == "SENTENCE":
            opening = self.take()
            if opening.kind != "(":
                raise Fault("SENTENCE needs parentheses", "write SENTENCE(a AND b)", token.start, token.end)
            child = self.group(opening)
            return tree.Sentence(token.start, self.tokens[self.index - 1].end, child)
        if token.kind == "field":
            operand = self.deeper(self.operand, token)
            return tree.Field(token.start, operand.end, token.text, token.end - 1, operand)
        if token.node is not None:
            return token.node
        raise self.missing(token)

    def operand(self) -> tree.Node:
        before = self.tokens[self.index - 1]
        if self.token.kind in OPERATORS - {"SENTENCE"} or self.token.kind in (")", "end"):
            raise Fault(
                f"{before.text}: has nothing to look for", f"write {before.text}:something", before.start, before.end
            )
        return self.primary()

    def group(self, opening: Token) -> tree.Node:
        if self.token.kind == ")":
            raise Fault("nothing stands in these parentheses", "remove them", opening.start, self.token.end)
        node = self.deeper(self.either, opening)
        if self.token.kind != ")":
            raise Fault("this ( is never closed", "add a )", opening.start, opening.end)
        self.take()
        return node

    def missing(self, token: Token) -> Fault:
        """The fault for a place where a term should stand and `token` does."""
        before = self.tokens[self.index - 2] if self.index > 1 else None
        if token.kind == "end" and before is None:
            return Fault("the expression is empty", "write at least one term", 0, 1)
        if before is not None and before.kind in OPERATORS:
            return Fault(f"nothing follows {before.text}", "add a term, or remove it", before.start, before.end)
        if token.kind in OPERATORS:
            hint = "write something before it, or quote it if the word is meant"
            return Fault(f"nothing stands before {token.text}", hint, token.start, token.end)
        if token.kind == ")":
            return Fault("nothing is open that this ) closes", "remove it", token.start, token.end)
        return Fault("a term is missing here", "add one", token.start, token.end)


def _refuse_inside_near(node: tree.Node) -> None:
    """NEAR measures between places in text, so what has none can not stand in it."""
    if isinstance(node, tree.And):
        hint = "write (a NEAR/5 b) AND (a NEAR/5 c)"
        raise Fault("AND can not stand inside NEAR", hint, node.start, node.end)
    if isinstance(node, tree.Not):
        raise Fault("NOT can not stand inside NEAR", "write NOT (a NEAR/5 b)", node.start, node.end)
    if isinstance(node, tree.Sentence):
        hint = "write SENTENCE(a NEAR/5 b)"
        raise Fault("SENTENCE can not stand inside NEAR", hint, node.start, node.end)
    if isinstance(node, tree.Or):
        for child in node.children:
            _refuse_inside_near(child)
    if isinstance(node, tree.Field):
        _refuse_inside_near(node.operand)
