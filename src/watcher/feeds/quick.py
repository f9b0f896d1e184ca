"""A shortcut for plain documents: well-formed RSS, RDF and Atom that use no more than the common elements.

It gives what feedparser with `entries.entry` gives, at a quarter of the cost, or None: then feedparser does it. Whatever
could be read in two ways (markup that is not escaped, two titles, media descriptions, bases, odd dates, unknown
namespaces) is left to feedparser. tests/test_parse_quick.py holds the two equal over all documents that we have.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

from watcher.feeds import caps, entries
from watcher.model import Entry

Element = ElementTree.Element

_ATOM = "http://www.w3.org/2005/Atom"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_DC = "http://purl.org/dc/elements/1.1/"
_CONTENT = "http://purl.org/rss/1.0/modules/content/"
_RSS = ("", "http://purl.org/rss/1.0/", "http://my.netscape.com/rdf/simple/0.9/")
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
# Namespaces whose elements beside ours say nothing that an entry keeps.
_SILENT = {
    "http://purl.org/rss/1.0/modules/slash/", "http://purl.org/rss/1.0/modules/syndication/", "http://wellformedweb.org/CommentAPI/",
    "http://purl.org/syndication/thread/1.0", "http://www.georss.org/georss", "http://www.w3.org/2003/01/geo/wgs84_pos#",
    "http://backend.userland.com/creativeCommonsRssModule", "com-wordpress:feed-additions:1", "http://purl.org/syndication/history/1.0",
}  # fmt: skip
_MEDIA = "http://search.yahoo.com/mrss/"
_SILENT_MEDIA = {"content", "thumbnail", "credit", "copyright", "rating"}
_FEED_NAMES = {"title", "link", "language", "ttl", "author", "creator", "managingEditor", "channel"}
_FOREIGN = re.compile(r"xmlns=[\"'](?!http://www\.w3\.org/2005/Atom|http://purl\.org/rss/1\.0/)")
_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")
_MAIL = re.compile(
    r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), )?(\d{1,2}) (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) ([1-9]\d{3}) "
    r"(\d\d):(\d\d):(\d\d) (GMT|UT|UTC|Z|[+-]\d{4})",
    re.ASCII,
)


_MONTHS = {
    name: number
    for number, name in enumerate(
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"], 1
    )
}


class _TooOdd(Exception):
    """Something that feedparser should decide on."""


def read(text: str, base: str) -> tuple[Mapping[str, Any], tuple[Entry, ...]] | None:
    """The feed's own data, named as feedparser names them, and its entries; None if feedparser should read it."""
    if "<!DOCTYPE" in text or "xml:base" in text or _FOREIGN.search(text):
        return None
    try:
        root = ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError):
        return None
    try:
        if root.tag == f"{{{_ATOM}}}feed":
            return _atom(root, base)
        if (root.tag == "rss" or root.tag == f"{{{_RDF}}}RDF") and "xml:lang" not in text:
            return _rss(root, base)
    except _TooOdd:
        return None
    return None


def _rss(root: Element, base: str) -> tuple[Mapping[str, Any], tuple[Entry, ...]]:
    channels = [child for child in root if _name(child, _RSS) == "channel"]
    if len(channels) != 1:
        raise _TooOdd
    feed = _rss_feed(channels[0])
    feed["format"] = f"rss{root.get('version', '').replace('.', '')}" if root.tag == "rss" else "rss10"
    items = [child for place in (channels[0], root) for child in place if _name(child, _RSS) == "item"]
    if root.tag == "rss" and any(_name(child, _RSS) == "item" for child in root):
        raise _TooOdd
    home = entries.link(feed, base) or base
    author = caps.text(feed.get("author", ""), caps.NAME)
    return feed, tuple(_rss_item(item, home, author) for item in items[: caps.ENTRIES])


