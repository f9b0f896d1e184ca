"""Alerts and stories to be pulled: Atom, JSON Feed, CSV, and iCalendar for what is ahead.

Pure writers: the caller reads the store and serves or saves the text. Titles of publishers are data
everywhere, also in a spreadsheet, where a leading `=` would make them formulas.
"""

from __future__ import annotations

import csv
import io
import json
import re
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

from watcher.channels.clean import plain
from watcher.channels.content import as_alert, card, full_lines
from watcher.channels.markup import write
from watcher.channels.speaker import Speaker
from watcher.model import Alert, Change, Story

_ATOM = "http://www.w3.org/2005/Atom"
_NAMESPACE = uuid.UUID("5b0c1a52-6e0e-5c55-9d1d-3f6f3f1d7a10")
"""Ids of entries are UUIDs of version 5 in this namespace, so that they never change."""


@dataclass(frozen=True, slots=True)
class About:
    """What a feed says of itself. Addresses may be empty."""

    title: str
    home_url: str = ""
    feed_url: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """An alert or story in words. `ahead` holds (when as in model.Ahead, what)."""

    id: str
    title: str
    headline: str
    url: str
    text: str
    html: str
    published: datetime
    updated: datetime
    language: str
    tags: tuple[str, ...]
    countries: tuple[str, ...]
    sums: str
    stage: str
    instruments: str
    severity: str
    ahead: tuple[tuple[str, str], ...]
    facts: Mapping[str, object]


def alert_entries(alerts: Iterable[Alert], speaker: Speaker, now: datetime) -> list[Entry]:
    """Alerts in words, in the order given."""
    return [_entry(alert, alert.created_at, speaker, now) for alert in alerts]


def story_entries(stories: Iterable[Story], speaker: Speaker, now: datetime) -> list[Entry]:
    """Stories in words, as they stand, in the order given."""
    return [
        replace(_entry(as_alert(story), story.last_at, speaker, now), published=story.first_at) for story in stories
    ]


def _entry(alert: Alert, updated: datetime, speaker: Speaker, now: datetime) -> Entry:
    said = card(alert, speaker, now)
    lines = [line for _, line in full_lines(said, speaker, with_lead=True)]
    ahead = alert.body.get("ahead")
    countries = alert.body.get("countries")
    return Entry(
        id=f"urn:uuid:{uuid.uuid5(_NAMESPACE, alert.key)}",
        title=f"{said.title}{speaker.colon}{said.headline}" if said.lead else said.title,
        headline=said.headline,
        url=said.url,
        text=write(lines, "text"),
        html=write(lines, "html"),
        published=alert.created_at,
        updated=updated,
        language=said.headline_language,
        tags=tuple(plain(rule, 80) for rule in alert.rules),
        countries=tuple(plain(code, 8) for code in countries) if isinstance(countries, (list, tuple)) else (),
        sums=said.sums,
        stage=said.stage,
        instruments=said.instruments,
        severity=alert.severity,
        ahead=_ahead(ahead),
        facts={
            **alert.body,
            "rules": list(alert.rules),
            "severity": alert.severity,
            "kind": alert.kind,
            "key": alert.key,
        },
    )


def _ahead(value: object) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, (list, tuple)):
        return ()
    return tuple((plain(one.get("when"), 20), plain(one.get("what"), 200)) for one in value if isinstance(one, Mapping))


def atom(entries: Sequence[Entry], about: About, now: datetime) -> str:
    """An Atom 1.0 feed (RFC 4287), newest first as given."""
    ElementTree.register_namespace("", _ATOM)
    feed = ElementTree.Element(f"{{{_ATOM}}}feed")
    _put(feed, "id", about.feed_url or f"urn:uuid:{uuid.uuid5(_NAMESPACE, about.title)}")
    _put(feed, "title", plain(about.title))
    _put(feed, "updated", _iso(max((entry.updated for entry in entries), default=now)))
    _put(_put(feed, "author", ""), "name", "Watcher")
    for relation, url in (("self", about.feed_url), ("alternate", about.home_url)):
        if url:
            _put(feed, "link", "", rel=relation, href=url)
    for entry in entries:
        node = _put(feed, "entry", "")
        _put(node, "id", entry.id)
        _put(node, "title", entry.title)
        _put(node, "updated", _iso(entry.updated))
        _put(node, "published", _iso(entry.published))
        if entry.url:
            _put(node, "link", "", rel="alternate", href=entry.url)
        for tag in (*entry.tags, *entry.countries):
            _put(node, "category", "", term=tag)
        _put(node, "content", entry.html, type="html")
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(feed, encoding="unicode") + "\n"


def _put(parent: ElementTree.Element, name: str, text: str, **attributes: str) -> ElementTree.Element:
    node = ElementTree.SubElement(parent, f"{{{_ATOM}}}{name}", attributes)
    node.text = text or None
    return node


