"""Builds the Service out of Settings and keeps time: APScheduler's ticks, signals, the watchdog.

APScheduler is the clock, the store is the schedule: a tick claims what is due, as much as there is room
for, so that a backlog never becomes a flood of tasks.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import random
import secrets
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger

from watcher import telemetry
from watcher.channels import senders
from watcher.config import Settings
from watcher.errors import ConfigError, StoreError
from watcher.feeds.fetch import Extras, FetchLimits, HttpFetcher
from watcher.feeds.fulltext import with_full_text
from watcher.feeds.worker import ParserPool
from watcher.model import Entry, Update
from watcher.pipeline import Policy
from watcher.polling import PollingPolicy
from watcher.ports import Claim, Observer
from watcher.push import Push
from watcher.rules import Rulebook, compile_rules
from watcher.service import Destination, Plan, Service, gather_limited
from watcher.store import open_lists, open_store
from watcher.store.care import prune
from watcher.ticks import Every

TICK = 1.0
JOB_DEFAULTS = {"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
"""By default APScheduler drops work that is a second late: 402 of 500 jobs when measured."""

DRAIN_SECONDS = 30.0
ALIVE_SECONDS = 30.0
_MALLOC_ARENAS = -8
"""M_ARENA_MAX of <malloc.h>."""
CLOCK_STEP = 5.0


def wall_clock() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


def plan_of(settings: Settings, *, gather: timedelta | None = None) -> Plan:
    """What a reload swaps in. Raises ConfigError when a rule does not compile or a channel's URL is not understood."""
    rulebook: Rulebook = compile_rules(settings.rules, settings.vocabularies)
    destinations = {
        policy.name: Destination(policy, sender)
        for channel in settings.channels
        for policy, sender in senders.open_all(channel.url, channel.policy, rate=channel.rate)
    }
    recipients: dict[str, tuple[str, ...]] = {}
    for channel in settings.channels:
        name = channel.policy.name
        recipients[name] = tuple(found for found in destinations if found == name or found.startswith(f"{name}/"))
    policy = Policy(
        channels=tuple(destination.policy for destination in destinations.values()),
        max_age=settings.polling.max_age,
        first_run=settings.polling.first_run,
        recipients=recipients,
    )
    if gather is not None:
        policy = _with_gather(policy, gather)
    polling = PollingPolicy(every=settings.polling.every, min=settings.polling.min, max=settings.polling.max)
    return Plan(
        {feed.url: feed for feed in settings.feeds}, rulebook, policy, polling, destinations, settings.health.channel
    )


def _with_gather(policy: Policy, gather: timedelta) -> Policy:
    from dataclasses import replace

    return replace(policy, gather=gather)


def limits_of(settings: Settings) -> FetchLimits:
    """The bounds of fetching."""
    polling = settings.polling
    private: str | tuple[str, ...] = (
        polling.private_networks[0]
        if polling.private_networks in (["deny"], ["allow"])
        else tuple(polling.private_networks)
    )
    return FetchLimits(
        timeout=polling.timeout,
        max_bytes=polling.max_bytes,
        concurrency=polling.concurrency,
        per_host=polling.per_host,
        private_networks=private,
        user_agent=polling.user_agent,
        contact=polling.contact,
        trust_env=polling.proxy_from_environment,
        extras={
            url: Extras(
                headers=options.headers, cookies=options.cookies, proxy=options.proxy, user_agent=options.user_agent
            )
            for url, options in settings.requests.items()
        },
    )


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
        service.judges.whole_page = _reader(fetcher, parser)
        try:
            await _start(service, plan, spread=False)
            claims = await service.claim(max(1, len(plan.feeds)), every=every)
            await gather_limited([_polling(service, claim, summary) for claim in claims], settings.polling.concurrency)
            await service.flush_health()
            waiting = await asyncio.gather(*(service.deliver(channel) for channel in plan.destinations))
            summary.pending = sum(due is not None for due in waiting)
        finally:
            await service.close()
    told = {(name, labels.get("outcome", "")): value for name, labels, value in counters.samples()}
    summary.delivered = sum(value for (name, _), value in told.items() if name == "watcher_alert_delivered_total")
    summary.failed = sum(
        value
        for (name, _), value in told.items()
        if name in ("watcher_feed_failed_total", "watcher_delivery_failed_total", "watcher_delivery_dead_total")
    )
    return summary


