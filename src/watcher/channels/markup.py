"""Lines of spans, written in the markup that a service understands. Everything is escaped here and nowhere else."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from html import escape

from watcher.channels.clean import host, without_calls


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of text in one style: plain, bold or dim. With `url` it is a link, and its host is shown too."""

    text: str
    style: str = "plain"
    url: str = ""


Line = tuple[Span, ...]

_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|~])")
_LIST = re.compile(r"^(\s*)([-+*]|\d+[.)])(\s)")
_ANSI = {"bold": "\x1b[1m", "dim": "\x1b[2m"}


def _text(span: Span) -> str:
    return f"{span.text}\n{span.url}" if span.url else span.text


def _markdown(span: Span) -> str:
    text = escape_markdown(span.text)
    if span.url:
        text = f"[{text}]({span.url}) · {escape_markdown(host(span.url))}"
    return f"**{text}**" if span.style == "bold" and text.strip() else text


def _html(span: Span) -> str:
    text = escape(span.text, quote=True)
    if span.url:
        text = f'<a href="{escape(span.url, quote=True)}">{text}</a> · {escape(host(span.url))}'
    return f"<b>{text}</b>" if span.style == "bold" else text


def _ansi(span: Span) -> str:
    start = _ANSI.get(span.style, "")
    text = f"{start}{span.text}\x1b[0m" if start else span.text
    return f"{text}\n\x1b[4;2m{span.url}\x1b[0m" if span.url else text


def escape_markdown(text: str) -> str:
    """Text that CommonMark and its chat dialects show as it is."""
    return _LIST.sub(r"\1\\\2\3", _MARKDOWN.sub(r"\\\1", text))


_WRITERS: Mapping[str, Callable[[Span], str]] = {
    "text": _text,
    "markdown": _markdown,
    "html": _html,
    "telegram": _html,
    "ansi": _ansi,
}
_ESCAPES: Mapping[str, Callable[[str], str]] = {"markdown": escape_markdown, "html": escape, "telegram": escape}
BREAKS: Mapping[str, str] = {"text": "\n", "markdown": "  \n", "html": "<br/>\n", "telegram": "\n", "ansi": "\n"}
"""What ends a line. Telegram's HTML knows no line break but the character."""


def write(lines: Iterable[Line], markup: str, *, mentions: bool = False) -> str:
    """`lines` in `markup` (a key of BREAKS). With `mentions`, names in them call nobody."""
    writer = _WRITERS[markup]
    written = ("".join(writer(_uncalled(span) if mentions else span) for span in line) for line in lines)
    return BREAKS[markup].join(written)


def escaped(text: str, markup: str, *, mentions: bool = False) -> str:
    """A bare value for a template in `markup`."""
    text = without_calls(text) if mentions else text
    return _ESCAPES.get(markup, str)(text)


def _uncalled(span: Span) -> Span:
    return Span(without_calls(span.text), span.style, span.url)
