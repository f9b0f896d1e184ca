"""Keeping what must not be shown out of logs, errors, pages and JSON.

Exact values are masked, not patterns: raw, percent-encoded, JSON-escaped and base64 at any alignment.
From a URL its password, token-like path segments and query values are taken too.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus, unquote, urlsplit

MASK = "****"
SHORTEST = 5
"""Shorter values would mask ordinary words."""

_TOKEN = 12
"""A path segment of so many characters is taken for a token."""


class Scrubber:
    """Masks secret values in any text. Callable; immutable once made."""

    def __init__(self, values: Iterable[str]) -> None:
        forms = {form for value in values for secret in parts_of(value) for form in _forms(secret)}
        longest_first = sorted((form for form in forms if len(form) >= SHORTEST), key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def __call__(self, text: str) -> str:
        """`text` with every secret replaced by MASK."""
        return self._pattern.sub(MASK, text) if self._pattern else text

    def __repr__(self) -> str:
        return "Scrubber(…)"


def parts_of(value: str) -> set[str]:
    """The value itself and, of a URL, each part that gives access alone."""
    found = {value.strip()}
    if "://" not in value:
        return found
    try:
        parts = urlsplit(value.strip())
    except ValueError:
        return found
    rest = value.strip().partition("://")[2]
    found.add(rest)
    userinfo, _, host = parts.netloc.rpartition("@")
    user, colon, password = userinfo.partition(":")
    found |= {password} if colon else set()
    found |= {piece for piece in (user, *re.split(r"[/:@]", host), *parts.path.split("/")) if _is_token(piece)}
    for pair in parts.query.split("&"):
        key, equals, given = pair.partition("=")
        if equals and (_is_token(given) or key.startswith(("+", "-", "%2B", "%2b")) or _SECRET_KEY.search(key)):
            found |= {given, *unquote(given).replace("+", " ").split()}
    return {secret for secret in found | {unquote(secret) for secret in found} if len(secret) >= SHORTEST}


_SECRET_KEY = re.compile(r"(?i)pass|token|secret|key|auth|sig")


def _is_token(piece: str) -> bool:
    return len(piece) >= _TOKEN and not ("." in piece and piece.replace(".", "").replace("-", "").islower())


def _forms(secret: str) -> set[str]:
    encoded = {quote(secret, safe=safe) for safe in ("", "/", "/:@")} | {quote_plus(secret)}
    lower = {re.sub(r"%[0-9A-F]{2}", lambda match: match[0].lower(), form) for form in encoded}
    return (
        {secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
        | encoded
        | lower
        | _base64(secret)
    )


def _base64(secret: str) -> set[str]:
    """The stretch of base64 that the secret alone decides, for each of the three places it can begin at."""
    data = secret.encode("utf-8", "replace")
    found = set()
    for shift in range(3):
        text = base64.b64encode(b"\0" * shift + data).decode()
        first, last = -(-shift * 8 // 6), (shift + len(data)) * 8 // 6
        if last - first >= 8:
            found |= {text[first:last], text[first:last].replace("+", "-").replace("/", "_")}
    return found
