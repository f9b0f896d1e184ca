"""Five hundred whole-daemon fault runs (`WATCHER_SEEDS=a-b` for others). Run by `make soak`; prints a line for each, and the sums."""

from __future__ import annotations

import os
from pathlib import Path

from faultlab import run_seeds, seeds_of

SEEDS = seeds_of(os.environ.get("WATCHER_SEEDS", "1-500"))
WORKERS = int(os.environ.get("WATCHER_WORKERS", "4"))


def test_every_seed_keeps_the_promise(tmp_path: Path) -> None:
    bad = []
    sums = dict.fromkeys(("owed", "lost", "repeats", "allowed", "excess", "in_quiet", "over_cap", "dead"), 0)
    for counts in run_seeds(tmp_path, SEEDS, WORKERS, seconds=9.0):
        print(counts, flush=True)
        sums = {name: total + getattr(counts, name) for name, total in sums.items()}
        if not counts.is_good:
            bad.append(counts)
    print(f"runs={len(SEEDS)} bad={len(bad)} {' '.join(f'{name}={total}' for name, total in sums.items())}")
    assert bad == []
