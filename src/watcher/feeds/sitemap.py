"""News sitemaps: `<urlset>` with Google's news elements."""

from __future__ import annotations

import html
import re
from urllib.parse import urljoin

from watcher.errors import ParseError
from watcher.feeds import caps, dates
from watcher.feeds.parsed import ParsedFeed
from watcher.feeds.trim import block_hash
from watcher.model import Document, Entry

_URL = re.compile(r"<url\b[^>]*>(.*?)</url\s*>", re.DOTALL)
_FIELD = re.compile(r"<((?:news:)?[a-z_]+)\b[^>/]*>\s*(?:<!\[CDATA\[(.*?)\]\]>|([^<]*))\s*</\1\s*>", re.DOTALL)
_INDEX = re.compile(r"<loc\b[^>]*>\s*([^<\s]+)\s*</loc>")


def parse(document: Document, text: str, root: str, known: frozenset[str]) -> ParsedFeed:
    """Read the URLs that carry a news title. Raises ParseError for an index or a sitemap without news."""
    if root == "sitemapindex":
        first = found[1] if (found := _INDEX.search(text)) else ""
        hint = f", such as {html.unescape(first)[:200]}" if first else ""
        raise ParseError(document.url, "unknown", f"an index of sitemaps: subscribe to one of those it names{hint}")
    entries, blocks, total = [], set(), 0
    for block in _URL.finditer(text):
        if "<news:" not in block[1] or total >= caps.ENTRIES:
            continue
        total += 1
        name = block_hash(block[0].encode("utf-8", "replace"))
        blocks.add(name)
        if name not in known and (entry := _entry(block[1], document)):
            entries.append(entry)
    if not total and "<url>" in text:
        raise ParseError(document.url, "unknown", "a sitemap without news elements: only news sitemaps are read")
    return ParsedFeed(tuple(entries), blocks=frozenset(blocks), total=total, format="news sitemap")


def _entry(block: str, document: Document) -> Entry | None:
    given: dict[str, str] = {}
    for name, raw, text in _FIELD.findall(block):
        given.setdefault(name, raw or html.unescape(text))
    url = given.get("loc", "").strip()
    if not url or not given.get("news:title"):
        return None
    url = urljoin(document.final_url or document.url, url)[: caps.URL]
    words = given.get("news:keywords", "").split(",")[: caps.CATEGORIES]
    return Entry(
        title=html.escape(caps.text(given["news:title"], caps.TITLE), quote=False),
        guid=caps.guid(url),
        url=url,
        categories=tuple(caps.text(word, caps.NAME) for word in words if word.strip()),
        published=dates.moment(given.get("news:publication_date", "")),
        updated=dates.moment(given.get("lastmod", "")),
        lang=caps.text(given.get("news:language", ""), 40),
        source=caps.text(given.get("news:name", ""), caps.NAME),
    )
