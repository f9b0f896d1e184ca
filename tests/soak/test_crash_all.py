"""Every system-call boundary, and proof that the harness finds seeded faults. Run by `make soak`."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from crash import Scenario, is_possible, report
from faults import SEEDED
from zygote import Zygote

WORKERS = int(os.environ.get("WATCHER_WORKERS", "6"))
"""Points walked at a time: a run mostly waits, for its disk and for answers."""

pytestmark = pytest.mark.skipif(not is_possible(), reason="strace is not here or may not trace")


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    with Zygote() as running:
        yield running


def test_every_boundary(zygote: Zygote, tmp_path: Path) -> None:
    scenario = Scenario(zygote, tmp_path)
    outcomes = scenario.walk(scenario.points(), WORKERS)
    print("\n" + report(outcomes))
    killed = [outcome for outcome in outcomes if outcome.killed]
    assert len(killed) >= 0.95 * len(outcomes)
    assert [outcome for outcome in killed if outcome.lost or outcome.repeats > 1] == []


@pytest.mark.parametrize("fault", [name for name in SEEDED if name != "none"])
def test_a_seeded_fault_is_found_whatever_comes_first(zygote: Zygote, tmp_path: Path, fault: str) -> None:
    scenario = Scenario(zygote, tmp_path, fault)
    points = scenario.points()
    found = scenario.first_found(random.SystemRandom().sample(points, len(points)))
    print(f"\n{fault}: {found}")
    assert found is not None
