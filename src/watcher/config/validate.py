"""A tree of YAML → a validated model, with each fault at its place; what is sound beside a fault is kept."""

from __future__ import annotations

import difflib
import types
import typing
from dataclasses import replace
from typing import Any

from pydantic import BaseModel, ValidationError

from watcher.config.convert import Part
from watcher.config.schema import PartModel
from watcher.config.tree import Node
from watcher.errors import Problem

_ASKED = frozenset({"name", "match", "any", "all", "none", "score"})
_STAND_INS: dict[str, Any] = {"rules": {"match": "x"}, "vocabularies": ["x"]}
"""What takes the place of a faulty rule or vocabulary, so that what refers to it is not faulted too."""

_EXPECTED = {
    "string_type": "expected text", "list_type": "expected a list", "dict_type": "expected keys with values",
    "model_type": "expected keys with values", "float_parsing": "expected a number", "float_type": "expected a number",
    "int_parsing": "expected a whole number", "int_type": "expected a whole number",
    "bool_parsing": "expected true or false", "bool_type": "expected true or false",
}  # fmt: skip
"""What pydantic says, in the words of the file."""


def validated(file: str, tree: Node, model: type[PartModel]) -> tuple[Part | None, list[Problem]]:
    """The file with what is sound of it, and what is wrong with the rest. None when nothing of it can be used."""
    problems: list[Problem] = []
    sound = tree
    for mend in (_without_keys, _without_entries, _without_entries):
        try:
            return Part(file, sound, model.model_validate(sound.plain())), problems
        except ValidationError as error:
            details = error.errors(include_url=False)
        problems = problems or [_as_problem(file, tree, model, detail) for detail in details]
        sound = mend(sound, {tuple(detail["loc"]) for detail in details})
    return None, problems


def _without_keys(tree: Node, faulty: set[tuple[Any, ...]]) -> Node:
    """The tree without the keys of rules that are wrong or unknown; but what a rule asks for is not lightly left out."""
    rules = tree.value.get("rules")
    if rules is None or not isinstance(rules.value, list):
        return tree
    entries = list(rules.value)
    for section, at, key in {path[:3] for path in faulty if len(path) > 2}:
        if section == "rules" and key not in _ASKED and isinstance(entries[at].value, dict):
            kept = {name: node for name, node in entries[at].value.items() if name != key}
            entries[at] = replace(entries[at], value=kept)
    return replace(tree, value={**tree.value, "rules": replace(rules, value=entries)})


def _without_entries(tree: Node, faulty: set[tuple[Any, ...]]) -> Node:
    """The tree without these sections or entries of sections, and stand-ins for named ones."""
    sections = dict(tree.value)
    for section in {path[0] for path in faulty} & sections.keys():
        node = sections[section]
        broken = {path[1] for path in faulty if path[0] == section and len(path) > 1}
        if isinstance(node.value, list) and broken:
            kept = [_stand_in(section, entry) if at in broken else entry for at, entry in enumerate(node.value)]
            sections[section] = replace(node, value=[entry for entry in kept if entry is not None])
        elif isinstance(node.value, dict) and section in _STAND_INS and broken:
            kept_by = {
                key: _node_of(_STAND_INS[section], at) if key in broken else at for key, at in node.value.items()
            }
            sections[section] = replace(node, value=kept_by)
        else:
            del sections[section]
    return replace(tree, value=sections)


def _stand_in(section: str, entry: Node) -> Node | None:
    name = entry.value.get("name") if isinstance(entry.value, dict) else None
    if section not in _STAND_INS or name is None or not isinstance(name.value, str):
        return None
    return _node_of({**_STAND_INS[section], "name": name.value}, entry)


def _node_of(value: Any, place: Node) -> Node:
    if isinstance(value, dict):
        value = {key: _node_of(inner, place) for key, inner in value.items()}
    elif isinstance(value, list):
        value = [_node_of(inner, place) for inner in value]
    return replace(place, value=value)