def _rss_feed(channel: Element) -> dict[str, Any]:
    """The channel's own data. Its items and image stay out of it."""
    feed: dict[str, Any] = {"links": []}
    for child in channel:
        namespace, local = _split(child)
        if namespace in _RSS and local in ("title", "link", "language", "ttl"):
            if local in feed:
                raise _TooOdd
            feed[local] = _plain(child)
        elif namespace == _ATOM and local == "link":
            feed["links"].append(dict(child.attrib))
        elif namespace.endswith("/syndication/"):
            feed[f"sy_{local.lower()}"] = _plain(child)
        elif local in _FEED_NAMES and (child.text or "").strip():
            raise _TooOdd  # feedparser's rules on which is meant
    if (alone := feed.get("link")) and not any(each.get("rel") == "alternate" for each in feed["links"]):
        feed["links"].append({"rel": "alternate", "href": alone})
    return feed


def _rss_item(item: Element, base: str, author: str) -> Entry:
    given: dict[str, str] = {}
    categories: dict[str, None] = {}
    permalink = has_enclosure = False
    for child in item:
        namespace, local = _split(child)
        if namespace == _MEDIA and local in _SILENT_MEDIA and not len(child):
            continue
        name = _item_field(namespace, local)
        if name is None:
            has_enclosure = has_enclosure or local == "enclosure"
            continue
        if name == "category":
            if term := _plain(child):
                categories[caps.text(term, caps.NAME)] = None
            continue
        if name in given:
            raise _TooOdd
        given[name] = _plain(child)
        if name == "guid":
            permalink = child.get("isPermaLink", "true").lower() == "true"
    if "@" in given.get("author", "") or len(categories) > caps.CATEGORIES or "" in given.values():
        raise _TooOdd
    guid, link = given.get("guid", ""), given.get("link", "")
    if has_enclosure and not link:
        raise _TooOdd
    if guid and permalink and not guid.startswith(("http://", "https://")):
        raise _TooOdd
    summary, content = (
        caps.text(given.get("description", ""), caps.TEXT),
        caps.text(given.get("encoded", ""), caps.TEXT),
    )
    return Entry(
        title=caps.text(given.get("title", ""), caps.TITLE),
        summary=summary or content,
        content=content if summary and content != summary else "",
        guid=caps.guid(guid),
        url=entries.link({"links": [{"href": link}] if link else [], "id": guid}, base),
        author=caps.text(given.get("author", "") or author, caps.NAME),
        categories=tuple(categories),
        published=_moment(given.get("pubDate", "")),
        updated=_moment(given.get("date", "")),
        source=caps.text(given.get("source", ""), caps.NAME),
    )


def _item_field(namespace: str, local: str) -> str | None:
    """Which of our fields an item's child holds; None for those that say nothing to us."""
    if namespace in _RSS:
        if local in ("title", "link", "description", "guid", "pubDate", "author", "category", "source"):
            return local
        if local in ("comments", "enclosure"):
            return None
        raise _TooOdd
    if namespace == _CONTENT and local == "encoded":
        return "encoded"
    if namespace == _DC and local in ("creator", "date"):
        return "author" if local == "creator" else "date"
    if namespace in _SILENT:
        return None
    raise _TooOdd


def _atom(root: Element, base: str) -> tuple[Mapping[str, Any], tuple[Entry, ...]]:
    feed: dict[str, Any] = {"links": [], "format": "atom10"}
    if lang := root.get(_LANG):
        feed["language"] = lang
    rows: list[Element] = []
    for child in root:
        namespace, local = _split(child)
        if namespace == _ATOM and local == "entry":
            rows.append(child)
        elif namespace == _ATOM and local == "link":
            feed["links"].append(dict(child.attrib))
        elif namespace == _ATOM and local == "id":
            feed["id"] = _plain(child)
        elif namespace == _ATOM and local == "title":
            feed["title"] = _text_of(child)[0]
        elif namespace == _ATOM and local == "author":
            feed["author"] = _author(child)
        elif namespace != _ATOM and local in _FEED_NAMES:
            raise _TooOdd
    author = caps.text(feed.get("author", ""), caps.NAME)
    return feed, tuple(_atom_entry(row, base, author, feed.get("language", "")) for row in rows[: caps.ENTRIES])


