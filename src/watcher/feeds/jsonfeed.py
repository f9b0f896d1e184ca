"""JSON Feed 1.0 and 1.1 (jsonfeed.org), and RSS written as JSON."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urljoin

from watcher.errors import ParseError
from watcher.feeds import caps, dates
from watcher.feeds.parsed import ParsedFeed
from watcher.feeds.trim import block_hash
from watcher.model import Document, Entry

_VERSION = re.compile(r"(?:https?://(?:www\.)?jsonfeed\.org/version/)?1(?:\.\d)?/?", re.IGNORECASE)
"""Some write only the number."""


def parse(document: Document, text: str, known: frozenset[str]) -> ParsedFeed:
    """Read a JSON document. Raises ParseError where it is no feed."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ParseError(document.url, "broken", "JSON that can not be read: it may be cut off") from error
    if isinstance(data, dict):
        rss = data.get("rss")
        if isinstance(rss, dict) and isinstance(channel := rss.get("channel"), dict):
            return _read(document, channel, channel.get("item"), known, _rss_item, "RSS in JSON")
        if _VERSION.fullmatch(str(data.get("version", ""))) and isinstance(data.get("items"), list):
            return _read(document, data, data.get("items"), known, _item, "JSON Feed")
    raise ParseError(document.url, "unknown", "JSON, but not a feed: only JSON Feed is read")


def _read(
    document: Document,
    feed: Mapping[str, Any],
    items: object,
    known: frozenset[str],
    read: Callable[[Mapping[str, Any], str], Entry],
    name: str,
) -> ParsedFeed:
    base = document.final_url or document.url
    home = _text(feed, "home_page_url", caps.URL) or _text(feed, "link", caps.URL)
    rows = [item for item in items if isinstance(item, dict)][: caps.ENTRIES] if isinstance(items, list) else []
    entries, blocks = [], set()
    for row in rows:
        name_of_block = block_hash(json.dumps(row, sort_keys=True, ensure_ascii=True).encode())
        blocks.add(name_of_block)
        if name_of_block not in known:
            entries.append(read(row, urljoin(base, home) if home else base))
    hubs = feed.get("hubs")
    hub = (
        next((_text(row, "url", caps.URL) for row in hubs if isinstance(row, dict)), "")
        if isinstance(hubs, list)
        else ""
    )
    return ParsedFeed(
        entries=tuple(entries),
        title=_text(feed, "title", caps.TITLE),
        lang=_text(feed, "language", 40),
        link=urljoin(base, home) if home else "",
        hub=hub,
        self_url=_text(feed, "feed_url", caps.URL),
        blocks=frozenset(blocks),
        total=len(rows),
        format=name,
    )


def _item(row: Mapping[str, Any], base: str) -> Entry:
    content = _text(row, "content_html", caps.TEXT) or html.escape(_text(row, "content_text", caps.TEXT), quote=False)
    authors = row.get("authors") if isinstance(row.get("authors"), list) else [row.get("author")]
    names = [_text(author, "name", caps.NAME) for author in authors or [] if isinstance(author, dict)]
    tags = row.get("tags")
    url = _text(row, "url", caps.URL) or _text(row, "external_url", caps.URL)
    summary = html.escape(_text(row, "summary", caps.TEXT), quote=False)
    return Entry(
        title=html.escape(_text(row, "title", caps.TITLE), quote=False),
        summary=summary or content,
        content=content if summary else "",
        guid=caps.guid(str(row["id"]) if isinstance(row.get("id"), (str, int, float)) else ""),
        url=urljoin(base, url) if url else "",
        author=", ".join(filter(None, names))[: caps.NAME],
        categories=tuple(caps.text(tag, caps.NAME) for tag in tags[: caps.CATEGORIES])
        if isinstance(tags, list)
        else (),
        published=_date(row, "date_published"),
        updated=_date(row, "date_modified"),
        lang=_text(row, "language", 40),
    )


def _rss_item(row: Mapping[str, Any], base: str) -> Entry:
    guid = row.get("guid")
    if isinstance(guid, dict):
        guid = guid.get("#value")
    url = _text(row, "link", caps.URL)
    return Entry(
        title=_text(row, "title", caps.TITLE),
        summary=_text(row, "description", caps.TEXT),
        guid=caps.guid(guid),
        url=urljoin(base, url) if url else "",
        author=_text(row, "author", caps.NAME),
        published=_date(row, "pubDate"),
    )


def _date(row: Mapping[str, Any], name: str) -> datetime | None:
    return dates.moment(_text(row, name, 100))


def _text(row: Mapping[str, Any], name: str, limit: int) -> str:
    return caps.text(row.get(name), limit)
