"""How much of each field is kept: the most that a reader could want, and no feed can make us hold more."""

from __future__ import annotations

import hashlib
import re

TITLE = 1_000
TEXT = 65_536
NAME = 300
URL = 4_000
GUID = 1_000
CATEGORIES = 50
ENTRIES = 10_000

# C1 controls are Windows-1252 punctuation that was taken for Latin-1.
_C1 = {code: bytes([code]).decode("cp1252", "ignore") or None for code in range(0x80, 0xA0)}
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_C1_FOUND = re.compile("[\x80-\x9f]")
# UTF-8 that was read as Windows-1252 once too often: a lead byte's letter followed by a continuation byte's.
_TWICE = re.compile("[ÂÃâãäåæçèéðÐÑÎÏ][\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]")


def text(value: object, limit: int) -> str:
    """A string without characters that no text may hold, cut at `limit`; '' for anything that is no string."""
    if not isinstance(value, str):
        return ""
    if len(value) > limit:
        value = value[:limit]
    if _CONTROLS.search(value):
        value = _CONTROLS.sub("", value)
    if not value.isascii():
        if _TWICE.search(value):
            value = _once(value)
        if _C1_FOUND.search(value):
            value = value.translate(_C1)
    return value.strip()


def guid(value: object) -> str:
    """An identifier as given; a very long one keeps its start and a hash of the whole, so that it stays itself."""
    if not isinstance(value, str):
        return ""
    value = value.strip()
    if len(value) <= GUID:
        return _CONTROLS.sub("", value)
    digest = hashlib.blake2b(value.encode("utf-8", "replace"), digest_size=16).hexdigest()
    return f"{value[: GUID - 40]}#{digest}"


def _once(value: str) -> str:
    """Undo a second encoding as UTF-8, where all of the text shows it."""
    raw = bytearray()
    for char in value:
        if ord(char) < 0x100:
            raw.append(ord(char))
            continue
        try:
            raw += char.encode("cp1252")
        except UnicodeEncodeError:
            return value
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return value
