"""A single round: every feed that is due is polled once, what is pending is delivered."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from watcher import telemetry
from watcher.config import Settings
from watcher.daemon.assembly import limits_of, page_reader, plan_of, take_up
from watcher.daemon.clock import wall_clock
from watcher.feeds.fetch import HttpFetcher
from watcher.feeds.worker import ParserPool
from watcher.model import Update
from watcher.ports import Claim, Observer
from watcher.service import Service, gather_limited
from watcher.store import open_store


@dataclass(slots=True)
class Summary:
    """What a single round did."""

    polled: int = 0
    items: int = 0
    matched: int = 0
    alerts: int = 0
    delivered: int = 0
    failed: int = 0
    pending: int = 0
    network_is_down: bool = False


async def once(
    settings: Settings, observe: Observer, *, every: bool = False, clock: Callable[[], datetime] = wall_clock
) -> Summary:
    """Poll what is due (or every feed), deliver what is pending, and come to an end."""
    plan = plan_of(settings, gather=timedelta(0))
    counters = telemetry.Counters()
    store = open_store(settings.database)
    summary = Summary()
    async with HttpFetcher(limits_of(settings)) as fetcher, ParserPool() as parser:
        service = Service(plan, store, fetcher, parser, telemetry.all_of(counters, observe), clock, random.random)
        service.judges.whole_page = page_reader(fetcher, parser)
        try:
            await take_up(service, plan, spread=False)
            claims = await service.claim(max(1, len(plan.feeds)), every=every)
            await gather_limited([_polling(service, claim, summary) for claim in claims], settings.polling.concurrency)
            await service.flush_health(at_end=True)
            summary.network_is_down = service.network_is_down
            waiting = await asyncio.gather(*(service.deliver(channel) for channel in plan.destinations))
            summary.pending = sum(due is not None for due in waiting)
        finally:
            await service.close()
    told: Counter[str] = Counter()
    for name, _, value in counters.samples():  # of each channel
        told[name] += int(value)
    summary.delivered = told["watcher_alert_delivered_total"]
    summary.failed = sum(
        told[f"watcher_{event}_total"] for event in ("feed_failed", "delivery_failed", "delivery_dead", "disk_full")
    )
    return summary


def _polling(service: Service, claim: Claim, summary: Summary) -> Callable[[], Any]:
    async def job() -> None:
        _count(summary, await service.poll(claim))

    return job


def _count(summary: Summary, update: Update | None) -> None:
    summary.polled += 1
    if update is not None:
        summary.items += len(update.items)
        summary.matched += sum(bool(write.verdict.matches) for write in update.items)
        summary.alerts += len(update.alerts)
