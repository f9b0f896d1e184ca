"""`watcher scan`: the rules over items from files or standard input."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import Any

import click

from watcher.cli.access import rulebook_of
from watcher.cli.main import App
from watcher.cli.output import PROBLEMS, emit_line
from watcher.errors import ParseError
from watcher.feeds.parsed import ParsedFeed
from watcher.model import Document
from watcher.replay import Scan, read_lines

IN_MEMORY = 32_000_000
"""Characters of output that wait in memory for the end of the input."""


@click.command()
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
@click.option("--live", is_flag=True, help="Write each line at once, with its story as known by then.")
@click.option("--json", "as_json", is_flag=True, help="JSON Lines, which scan writes anyway.")
@click.pass_obj
def scan(app: App, files: tuple[Path, ...], live: bool, as_json: bool) -> None:
    """Run the rules over items: JSON Lines (files or standard input), or feed documents (.xml, .rss, .atom, .rdf, .json).

    Lines are written at the end of the input, since a later item can show that two stories are one.

    \b
    echo '{"id": 1, "title": "Séoul investira 34 billions de won dans l’IA"}' | watcher scan
    watcher scan items.jsonl feed.xml
    tail -f items.jsonl | watcher scan --live
    """
    rulebook, _ = rulebook_of(app)
    scanning = Scan(rulebook, datetime.now(UTC))
    lines = _lines(scanning, files or (Path("-"),))
    failed = False
    for line in lines if live else _named_at_the_end(lines):
        failed |= _STORY not in line
        emit_line(_named(scanning, line))
    if failed:
        sys.exit(PROBLEMS)


_STORY = "story"
"""Key of a line's story: as `Scan.line` gives it until it is named."""


def _lines(scanning: Scan, files: tuple[Path, ...]) -> Iterator[dict[str, Any]]:
    """The output line of each item, its story not yet named; of a record that is none, what is wrong with it."""
    for record, fault in records(files):
        if not fault:
            try:
                line, story = scanning.line(record)
                yield {**line, _STORY: story}
                continue
            except ValueError as error:
                fault = str(error)
            except Exception as error:  # a poison item is set aside and shown; the rest is still read
                fault = f"internal error: {type(error).__name__}: {error}"
        yield {"id": record.get("id"), "error": fault}


def _named(scanning: Scan, line: dict[str, Any]) -> dict[str, Any]:
    return {**line, _STORY: scanning.name(line[_STORY])} if _STORY in line else line


def _named_at_the_end(lines: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The lines once all are judged; many are kept in a file meanwhile."""
    with SpooledTemporaryFile(max_size=IN_MEMORY, mode="w+", encoding="utf-8") as kept:
        for line in lines:
            kept.write(json.dumps(line, default=str) + "\n")
        kept.seek(0)
        yield from map(json.loads, kept)


def records(files: tuple[Path, ...]) -> Iterator[tuple[dict[str, Any], str]]:
    """Each item of the files with an empty text, or what is known of it with its fault; `-` is standard input."""
    with ExitStack() as stack:
        parse: Callable[[Document], ParsedFeed] | None = None
        for path in files:
            if str(path) == "-":
                lines = (line.decode("utf-8", "replace") for line in sys.stdin.buffer)
                yield from read_lines(lines)
            elif _is_document(path):
                if parse is None:
                    from watcher.feeds.worker import parsing  # lines of JSON need no parser

                    parse = stack.enter_context(parsing())
                yield from _document_records(path, parse)
            else:
                with path.open(encoding="utf-8", errors="replace") as opened:
                    yield from read_lines(opened)


def _is_document(path: Path) -> bool:
    """A feed document, by its name; a .json file whose first line is a whole record is JSON Lines."""
    if path.suffix in (".xml", ".rss", ".atom", ".rdf"):
        return True
    if path.suffix != ".json":
        return False
    with path.open(encoding="utf-8", errors="replace") as opened:
        first = opened.readline()
    try:
        return "version" in json.loads(first)
    except (ValueError, TypeError):
        return True


def _document_records(path: Path, parse: Callable[[Document], ParsedFeed]) -> Iterator[tuple[dict[str, Any], str]]:
    try:
        parsed = parse(Document(url=path.absolute().as_uri(), body=path.read_bytes()))
    except ParseError as error:
        yield {"id": str(path)}, error.reason
        return
    for entry in parsed.entries:
        published = entry.published or entry.updated
        yield (
            {
                "id": entry.guid or entry.url or entry.title,
                "title": entry.title,
                "summary": entry.summary or entry.content,
                "url": entry.url,
                "lang": entry.lang or parsed.lang,
                "published": published.isoformat() if published else None,
                "source": entry.source or parsed.title,
            },
            "",
        )