def _atom_entry(row: Element, base: str, author: str, lang: str) -> Entry:
    given: dict[str, Any] = {"links": []}
    categories: dict[str, None] = {}
    if row.get(_LANG):
        raise _TooOdd
    for child in row:
        namespace, local = _split(child)
        if namespace in _SILENT or (namespace == _MEDIA and local in _SILENT_MEDIA and not len(child)):
            continue
        if namespace != _ATOM or child.get(_LANG):
            raise _TooOdd
        match local:
            case "link":
                given["links"].append(dict(child.attrib))
            case "category":
                if name := caps.text(child.get("label") or child.get("term") or "", caps.NAME):
                    categories[name] = None
            case "title" | "summary" | "content" | "id" | "published" | "updated" | "author":
                if local in given:
                    raise _TooOdd
                given[local] = _atom_field(child, local)
            case "rights":
                continue
            case _:
                raise _TooOdd
    if len(categories) > caps.CATEGORIES or not given.get("title", ("x",))[0] or ":" not in given.get("id", ":"):
        raise _TooOdd
    title, summary, content = (
        _markup(given.get(name, ("", "")), limit)
        for name, limit in (("title", caps.TITLE), ("summary", caps.TEXT), ("content", caps.TEXT))
    )
    return Entry(
        title=title,
        summary=summary or content,
        content=content if summary and content != summary else "",
        guid=caps.guid(given.get("id", "")),
        url=entries.link({"links": given["links"], "id": given.get("id", "")}, base),
        author=caps.text(given.get("author", "") or author, caps.NAME),
        categories=tuple(categories),
        published=_moment(given.get("published", "")),
        updated=_moment(given.get("updated", "")),
        lang=caps.text(lang, 40),
    )


def _atom_field(child: Element, local: str) -> Any:
    if local == "author":
        return _author(child)
    if local in ("title", "summary", "content"):
        return _text_of(child)
    return _plain(child)


def _text_of(element: Element) -> tuple[str, str]:
    """An Atom text and its type."""
    kind = element.get("type", "text")
    if kind not in ("text", "html") or element.get("src"):
        raise _TooOdd
    return _plain(element), kind


def _markup(text: tuple[str, str], limit: int) -> str:
    """An Atom text as markup: plain text is escaped, so that it reads back as it stands."""
    value = caps.text(text[0], limit)
    return html.escape(value, quote=False) if text[1] == "text" else value


def _author(element: Element) -> str:
    names = [_plain(child) for child in element if child.tag == f"{{{_ATOM}}}name"]
    if len(names) != 1 or any(child.tag == f"{{{_ATOM}}}email" for child in element) or "@" in names[0]:
        raise _TooOdd
    return names[0]


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    try:
        if _ISO.fullmatch(text):
            return datetime.fromisoformat(text).astimezone(UTC).replace(microsecond=0)
        if found := _MAIL.fullmatch(text):
            return _mail_date(*found.groups())
    except (ValueError, OverflowError) as error:
        raise _TooOdd from error
    raise _TooOdd


def _mail_date(day: str, month: str, year: str, hour: str, minute: str, second: str, zone: str) -> datetime:
    """A date as mail writes it. Raises ValueError or OverflowError."""
    when = datetime(int(year), _MONTHS[month], int(day), int(hour), int(minute), int(second), tzinfo=UTC)
    if zone[0] not in "+-":
        return when
    ahead = timedelta(hours=int(zone[1:3]), minutes=int(zone[3:]))
    if ahead >= timedelta(days=1):
        raise ValueError(zone)
    return when - ahead if zone[0] == "+" else when + ahead


def _plain(element: Element) -> str:
    if len(element):
        raise _TooOdd
    return (element.text or "").strip()


def _split(element: Element) -> tuple[str, str]:
    namespace, _, local = element.tag.rpartition("}")
    return namespace[1:], local


def _name(element: Element, namespaces: tuple[str, ...]) -> str:
    namespace, local = _split(element)
    return local if namespace in namespaces else ""
