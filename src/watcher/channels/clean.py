"""Text and links from feeds, made harmless: publishers write them, and people click on them."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote, urlsplit, urlunsplit

_CONTROL = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u200b\u2060-\u206f\u202a-\u202e\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
"""Controls, directional embeddings and overrides, invisible characters. Joiners and direction marks stay: scripts need them."""

_SPACE = re.compile(r"[\s\x85\u2028\u2029]+")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_MARKS = 4
_LONGEST_URL = 2000
_HOST = re.compile(r"[a-z0-9_](?:[a-z0-9._-]*[a-z0-9_])?\.?|[0-9a-f:.]*:[0-9a-f:.]*")


def plain(text: object, limit: int = 0) -> str:
    """`text` on one line, without characters that hide or reorder others, at most `limit` characters (0: all)."""
    if not isinstance(text, str):
        return ""
    text = _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", _CONTROL.sub("", _SPACE.sub(" ", text))).strip()
    return cut(_few_marks(text), limit) if limit else _few_marks(text)


def _few_marks(text: str) -> str:
    """At most four combining marks in a row: more are a tower that covers the lines above."""
    if text.isascii():
        return text
    kept, marks = [], 0
    for character in text:
        marks = marks + 1 if unicodedata.category(character) in ("Mn", "Me") else 0
        if marks <= _MARKS:
            kept.append(character)
    return "".join(kept)


def cut(text: str, limit: int) -> str:
    """At most `limit` characters with an ellipsis, at a word's end where one is near, never inside a grapheme."""
    if len(text) <= limit:
        return text
    if limit <= 1:
        return "…"[:limit]
    end = limit - 1
    while end > 0 and _joined(text, end):
        end -= 1
    space = text.rfind(" ", max(0, end - 20), end + 1)
    kept = text[:space] if space > end // 2 else text[:end]
    return kept.rstrip(" ,;:·–—-") + "…"


def _joined(text: str, at: int) -> bool:
    """Whether a cut before `text[at]` would part a grapheme."""
    after, before = text[at], text[at - 1]
    return (
        unicodedata.category(after) in ("Mn", "Me", "Mc", "Cf", "Sk")
        or before == "\u200d"
        or ("\U0001f1e6" <= after <= "\U0001f1ff" and "\U0001f1e6" <= before <= "\U0001f1ff")
    )


_CALLS = re.compile(r"@(?=\S)|<(?=[!@#/])")
_CALLS_ALL = re.compile(r"@(?=(?:everyone|here|channel|all|room)\b)", re.IGNORECASE)


def without_calls(text: str) -> str:
    """No @everyone, no <!channel>, no <@name>: a zero-width space parts them, so that nobody is called."""
    return _CALLS.sub(lambda match: match[0] + "\u200b", text)


def link(url: object) -> str:
    """`url` if it is an ordinary http or https address, ready to stand in any markup; else empty.

    User names in it are refused (they disguise hosts), as are backslashes and controls. The host is given in
    ASCII, so that none passes for another; quotes, brackets and what is not ASCII are percent-encoded.
    """
    if not isinstance(url, str) or "\\" in url or _CONTROL.search(url) or _SURROGATE.search(url):
        return ""
    try:
        parts = urlsplit(url.strip())
        name = (parts.hostname or "").encode("idna").decode()
        port = parts.port
    except (ValueError, UnicodeError):
        return ""
    if parts.scheme.lower() not in ("http", "https") or not _HOST.fullmatch(name) or "@" in parts.netloc or port == 0:
        return ""
    netloc = (f"[{name}]" if ":" in name else name) + (f":{port}" if port else "")
    rest = quote(urlunsplit(("", "", parts.path, parts.query, parts.fragment)), safe="/:?#[@]!$&*+,;=~%-._")
    rest = _CALLS_ALL.sub("%40", rest)  # the same address, and nobody is called by it
    safe = f"{parts.scheme.lower()}://{netloc}{rest}"
    return safe if len(safe) <= _LONGEST_URL else ""


def host(url: str) -> str:
    """The host of a link, as people know it."""
    name = urlsplit(url).hostname or ""
    return name.removeprefix("www.")
