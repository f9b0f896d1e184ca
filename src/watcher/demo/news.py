"""Reads the sample day and renders it as feeds that grow."""

from __future__ import annotations

import importlib.resources
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from html import escape


@dataclass(frozen=True, slots=True)
class Outlet:
    """A made-up outlet: its feed's path, title, language, country, and format (rss, atom, rdf, json)."""

    path: str
    title: str
    lang: str
    country: str
    format: str


@dataclass(frozen=True, slots=True)
class News:
    """A sample report. It appears when `at` (0.0–1.0) of the day has passed."""

    outlet: str
    at: float
    title: str
    summary: str


def sample_day() -> tuple[tuple[Outlet, ...], tuple[News, ...]]:
    """The outlets and their reports, in order of time."""
    data = json.loads(importlib.resources.files("watcher.demo").joinpath("day.json").read_text("utf-8"))
    news = sorted((News(**row) for row in data["news"]), key=lambda row: row.at)
    return tuple(Outlet(**row) for row in data["outlets"]), tuple(news)


def render(outlet: Outlet, news: Sequence[News], base: str, start: datetime, length: timedelta) -> tuple[str, str]:
    """The outlet's feed with these reports, newest first: (body, media type)."""
    rows = [
        (row, f"{base}/{outlet.path}/{number}", start + length * row.at)
        for number, row in enumerate(news)
        if row.outlet == outlet.path
    ]
    rows.reverse()
    return {"rss": _rss, "atom": _atom, "rdf": _rdf, "json": _json}[outlet.format](outlet, rows, base)


Rows = list[tuple[News, str, datetime]]


def _rss(outlet: Outlet, rows: Rows, base: str) -> tuple[str, str]:
    items = "".join(
        f"<item><title>{escape(row.title)}</title><link>{link}?utm_source=rss</link><guid>{link}</guid>"
        f"<pubDate>{format_datetime(at)}</pubDate><description>{escape(f'<p>{row.summary}</p>')}</description></item>"
        for row, link, at in rows
    )
    head = f"<title>{escape(outlet.title)}</title><link>{base}/</link><description/><language>{outlet.lang}</language>"
    return (
        f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel>{head}{items}</channel></rss>',
        "application/rss+xml",
    )


def _atom(outlet: Outlet, rows: Rows, base: str) -> tuple[str, str]:
    items = "".join(
        f'<entry><title>{escape(row.title)}</title><link href="{link}"/><id>{link}</id><updated>{at.isoformat()}</updated>'
        f'<summary type="html">{escape(row.summary)}</summary></entry>'
        for row, link, at in rows
    )
    head = f"<title>{escape(outlet.title)}</title><id>{base}/{outlet.path}</id>"
    body = f'<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{outlet.lang}">{head}{items}</feed>'
    return body, "application/atom+xml"


def _rdf(outlet: Outlet, rows: Rows, base: str) -> tuple[str, str]:
    items = "".join(
        f'<item rdf:about="{link}"><title>{escape(row.title)}</title><link>{link}</link><dc:date>{at.isoformat()}</dc:date>'
        f"<description>{escape(row.summary)}</description></item>"
        for row, link, at in rows
    )
    spaces = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    head = f'<channel rdf:about="{base}/{outlet.path}"><title>{escape(outlet.title)}</title><link>{base}/</link><dc:language>{outlet.lang}</dc:language></channel>'
    return f'<?xml version="1.0" encoding="utf-8"?><rdf:RDF {spaces}>{head}{items}</rdf:RDF>', "application/rdf+xml"


def _json(outlet: Outlet, rows: Rows, base: str) -> tuple[str, str]:
    items = [
        {"id": link, "url": link, "title": row.title, "content_text": row.summary, "date_published": at.isoformat()}
        for row, link, at in rows
    ]
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": outlet.title,
        "language": outlet.lang,
        "items": items,
    }
    return json.dumps(feed, ensure_ascii=False), "application/feed+json"
