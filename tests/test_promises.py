"""The table of promises names tests that exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

TESTS = Path(__file__).parent


def test_every_promise_is_shown_by_a_test_that_exists() -> None:
    text = (TESTS.parent / "docs" / "architecture.md").read_text("utf-8")
    named = re.findall(r"`((?:soak/)?test_\w+\.py)(?:::(test_\w+))?`", text)
    assert len(named) > 30
    missing = [f"{file}::{name}" for file, name in named if name not in {"", *_functions(TESTS / file)}]
    assert missing == []


def _functions(file: Path) -> set[str]:
    tree = ast.parse(file.read_text("utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
