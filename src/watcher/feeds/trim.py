"""Leave out of a document the entries whose bytes we have read before, so that only new ones are parsed."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

_MARKS = re.compile(rb"<(?:!\[CDATA\[|!--|(/?)(?:[A-Za-z][\w.-]{0,30}:)?(?:item|entry)(?=[\s/>]))")
# Counters that move without any news; they do not make an entry another.
_VOLATILE = re.compile(
    rb"<(slash:comments|thr:total|media:statistics|media:starRating|yt:statistics)\b[^>]*(?:/>|>[^<]*</\1>)"
)


@dataclass(frozen=True, slots=True)
class Cut:
    """A document without known entries. `hashes` are those of all its entries, `total` counts them, `left` those left in."""

    body: bytes
    hashes: frozenset[str]
    total: int
    left: int


def block_hash(block: bytes) -> str:
    """What is remembered of an entry's bytes."""
    if b"slash:" in block or b"thr:" in block or b"media:st" in block or b"yt:st" in block:
        block = _VOLATILE.sub(b"", block)
    return hashlib.blake2b(block, digest_size=8).hexdigest()


def cut(body: bytes, known: frozenset[str]) -> Cut:
    """Cut `<item>` and `<entry>` elements with a known hash out of the bytes. Where their ends can not be told, nothing is cut.

    Works on any encoding that keeps ASCII; others show no elements. Linear in the size of the body.
    """
    places = _blocks(body)
    hashes, kept, position, left = set(), [], 0, 0
    for start, end in places:
        name = block_hash(body[start:end])
        hashes.add(name)
        if name in known:
            kept.append(body[position:start])
            position = end
        else:
            left += 1
    kept.append(body[position:])
    return Cut(b"".join(kept) if position else body, frozenset(hashes), len(places), left)


def _blocks(body: bytes) -> list[tuple[int, int]]:
    """Start and end of each outermost item or entry; empty if they are not balanced."""
    places: list[tuple[int, int]] = []
    depth = position = start = 0
    while mark := _MARKS.search(body, position):
        position = mark.end()
        token = mark[0]
        if token == b"<![CDATA[" or token == b"<!--":
            closing = body.find(b"]]>" if token == b"<![CDATA[" else b"-->", position)
            if closing < 0:
                return []
            position = closing + 3
            continue
        closing = body.find(b">", position)
        if closing < 0:
            return []
        if mark[1]:
            depth -= 1
            if depth < 0:
                return []
            if depth == 0:
                places.append((start, closing + 1))
        elif body[closing - 1 : closing] != b"/":
            if depth == 0:
                start = mark.start()
            depth += 1
        position = closing + 1
    return [] if depth else places