def json_feed(entries: Sequence[Entry], about: About, now: datetime) -> str:
    """A JSON Feed 1.1; the facts stand under `_watcher`."""
    addresses = {"home_page_url": about.home_url, "feed_url": about.feed_url}
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": plain(about.title),
        **{key: url for key, url in addresses.items() if url},
        "items": [_json_item(entry) for entry in entries],
    }
    return json.dumps(feed, ensure_ascii=False, indent=1).encode("utf-8", "replace").decode() + "\n"


def _json_item(entry: Entry) -> dict[str, object]:
    item: dict[str, object] = {
        "id": entry.id,
        "title": entry.title,
        "content_text": entry.text,
        "content_html": entry.html,
        "date_published": _iso(entry.published),
        "date_modified": _iso(entry.updated),
        "tags": [*entry.tags, *entry.countries],
        "_watcher": dict(entry.facts),
    }
    return {
        **item,
        **({"url": entry.url} if entry.url else {}),
        **({"language": entry.language} if entry.language else {}),
    }


_COLUMNS = (
    "published",
    "updated",
    "severity",
    "countries",
    "sum",
    "stage",
    "instruments",
    "headline",
    "url",
    "language",
    "rules",
    "id",
)


def csv_table(entries: Sequence[Entry], about: About, now: datetime) -> str:
    """A CSV table (RFC 4180) with a header; values that a spreadsheet would run are quoted with an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(_COLUMNS)
    for entry in entries:
        row = (
            _iso(entry.published), _iso(entry.updated), entry.severity, " ".join(entry.countries), entry.sums, entry.stage,
            entry.instruments, entry.headline, entry.url, entry.language, " ".join(entry.tags), entry.id,
        )  # fmt: skip
        writer.writerow([f"'{value}" if value[:1] in ("=", "+", "-", "@", "\t", "\r") else value for value in row])
    return out.getvalue()


def calendar(entries: Sequence[Entry], about: About, now: datetime) -> str:
    """An iCalendar (RFC 5545) of what is ahead. A month or year that is all that is known takes all its days."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Watcher//Watcher//EN",
        "CALSCALE:GREGORIAN",
        f"NAME:{_escaped(about.title)}",  # RFC 7986; the next is what older programs read
        f"X-WR-CALNAME:{_escaped(about.title)}",
    ]
    seen = set()
    for entry in entries:
        for when, what in entry.ahead:
            days = _days(when)
            story = entry.facts.get("story") or entry.id
            event = f"{uuid.uuid5(_NAMESPACE, f'{story} {when} {what}')}@watcher"
            if days is None or event in seen:
                continue
            seen.add(event)
            lines += [
                "BEGIN:VEVENT",
                f"UID:{event}",
                f"DTSTAMP:{entry.updated.astimezone(UTC):%Y%m%dT%H%M%SZ}",
                f"DTSTART;VALUE=DATE:{days[0]:%Y%m%d}",
                f"DTEND;VALUE=DATE:{days[1]:%Y%m%d}",
                f"SUMMARY:{_escaped(what or entry.headline)}",
                f"DESCRIPTION:{_escaped(entry.text)}",
                *([f"URL:{entry.url}"] if entry.url else []),
                "TRANSP:TRANSPARENT",
                "END:VEVENT",
            ]
    return "".join(f"{_folded(line)}\r\n" for line in [*lines, "END:VCALENDAR"])


def _days(when: str) -> tuple[date, date] | None:
    """First day, and the day after the last; None for what is no date."""
    match = re.fullmatch(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?(?:T.*)?", when)
    if not match:
        return None
    year, month, day = int(match[1]), int(match[2] or 1), int(match[3] or 1)
    try:
        first = date(year, month, day)
        if match[3]:
            return first, first + timedelta(days=1)
        return first, date(year + 1, 1, 1) if not match[2] or month == 12 else date(year, month + 1, 1)
    except (ValueError, OverflowError):
        return None


def _escaped(text: str) -> str:
    return re.sub(r"([\\;,])", r"\\\1", text).replace("\n", "\\n")


def _folded(line: str) -> str:
    """A line of at most 75 octets, continued after CRLF and a space, never inside a character."""
    pieces, current = [], ""
    for character in line:
        if len((current + character).encode()) > 74:
            pieces.append(current)
            current = ""
        current += character
    return "\r\n ".join([*pieces, current])


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


Writer = Callable[[Sequence[Entry], About, datetime], str]

FORMATS: Mapping[str, tuple[str, Writer]] = {
    "atom": ("application/atom+xml; charset=utf-8", atom),
    "json": ("application/feed+json; charset=utf-8", json_feed),
    "csv": ("text/csv; charset=utf-8; header=present", csv_table),
    "ics": ("text/calendar; charset=utf-8", calendar),
}
"""Media type and writer by file extension."""


def alert_of(row: Mapping[str, Any]) -> Alert:
    """An alert, from what the store lists of it."""
    return Alert(
        key=row["key"],
        kind=row["kind"],
        story=row["story"],
        item=row["item"],
        rules=tuple(row["rules"]),
        severity=row["severity"],
        created_at=datetime.fromisoformat(row["created_at"]),
        changes=tuple(Change(change["kind"], change["old"], change["new"]) for change in row["changes"]),
        body=row["body"],
    )
