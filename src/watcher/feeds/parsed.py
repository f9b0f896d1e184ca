"""What parsing a document gives."""

from __future__ import annotations

from dataclasses import dataclass, field

from watcher.model import Entry
from watcher.polling import Hints


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """A document's entries in its order, without those whose block was known.

    `total` counts all entries in the document, known ones too. `blocks` are hashes of all of them, to be given as
    `known` next time. `notes` are sentences on what is odd about the document. `lang` is what the document declares.
    """

    entries: tuple[Entry, ...]
    title: str = ""
    lang: str = ""
    link: str = ""
    hints: Hints | None = None
    hub: str = ""
    self_url: str = ""
    blocks: frozenset[str] = frozenset()
    total: int = 0
    format: str = ""
    notes: tuple[str, ...] = field(default=())
