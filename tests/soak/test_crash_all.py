"""Every system-call boundary, and proof that the harness finds seeded faults. Run by `make soak`."""

from __future__ import annotations

from pathlib import Path

import pytest

from crash import Scenario, is_possible, report

pytestmark = pytest.mark.skipif(not is_possible(), reason="strace is not here or may not trace")


def test_every_boundary(tmp_path: Path) -> None:
    scenario = Scenario(tmp_path)
    outcomes = scenario.walk(scenario.points())
    print("\n" + report(outcomes))
    killed = [outcome for outcome in outcomes if outcome.killed]
    assert len(killed) >= 0.95 * len(outcomes)
    assert [outcome for outcome in killed if outcome.lost or outcome.repeats > 1] == []


@pytest.mark.parametrize(
    "fault", ["mark_before_send", "two_transactions", "validator_before_entries", "batch_marked_once", "claim_forgets"]
)
def test_a_seeded_fault_is_found(tmp_path: Path, fault: str) -> None:
    scenario = Scenario(tmp_path, fault)
    outcomes = scenario.walk(scenario.points())
    print(f"\n{fault}: {report(outcomes)}")
    assert any(outcome.lost or outcome.repeats > 1 for outcome in outcomes if outcome.killed)
