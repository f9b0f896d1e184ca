"""The syntax tree of an expression; what `syntax` builds and `build` turns into conditions.

`start` and `end` of a node count characters of the expression.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WordText:
    """One word of a term as written, without its mark. `mode`: whole, prefix (`word*`), forms (`word~`)."""

    text: str
    mode: str = "whole"


@dataclass(frozen=True, slots=True)
class Node:
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Term(Node):
    """A word or phrase. `exact`: case as written (`=AI`). `raw` is what stood between quotes, for field values."""

    words: tuple[WordText, ...]
    exact: bool
    raw: str


@dataclass(frozen=True, slots=True)
class Regex(Node):
    """`/pattern/`; `exact` (`=/pattern/`) minds the case."""

    pattern: str
    exact: bool


@dataclass(frozen=True, slots=True)
class Vocabulary(Node):
    """`@name`."""

    name: str


@dataclass(frozen=True, slots=True)
class Field(Node):
    """`name:operand`: a part of the item to look in, or a fact, whichever `name` is. `name_end` is the end of the name."""

    name: str
    name_end: int
    operand: Node


@dataclass(frozen=True, slots=True)
class Comparison(Node):
    """`amount>=1bn USD`: `operand` as written, read by the condition that `name` names."""

    name: str
    operator: str
    operand: str
    operand_start: int


@dataclass(frozen=True, slots=True)
class Near(Node):
    """`left NEAR/n right`, or ONEAR/n when `ordered`."""

    left: Node
    right: Node
    distance: int
    ordered: bool


@dataclass(frozen=True, slots=True)
class And(Node):
    children: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or(Node):
    children: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not(Node):
    child: Node


@dataclass(frozen=True, slots=True)
class Sentence(Node):
    child: Node


def below(node: Node) -> tuple[Node, ...]:
    """The nodes that it is made of, in the order written."""
    match node:
        case And() | Or():
            return node.children
        case Not() | Sentence():
            return (node.child,)
        case Near():
            return node.left, node.right
        case Field():
            return (node.operand,)
    return ()


def walk(node: Node) -> Iterator[Node]:
    """The node and all below it."""
    waiting = [node]
    while waiting:
        current = waiting.pop()
        yield current
        waiting.extend(below(current))
