"""Which encoding a document is really in: what bytes prove, before what anyone declares."""

from __future__ import annotations

import codecs
import re

_BOMS = (
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xfe\xff", "utf-16-be"),
    (b"\xff\xfe", "utf-16-le"),
)
# How '<' or white space before it looks in each, without a byte order mark.
_PATTERNS = (
    (re.compile(rb"\x00\x00\x00[<\s{\[]"), "utf-32-be"),
    (re.compile(rb"[<\s{\[]\x00\x00\x00"), "utf-32-le"),
    (re.compile(rb"\x00[<\s{\[]\x00[^\x00]"), "utf-16-be"),
    (re.compile(rb"[<\s{\[]\x00[^\x00]\x00"), "utf-16-le"),
)
_DECLARED = re.compile(rb"^[^<]{0,100}<\?[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._:-]{1,40})[\"']")
_LANGUAGE = re.compile(rb"(?:<(?:dc:)?language>|xml:lang=[\"'])\s*([A-Za-z]{2,3})")

# Publishers declare the standard and use the vendor's larger set: WHATWG Encoding, section 4.2.
_SUPERSETS = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "big5hkscs",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
}
_SEVEN_BIT = {"iso2022_jp", "iso2022_kr", "iso2022_jp_1", "iso2022_jp_2", "iso2022_jp_3", "hz", "utf-7"}
# The Latin code page that a language's undeclared documents are in; all others: cp1252.
_LATIN = {"cp1250": "cs hr hu pl ro sk sl sq bs", "cp1254": "tr az", "cp1257": "et lt lv", "cp1258": "vi"}
_LATIN_FAMILY = re.compile(
    r"cp125[02478]|iso8859_(1|2|3|4|9|10|13|14|15|16)|latin_1|mac_\w+|cp(437|850|852|858|775|1026|500)|hp_roman8"
)


def encoding_of(body: bytes, declared_by_server: str = "") -> str:
    """The name of the encoding to decode `body` with (see `decode`).

    In order: a byte order mark; the pattern of zero bytes; UTF-8 by its look; what the server,
    then the document declares, if it decodes; what the bytes look like; UTF-8 with strays.
    """
    for mark, name in _BOMS:
        if body.startswith(mark):
            return name
    for pattern, name in _PATTERNS:
        if pattern.match(body[:4]):
            return name
    in_document = _DECLARED.match(body[:400])
    declared = [_known(name) for name in (declared_by_server, in_document[1].decode() if in_document else "")]
    if _decodes(body, "utf-8") and not any(name in _SEVEN_BIT for name in declared):
        return "utf-8"
    if _mostly_utf8(body, 20):
        return "utf-8"
    for name in declared:
        for candidate in (name, _SUPERSETS.get(name, "")):
            if candidate and candidate != "utf-8" and _decodes(body, candidate):
                return _SUPERSETS.get(name, name) if _decodes(body, _SUPERSETS.get(name, name)) else name
    if _mostly_utf8(body, 3):
        return "utf-8"
    return _looks_like(body) or next((_SUPERSETS.get(name, name) for name in declared if name), "utf-8")


def decode(body: bytes, encoding: str) -> str:
    """The text, without byte order mark. Bytes that the encoding does not know are read as Windows-1252 where it is UTF-8."""
    errors = "watcher-stray" if encoding == "utf-8" else "replace"
    return body.decode(encoding, errors).removeprefix("\ufeff")


def _stray(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error("watcher-stray", _stray)


def _known(name: str) -> str:
    try:
        return codecs.lookup(name).name if name else ""
    except LookupError:
        return ""


def _decodes(body: bytes, name: str) -> bool:
    try:
        body.decode(name)
    except (UnicodeError, LookupError):
        return False
    return True


def _mostly_utf8(body: bytes, times: int) -> bool:
    """A few bad bytes (a text cut in the middle of a character, one pasted in) do not make another encoding.

    Whether good sequences are so many `times` the bad ones. Text in an older encoding has hardly a good one.
    """
    leads = sum(map(body.count, range(0xC2, 0xF5)))
    return leads > 0 and body.decode("utf-8", "replace").count("\ufffd") * times <= leads


def _looks_like(body: bytes) -> str:
    """Guess by the look of the lines that are not ASCII; empty if nothing fits."""
    import charset_normalizer  # costly, and rare: only undeclared legacy documents come here

    lines = [line for line in body.splitlines() if not line.isascii()]
    best = charset_normalizer.from_bytes(b"\n".join(lines)[:16_384]).best()
    if best is None:
        return ""
    if not _LATIN_FAMILY.fullmatch(best.encoding):
        name = _known(best.encoding)
        return _SUPERSETS.get(name, name) if _decodes(body, _SUPERSETS.get(name, name)) else name
    # Latin code pages can not be told apart by bytes, but the document may name its language.
    language = found[1].decode().lower() if (found := _LANGUAGE.search(body)) else ""
    return next((page for page, languages in _LATIN.items() if language in languages.split()), "cp1252")
