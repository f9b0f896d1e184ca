"""The simulated month in small: fewer requests than a fixed interval, no later, and no host over its limit."""

from __future__ import annotations

import random
import statistics
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

import simulated_month as month


def test_learned_rhythms_ask_less_and_are_no_later_within_all_limits() -> None:
    chance = random.Random(3)
    feeds = month.sources(chance, 70, 6)
    world, shelf = month.simulate(feeds, 6, chance)
    fixed = len(feeds) * 6 * 86400 / month.FIXED.total_seconds()
    assert 0.2 * fixed <= world.requests <= 0.42 * fixed  # over a whole month, with all feeds: 0.40
    delays = [delay for source in feeds for delay in source.delays]
    # So few feeds scatter; with thousands the median lies well below that of the fixed interval.
    assert statistics.median(delays) <= month.FIXED.total_seconds() * 0.6
    assert sum(len(source.delays) for source in feeds) > 1000
    assert world.most_open <= month.LIMITS.per_host
    assert world.least_gap > 0.199
    assert world.refusals >= 1
    own = [source for source in feeds if source.usual]
    assert own and all(source.healed for source in own)
    assert max((source.healed - world.refusing[1] - world.wait_left) / max(source.usual, 120) for source in own) <= 3
    assert {state.condition for state in shelf.states.values()} == {"ok"}
