"""Bytes → entries, for every format that feeds come in. The one place that calls feedparser."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urljoin

from watcher.errors import ParseError
from watcher.feeds import caps, charset, entries, jsonfeed, pages, quick, repair, sitemap, trim
from watcher.feeds.parsed import ParsedFeed
from watcher.model import Document, Entry
from watcher.polling import Hints

_ROOT = re.compile(r"<(?:([A-Za-z_][\w.-]*):)?([A-Za-z_][\w.-]*)")
_PROLOGUE = re.compile(
    r"\s+|<\?.*?\?>|<!--.*?-->|<\?[^>]*>|<!DOCTYPE\s[^\[>]*(?:\[.*?\]\s*)?>", re.DOTALL | re.IGNORECASE
)
_FEED_ROOT = re.compile(
    r"<(?:rss\s[^>]*version|(?:\w+:)?RDF\s[^>]*22-rdf-syntax-ns#|(?:\w+:)?feed\s[^>]*(?:2005/Atom|purl\.org/atom))",
    re.IGNORECASE,
)
"""A feed's first element beyond doubt, also behind a warning of the server's software or inside a web page."""
_PERIODS = {"hourly": 1, "daily": 24, "weekly": 168, "monthly": 720, "yearly": 8760}
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_HEAD = 20_000


def parse_document(document: Document, known: frozenset[str] = frozenset()) -> ParsedFeed:
    """Read a document's entries, without those whose block hash is `known`.

    Raises ParseError, whose reason names the remedy, for anything that is no feed. Costs CPU and, for hostile
    documents, much of it: call it through `worker.ParserPool`.
    """
    if not document.body.strip(b"\x00 \t\r\n\xef\xbb\xbf"):
        raise ParseError(document.url, "empty", "the document is empty: look at the site, the feed may have moved")
    encoding = charset.encoding_of(document.body, document.charset)
    start = charset.decode(document.body[:_HEAD], encoding)
    if start.lstrip()[:1] in ("{", "["):
        return jsonfeed.parse(document, charset.decode(document.body, encoding), known)
    root, at = root_element(start)
    if root in ("urlset", "sitemapindex"):
        return sitemap.parse(document, charset.decode(document.body, encoding), root, known)
    if root in ("html", "head", "body", "script", "div", "meta") or (not root and not at and "<" not in start):
        raise _no_feed(document, charset.decode(document.body, encoding), root)
    cut = trim.cut(document.body, known)
    text = charset.decode(cut.body, encoding)[at:]
    return _read(document, text, cut, root)


def root_element(start: str) -> tuple[str, int]:
    """The name of a document's first element, in lower case, and where the document begins: junk before it does not count."""
    position = 0
    while found := _PROLOGUE.match(start, position):
        position = found.end()
    element = _ROOT.match(start, position) or _ROOT.search(start, position)
    feed = _FEED_ROOT.search(start, position)
    if feed and element and feed.start() > element.start() and element[2].lower() != "opml":
        return (_ROOT.match(start, feed.start()) or element)[2].lower(), feed.start()
    if element is None:
        return "", 0
    return element[2].lower(), 0 if start[:position].strip() else element.start()


def _read(document: Document, text: str, cut: trim.Cut, root: str) -> ParsedFeed:
    plain = repair.without_declaration(text)
    if found := quick.read(plain, document.final_url or document.url):
        return _parsed(document, *found, cut, plain, ())
    text, notes = repair.repaired(plain)
    result = _feedparser(text, document, root)
    rows = result.entries[: caps.ENTRIES]
    if not rows and not cut.total and not result.version:
        raise _no_feed(document, text, root)
    feed = {**result.feed, "format": result.version}
    base = document.final_url or document.url
    home = entries.link(feed, base)
    lang = caps.text(feed.get("language", ""), 40)
    is_atom = str(result.version).startswith("atom")
    read = []
    for row in rows:
        row["_atom"] = is_atom
        read.append(
            entries.entry(row, base if is_atom else home or base, caps.text(feed.get("author", ""), caps.NAME), lang)
        )
    if result.bozo and not isinstance(result.get("bozo_exception"), UnicodeError):
        notes += (f"not well formed: {str(result.get('bozo_exception', ''))[:120]}",)
    return _parsed(document, feed, tuple(read), cut, text, notes)


