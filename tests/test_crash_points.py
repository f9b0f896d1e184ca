"""A sample of the system-call boundaries of one poll and delivery; `make soak` walks them all, and the seeded faults."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from crash import Scenario, is_possible, report

SEED = int(os.environ.get("WATCHER_SEED", "7"))
SAMPLE = int(os.environ.get("WATCHER_CRASH_POINTS", "10"))


@pytest.mark.skipif(not is_possible(), reason="strace is not here or may not trace")
def test_a_kill_at_a_system_call_loses_nothing_and_repeats_at_most_once(tmp_path: Path) -> None:
    scenario = Scenario(tmp_path)
    points = scenario.points()
    assert len(points) > 30
    outcomes = scenario.walk(random.Random(SEED).sample(points, min(SAMPLE, len(points))))
    print(f"\nseed={SEED} all={len(points)} {report(outcomes)}")
    killed = [outcome for outcome in outcomes if outcome.killed]
    assert len(killed) >= 0.8 * len(outcomes)
    assert [outcome for outcome in killed if outcome.lost] == []
    assert [outcome for outcome in killed if outcome.repeats > 1] == []
