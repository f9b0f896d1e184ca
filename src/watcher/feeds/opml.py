"""Subscriptions in and out as OPML 2.0 (opml.org): folders are tags."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from email.utils import format_datetime
from xml.etree import ElementTree

from watcher.errors import ParseError
from watcher.feeds import caps, charset, repair
from watcher.model import Feed

_DOCTYPE = re.compile(r"<!DOCTYPE\s[^\[>]*(?:\[.*?\]\s*)?>", re.DOTALL | re.IGNORECASE)
_DEEPEST = 50


def read_opml(body: bytes, name: str = "OPML") -> tuple[Feed, ...]:
    """The feeds of an OPML document in its order, each URL once; folders around it and its categories become tags.

    Raises ParseError, with `name` as its place, for what is no OPML.
    """
    text = charset.decode(body, charset.encoding_of(body))
    text = _DOCTYPE.sub("", repair.repaired(text)[0])
    try:
        root = ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError) as error:
        raise ParseError(name, "broken", f"not XML: {error}") from error
    if _local(root.tag) != "opml":
        raise ParseError(name, "unknown", f"not OPML: its first element is <{_local(root.tag)[:60]}>")
    found: dict[str, Feed] = {}
    for child in root:
        if _local(child.tag) == "body":
            _collect(child, (), found)
    return tuple(found.values())


def write_opml(feeds: Iterable[Feed], now: datetime, title: str = "Watcher") -> str:
    """An OPML document of all feeds. Each stands in the folder of its first tag and names all of them as categories."""
    root = ElementTree.Element("opml", version="2.0")
    head = ElementTree.SubElement(root, "head")
    ElementTree.SubElement(head, "title").text = title
    ElementTree.SubElement(head, "dateCreated").text = format_datetime(now)
    body = ElementTree.SubElement(root, "body")
    folders: dict[str, ElementTree.Element] = {}
    for feed in feeds:
        tags = sorted(feed.tags)
        place = body
        if tags:
            if tags[0] not in folders:
                folders[tags[0]] = ElementTree.SubElement(body, "outline", text=tags[0], title=tags[0])
            place = folders[tags[0]]
        given = {"type": "rss", "text": feed.name or feed.url, "title": feed.name or feed.url, "xmlUrl": feed.url}
        if len(tags) > 1:
            given["category"] = ",".join(tags)
        if feed.lang:
            given["language"] = feed.lang
        ElementTree.SubElement(place, "outline", given)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _collect(element: ElementTree.Element, folders: tuple[str, ...], found: dict[str, Feed]) -> None:
    if len(folders) > _DEEPEST:
        return
    for outline in element:
        given = {name.lower(): value for name, value in outline.attrib.items()}
        name = caps.text(given.get("title") or given.get("text", ""), caps.NAME)
        url = given.get(
            "xmlurl", given.get("url", "") if given.get("type", "").lower() in ("rss", "atom") else ""
        ).strip()
        url = re.sub(r"^feed:(?=https?:)", "", re.sub(r"^feed:(?=//)", "http:", url))
        if url.startswith(("http://", "https://")) and url not in found:
            tags = {*map(_tag, folders), *(_tag(part) for part in re.split(r"[,/]", given.get("category", "")))}
            lang = given.get("language", "")
            found[url] = Feed(
                url=url,
                name="" if name == url else name,
                tags=frozenset(filter(None, tags)),
                lang="" if lang == "unknown" else lang,
            )
        _collect(outline, (*folders, name) if name and not url else folders, found)


def _tag(name: str) -> str:
    """A folder's name as a tag: lower case, no spaces."""
    return re.sub(r"\s+", "-", name.strip().lower())[:60]


def _local(tag: str) -> str:
    return tag.rpartition("}")[2].lower()