def _parsed(
    document: Document,
    feed: Mapping[str, Any],
    read: tuple[Entry, ...],
    cut: trim.Cut,
    text: str,
    notes: tuple[str, ...],
) -> ParsedFeed:
    base = document.final_url or document.url
    return ParsedFeed(
        entries=read,
        title=caps.text(feed.get("title", ""), caps.TITLE),
        lang=caps.text(feed.get("language", ""), 40),
        link=entries.link(feed, base),
        hints=_hints(feed, text),
        hub=_relation(feed, "hub", base),
        self_url=_relation(feed, "self", base),
        blocks=cut.hashes,
        total=max(cut.total - cut.left + len(read), len(read)),
        format=str(feed.get("format", "")),
        notes=notes,
    )


def _feedparser(text: str, document: Document, root: str) -> Any:
    import feedparser  # only parser processes pay for it

    headers = {"content-type": "application/xml; charset=utf-8"}
    if root == "feed" or "xml:base" in text[:_HEAD]:
        # Without it a relative xml:base has nothing to stand on. RSS ids must not be made absolute by it.
        headers["content-location"] = document.final_url or document.url
    return feedparser.parse(
        io.BytesIO(text.encode("utf-8", "replace")),
        response_headers=headers,
        sanitize_html=False,
        resolve_relative_uris=False,
    )


def _no_feed(document: Document, text: str, root: str) -> ParseError:
    if root in ("html", "head", "body", "script", "div", "meta") or "<html" in text[:_HEAD].lower():
        return pages.not_a_feed(document, text)
    if root == "opml":
        return ParseError(document.url, "unknown", "a list of feeds (OPML): take it in with `watcher feeds import`")
    if not root:
        kind = "plain text" if document.media_type.startswith("text/") else document.media_type or "plain text"
        reason = f"{kind}, not a feed: look for the feed with `watcher feeds discover` and the site's address"
        return ParseError(document.url, "unknown", reason)
    return ParseError(document.url, "unknown", f"XML, but not a feed: its first element is <{root[:60]}>")


def _hints(feed: Mapping[str, Any], text: str) -> Hints:
    hours, days = set(), set()
    head = text[:_HEAD]
    if found := re.search(r"<skipHours>(.{0,2000}?)</skipHours>", head, re.DOTALL | re.IGNORECASE):
        hours = {int(hour) % 24 for hour in re.findall(r"<hour>\s*(\d{1,2})\s*</hour>", found[1], re.IGNORECASE)}
    if found := re.search(r"<skipDays>(.{0,1000}?)</skipDays>", head, re.DOTALL | re.IGNORECASE):
        named = {day.lower() for day in re.findall(r"<day>\s*(\w+)\s*</day>", found[1], re.IGNORECASE)}
        days = {_DAYS.index(day) for day in named if day in _DAYS}
    minutes = str(feed.get("ttl", "")).strip()
    period = _PERIODS.get(str(feed.get("sy_updateperiod", "")).strip().lower())
    frequency = str(feed.get("sy_updatefrequency", "1")).strip()
    times = int(frequency) if frequency.isdigit() and len(frequency) < 6 else 1
    return Hints(
        ttl=timedelta(minutes=int(minutes)) if minutes.isdigit() and 0 < int(minutes[:6]) < 100_000 else None,
        period=timedelta(hours=period) / max(times, 1) if period else None,
        skip_hours=frozenset(hours) if len(hours) < 24 else frozenset(),
        skip_days=frozenset(days) if len(days) < 7 else frozenset(),
    )


def _relation(feed: Mapping[str, Any], relation: str, base: str) -> str:
    for each in feed.get("links", ()):
        if each.get("rel") == relation and each.get("href"):
            try:
                return urljoin(base, str(each["href"]).strip())[: caps.URL]
            except ValueError:
                return ""
    return ""
