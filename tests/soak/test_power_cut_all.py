"""Every disk that a power cut can leave in one poll and delivery. Run by `make soak`."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from crash import is_possible
from powercut import PowerCut, images, report
from zygote import Zygote

WORKERS = int(os.environ.get("WATCHER_WORKERS", "8"))
"""Disks played at a time: a run mostly waits, for its disk and for answers."""


@pytest.mark.skipif(not is_possible(), reason="strace is not here or may not trace")
def test_every_cut(tmp_path: Path) -> None:
    with Zygote() as zygote, PowerCut(zygote, tmp_path) as cut:
        outcomes = cut.play_all(images(cut.record()), WORKERS)
    print("\n" + report(outcomes))
    assert [outcome for outcome in outcomes if outcome.lost or outcome.repeats > 1 or any(outcome.codes)] == []
