"""What is kept of memory that is no longer used, by us, by libraries and by glibc, and how it is given back."""

from __future__ import annotations

import ctypes
import re
import sys
from contextlib import suppress
from pathlib import Path

from watcher.text import meaning

_MALLOC_ARENAS = -8
"""M_ARENA_MAX of <malloc.h>."""


_DONTNEED = 4
"""MADV_DONTNEED of <sys/mman.h>."""

_MAPPING = re.compile(
    r"^([0-9a-f]+)-([0-9a-f]+) r-[x-][sp] \S+ \S+ \d+ +/.*\n(?:[A-Z].*\n)*?Rss: +(\d+) kB\n(?:[A-Z].*\n)*?Anonymous: +0 kB$",
    re.M,
)
"""An entry of /proc/self/smaps: a file that is only read or run, and of which no page is our own."""

_WORTH_KB = 256


def share_one_heap() -> None:
    """Keep glibc from giving each thread a heap of its own, which it would not give back: threads here take turns."""
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)
    if set_option is not None and sys.platform == "linux":
        set_option(_MALLOC_ARENAS, 1)


def forget() -> None:
    """Let go of what only saves time while items come in: some 15 MB, made again in milliseconds by the items that need it.

    These are the answers that our functions remember (`lru_cache`; not the one value of those with room for one, nor tables, `cache`),
    the encoder, and the locales that Babel keeps in a form of its own.
    """
    loaded = list(sys.modules.items())  # at once: other threads import meanwhile
    for module in [module for name, module in loaded if name.startswith("watcher.")]:
        for value in list(vars(module).values()):
            room = value.cache_parameters()["maxsize"] if hasattr(value, "cache_parameters") else None
            if room is not None and room > 1:
                value.cache_clear()
    meaning.put_away()
    with suppress(AttributeError, KeyError):  # no public door leads there
        sys.modules["babel.localedata"]._cache.clear()


def give_back_memory() -> None:
    """Return to the system what reading the configuration and a burst of items needed; glibc keeps it otherwise.

    Pages of files that are only read go too, above all the encoder's figures (53 MB), and code, of which a daemon at rest runs
    a tenth: the system keeps them while it has room, and maps them again when they are needed.
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
