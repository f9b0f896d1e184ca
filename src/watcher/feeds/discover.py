"""Find the feeds of a site: what its pages announce, what they link to, where feeds usually are, its news sitemaps."""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from watcher.errors import FetchError, ParseError, RefusedError
from watcher.feeds import charset, pages
from watcher.feeds.fetch import HttpFetcher
from watcher.feeds.parsed import ParsedFeed
from watcher.feeds.worker import ParserPool
from watcher.model import Document

USUAL_PATHS = (
    "feed", "rss", "feed.xml", "rss.xml", "atom.xml", "index.xml", "feed.json", "feeds", "rss/index.xml", "feed/rss",
    "feeds/posts/default", "?feed=rss2", "index.rdf",
)  # fmt: skip
"""Where publishing software puts feeds: WordPress, Blogger, Hugo, Jekyll, Ghost, Drupal and others."""
_HREF = re.compile(r"<a\s[^>]{0,1000}?href\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>]+))", re.IGNORECASE)
_FEED_LIKE = re.compile(
    r"(?:^|[/._=?&-])(?:rss|atom|feeds?|rdf|feed\.json)(?:[/._=?&-]|\d|$)|\.(?:rss|atom|rdf|xml)(?:$|\?)", re.IGNORECASE
)
_NEWS_SITEMAP = re.compile(r"news|aktuell|actu|notici|nieuws|nyhet|noviny|haber", re.IGNORECASE)
_LOC = re.compile(r"<loc\b[^>]*>\s*([^<\s]+)\s*</loc>")
_MOST = 20
"""Addresses tried on one site."""


@dataclass(frozen=True, slots=True)
class FoundFeed:
    """A feed that answers and parses. `entries` counts what it holds now."""

    url: str
    title: str
    entries: int
    lang: str
    format: str


async def discover(url: str, fetcher: HttpFetcher, parser: ParserPool | None = None) -> list[FoundFeed]:
    """Feeds of the site at `url`, best first; just itself if `url` is a feed. Each has been read.

    An address without a scheme is taken as https. Raises FetchError where the address itself can not be fetched.
    Usual places and sitemaps are only tried where the page announces no feed.
    """
    if "://" not in url:
        url = f"https://{url}"
    if parser is None:
        async with ParserPool() as pool:
            return await discover(url, fetcher, pool)
    document = await fetcher.get(url)
    if document is None:
        raise FetchError(url, "the server answers 'not modified' to a first request")
    if found := await _read(document, parser):
        return [found]
    page = charset.decode(document.body, charset.encoding_of(document.body, document.charset))
    base = document.final_url or url
    for candidates in (pages.advertised(page, base), _linked(page, base), _usual(base)):
        if feeds := await _all(candidates, fetcher, parser):
            return feeds
    return await _all(await _sitemaps(base, fetcher), fetcher, parser)


async def _all(urls: Iterable[str], fetcher: HttpFetcher, parser: ParserPool) -> list[FoundFeed]:
    """Those of the addresses that are feeds, in their order, each once."""

    async def one(url: str) -> FoundFeed | None:
        try:
            document = await fetcher.get(url)
        except RefusedError:
            raise
        except FetchError:
            return None  # a guess that does not answer is no feed
        return await _read(document, parser) if document else None

    answers = await asyncio.gather(*(one(url) for url in list(dict.fromkeys(urls))[:_MOST]), return_exceptions=True)
    found = {answer.url: answer for answer in answers if isinstance(answer, FoundFeed)}
    if not found:
        for answer in answers:
            if isinstance(answer, BaseException):
                raise answer
    return list(found.values())


async def _read(document: Document, parser: ParserPool) -> FoundFeed | None:
    try:
        parsed = await parser.parse(document)
    except ParseError:
        return None
    if not isinstance(parsed, ParsedFeed):
        return None
    title = " ".join(html.unescape(re.sub(r"<[^>]+>", "", parsed.title)).split())
    # A feed's permanent place outlives the address that led to it; a temporary one does not.
    return FoundFeed(document.permanent_url or document.url, title, parsed.total, parsed.lang, parsed.format)


def _linked(page: str, base: str) -> list[str]:
    """Links of the page that look like feeds, those of the same site first."""
    site = _site(base)
    found: dict[str, None] = {}
    for groups in _HREF.findall(page[:2_000_000]):
        href = html.unescape(next(filter(None, groups), "")).strip()
        if href and _FEED_LIKE.search(href.partition("#")[0]):
            try:
                target = urljoin(base, href).partition("#")[0]
            except ValueError:
                continue
            if target.startswith(("http://", "https://")):
                found[target] = None
    return sorted(found, key=lambda target: _site(target) != site)


def _usual(base: str) -> list[str]:
    """Usual places below the page and below the site's root."""
    folder = urljoin(base, ".") if urlsplit(base).path.count("/") > 1 else urljoin(base, "/")
    return [urljoin(root, path) for root in dict.fromkeys((folder, urljoin(base, "/"))) for path in USUAL_PATHS]


async def _sitemaps(base: str, fetcher: HttpFetcher) -> list[str]:
    """News sitemaps that robots.txt names, looked for one level down in indexes."""
    try:
        robots = await fetcher.get(urljoin(base, "/robots.txt"))
    except FetchError:
        return []
    text = robots.body.decode("utf-8", "replace") if robots else ""
    named = re.findall(r"^\s*sitemap:\s*(\S+)", text, re.IGNORECASE | re.MULTILINE)[:10]
    found = [url for url in named if _NEWS_SITEMAP.search(url)]
    for url in named if not found else ():
        try:
            index = await fetcher.get(urljoin(base, url))
        except FetchError:
            continue
        if index and b"<sitemapindex" in index.body[:2000]:
            inner = _LOC.findall(index.body[:500_000].decode("utf-8", "replace"))
            found += [html.unescape(each) for each in inner if _NEWS_SITEMAP.search(each)]
    return found[:5]


def _site(url: str) -> str:
    return ".".join((urlsplit(url).hostname or "").split(".")[-2:])
