"""Say of a web page that came instead of a feed what it is, and what to do about it."""

from __future__ import annotations

import html
import re
from functools import cache
from urllib.parse import urljoin

from watcher.errors import ParseError
from watcher.model import Document

_START = 100_000
_LINK = re.compile(r"<(?:link|a)\s[^>]{0,2000}>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"([\w-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>\"']+))")
_FEED_TYPES = ("application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml")
_TITLE = re.compile(r"<title[^>]*>([^<]{0,200})", re.IGNORECASE)


def not_a_feed(document: Document, text: str) -> ParseError:
    """The error for a document that is a web page: a bot check, a consent or log-in page, or just a page."""
    start = text[:_START]
    address = document.final_url or document.url
    for name, reason, in_page, in_url in _kinds():
        # A page with a small form or a cookie banner is still a page: a log-in or consent page is little else.
        if in_url.search(address) or (in_page.search(start) and (name == "challenge" or len(text) < 200_000)):
            if name in ("login", "consent") and advertised(start, address):
                continue
            return ParseError(document.url, name, reason)
    feeds = advertised(start, address)
    title = f" («{html.unescape(found[1]).strip()}»)" if (found := _TITLE.search(start)) and found[1].strip() else ""
    if feeds:
        return ParseError(document.url, "html", f"a web page{title}, not a feed; it names the feed {feeds[0]}")
    return ParseError(document.url, "html", f"a web page{title}, not a feed: `watcher feeds discover` may find one")


def advertised(page: str, base: str) -> list[str]:
    """Addresses of the feeds that a page announces (`link rel=alternate`), in order, absolute."""
    found: dict[str, None] = {}
    for tag in _LINK.findall(page):
        given = {name.lower(): html.unescape(a or b or c) for name, a, b, c in _ATTRIBUTE.findall(tag)}
        rel = given.get("rel", "").lower().split()
        if given.get("type", "").lower().split(";")[0].strip() in _FEED_TYPES and given.get("href"):
            if tag[1:5].lower() == "link" and not {"alternate", "feed"} & set(rel):
                continue
            found[urljoin(base, given["href"].strip())] = None
    return [url for url in found if url.startswith(("http://", "https://"))]


@cache
def _kinds() -> tuple[tuple[str, str, re.Pattern[str], re.Pattern[str]], ...]:
    import tomllib  # here, as most parser processes never see a page
    from importlib import resources

    table = tomllib.loads(resources.files("watcher.feeds").joinpath("pages.toml").read_text("utf-8"))
    return tuple(
        (
            kind["name"],
            kind["reason"],
            re.compile("|".join(kind["page"]), re.IGNORECASE),
            re.compile("|".join(kind["url"]), re.IGNORECASE),
        )
        for kind in table["kind"]
    )
