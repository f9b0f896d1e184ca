"""YAML text → a tree of nodes that know where they stand.

Every scalar stays text (`NO`, `12:30`, `010` and `1.10` mean what they say); the schema converts.
Aliases, anchors, tags, duplicate keys and deep nesting are refused while the events stream by, so
that no bomb is ever built: 406 bytes of merge keys cost other loaders 4.6 s.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from watcher.errors import ConfigError, Problem

MAX_FILE_BYTES = 5_000_000
MAX_DEPTH = 20

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(slots=True)
class Node:
    """A YAML value: str, None, dict of Nodes or list of Nodes, at `line` and `column` (from 1). Not changed once built.

    Not frozen: that would double the time of the hundred thousand that a large configuration has.

    `key` is where its key stands, (0, 0) for what has none. `is_bare` tells of text without quotes around it,
    `has_bare_key` the same of its key.
    """

    value: Any
    line: int
    column: int
    key: tuple[int, int] = (0, 0)
    is_bare: bool = False
    has_bare_key: bool = False
    written: str = ""
    """The text before references in it were replaced; '' where it held none."""

    def plain(self) -> Any:
        """The value with all nodes unwrapped; a key that nothing follows is left out."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items() if node.value is not None}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value

    def walk(self, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Node]]:
        """The node and all below it, each with its path, in the order written."""
        yield path, self
        inner: Any = self.value.items() if isinstance(self.value, dict) else ()
        if isinstance(self.value, list):
            inner = enumerate(self.value)
        for step, node in inner:
            yield from node.walk((*path, step))

    def at(self, path: tuple[str | int, ...]) -> Node:
        """The node at `path`, or the deepest one above it that exists."""
        node = self
        for step in path:
            child = _child(node.value, step)
            if child is None:
                break
            node = child
        return node


def _child(value: Any, step: str | int) -> Node | None:
    if isinstance(value, list):
        return value[step] if isinstance(step, int) and step < len(value) else None
    return value.get(step) if isinstance(value, dict) else None


class _Refused(Exception):
    def __init__(self, mark: Any, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.mark, self.message, self.hint = mark, message, hint


def read_tree(text: str, file: str) -> Node:
    """Parse one YAML document. Raises ConfigError with the place of what is refused."""
    if len(text.encode("utf-8", "surrogatepass")) > MAX_FILE_BYTES:
        raise ConfigError([Problem(file, 1, 1, "the file is larger than 5 MB", "split it and include the parts")])
    try:
        return _build(yaml.parse(text, Loader=_Loader))
    except _Refused as refusal:
        raise ConfigError([_problem(file, refusal.mark, refusal.message, refusal.hint)]) from refusal
    except yaml.MarkedYAMLError as error:
        message = " ".join(part for part in (error.context, error.problem) if part)
        raise ConfigError(
            [_problem(file, error.problem_mark, f"not valid YAML: {message}", _yaml_hint(text, error))]
        ) from error
    except yaml.YAMLError as error:
        raise ConfigError([Problem(file, 1, 1, f"not valid YAML: {error}", "save it as UTF-8 text")]) from error


def _problem(file: str, mark: Any, message: str, hint: str) -> Problem:
    return Problem(file, mark.line + 1 if mark else 1, mark.column + 1 if mark else 1, message, hint)


def _yaml_hint(text: str, error: yaml.MarkedYAMLError) -> str:
    mark = error.problem_mark
    lines = text.splitlines()
    line = lines[mark.line] if mark and mark.line < len(lines) else ""
    if "\t" in line:
        return "indent with spaces, not tabs"
    if "nesting depth" in str(error.problem):
        return "flatten it"
    if "escape character" in str(error.problem):
        return "between double quotes a backslash begins an escape: write single quotes"
    if "mapping values" in str(error.problem):
        return "put the value in quotes: it holds a colon with a space behind it"
    if any(start in line for start in (": @", "- @", ": *", ": %", ": `", ": !", "- !")):
        return "put the expression in quotes: a plain YAML value can not begin with that sign"
    return "check the quotes and the indentation"


_QUOTES = "; put it in quotes if the sign is meant"


@dataclass(slots=True)
class _Open:
    """A collection whose end has not come yet."""

    value: Any
    key: Node | None = None


def _build(events: Iterator[yaml.Event]) -> Node:
    stack: list[_Open] = []
    root: Node | None = None
    for event in events:
        kind = type(event)
        if kind in _ENDS:
            stack.pop()
            continue
        if kind not in _BEGINNINGS:
            _refuse(event, root)
            continue
        node = _node(event)
        if stack:
            _put(stack[-1], node, event)
        else:
            root = node
        if kind is not yaml.ScalarEvent:
            if len(stack) >= MAX_DEPTH:
                raise _Refused(event.start_mark, f"nested deeper than {MAX_DEPTH} levels", "flatten it")
            stack.append(_Open(node.value))
    return root if root is not None else Node({}, 1, 1)


_ENDS = (yaml.MappingEndEvent, yaml.SequenceEndEvent)
_BEGINNINGS = (yaml.ScalarEvent, yaml.MappingStartEvent, yaml.SequenceStartEvent)


def _refuse(event: yaml.Event, root: Node | None) -> None:
    """Refuse what neither begins nor ends a value and may not stand here."""
    if isinstance(event, yaml.AliasEvent):
        raise _Refused(event.start_mark, f"the alias *{event.anchor} is not allowed", f"write the value out{_QUOTES}")
    if isinstance(event, yaml.DocumentStartEvent) and root is not None:
        raise _Refused(event.start_mark, "a second document begins here", "keep one YAML document in a file")


def _node(event: Any) -> Node:
    mark: Any = event.start_mark  # the C parser has a Mark of its own
    if event.anchor is not None:
        raise _Refused(
            mark, f"the anchor &{event.anchor} is not allowed", f"write the value out where it is needed{_QUOTES}"
        )
    if event.tag is not None and event.tag != "!":
        raise _Refused(
            mark, f"the tag {event.tag} is not allowed", f"leave it out: all values are read as text{_QUOTES}"
        )
    line, column = mark.line + 1, mark.column + 1
    kind = type(event)
    if kind is not yaml.ScalarEvent:
        return Node([] if kind is yaml.SequenceStartEvent else {}, line, column)
    is_bare = event.implicit[0]  # the C parser gives a style of '' where the other gives None
    is_null = is_bare and event.value in ("", "~", "null")
    return Node(None if is_null else event.value, line, column, is_bare=is_bare)


def _put(parent: _Open, node: Node, event: yaml.Event) -> None:
    value, key = parent.value, parent.key
    if type(value) is list:
        value.append(node)
        return
    if key is None:
        if not isinstance(node.value, str):
            raise _Refused(event.start_mark, "a key must be text", "put it in quotes")
        if node.value == "<<" and node.is_bare:
            raise _Refused(event.start_mark, "the merge key << is not allowed", "write the keys out")
        if node.value in value:
            first = value[node.value]
            raise _Refused(
                event.start_mark, f"the key '{node.value}' stands twice", f"first on line {first.line}: keep one"
            )
        parent.key = node
        return
    node.key, node.has_bare_key = (key.line, key.column), key.is_bare
    value[key.value] = node
    parent.key = None
