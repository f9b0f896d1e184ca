"""Files → Settings, with every problem as `file:line:column: message` before anything is used."""

from __future__ import annotations

import difflib
import glob
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path

from watcher import packs
from watcher.config.convert import NOBODY, Part, Placed, channel, feed, feed_problems, joined, rule, vocabulary
from watcher.config.schema import MainModel, PartModel
from watcher.config.secrets import References, environment
from watcher.config.settings import Channel, Settings
from watcher.config.tree import Node, read_tree
from watcher.config.validate import notes, validated
from watcher.errors import ConfigError, Problem, RuleError, in_file
from watcher.location import DATABASE, beside, database_fault, passwords_of
from watcher.model import Feed
from watcher.rules import RuleSpec, VocabularySpec, collector_resting, compile_rules


@dataclass(slots=True)
class _Loading:
    """What has been read so far."""

    environ: Mapping[str, str]
    problems: list[Problem] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)
    secrets: set[str] = field(default_factory=set)
    files: list[Path] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    is_whole: bool = True
    """Could every file be read, so that what no file names does not exist?"""


def load(path: Path, environ: Mapping[str, str] | None = None) -> Settings:
    """Read `path` and all that it includes. Raises ConfigError with every problem found."""
    with collector_resting():
        return _load(path, environ)


def _load(path: Path, environ: Mapping[str, str] | None) -> Settings:
    loading = _Loading(environment() if environ is None else environ)
    main = _read(path.read_text("utf-8", "replace"), str(path), path.parent, MainModel, loading)
    if main is not None:
        assert isinstance(main.model, MainModel)
        for index, pattern in enumerate(main.model.include):
            _include(pattern, path, main.node.at(("include", index)), loading)
    if main is None:
        raise ConfigError(loading.problems)
    return _assemble(path, main, loading)


def database_of(path: Path, environ: Mapping[str, str] | None = None) -> str:
    """Where the store is, by the main file alone and whatever else is wrong with it. Raises ConfigError."""
    tree = read_tree(path.read_text("utf-8", "replace"), str(path))
    references = References(str(path), path.parent, environment() if environ is None else environ)
    found = references.resolve(replace(tree, value={"database": tree.at(("database",))})).at(("database",))
    written = found.value if isinstance(found.value, str) else DATABASE
    if errors := [problem for problem in references.problems if problem.severity == "error"]:
        raise ConfigError(errors)
    return beside(path, written)


def pack_rules(name: str) -> tuple[tuple[RuleSpec, ...], tuple[VocabularySpec, ...]]:
    """Rules and vocabularies of a pack alone, for use without any configuration."""
    loading = _Loading({})
    for file, text in packs.pack_files(name):
        _read(text, file, Path(), PartModel, loading)
    if loading.problems:
        raise ConfigError(loading.problems)
    rules = [rule(part, index) for part in loading.parts for index in range(len(part.model.rules or ()))]
    terms = [vocabulary(part, key) for part in loading.parts for key in part.model.vocabularies or ()]
    return tuple(found.value for found in rules), joined(terms)


def _include(pattern: str, main: Path, node: Node, loading: _Loading) -> None:
    if pattern.startswith("pack:"):
        try:
            files = packs.pack_files(pattern.removeprefix("pack:"))
        except KeyError:
            hint = "there is " + ", ".join(f"pack:{name}" for name in packs.names())
            loading.problems.append(
                Problem(str(main), node.line, node.column, f"no pack of the name '{pattern}'", hint)
            )
            return
        for name, text in files:
            _read(text, name, main.parent, PartModel, loading)
        return
    found = sorted(glob.glob(str(main.parent / pattern), recursive=True))
    if not found and not glob.has_magic(pattern):
        loading.problems.append(
            Problem(str(main), node.line, node.column, f"no file {pattern}", "paths are relative to this file")
        )
    for name in found:
        _read(Path(name).read_text("utf-8", "replace"), name, Path(name).parent, PartModel, loading)


def _read(text: str, file: str, base: Path, model: type[PartModel], loading: _Loading) -> Part | None:
    """Validate one file; its problems are kept, not raised."""
    if not file.startswith("pack:"):
        loading.files.append(Path(file))
    try:
        tree = read_tree(text, file)
    except ConfigError as error:
        loading.problems += error.problems
        loading.is_whole = False
        return None
    if not isinstance(tree.value, dict):
        loading.problems.append(Problem(file, tree.line, tree.column, "expected keys such as `feeds:` or `rules:`"))
        loading.is_whole = False
        return None
    references = References(file, base, loading.environ)
    if "${" in text:
        tree = references.resolve(tree)
    loading.problems += references.problems
    loading.secrets |= references.secrets
    part, problems = validated(file, tree, model)
    loading.problems += problems
    if part is not None:
        loading.parts.append(part)
        if not file.startswith("pack:"):
            loading.notes += notes(part, model)
    loading.is_whole &= part is not None
    return part


