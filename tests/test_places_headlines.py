"""Acting states of headlines that name a minister, a ministry, a capital, a programme or no one at all."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from watcher.facts import extract
from watcher.model import Entry, Feed, Item
from watcher.text import read

_TABLES = sorted((Path(__file__).parent / "data").glob("acting_states*.tsv"))
_ROWS = [
    line.split("\t")
    for table in _TABLES
    for line in table.read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]


@pytest.mark.parametrize(
    ("lang", "states", "day", "title", "summary"), _ROWS, ids=[f"{row[0]}:{row[3][:30]}" for row in _ROWS]
)
def test_the_acting_states_are_read(lang: str, states: str, day: str, title: str, summary: str) -> None:
    published = datetime.fromisoformat(day).replace(tzinfo=UTC)
    entry = Entry(title, summary, published=published)
    item = Item("i", Feed(""), entry, read(title), read(summary), lang, "", published, published)
    assert {found.value for found in extract(item).countries} == set(filter(None, states.split(",")))
