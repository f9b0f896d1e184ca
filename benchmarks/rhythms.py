"""When simulated feeds publish."""

from __future__ import annotations

import random
import statistics
from datetime import UTC, datetime, timedelta

START = datetime(2026, 11, 2, tzinfo=UTC)
DAY_SHAPE = [2, 1, 1, 1, 2, 4, 8, 12, 16, 18, 18, 17, 16, 16, 16, 16, 15, 14, 12, 10, 8, 6, 4, 3]
"""Shares of the hours of a day, local time."""


def publish(chance: random.Random, per_day: float, zone: int, style: str, days: int) -> list[float]:
    """Publication times, from two weeks before the start (what a first document shows) to the end."""
    times: list[float] = []
    peak = max(DAY_SHAPE) / statistics.mean(DAY_SHAPE)
    if style == "clockwork":
        for day in range(-14, days):
            at = (day * 24 + (9 - zone)) * 3600.0
            times += [at + chance.gauss(0, 60) for _ in range(max(1, round(per_day)))]
        return sorted(times)
    moment, end = -14 * 86400.0, days * 86400.0
    batch = 4.0 if style == "bursts" else 1.0
    while True:
        moment += chance.expovariate(per_day * peak / batch / 86400.0)
        if moment >= end:
            return sorted(times)
        local = START + timedelta(seconds=moment, hours=zone)
        share = DAY_SHAPE[local.hour] / max(DAY_SHAPE) * (0.35 if local.weekday() >= 5 else 1.0)
        if chance.random() < share:
            times += [moment + chance.uniform(0, 120) for _ in range(chance.randint(1, 7) if batch > 1 else 1)]
