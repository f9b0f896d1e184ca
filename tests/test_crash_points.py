"""A sample of the system-call boundaries of one poll and delivery, and proof that it finds faults; `make soak` walks them all."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from crash import Scenario, is_possible, report
from faults import SEEDED
from zygote import Zygote

SEED = int(os.environ.get("WATCHER_SEED", "7"))
SAMPLE = int(os.environ.get("WATCHER_CRASH_POINTS", "16"))

FAILURES = int(os.environ.get("WATCHER_FAILURES", "3"))

pytestmark = pytest.mark.skipif(not is_possible(), reason="strace is not here or may not trace")


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    with Zygote() as running:
        yield running


def test_a_kill_at_a_system_call_loses_nothing_and_repeats_at_most_once(zygote: Zygote, tmp_path: Path) -> None:
    scenario = Scenario(zygote, tmp_path)
    points = scenario.points()
    assert len(points) > 30
    outcomes = scenario.walk(random.Random(SEED).sample(points, min(SAMPLE, len(points))))
    print(f"\nseed={SEED} all={len(points)} {report(outcomes)}")
    killed = [outcome for outcome in outcomes if outcome.killed]
    assert len(killed) >= 0.8 * len(outcomes)
    assert [outcome for outcome in killed if outcome.lost or outcome.repeats > 1] == []


@pytest.mark.parametrize("fault", [name for name in SEEDED if name != "none"])
def test_a_seeded_fault_is_found_by_kills_at_syncs(zygote: Zygote, tmp_path: Path, fault: str) -> None:
    """A commit ends with a sync: what two transactions tear apart shows between two of them."""
    scenario = Scenario(zygote, tmp_path, fault)
    points = [point for point in scenario.points(["store_0"]) if point.call == "fdatasync"]
    found = scenario.first_found(random.Random(SEED).sample(points, len(points)))
    print(f"\nseed={SEED} {fault}: {found}")
    assert found is not None


@pytest.mark.parametrize(("call", "error"), [("fdatasync", "EIO"), ("pwrite64", "EIO"), ("pwrite64", "ENOSPC")])
def test_a_disk_that_fails_is_said_or_survived_and_loses_nothing(
    zygote: Zygote, tmp_path: Path, call: str, error: str
) -> None:
    """SQLite writes a frame whose sync failed anew, so that a later sync that succeeds tells the truth."""
    scenario = Scenario(zygote, tmp_path)
    points = [point for point in scenario.points(["store_0"]) if point.call == call]
    for point in random.Random(SEED).sample(points, min(FAILURES, len(points))):
        code, outcome = scenario.fail_at(point, error)
        print(f"\nseed={SEED} {error} at {point}: exit {code}, lost={outcome.lost} repeats={outcome.repeats}")
        assert (outcome.lost, outcome.repeats <= 1) == (0, True)
        assert code in (0, 1)
