"""`${NAME}`, `${file:PATH}` and `${credential:NAME}` in configuration values.

Read after parsing, so that a value can never become structure. Every value read is remembered, for
the scrubber that keeps it out of logs. `$${` stands for a literal `${`.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from watcher.config.tree import Node
from watcher.errors import Problem

_REFERENCE = re.compile(r"\$\$\{|\$\{(?:(?P<kind>[a-z]+):)?(?P<name>[^}:]+)(?::-(?P<default>[^}]*))?\}")

NOT_INTERPOLATED = frozenset({"rules", "vocabularies", "template"})
"""Keys below which `${…}` is left alone: templates have their own placeholders."""


@dataclass(slots=True)
class References:
    """Resolves references relative to `base`, collecting problems and the secrets that were read."""

    file: str
    base: Path
    environ: Mapping[str, str]
    problems: list[Problem] = field(default_factory=list)
    secrets: set[str] = field(default_factory=set)

    def resolve(self, node: Node) -> Node:
        """The same tree with every reference replaced."""
        value = node.value
        if isinstance(value, dict):
            kept = {k: (n if k in NOT_INTERPOLATED else self.resolve(n)) for k, n in value.items()}
            return Node(kept, node.line, node.column, node.key)
        if isinstance(value, list):
            return Node([self.resolve(child) for child in value], node.line, node.column, node.key)
        if isinstance(value, str) and "${" in value:
            text = _REFERENCE.sub(lambda match: self._read(match, node), value)
            written = "" if text == value.replace("$${", "${") else value
            return Node(text, node.line, node.column, node.key, written=written)
        return node

    def _read(self, match: re.Match[str], node: Node) -> str:
        if match[0] == "$${":
            return "${"
        kind, name, default = match["kind"], match["name"], match["default"]
        found: str | None
        if kind is None:
            found = self.environ.get(name, default)
            missing = f"the environment variable {name} is not set"
        elif kind == "file":
            found, missing = self._file(Path(self.base, name).expanduser(), node)
        elif kind == "credential":
            folder = self.environ.get("CREDENTIALS_DIRECTORY", "")
            if folder:
                found, missing = self._file(Path(folder, name), node)
            else:
                found, missing = None, f"no credential {name}: CREDENTIALS_DIRECTORY is not set"
        else:
            found, missing = None, f"'{kind}:' is no kind of reference"
        if found is None:
            hint = "set it, or use ${file:PATH} or ${credential:NAME}; write $${ for a literal ${"
            self.problems.append(Problem(self.file, node.line, node.column, missing, hint))
            return ""
        if found:
            self.secrets.add(found)
        return found

    def _file(self, path: Path, node: Node) -> tuple[str | None, str]:
        try:
            mode = path.stat().st_mode
            text = path.read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            return None, f"can not read {path}: {getattr(error, 'strerror', None) or 'not UTF-8 text'}"
        if mode & stat.S_IROTH and not str(path).startswith("/run/credentials/"):
            self.problems.append(
                Problem(
                    self.file,
                    node.line,
                    node.column,
                    f"{path} holds a secret and every user can read it",
                    f"chmod 600 {path}",
                    "warning",
                )
            )
        return text, ""


def environment() -> Mapping[str, str]:
    """The process's environment, as `References` wants it."""
    return os.environ
