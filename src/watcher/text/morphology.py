"""Inflection: whether a word of a text is a form of a term's word, for terms that say `~`."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import Stemmer

from watcher.text.language import base

_STEMMERS = {
    code: name
    for name, code in {
        "arabic": "ar", "armenian": "hy", "basque": "eu", "catalan": "ca", "danish": "da", "dutch": "nl", "english": "en",
        "finnish": "fi", "french": "fr", "german": "de", "greek": "el", "hindi": "hi", "hungarian": "hu", "indonesian": "id",
        "irish": "ga", "italian": "it", "lithuanian": "lt", "nepali": "ne", "norwegian": "nb", "portuguese": "pt",
        "romanian": "ro", "russian": "ru", "serbian": "sr", "spanish": "es", "swedish": "sv", "tamil": "ta", "turkish": "tr",
    }.items()
}  # fmt: skip


@lru_cache(maxsize=100_000)
def same_word(term_word: str, text_word: str, lang: str) -> bool:
    """Whether `text_word` is a form of `term_word`, or a compound with it. Both are folded single words."""
    if term_word == text_word:
        return True
    stemmer = _stemmer(base(lang))
    return stemmer is not None and bool(stemmer.stemWord(term_word) == stemmer.stemWord(text_word))


@lru_cache(maxsize=100_000)
def prefix(word: str, lang: str) -> str:
    """A literal that every form of a folded word begins with (in a compound: holds). At least one character."""
    stemmer = _stemmer(base(lang))
    stem: str = stemmer.stemWord(word) if stemmer is not None else word
    size = 0
    while size < min(len(stem), len(word)) and stem[size] == word[size]:
        size += 1
    return word[: max(size, 1)]


@lru_cache(maxsize=64)
def _stemmer(lang: str) -> Any:
    return Stemmer.Stemmer(_STEMMERS[lang]) if lang in _STEMMERS else None