def _assemble(path: Path, main: Part, loading: _Loading) -> Settings:
    model = main.model
    assert isinstance(model, MainModel)
    feeds = [feed(part, index) for part in loading.parts for index in range(len(part.model.feeds or ()))]
    rules = [rule(part, index) for part in loading.parts for index in range(len(part.model.rules or ()))]
    terms = [vocabulary(part, name) for part in loading.parts for name in part.model.vocabularies or ()]
    channels = [
        channel(part, index, loading.problems)
        for part in loading.parts
        for index in range(len(part.model.channels or ()))
    ]
    for kind, named in (("feed", feeds), ("rule", rules), ("channel", channels)):
        _refuse_twins(kind, named, loading.problems)
    loading.problems += [problem for found in feeds for problem in feed_problems(found)]
    wanting = next((found for found in feeds if found.value[0].full_text), None)
    if wanting is not None and find_spec("trafilatura") is None:
        what = "full_text needs the extra `fulltext`, without which no page is read"
        hint = "pip install 'watcher[fulltext]'"
        loading.problems.append(Problem(wanting.file, wanting.line, wanting.column, what, hint, "warning"))
    _check_channels(rules, channels, loading.problems)
    if fault := database_fault(model.database):
        where = main.where("database")
        loading.problems.append(Problem(where.file, where.line, where.column, *fault.split("; ", 1)))
    _check_scopes(rules, [found.value[0] for found in feeds], loading.notes)
    if any(problem.severity == "error" for problem in loading.problems):
        found = _rule_problems(rules, terms) if loading.is_whole else []
        raise ConfigError(sorted([*loading.problems, *loading.notes, *found], key=in_file))
    return Settings(
        file=path,
        database=beside(path, model.database),
        polling=model.polling,
        feeds=tuple(found.value[0] for found in feeds),
        requests={found.value[0].url: found.value[1] for found in feeds if found.value[1] is not None},
        rules=tuple(found.value for found in rules),
        vocabularies=joined(terms),
        channels=tuple(found.value for found in channels),
        web=model.web,
        health=model.health,
        keep=model.keep,
        log=model.log,
        secrets=frozenset(loading.secrets) | _secret_urls(channels) | passwords_of(model.database),
        warnings=tuple(loading.problems),
        notes=tuple(loading.notes),
        files=tuple(loading.files),
    )


def _rule_problems(rules: list[Placed], terms: list[Placed]) -> list[Problem]:
    """What is wrong with the rules besides, so that a person need not mend one thing to hear of the next."""
    once = {found.name: found.value for found in reversed(rules)}
    try:
        compile_rules(reversed(once.values()), joined(terms))
    except RuleError as error:
        return error.problems
    return []


def _check_channels(rules: list[Placed], channels: list[Placed], problems: list[Problem]) -> None:
    """Every channel that a rule or an escalation names must exist."""
    known = {found.name for found in channels}
    asked = [
        (found, name, f"rule '{found.name}' notifies")
        for found in rules
        for name in found.value.notify
        if name != NOBODY
    ]
    asked += [
        (found, found.value.policy.escalate_to, f"channel '{found.name}' escalates to")
        for found in channels
        if found.value.policy.escalate_to
    ]
    problems += [
        Problem(found.file, found.line, found.column, f"channel '{name}' escalates to itself", "name a second channel")
        for found, name, _ in asked
        if name == found.name and isinstance(found.value, Channel)
    ]
    for found, name, what in asked:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean '{near[0]}'?" if near else "channels: " + (", ".join(sorted(known)) or "none")
            problems.append(
                Problem(found.file, found.line, found.column, f"{what} '{name}', which is no channel", hint)
            )


def _check_scopes(rules: list[Placed], feeds: list[Feed], notes: list[Problem]) -> None:
    """A rule that looks only at feeds or tags that no feed has is never asked. Without feeds nothing can be said."""
    known = {
        "feeds": {name.casefold() for feed in feeds for name in (feed.name, feed.url)},
        "tags": {tag.casefold() for feed in feeds for tag in feed.tags},
    }
    for found in rules if feeds else ():
        for key, names in known.items():
            for name in getattr(found.value, key):
                if name.casefold() not in names:
                    near = difflib.get_close_matches(name.casefold(), sorted(names - {""}), n=1)
                    where = found.value.places[key]
                    said = f"rule '{found.name}': {key}: no feed has «{name}»"
                    hint = f"did you mean '{near[0]}'?" if near else ""
                    notes.append(Problem(where.file, where.line, where.column, said, hint, "warning"))


def _secret_urls(channels: list[Placed]) -> frozenset[str]:
    return frozenset(found.value.url for found in channels if not found.value.url.startswith("console:"))


def _refuse_twins(kind: str, named: list[Placed], problems: list[Problem]) -> None:
    first: dict[str, Placed] = {}
    for found in named:
        twin = first.setdefault(found.name, found)
        if twin is not found:
            hint = f"first at {twin.file}:{twin.line}; keep one"
            problems.append(
                Problem(found.file, found.line, found.column, f"the {kind} '{found.name}' stands twice", hint)
            )
