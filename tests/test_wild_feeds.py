"""Every document of the wild corpus over real HTTP, through fetcher and parser pool. Skipped where the corpus is absent."""

from __future__ import annotations

import asyncio
import csv
import html
import mimetypes
import re
from pathlib import Path

import pytest

from farm import Answer, Farm
from watcher.errors import ParseError
from watcher.feeds.fetch import FetchLimits, HttpFetcher
from watcher.feeds.parsed import ParsedFeed
from watcher.feeds.worker import ParserPool
from watcher.model import Feed, FeedState

WILD = Path(__file__).parents[2] / "shared" / "feeds" / "wild"
REPAIRED = {"news-en-japantoday.xml"}
"""Encoded twice by its publisher; the index quotes it as it stands, we undo it."""

pytestmark = pytest.mark.skipif(not WILD.is_dir(), reason="the corpus is not here")


def read_index() -> list[dict[str, str]]:
    if not WILD.is_dir():
        return []
    with (WILD / "INDEX.tsv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


@pytest.fixture(scope="module")
def outcomes() -> dict[str, ParsedFeed | ParseError]:
    """What each document gives, polled twice: the second time all that was read is known."""

    async def poll(farm: Farm) -> dict[str, ParsedFeed | ParseError]:
        found: dict[str, ParsedFeed | ParseError] = {}
        async with HttpFetcher(FetchLimits(private_networks="allow")) as fetcher, ParserPool() as pool:
            for row in read_index():
                url = farm.url("/" + row["file"])
                document = await fetcher.fetch(Feed(url), FeedState(url))
                assert document is not None
                try:
                    parsed = await pool.parse(document)
                    again = await pool.parse(document, parsed.blocks)
                    assert not parsed.blocks or again.entries == (), row["file"]
                    found[row["file"]] = parsed
                except ParseError as error:
                    found[row["file"]] = error
        return found

    with Farm() as farm:
        for row in read_index():
            path = WILD / row["file"]
            media_type = (
                "application/json" if path.suffix == ".json" else mimetypes.guess_type(path.name)[0] or "text/xml"
            )
            farm["/" + row["file"]] = Answer(path.read_bytes(), media_type=media_type)
        return asyncio.run(poll(farm))


@pytest.mark.parametrize("row", read_index(), ids=lambda row: row["file"])
def test_a_wild_document_gives_the_entries_it_holds(
    row: dict[str, str], outcomes: dict[str, ParsedFeed | ParseError]
) -> None:
    outcome = outcomes[row["file"]]
    if row["entries"] == "-":
        assert isinstance(outcome, ParseError)
        assert outcome.reason and "\n" not in outcome.reason
        return
    if row["entries"] == "?":
        return
    assert isinstance(outcome, ParsedFeed), outcome
    assert (outcome.total, len(outcome.entries)) == (int(row["entries"]), int(row["entries"]))
    if row["first_title"] and row["file"] not in REPAIRED:
        assert plain(outcome.entries[0].title) == plain(row["first_title"])
    for entry in outcome.entries:
        assert entry.url == "" or entry.url.startswith(("http://", "https://"))


def plain(title: str) -> str:
    """A title as a person reads it."""
    text = re.sub(r"<[^>]+>", "", html.unescape(title))
    return " ".join(html.unescape(text).split())
