"""feedparser's result → our entries: which link, which text, which date."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin

from watcher.feeds import caps, dates
from watcher.model import Entry

_HTTP = ("http://", "https://")
_WHOLE = re.compile(r"https?://[A-Za-z0-9.:-]+/[^\x00-\x20?#;\\\x7f]*")


def entry(row: Mapping[str, Any], base: str, author: str, lang: str) -> Entry:
    """One entry. `base` resolves relative links; `author` and `lang` are the feed's."""
    row = dict(row)  # feedparser's own lookup is slow, and passes one date off as another
    summary, content = _texts(row)
    url = link(row, base)
    return Entry(
        title=_markup(row.get("title", ""), row.get("title_detail"), row, caps.TITLE),
        summary=summary,
        content=content,
        guid=caps.guid(row.get("id", "")),
        url=url,
        author=caps.text(row.get("author", "") or author, caps.NAME),
        categories=_categories(row),
        published=_date(row, ("published", "created", "issued"), lang),
        updated=_date(row, ("updated",), lang),
        lang=_language(row),
        source=_source(row),
    )


def link(row: Mapping[str, Any], base: str) -> str:
    """The address of an entry's or feed's page, absolute; '' without one that is http or https."""
    links = [dict(each) for each in row.get("links", ()) if each.get("href")]
    pages = [each for each in links if each.get("rel", "alternate") == "alternate"]
    if len(pages) > 1:
        pages.sort(key=lambda each: "html" not in str(each.get("type", "text/html")))
    candidates = [row.get("feedburner_origlink", ""), *(each["href"] for each in pages), row.get("link", "")]
    if row.get("guidislink") or str(row.get("id", "")).startswith(_HTTP):
        candidates.append(row.get("id", ""))
    candidates += [each["href"] for each in links if each.get("rel") in ("via", "related", "enclosure")]
    for candidate in candidates:
        if not isinstance(candidate, str) or not candidate.strip():
            continue
        try:
            url = _absolute(base, candidate.strip())
        except ValueError:
            continue
        if url.startswith(_HTTP) and len(url) <= caps.URL:
            return url
    return ""


def _absolute(base: str, address: str) -> str:
    """`urljoin`, without its work on addresses that it would give back as they are, as nearly all are."""
    return address if _WHOLE.fullmatch(address) else urljoin(base, address)


def _texts(row: Mapping[str, Any]) -> tuple[str, str]:
    """Summary and content. A content that only repeats the summary is left out."""
    summary = _markup(row.get("summary", ""), row.get("summary_detail"), row, caps.TEXT)
    texts = [
        _markup(part.get("value", ""), part, row, caps.TEXT)
        for part in row.get("content", ())
        if isinstance(part, Mapping) and _is_text(str(part.get("type", "")))
    ]
    content = max(texts, key=len, default="")
    if not summary:
        return content, ""
    return summary, content if content != summary else ""


def _markup(value: object, detail: object, row: Mapping[str, Any], limit: int) -> str:
    """A text as markup: what an Atom document calls plain text is escaped, so that it reads back as it stands."""
    text = caps.text(value, limit)
    kind = detail.get("type", "") if isinstance(detail, Mapping) else ""
    return html.escape(text, quote=False) if kind == "text/plain" and row.get("_atom") else text


def _is_text(media_type: str) -> bool:
    return not media_type or media_type.startswith("text/") or "html" in media_type


def _categories(row: Mapping[str, Any]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for tag in row.get("tags", ())[: caps.CATEGORIES]:
        name = caps.text(tag.get("label") or tag.get("term") or "", caps.NAME)
        if name:
            found[name] = None
    return tuple(found)


def _date(row: Mapping[str, Any], names: tuple[str, ...], lang: str) -> datetime | None:
    for name in names:
        if parts := row.get(f"{name}_parsed"):
            try:
                year, month, day, hour, minute, second = parts[:6]
                return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
            except (ValueError, TypeError):
                continue
        if (written := row.get(name)) and isinstance(written, str) and (when := dates.moment(written, lang)):
            return when
    return None


def _language(row: Mapping[str, Any]) -> str:
    for detail in ("title_detail", "summary_detail"):
        if language := (row.get(detail) or {}).get("language"):
            return caps.text(language, 40)
    return caps.text(row.get("language", ""), 40)


def _source(row: Mapping[str, Any]) -> str:
    source = row.get("source")
    title = source.get("title", "") if isinstance(source, Mapping) else row.get("dc_source", "")
    return caps.text(title, caps.NAME)
