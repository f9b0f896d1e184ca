"""What an item is compared by: a compact, JSON-able signature of one report."""

from __future__ import annotations

import base64
import json
import struct
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from watcher.model import Text, Verdict
from watcher.stories.concepts import concepts
from watcher.stories.meaning import packed_vector
from watcher.stories.names import figures, names
from watcher.stories.near import shingles, signature
from watcher.text import plain_text
from watcher.text.meaning import told

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_BASE64 = ":"
"""Marks a packed value as base 64, which is read ten times as fast as the base 85 of older lines."""

MAX_WORDS = 80
MAX_SUMS = 8


@dataclass(frozen=True, slots=True)
class Signature:
    """One report as the pair model sees it. `day` counts days since 2000, `sums` are (currency, value, USD or 0)."""

    day: float
    lang: str
    countries: tuple[str, ...] = ()
    sums: tuple[tuple[str, float, float], ...] = ()
    stage: str = ""
    instruments: tuple[str, ...] = ()
    actors: tuple[str, ...] = ()
    """Skeletons of the names of those who act."""
    dates: tuple[str, ...] = ()
    concepts: tuple[str, ...] = ()
    lead: tuple[str, ...] = ()
    """Concepts of the title."""
    names: tuple[str, ...] = ()
    figures: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    title: tuple[str, ...] = ()
    digest: tuple[int, ...] = ()
    vector: tuple[int, ...] = ()

    def as_text(self) -> str:
        """One line of JSON with only what is set; the sketch and the vector packed."""
        record: dict[str, Any] = {
            name: value for name in self.__slots__ if (value := getattr(self, name)) not in ((), "")
        }
        for name, kind in (("digest", "I"), ("vector", "b")):
            if name in record:
                packed = struct.pack(f"<{len(record[name])}{kind}", *record[name])
                record[name] = _BASE64 + base64.b64encode(packed).decode()
        return json.dumps(record, ensure_ascii=False, separators=(",", ":"))


@lru_cache(maxsize=1 << 11)
def read_signature(line: str) -> Signature:
    """The inverse of `Signature.as_text`."""
    record: dict[str, Any] = json.loads(line)  # JSON has no narrower type; Signature checks by name
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in record.items()
    }
    if "sums" in record:
        values["sums"] = tuple((str(c), float(v), float(u)) for c, v, u in record["sums"])
    for name, kind, size in (("digest", "I", 4), ("vector", "b", 1)):
        if name in record:
            written = record[name]
            packed = base64.b64decode(written[1:]) if written[0] == _BASE64 else base64.b85decode(written)
            values[name] = struct.unpack(f"<{len(packed) // size}{kind}", packed)
    return Signature(**values)


def moment(verdict: Verdict) -> datetime:
    """When the report was made: its date, or when it was first seen."""
    return verdict.item.published or verdict.item.seen_at


def sign(verdict: Verdict, *, with_meaning: bool = True) -> Signature:
    """The signature of a verdict's item. Without meaning it holds no sentence vector, which costs more than all the rest."""
    item, facts = verdict.item, verdict.facts
    title, summary = item.title, item.summary
    sums = tuple((a.currency, float(a.value), float(a.usd or 0)) for a in facts.amounts if not a.uncertain)[:MAX_SUMS]
    words = _words(title)
    return Signature(
        day=round((moment(verdict) - _EPOCH).total_seconds() / 86_400, 3),
        lang=item.lang,
        countries=tuple(dict.fromkeys(found.value for found in facts.countries)),
        sums=sums,
        stage=facts.stage.value if facts.stage else "",
        instruments=tuple(dict.fromkeys(found.value for found in facts.instruments)),
        actors=names(*(plain_text(found.value[:1].upper() + found.value[1:]) for found in facts.actors[:16])),
        dates=tuple(dict.fromkeys(ahead.when for ahead in facts.ahead if ahead.when)),
        concepts=concepts(title, summary),
        lead=concepts(title),
        names=names(title, summary),
        figures=_figures(verdict),
        words=tuple(dict.fromkeys((*words, *_words(summary))))[:MAX_WORDS],
        title=words[:MAX_WORDS],
        digest=signature(shingles(title, summary)),
        # The encoder is slow: only what a rule caught, which is what may be told, is worth it.
        vector=packed_vector(told(title.plain, summary.plain), item.lang) if verdict.matches and with_meaning else (),
    )


def _figures(verdict: Verdict) -> tuple[str, ...]:
    """Numbers that are no part of a sum of money."""
    item = verdict.item
    money = {field: [a.span for a in verdict.facts.amounts if a.span.field == field] for field in ("title", "summary")}
    found: dict[str, None] = {}
    for field, text in (("title", item.title), ("summary", item.summary)):
        plain = list(text.plain)
        for span in money[field]:
            plain[span.start : span.end] = " " * (span.end - span.start)
        found.update(dict.fromkeys(figures("".join(plain))))
    return tuple(found)


def _words(text: Text) -> tuple[str, ...]:
    """Folded words of four letters or more; pairs of characters in scripts without spaces."""
    found: dict[str, None] = {}
    tokens = text.tokens[:300]
    for number, token in enumerate(tokens):
        word = text.folded[token.start : token.end]
        if len(word) >= 4 or (len(word) >= 2 and not word.isascii()):
            found.setdefault(word[:12])
        elif len(word) == 1 and word > "\u2e80" and number + 1 < len(tokens) and tokens[number + 1].start == token.end:
            found.setdefault(text.folded[token.start : tokens[number + 1].end][:4])
    return tuple(found)