def _as_problem(file: str, tree: Node, model: type[BaseModel], detail: Any) -> Problem:
    path = tuple(step for step in detail["loc"] if step != "[key]")
    node = tree.at(path)
    where = ".".join(_shown(tree, path))
    message, hint = _EXPECTED.get(detail["type"], str(detail["msg"]).removeprefix("Value error, ")), ""
    if detail["type"] == "string_type" and detail["input"] is None:
        hint = "nothing stands here; put it in quotes if the word is meant"
    if detail["type"] == "extra_forbidden":
        keys = _keys_at(model, path[:-1])
        message = f"unknown key '{path[-1]}'"
        near = difflib.get_close_matches(str(path[-1]), keys, n=1)
        hint = f"did you mean '{near[0]}'?" if near else "known here: " + ", ".join(sorted(keys))
        return Problem(file, *node.key, message, hint)
    if detail["type"] == "missing":
        return Problem(file, node.line, node.column, f"{where}: '{path[-1]}' is missing")
    if detail["type"] == "literal_error":
        near = difflib.get_close_matches(
            str(detail["input"]),
            [w.strip(" '") for w in detail["ctx"]["expected"].replace(" or ", ",").split(",")],
            n=1,
        )
        hint = f"did you mean '{near[0]}'?" if near else ""
    return Problem(file, node.line, node.column, f"{where}: {message}", hint)


def _shown(tree: Node, path: tuple[Any, ...]) -> list[str]:
    """The path in words: an entry of a list by its name, where it has one."""
    steps = []
    for length, step in enumerate(path, 1):
        value = tree.at(path[:length]).value
        name = value.get("name") if isinstance(step, int) and isinstance(value, dict) else None
        steps.append(name.value if name is not None and isinstance(name.value, str) else str(step))
    return steps


def _keys_at(model: type[BaseModel], path: tuple[Any, ...]) -> list[str]:
    """Names of the fields that may stand at `path` of a document of `model`."""
    here = _type_at(model, path)
    return list(here.model_fields) if isinstance(here, type) and issubclass(here, BaseModel) else []


def _type_at(model: type[BaseModel], path: tuple[Any, ...]) -> Any:
    """What may stand at `path` of a document of `model`; None for what is not known there."""
    here: Any = model
    for step in path:
        if isinstance(here, type) and issubclass(here, BaseModel):
            info = here.model_fields.get(str(step))
            here = info.annotation if info is not None else None
        elif typing.get_origin(here) in (list, dict):
            here = typing.get_args(here)[-1]
        else:
            return None
        here = _bare_type(here)
    return here


def _bare_type(annotation: Any) -> Any:
    """What Optional[…] and Annotated[…] are about."""
    origin, args = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return _bare_type(args[0])
    if origin in (typing.Union, types.UnionType):
        return _bare_type(next(arg for arg in args if arg is not type(None)))
    return annotation


_BOOLEANS = {
    **dict.fromkeys(("y", "yes", "on", "true"), "true"),
    **dict.fromkeys(("n", "no", "off", "false"), "false"),
}


def notes(part: Part, model: type[PartModel]) -> list[Problem]:
    """A note for each word that older YAML takes for true or false (NO, on, yes) and that is text here: once a place."""
    found = []
    for path, node in part.node.walk():
        key = str(path[-1]) if path else ""
        if node.has_bare_key and key.lower() in _BOOLEANS and key not in _keys_at(model, path[:-1]):
            found.append(_note(part.file, *node.key, key))
        looks_so = node.is_bare and isinstance(node.value, str) and node.value.lower() in _BOOLEANS
        if looks_so and _type_at(model, path) is not bool:
            found.append(_note(part.file, node.line, node.column, node.value))
    return found


def _note(file: str, line: int, column: int, text: str) -> Problem:
    message = f"{text} is read as the text «{text}», not as {_BOOLEANS[text.lower()]}"
    return Problem(file, line, column, message, "right if that is meant; in quotes it says so", "note")
