"""The simulated month in small: fewer requests than a fixed interval, no later, and no host over its limit."""

from __future__ import annotations

import random
import statistics
import sys
from pathlib import Path

from watcher.polling import PollingPolicy

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

import simulated_month as month


def test_learned_rhythms_ask_less_and_are_no_later() -> None:
    chance = random.Random(3)
    feeds = month.sources(chance, 120, 10)
    figures = month.simulate(feeds, 10, PollingPolicy(), chance)
    fixed = len(feeds) * 10 * 86400 / month.FIXED.total_seconds()
    assert int(str(figures["requests"])) <= 0.42 * fixed  # over a whole month, with all feeds: 0.40
    delays = [delay for source in feeds for delay in source.delays]
    # So few feeds scatter; with thousands the median lies well below that of the fixed interval.
    assert statistics.median(delays) <= month.FIXED.total_seconds() * 0.6
    assert int(str(figures["most requests of a host in a minute"])) <= month.HOST_LIMIT
