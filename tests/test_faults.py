"""A few whole-daemon fault runs, by seed; `make soak` does five hundred."""

from __future__ import annotations

import os
from pathlib import Path

from faultlab import run_seeds, seeds_of

SEEDS = seeds_of(os.environ.get("WATCHER_FAULT_SEEDS", "1-4"))


def test_whatever_breaks_nothing_owed_is_lost_and_no_policy_is_broken(tmp_path: Path) -> None:
    found = list(run_seeds(tmp_path, SEEDS, workers=4, seconds=5.0))
    print("", *found, sep="\n")
    assert [counts for counts in found if not counts.is_good] == []
    assert sum(counts.owed for counts in found) > 100
