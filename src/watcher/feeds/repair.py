"""Mend what makes a document not well formed, so that feedparser's strict parser can read it."""

from __future__ import annotations

import html.entities
import re
from xml.parsers import expat

_DECLARATION = re.compile(r"\A\s*<\?[^>]*?\?>|\A\s*<\?\w+[^>]*>")
_DOCTYPE = re.compile(r"<!DOCTYPE\s[^\[>]*(?:\[.*?\]\s*)?>", re.DOTALL | re.IGNORECASE)
_LONGEST_DOCTYPE = 5_000
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_APART = re.compile(r"<!\[CDATA\[.*?\]\]>|<!--.*?-->", re.DOTALL)
_ENTITY = re.compile(r"&(?:#[xX][0-9A-Fa-f]{1,6};|#\d{1,7};|([A-Za-z][A-Za-z0-9]{1,31});)?")
_OF_XML = {"amp", "lt", "gt", "quot", "apos"}
_END = re.compile(r"</(?:[A-Za-z][\w.-]*:)?(?:item|entry)\s*>")
_OPEN = re.compile(r"<(?:[A-Za-z][\w.-]*:)?(?:item|entry)[\s>]")
_ROOT_END = re.compile(r"</(?:[A-Za-z][\w.-]*:)?(?:rss|RDF|feed|channel)\s*>\s*\Z", re.IGNORECASE)


def repaired(text: str) -> tuple[str, tuple[str, ...]]:
    """The document as it should have been written, and notes on what was mended. A well-formed one comes back as it is.

    The XML declaration is taken off. A large document type is dropped, as only attacks have one.
    """
    notes: tuple[str, ...] = ()
    text = without_declaration(text)
    if (found := _DOCTYPE.search(text[:100_000])) and len(found[0]) > _LONGEST_DOCTYPE:
        text = text[: found.start()] + text[found.end() :]
        notes += ("large document type left out",)
    if _is_well_formed(text):
        return text, notes
    text = _CONTROLS.sub("", text)
    text = _with_safe_ampersands(text)
    if not _ROOT_END.search(text[-200:]):
        end = max((found.end() for found in _END.finditer(text)), default=0)
        if end and _OPEN.search(text, end):
            # The last entry is not whole; taken as it is, it would look edited at the next poll.
            text = text[:end]
            notes += ("broken off inside an entry, which is left out",)
    return text, (*notes, "mended")


def without_declaration(text: str) -> str:
    """The document without its XML declaration: decoded text is no longer in the encoding that it names."""
    return _DECLARATION.sub("", text, count=1).lstrip()


def _is_well_formed(text: str) -> bool:
    parser = expat.ParserCreate("utf-8", namespace_separator=" ")
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    try:
        parser.Parse(text.encode("utf-8", "surrogatepass"), True)
    except (expat.ExpatError, ValueError):
        return False
    return True


def _with_safe_ampersands(text: str) -> str:
    """Write named HTML entities as numbers and stray ampersands as `&amp;`, outside CDATA and comments."""
    parts, position = [], 0
    declared = set(re.findall(r"<!ENTITY\s+([\w.-]+)\s", text[:20_000]))
    for apart in _APART.finditer(text):
        parts.append(_entities(text[position : apart.start()], declared))
        parts.append(apart[0])
        position = apart.end()
    parts.append(_entities(text[position:], declared))
    return "".join(parts)


def _entities(text: str, declared: set[str]) -> str:
    def replacement(found: re.Match[str]) -> str:
        name = found[1]
        if name is None:
            return found[0] if len(found[0]) > 1 else "&amp;"
        if name in _OF_XML or name in declared:
            return found[0]
        char = html.entities.html5.get(f"{name};")
        return "".join(f"&#{ord(c)};" for c in char) if char else f"&amp;{name};"

    return _ENTITY.sub(replacement, text)
