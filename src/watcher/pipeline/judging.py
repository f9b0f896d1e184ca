"""One entry, read and judged: its text and language, its facts, and which rules hold."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from watcher import facts, stories, text
from watcher.model import Entry, Feed, Item, Verdict
from watcher.rules import Rulebook
from watcher.text import language

MAX_TITLE = 2_000
MAX_SUMMARY = 64_000


def read_entry(entry: Entry, feed: Feed, now: datetime) -> Item:
    """Read an entry: markup to text, which language, whose, when. A date more than a day ahead counts as none."""
    title = text.read(entry.title[:MAX_TITLE])
    summary = text.read((entry.summary or entry.content)[:MAX_SUMMARY])
    content = text.read(entry.content[:MAX_SUMMARY]) if entry.content and entry.summary else None
    published = entry.published or entry.updated
    if published is not None and published > now + timedelta(days=1):
        published = None
    return Item(
        id=item_id(entry, feed),
        feed=feed,
        entry=entry,
        title=title,
        summary=summary,
        lang=language.detect(f"{title.plain}\n{summary.plain[:1000]}", entry.lang or feed.lang),
        source=_plain(entry.source) or _plain(feed.name) or _host(entry.url or feed.url),
        published=published,
        seen_at=now,
        content=content,
    )


def _plain(name: str) -> str:
    """A publisher's name without the markup that some feeds put into their titles."""
    return text.read(name).plain if "<" in name or "&" in name else name


def item_id(entry: Entry, feed: Feed) -> str:
    """A stable name for an entry of a feed: sixteen hex digits."""
    return id_within(feed, entry.guid or f"{entry.url}\n{entry.title}")


def id_within(feed: Feed, name: str) -> str:
    """Sixteen hex digits for a name within a feed. The first four are the feed's: the items of one poll are neighbours in
    the index of ids, and a commit writes a page of it, not one for each item."""
    own = hashlib.blake2b(feed.url.encode("utf-8", "replace"), digest_size=2).hexdigest()
    return own + hashlib.blake2b(f"{feed.url}\n{name}".encode("utf-8", "replace"), digest_size=6).hexdigest()


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def judge(entry: Entry, feed: Feed, rulebook: Rulebook, now: datetime, *, why_not: bool = False) -> Verdict:
    """Read one entry, its facts, and which rules hold; with `why_not`, also why the nearest others do not. Raises nothing on any text."""
    item = read_entry(entry, feed, now)
    found = facts.extract(item)
    if not why_not:
        return Verdict(item, found, rulebook.match(item, found))
    return Verdict(item, found, *rulebook.answer(item, found))


def signed(verdict: Verdict, *, with_meaning: bool = True) -> Verdict:
    """A verdict with what its item is known by and, where a rule made it, what its story is found by.

    Made once, and outside the store's transaction.
    """
    if verdict.matches:
        verdict = stories.signed(verdict, with_meaning=with_meaning)
    return replace(verdict, names=stories.names_of(verdict.item))