def _reader(fetcher: HttpFetcher, parser: ParserPool) -> Callable[[Entry], Awaitable[Entry]]:
    """Reads the whole page of an entry, for feeds with `full_text`."""
    return lambda entry: with_full_text(entry, fetcher, parser)


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


async def _start(service: Service, plan: Plan, *, spread: bool = True) -> None:
    now = wall_clock()
    hold = [name for name, destination in plan.destinations.items() if destination.policy.on_uncertain == "hold"]
    recovered = await service.write(service.store.recover, now, hold)
    if recovered:
        service.tell("outbox.recovered", n=recovered)
    await service.write(service.store.sync_feeds, list(plan.feeds.values()), now, spread=spread)


class Daemon:
    """Runs until told to stop. `reload` reads the configuration again; a bad one is refused and the old set stays."""

    def __init__(
        self, settings: Settings, load: Callable[[], Settings], observe: Observer, counters: telemetry.Counters
    ) -> None:
        self.settings = settings
        self.service: Service | None = None
        self.counters = counters
        self.last_tick = time.monotonic()
        self.config_error = ""
        self.push: Push | None = None
        self._load, self._observe = load, telemetry.all_of(counters, observe)
        self._stop = asyncio.Event()
        self._polls: set[asyncio.Task[Any]] = set()
        self._sends: dict[str, asyncio.Task[Any]] = {}
        self._next_due: dict[str, datetime | None] = {}
        self._drift = time.time() - time.monotonic()
        self._scheduler = AsyncIOScheduler(timezone=UTC, job_defaults=JOB_DEFAULTS)

    def stop(self) -> None:
        """Ask the daemon to finish what is under way and end."""
        self._stop.set()

    def is_alive(self) -> bool:
        """Whether the poll tick advanced lately."""
        return time.monotonic() - self.last_tick < ALIVE_SECONDS

    async def run(self) -> None:
        """Poll, match and alert until stopped."""
        _share_one_heap()
        plan = plan_of(self.settings)
        store = open_store(self.settings.database)
        async with HttpFetcher(limits_of(self.settings)) as fetcher, ParserPool() as parser:
            self.service = Service(plan, store, fetcher, parser, self._observe, wall_clock, random.random)
            self.service.woken = self._next_due.clear
            self.service.judges.whole_page = _reader(fetcher, parser)
            web = self.settings.web
            if web is not None and web.public_url:
                self.push = Push(self.service, fetcher, _own_key(Path(self.settings.database)), web.public_url)
            try:
                await _start(self.service, plan)
                # It may have been set back while nothing ran.
                await self.service.write(store.reclock, wall_clock(), 2 * self.settings.polling.max)
                self._begin()
                await self._pace()
                await self._drain()
            finally:
                telemetry.notify("STOPPING=1")
                if self._scheduler.running:
                    self._scheduler.shutdown(wait=False)
                await self.service.close()

    def _begin(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        loop.add_signal_handler(signal.SIGHUP, lambda: loop.create_task(self.reload()))
        every = self._scheduler.add_job
        every(self._poll_tick, Every(seconds=TICK, timezone=UTC), id="poll", next_run_time=wall_clock())
        every(self._deliver_tick, Every(seconds=TICK / 2, timezone=UTC), id="deliver", next_run_time=wall_clock())
        every(
            self._sweep, Every(seconds=30, timezone=UTC), id="sweep", next_run_time=wall_clock() + timedelta(seconds=5)
        )
        every(
            self._remind,
            Every(minutes=30, timezone=UTC),
            id="remind",
            next_run_time=wall_clock() + timedelta(minutes=1),
        )
        every(
            self._lighten,
            Every(minutes=5, timezone=UTC),
            id="lighten",
            next_run_time=wall_clock() + timedelta(seconds=20),
        )
        every(self._maintain, CronTrigger(hour=3, minute=17), id="maintain")
        if self.settings.health.ping:
            every(
                self._ping,
                Every(seconds=60, timezone=UTC),
                id="ping",
                next_run_time=wall_clock() + timedelta(seconds=5),
            )
        self._scheduler.start()
        assert self.service is not None
        self.service.tell(
            "daemon.started",
            feeds=len(self.service.plan.feeds),
            rules=len(self.service.plan.rulebook.names),
            pid=os.getpid(),
        )
        telemetry.notify(f"READY=1\nSTATUS=watching {len(self.service.plan.feeds)} feeds")

    async def _pace(self) -> None:
        """Until stopped: feed the watchdog while ticks advance, and mend the schedule when the clock is set.

        An interval job of APScheduler sleeps for as long as the clock was set back, so this loop runs on the monotonic clock.
        """
        assert self.service is not None
        watchdog = int(os.environ.get("WATCHDOG_USEC", "0")) / 2e6
        fed = 0.0
        while not self._stop.is_set():
            try:
                await asyncio.wait_for(self._stop.wait(), TICK)
            except TimeoutError:
                drift = time.time() - time.monotonic()
                if abs(drift - self._drift) > CLOCK_STEP:
                    try:
                        await self._clock_was_set(drift - self._drift)
                        self._drift = drift
                    except StoreError as error:
                        # A full disk: the ticks go on, and the store is mended in the next second.
                        self.service.tell("store.failed", kind=error.kind, reason=error.reason)
                if watchdog and time.monotonic() - fed >= min(watchdog, 10) and self.is_alive():
                    telemetry.notify("WATCHDOG=1")
                    fed = time.monotonic()

    async def _clock_was_set(self, step: float) -> None:
        assert self.service is not None
        self.service.tell("clock.set", seconds=round(step))
        for job in self._scheduler.get_jobs():
            job.modify(next_run_time=wall_clock())
        horizon = 2 * self.settings.polling.max
        await self.service.write(self.service.store.reclock, wall_clock(), horizon, timedelta(seconds=step))
        self.service.forget_rests()
        self._next_due.clear()

    async def _poll_tick(self) -> None:
        assert self.service is not None
        # More than may be fetched at once: feeds that wait for a turn at their host must not hold up the others.
        free = 4 * self.settings.polling.concurrency - len(self._polls)
        try:
            claims = await self.service.claim(free) if free > 0 else []
        except StoreError as error:
            self.service.tell("store.failed", kind=error.kind, reason=error.reason)
            return
        self.last_tick = time.monotonic()
        for claim in claims:
            task = asyncio.create_task(self._guarded(self.service.poll(claim), feed=claim.state.url))
            self._polls.add(task)
            task.add_done_callback(self._polls.discard)

    async def _deliver_tick(self) -> None:
        assert self.service is not None
        now = wall_clock()
        for channel in self.service.plan.destinations:
            if channel in self._sends or (channel in self._next_due and not _is_due(self._next_due[channel], now)):
                continue
            self._sends[channel] = asyncio.create_task(self._deliver(channel))

    async def _deliver(self, channel: str) -> None:
        assert self.service is not None
        try:
            self._next_due[channel] = None
            due = await self._guarded(self.service.deliver(channel), channel=channel)
            if due is not None:
                known = self._next_due.get(channel)
                self._next_due[channel] = min(due, known) if known else due
        finally:
            self._sends.pop(channel, None)

    async def _guarded(self, work: Any, **about: str) -> Any:
        """One feed or channel that fails disturbs nothing else."""
        assert self.service is not None
        try:
            return await work
        except StoreError as error:
            self.service.tell("store.failed", kind=error.kind, reason=error.reason, **about)
        except Exception as error:
            import traceback

            self.service.tell("internal.error", error=type(error).__name__, trace=traceback.format_exc(), **about)
        return wall_clock() + timedelta(seconds=5) if "channel" in about else None

    async def _sweep(self) -> None:
        assert self.service is not None
        await self._guarded(self.service.escalate(), sweep="escalate")
        await self._guarded(self.service.flush_health(), sweep="health")
        if self.push is not None:
            await self._guarded(self.push.subscribe(), sweep="push")

    async def _remind(self) -> None:
        assert self.service is not None
        await self._guarded(self.service.remind(), sweep="dates ahead")

    async def _lighten(self) -> None:
        await asyncio.to_thread(_give_back_memory)

    async def _maintain(self) -> None:
        """Once a day: remove what is older than `keep:` says, and give its room back."""
        assert self.service is not None
        keep, now = self.settings.keep, wall_clock()
        removed = await self._guarded(
            self.service.write(prune, self.service.store, now - keep.items, now - keep.stories), sweep="prune"
        )
        if removed:
            self.service.tell("store.pruned", **{name.replace(" ", "_"): number for name, number in removed.items()})

    async def _ping(self) -> None:
        """Tell the dead man's switch that all is well: the loop advances and no delivery is lost. Otherwise stay silent, so that it speaks."""
        assert self.service is not None
        lost = await self.service.write(_lost, self.settings.database)
        if lost or not self.is_alive():
            return
        timeout = aiohttp.ClientTimeout(total=20)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.get(self.settings.health.ping) as answer,
            ):
                answer.raise_for_status()
        except (aiohttp.ClientError, TimeoutError) as error:
            self.service.tell("ping.failed", reason=type(error).__name__)

    async def reload(self) -> None:
        """Read configuration and rules again, without losing a poll or a delivery."""
        assert self.service is not None
        telemetry.notify(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")
        try:
            settings = await asyncio.to_thread(self._load)
            plan = await asyncio.to_thread(plan_of, settings)
        except ConfigError as error:
            self.config_error = str(error.problems[0])
            self.service.tell("config.rejected", problems=len(error.problems), first=self.config_error)
            telemetry.notify(f"READY=1\nSTATUS=configuration refused, the old one stays: {self.config_error}")
            return
        self.config_error = ""
        await self.service.write(self.service.store.sync_feeds, list(plan.feeds.values()), wall_clock())
        self.settings, self.service.plan = settings, plan
        self._next_due.clear()
        self.service.tell("config.reloaded", feeds=len(plan.feeds), rules=len(plan.rulebook.names))
        telemetry.notify(f"READY=1\nSTATUS=watching {len(plan.feeds)} feeds")

    async def _drain(self) -> None:
        """Let what is under way finish, for a while; what does not is taken up again at the next start."""
        self._scheduler.pause()
        running = [*self._polls, *self._sends.values()]
        if running:
            await asyncio.wait(running, timeout=DRAIN_SECONDS)
        for task in running:
            task.cancel()


def _share_one_heap() -> None:
    """Keep glibc from giving each thread a heap of its own, which it would not give back: threads here take turns."""
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)
    if set_option is not None and sys.platform == "linux":
        set_option(_MALLOC_ARENAS, 1)


def _give_back_memory() -> None:
    """Return to the system what reading the configuration and a burst of items needed; glibc keeps it otherwise."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def _own_key(database: Path) -> bytes:
    """This installation's own key, made at first need, readable by its owner only."""
    path = database.with_name("push-key")
    if not path.exists():
        path.touch(mode=0o600)
        path.write_bytes(secrets.token_bytes(32))
    return path.read_bytes()


def _lost(database: str) -> int:
    """Alerts that should have a delivery and have none."""
    lists = open_lists(database)
    try:
        return int(lists.audit()["lost"])
    finally:
        lists.close()


def _is_due(at: datetime | None, now: datetime) -> bool:
    return at is not None and at <= now
