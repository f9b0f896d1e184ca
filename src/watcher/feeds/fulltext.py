"""The whole text of an entry's page, for feeds that ask for it (`full_text: true`). Needs the extra `watcher[fulltext]`."""

from __future__ import annotations

import html
import re
from dataclasses import replace

from watcher.errors import FetchError
from watcher.feeds import caps
from watcher.feeds.fetch import Extras, HttpFetcher, same_site
from watcher.feeds.worker import ParserPool
from watcher.model import Document, Entry

_LIKENESS = 0.1
"""Of 95 entries of real feeds that bring title, teaser and whole text, the text takes up 0.14 to 1 of title and teaser (half of them
over 0.85); a log-in and a consent page took up 0.04 at most."""
_PAGES = ("text/html", "application/xhtml+xml", "")


async def with_full_text(entry: Entry, feed: str, fetcher: HttpFetcher, parser: ParserPool) -> Entry:
    """The entry with the text of its page as its content, where the page tells more than the feed does.

    The page of the host of `feed` gets what the feed's own requests carry: a log-in for the one is meant for the other.
    Raises FetchError or ParseError; the entry is then still good as it is.
    """
    if not entry.url:
        return entry
    extras = fetcher.limits.extras.get(feed, Extras())
    document = await fetcher.get(entry.url, extras=extras if same_site(entry.url, feed) else Extras(proxy=extras.proxy))
    if document is None:
        raise FetchError(entry.url, "the server answers 'not modified' to a first request")
    if document.media_type not in _PAGES:
        raise FetchError(entry.url, f"not a page but {document.media_type}", status=200)
    content = await parser.run(extract, document, url=entry.url)
    if content and not _is_about(entry, content):
        reason = "its page tells of something else than the feed: a log-in or consent page, perhaps"
        raise FetchError(entry.url, reason, status=200)
    return replace(entry, content=content) if len(content) > max(len(entry.content), len(entry.summary)) else entry


def _is_about(entry: Entry, content: str) -> bool:
    """Whether a page takes up what the feed says of it: a tenth of its title and summary, in stretches of characters."""
    said = _letters(f"{entry.title} {entry.summary[:500]}")
    length = 2 if sum(char > "\u2e7f" for char in said) > len(said) / 2 else 5
    told = _letters(content)
    pieces = {said[start : start + length] for start in range(len(said) - length + 1)}
    if len(pieces) < (5 if length == 2 else 20):
        return True  # too little to tell by
    return sum(piece in told for piece in pieces) >= len(pieces) * _LIKENESS


def _letters(markup: str) -> str:
    return re.sub(r"[\W_]+", "", html.unescape(re.sub(r"<[^>]*>", " ", markup))).casefold()


def extract(document: Document) -> str:
    """The article of a page as HTML paragraphs without any other markup; '' if none is found. Runs in a parser process."""
    try:
        import trafilatura
    except ImportError as error:
        raise RuntimeError("full text needs the extra watcher[fulltext]") from error
    text = trafilatura.extract(document.body, url=document.final_url, include_comments=False, include_tables=False)
    paragraphs = (html.escape(line.strip(), quote=False) for line in (text or "").splitlines() if line.strip())
    return caps.text("".join(f"<p>{paragraph}</p>" for paragraph in paragraphs), caps.TEXT)
