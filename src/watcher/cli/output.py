"""Tables for people, plain lines for pipes, JSON for programs; exit codes."""

from __future__ import annotations

import json
import shutil
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import click

from watcher.errors import ConfigError, Problem, WatcherError
from watcher.telemetry import ago

DONE, PROBLEMS, USAGE = 0, 1, 2

__all__ = [
    "DONE",
    "PROBLEMS",
    "USAGE",
    "ago",
    "cut",
    "emit_json",
    "emit_line",
    "fail",
    "show_problems",
    "table",
    "width",
]


def emit_json(value: Any) -> None:
    """One JSON document on standard output."""
    click.echo(_encodable(json.dumps(value, ensure_ascii=False, indent=2, default=str)))


def emit_line(value: Mapping[str, Any]) -> None:
    """One JSON line on standard output."""
    click.echo(_encodable(json.dumps(value, ensure_ascii=False, separators=(", ", ": "), default=str)))


def _encodable(text: str) -> str:
    """Text with halves of surrogate pairs, which JSON can hold and UTF-8 can not, replaced."""
    return text.encode("utf-8", "replace").decode()


def width(text: str) -> int:
    """Columns that `text` takes on a terminal: East Asian wide characters take two, marks none."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def cut(text: str, columns: int) -> str:
    """`text` shortened to `columns`, with an ellipsis."""
    if width(text) <= columns:
        return text
    taken, used = [], 0
    for char in text:
        used += width(char)
        if used > columns - 1:
            break
        taken.append(char)
    return "".join(taken) + "…"


def table(headings: Sequence[str], rows: Iterable[Sequence[Any]], *, flexible: int = -1) -> None:
    """Print a table that fits the terminal; the column `flexible` gives way. To a pipe: tab-separated, uncut."""
    cells = [[_cell(value) for value in row] for row in rows]
    if not sys.stdout.isatty():
        for line in cells:
            click.echo("\t".join(line))
        return
    if not cells:
        click.secho("nothing", dim=True)
        return
    flexible %= len(headings)
    widths = [max(width(heading), *(width(line[i]) for line in cells)) for i, heading in enumerate(headings)]
    room = shutil.get_terminal_size().columns - sum(widths) - 2 * (len(widths) - 1)
    widths[flexible] = max(10, widths[flexible] + min(0, room))
    click.secho("  ".join(_pad(heading, widths[i]) for i, heading in enumerate(headings)).rstrip(), bold=True)
    for line in cells:
        click.echo("  ".join(_pad(cut(cell, widths[i]), widths[i]) for i, cell in enumerate(line)).rstrip())


def _pad(text: str, columns: int) -> str:
    return text + " " * max(0, columns - width(text))


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone().strftime("%Y-%m-%d %H:%M")
    text = ", ".join(map(str, value)) if isinstance(value, (list, tuple, set, frozenset)) else str(value)
    return " ".join("".join(c if c.isprintable() or c in "\t\n" else "\N{REPLACEMENT CHARACTER}" for c in text).split())


def problem_line(problem: Problem) -> str:
    """A problem in colour: place, message, hint."""
    place = f"{problem.file}:{problem.line}:{problem.column}:"
    colours = {"warning": "yellow", "note": "cyan"}
    kind = click.style(f"{problem.severity}: ", fg=colours.get(problem.severity, "red"))
    hint = click.style(f"\n    {problem.hint}", dim=True) if problem.hint else ""
    return f"{click.style(place, bold=True)} {kind}{problem.message}{hint}"


def show_problems(problems: Iterable[Problem]) -> None:
    """Problems to stderr: in colour on a terminal, a line each elsewhere."""
    for problem in problems:
        click.echo(problem_line(problem) if sys.stderr.isatty() else str(problem), err=True)


def fail(error: WatcherError) -> None:
    """Say what went wrong and end with exit code 1."""
    if isinstance(error, ConfigError):
        show_problems(error.problems)
    else:
        click.echo(f"watcher: {error}", err=True)
    sys.exit(PROBLEMS)
