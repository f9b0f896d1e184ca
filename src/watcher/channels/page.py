"""HTML mail: one column of at most 600 pixels, styles inline, dark mode and right-to-left minded, nothing fetched.

Only links leave the page; there are no images, so no publisher learns who reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from importlib import resources
from string import Template

from watcher.channels.content import Card
from watcher.channels.speaker import Speaker

_FOLDER = resources.files("watcher.channels") / "mail"
_PAGE = Template((_FOLDER / "page.html").read_text("utf-8"))
_CARD = Template((_FOLDER / "card.html").read_text("utf-8"))
FULL_CARDS = 30
"""Cards of a digest told in full; mail programs cut long mails off (one of them at 102 KB)."""

_COLOURS = {"high": "#c62828", "normal": "#1565c0", "low": "#78909c"}


def html(cards: Sequence[Card], heading: str, voice: Speaker, channel: str, key: str) -> str:
    """A whole HTML document of one alert or a digest."""
    preview = " · ".join(card.headline for card in cards[:3])
    return _PAGE.substitute(
        language=escape(voice.language, quote=True),
        direction=voice.direction,
        preview=escape(preview),
        heading=_heading(heading, voice),
        cards="\n".join(_card(card, voice) if n < FULL_CARDS else _row(card) for n, card in enumerate(cards)),
        reason=escape(voice.word("why_mail", channel=channel)),
        key=escape(f"{voice.word('message_id')} {key[:8]}"),
    )


def _heading(heading: str, voice: Speaker) -> str:
    if not heading:
        return ""
    return f'<h1 class="w-text" style="margin:0 0 16px;font-size:20px;line-height:1.3;color:#1b1f24">{escape(heading)}</h1>'


def _card(card: Card, voice: Speaker) -> str:
    side = "right" if voice.direction == "rtl" else "left"
    return _CARD.substitute(
        side=side,
        colour=_COLOURS.get(card.alert.severity, _COLOURS["normal"]),
        lead=_paragraph(
            " ".join(part for part in (card.label, card.flags, card.lead) if part), "font-weight:600;color:#1b1f24"
        ),
        headline=_headline(card),
        changes=_list(
            [f"{voice.word('changed')}{voice.colon}{change}" for change in card.changes],
            "color:#1b1f24;font-weight:600",
        ),
        summary=_paragraph(card.summary, "color:#3d444d"),
        reported=_paragraph(card.reported, "color:#59636e;font-size:13px"),
        ahead=_list([f"{voice.word('ahead')}{voice.colon}{ahead}" for ahead in card.ahead], "color:#1b1f24"),
        why=_paragraph(_why(card, voice), "color:#59636e;font-size:12px"),
        others=_others(card, voice),
    )


def _row(card: Card) -> str:
    """A card in short, for the tail of a long digest."""
    return (
        f'<div style="margin:0 0 10px">{_paragraph(card.head, "font-size:13px;color:#3d444d")}{_headline(card)}</div>'
    )


def _headline(card: Card) -> str:
    text = f'<bdi lang="{escape(card.headline_language, quote=True)}">{escape(card.headline)}</bdi>'
    style = "font-size:17px;line-height:1.35;font-weight:600"
    if not card.url:
        return f'<p class="w-text" style="margin:0 0 8px;color:#1b1f24;{style}">{text}</p>'
    anchor = (
        f'<a class="w-link" href="{escape(card.url, quote=True)}" style="color:#0b57d0;text-decoration:none">{text}</a>'
    )
    return f'<p style="margin:0 0 8px;{style}">{anchor} <span class="w-dim" style="color:#59636e;font-size:12px;font-weight:400">{escape(card.host)}</span></p>'


def _paragraph(text: str, style: str) -> str:
    return f'<p class="w-text" style="margin:0 0 6px;{style}"><bdi>{escape(text)}</bdi></p>' if text else ""


def _list(texts: Iterable[str], style: str) -> str:
    return "".join(_paragraph(text, style) for text in texts)


def _why(card: Card, voice: Speaker) -> str:
    named = (("said_by", card.said_by), ("matched", card.matched), ("rule", card.rules))
    return " · ".join(f"{voice.word(key)}{voice.colon}{value}" for key, value in named if value)


def _others(card: Card, voice: Speaker) -> str:
    if not card.others:
        return ""
    rows = "".join(
        f'<li style="margin:0 0 4px"><a class="w-link" href="{escape(report.url, quote=True)}" style="color:#0b57d0;text-decoration:none">'
        f"<bdi>{escape(report.title)}</bdi></a> <bdi>{escape(report.publisher)}</bdi></li>"
        for report in card.others
    )
    title = escape(voice.word("other_reports"))
    return f'<p class="w-text" style="margin:8px 0 4px;color:#59636e;font-size:13px">{title}</p><ul class="w-text" style="margin:0;padding-inline-start:18px;color:#59636e;font-size:13px">{rows}</ul>'
