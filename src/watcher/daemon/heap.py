"""What glibc keeps of memory that is no longer used, and how it is given back."""

from __future__ import annotations

import ctypes
import sys

_MALLOC_ARENAS = -8
"""M_ARENA_MAX of <malloc.h>."""


def share_one_heap() -> None:
    """Keep glibc from giving each thread a heap of its own, which it would not give back: threads here take turns."""
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)
    if set_option is not None and sys.platform == "linux":
        set_option(_MALLOC_ARENAS, 1)


def give_back_memory() -> None:
    """Return to the system what reading the configuration and a burst of items needed; glibc keeps it otherwise."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
