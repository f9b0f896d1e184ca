"""What full-text search sees of an item: its words with spaces between, in every script."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from watcher.store.codec import clean
from watcher.text.scripts import RUNNING_CLASS

if TYPE_CHECKING:
    from watcher.model import Text

_APART = re.compile(f"[{RUNNING_CLASS}]|[\u1100-\u11ff\u3130-\u318f\uac00-\ud7ff]+")
"""What `Text.tokens` parts from its neighbours and the index, which knows letters only, would not: a character of a script
without spaces, and Hangul beside Latin letters. All else the index parts as `Text.tokens` does."""

_NO_WORD = re.compile("[\u20d0-\u20ff\U0001f000-\U0001faff]+")
"""Signs that the index's tokenizer, older than some of them, takes for letters."""


class Words(str):
    """Words for the index: told apart from other text, for a database that keeps them in a type of its own."""


def search_words(*texts: Text) -> Words:
    """The texts so that the index's tokenizer finds in them the tokens of `Text.tokens`, which need not be made for it."""
    return Words(clean(" ".join(parted(text.folded) for text in texts)))


def parted(folded: str) -> str:
    """Folded text with spaces where the index's tokenizer would see none."""
    return folded if folded.isascii() else _APART.sub(r" \g<0> ", _NO_WORD.sub(" ", folded))
