"""What glibc keeps of memory that is no longer used, and how it is given back."""

from __future__ import annotations

import ctypes
import re
import sys
from contextlib import suppress
from pathlib import Path

_MALLOC_ARENAS = -8
"""M_ARENA_MAX of <malloc.h>."""


_DONTNEED = 4
"""MADV_DONTNEED of <sys/mman.h>."""

_MAPPING = re.compile(
    r"^([0-9a-f]+)-([0-9a-f]+) r--[sp] \S+ \S+ \d+ +/.*\n(?:[A-Z].*\n)*?Rss: +(\d+) kB\n(?:[A-Z].*\n)*?Anonymous: +0 kB$",
    re.M,
)
"""An entry of /proc/self/smaps: a file that is only read and of which no page is our own."""

_WORTH_KB = 1024
"""Smaller ones are code that is in use."""


def share_one_heap() -> None:
    """Keep glibc from giving each thread a heap of its own, which it would not give back: threads here take turns."""
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)
    if set_option is not None and sys.platform == "linux":
        set_option(_MALLOC_ARENAS, 1)


def give_back_memory() -> None:
    """Return to the system what reading the configuration and a burst of items needed; glibc keeps it otherwise.

    Pages of files that are only read, above all the encoder's figures (53 MB), go too: they are read again when they are needed.
    """
    library = ctypes.CDLL(None)
    trim, advise = getattr(library, "malloc_trim", None), getattr(library, "madvise", None)
    if trim is not None:
        trim(0)
    if advise is not None and sys.platform == "linux":
        with suppress(OSError):
            for begin, end, resident in _MAPPING.findall(Path("/proc/self/smaps").read_text()):
                if int(resident) >= _WORTH_KB:
                    start = int(begin, 16)
                    advise(ctypes.c_void_p(start), ctypes.c_size_t(int(end, 16) - start), _DONTNEED)
