"""A sample of power cuts in one poll and delivery; `make soak` plays every disk that a cut can leave."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from crash import is_possible
from powercut import PowerCut, images, report
from zygote import Zygote

SEED = int(os.environ.get("WATCHER_SEED", "7"))
SAMPLE = {"synced": 3, "all": 1, "torn": 1}


@pytest.mark.skipif(not is_possible(), reason="strace is not here or may not trace")
def test_a_power_cut_loses_nothing_and_repeats_at_most_once(tmp_path: Path) -> None:
    with Zygote() as zygote, PowerCut(zygote, tmp_path) as cut:
        disks = images(cut.record())
        assert len(disks) > 100
        chance = random.Random(SEED)
        chosen = [
            disk
            for variant, number in SAMPLE.items()
            for disk in chance.sample([disk for disk in disks if disk.variant == variant], number)
        ]
        outcomes = cut.play_all(chosen)
    print(f"\nseed={SEED} all={len(disks)} {report(outcomes)}")
    assert [outcome for outcome in outcomes if outcome.lost or outcome.repeats > 1 or any(outcome.codes)] == []
