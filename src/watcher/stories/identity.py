"""Which entries are one item of one feed, however the feed renames, re-dates, re-links or edits it.

Identity is per feed: the same text in two feeds is two items of one story. Never by a link alone where it could be a
section's, never by a date. Keys say their kind, so that `recognise` can weigh them:

guid, num    the feed's own name for it; `num` where it is too short to trust alone (a position, a counter)
link         canonical address, where it looks like one article's
titled       canonical address and title
body         canonical address and summary
text         title and summary, where there is enough of it
exact        all of the above together, for what has no better name
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping

from watcher.model import Item, Names, StoredItem
from watcher.stories.urls import canonical_url, is_page

ENOUGH_TITLE = 20
"""Characters (a character of a script without spaces counts two) that make a title more than a column's heading."""

ENOUGH_BODY = 60

ENOUGH_TEXT = 40
"""Letters of title and summary that make a text more than a standing column; below it the day belongs to the key."""

_DOUBLE = re.compile("[\u3040-\ud7a3]+")
_WORDS = re.compile(r"[^\W_]+")
_APART = {code: " " for code in range(128) if not chr(code).isalnum()}
_NAMES = ("guid:", "num:", "link:")
_TEXTS = ("titled:", "body:", "text:")


def names_of(item: Item) -> Names:
    """Exact keys of an item within its feed, and a hash of what an edit changes.

    That is title, summary and content as text, without case, spaces and punctuation. Dates and links are no content.
    """
    title, body = _plain(item.title.plain), _plain(item.summary.plain)
    more = _plain(item.content.plain) if item.content else ""
    content = _hash("\n".join(" ".join(_words(text)) for text in (title, body, more)))
    return Names(_identities(item, title, body), content)


def _identities(item: Item, title: str, body: str) -> frozenset[str]:
    entry, feed = item.entry, item.feed.url
    link = canonical_url(entry.url)
    guid = canonical_url(entry.guid) if entry.guid else ""
    link = link or (guid if is_page(guid) else "")
    is_one = bool(link) and is_page(link)
    keys = {_text_key(feed, title, body, item), _key("exact", feed, guid, link, title, body)}
    if guid:
        keys.add(_key("guid" if _is_strong(guid) else "num", feed, guid))
    if is_one:
        keys.add(_key("link", feed, link))
        if _weight(body) >= ENOUGH_BODY and body != title:
            keys.add(_key("body", feed, link, body))
    if link and title and (is_one or _weight(title) >= ENOUGH_TITLE):
        keys.add(_key("titled", feed, link, title))
    return frozenset(key for key in keys if key)


def link_keys(url: str, feeds: Iterable[str]) -> list[tuple[str, str]]:
    """Of each feed, the keys under which an item of a URL would be known, however the URL is written: (feed, key)."""
    link = canonical_url(url)
    return [(feed, _key(kind, feed, link)) for feed in feeds for kind in ("link", "guid")] if link else []


def shared(items: Iterable[tuple[Item, Names]]) -> frozenset[str]:
    """Keys that name nothing in this document: one link or guid on different texts, one text under different guids.

    Take them from an item's identities before `recognise` and before storing.
    """
    bearers: dict[str, str] = {}
    found: set[str] = set()
    for item, names in items:
        for key in names.identities:
            if key.startswith(_NAMES):
                bearer = names.content_hash
            elif item.entry.guid and key.startswith(_TEXTS):
                bearer = item.entry.guid
            else:
                continue
            if bearers.setdefault(key, bearer) != bearer:
                found.add(key)
    return frozenset(found)


def recognise(keys: frozenset[str], content: str, known: Mapping[str, StoredItem]) -> tuple[str, StoredItem | None]:
    """Whether an entry is a stored item: ('same' | 'edited' | 'new', the stored item or None).

    `known` maps identity keys to stored items of any feed. A guid that can be trusted decides alone; a link decides
    alone only where the feed gives no guid; a text that is long enough decides whatever else the feed has changed.
    """
    for kind in ("exact", "guid", "titled", "body", "text", "num", "link"):
        for key in sorted(key for key in keys if key.startswith(kind + ":")):
            stored = known.get(key)
            if stored is not None and _agrees(kind, keys, stored):
                return ("same" if stored.content_hash == content else "edited"), stored
    return "new", None


def _agrees(kind: str, keys: frozenset[str], stored: StoredItem) -> bool:
    """Whether the match of one key is enough, given what the other keys say."""
    if kind == "num":
        return any(key in stored.identities for key in keys if not key.startswith("num:"))
    if kind == "link":
        return not (_guids(keys) and _guids(stored.identities))
    return True


def _guids(keys: Iterable[str]) -> list[str]:
    return [key for key in keys if key.startswith(("guid:", "num:"))]


def _is_strong(guid: str) -> bool:
    """Whether a guid can be trusted alone: an address below a home page, or long enough not to be a position or a word."""
    if guid.startswith("https://"):
        return guid.count("/") > 2
    return len(re.sub(r"\D", "", guid)) >= 5 or len(guid) >= 16 or (len(guid) >= 8 and bool(re.search(r"\d", guid)))


def _text_key(feed: str, title: str, body: str, item: Item) -> str:
    """A key of the words alone. A short text, or a short title over a standing text, is a column: then the day belongs to it."""
    weight = _weight(title) + (0 if body == title else _weight(body))
    if weight < ENOUGH_TITLE:
        return ""
    published = item.entry.published
    is_column = weight < ENOUGH_TEXT or _weight(title) < ENOUGH_TITLE
    day = published.date().isoformat() if published and is_column else ""
    return _key("text", feed, title, body, day)


def _weight(text: str) -> int:
    """Length in letters as an alphabet would write it: a Chinese character or a syllable of Hangul or kana counts two."""
    start = text[:400]
    return len(start) + (0 if start.isascii() else sum(map(len, _DOUBLE.findall(start))))


def _words(text: str) -> list[str]:
    """Runs of letters and digits."""
    return text.translate(_APART).split() if text.isascii() else _WORDS.findall(text)


def _plain(text: str) -> str:
    folded = text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).casefold()
    return " ".join(folded.split())


def _key(kind: str, *parts: str) -> str:
    return f"{kind}:{_hash(chr(0).join(parts))}"


def _hash(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=10).hexdigest()
