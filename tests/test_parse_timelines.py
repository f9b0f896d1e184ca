"""Feeds as they were over time: reading only what changed loses nothing. Skipped where the corpus is absent."""

from __future__ import annotations

from pathlib import Path

import pytest

from watcher.feeds.parse import parse_document
from watcher.model import Document, Entry

TIMELINES = Path(__file__).parents[2] / "shared" / "feeds" / "timelines"
FEEDS = sorted(path.name for path in TIMELINES.iterdir() if path.is_dir()) if TIMELINES.is_dir() else []
SNAPSHOTS = 8
"""Of each feed, spread over its time; all of them take minutes."""

pytestmark = pytest.mark.skipif(not FEEDS, reason="the corpus is not here")


@pytest.mark.parametrize("name", FEEDS)
def test_reading_only_what_changed_sees_every_entry(name: str) -> None:
    paths = sorted(path for path in (TIMELINES / name).iterdir() if path.suffix != ".tsv")
    chosen = paths[:: max(1, len(paths) // SNAPSHOTS)]
    known: frozenset[str] = frozenset()
    seen: set[Entry] = set()
    for path in chosen:
        document = Document("https://news.example/rss", path.read_bytes(), final_url="https://news.example/rss")
        parsed = parse_document(document, known)
        seen.update(parsed.entries)
        whole = parse_document(document)
        assert parsed.total == whole.total
        assert set(whole.entries) <= seen
        known |= parsed.blocks
