"""The daemon: APScheduler's ticks, signals, reload, the watchdog."""

from __future__ import annotations

import asyncio
import os
import random
import secrets
import signal
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger

from watcher import telemetry
from watcher.config import Settings
from watcher.daemon.assembly import limits_of, page_reader, plan_of, take_up, without_rules
from watcher.daemon.chores import Chores, guarded
from watcher.daemon.clock import ClockWatch, wall_clock
from watcher.daemon.heap import forget, share_one_heap
from watcher.daemon.queue import LONGEST_LINE, PollQueue
from watcher.daemon.reload import Reloader
from watcher.errors import ConfigError, StoreError
from watcher.feeds.fetch import HttpFetcher
from watcher.feeds.worker import ParserPool
from watcher.ports import Observer
from watcher.push import Push
from watcher.rules import compile_rules
from watcher.service import Service
from watcher.store import Store, open_store
from watcher.store.schema import CONFIG_REFUSED
from watcher.ticks import Every

TICK = 1.0
JOB_DEFAULTS = {"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
"""By default APScheduler drops work that is a second late: 402 of 500 jobs when measured."""

POLLS_END = 2.0
"""Seconds that polls under way get to end by themselves at a stop. One that is cut off is made again, and nothing is lost."""

SENDS_END = 10.0
"""Seconds that messages under way get: one that is cut off may have arrived, and is sent again or held (`on_uncertain`)."""

STILL_OPENING = 10.0
"""Seconds after which a start says, again and again, that the store is still being opened."""

LOOK_AT_FILES = 3.0
"""Seconds between two looks at the configuration's files."""

ALIVE_SECONDS = 30.0
RETRY_CHANNEL = timedelta(seconds=5)
"""When a channel is looked at again after an error that is not the destination's."""

LOOK_AGAIN = timedelta(seconds=10)
"""How long a channel is left alone that has nothing to send: a person may make something due beside the daemon, with `alerts resend`."""


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
        self.opened = asyncio.Event()
        """Set once the database is ours."""
        self._stop = asyncio.Event()
        self._compiled = asyncio.Event()
        self._jobs: set[asyncio.Task[Any]] = set()
        self._reloader: Reloader | None = None
        self._queue: PollQueue | None = None
        self._sends: dict[str, asyncio.Task[Any]] = {}
        self._next_due: dict[str, datetime | None] = {}
        self._clock = ClockWatch()
        self._scheduler = AsyncIOScheduler(timezone=UTC, job_defaults=JOB_DEFAULTS)

    def stop(self) -> None:
        """Ask the daemon to finish what is under way and end."""
        self._stop.set()

    def is_alive(self) -> bool:
        """Whether the poll tick advanced lately."""
        return time.monotonic() - self.last_tick < ALIVE_SECONDS

    def is_short(self) -> bool:
        """Whether the disk is full."""
        return self.service is not None and self.service.store.is_short

    async def run(self) -> None:
        """Poll, match and alert until stopped."""
        share_one_heap()
        settings, self.settings = self.settings, without_rules(self.settings)
        plan = plan_of(settings, rulebook=compile_rules(()))
        store = await _open(self.settings.database)
        self.opened.set()
        limits = replace(limits_of(self.settings), longest_line=LONGEST_LINE)
        async with HttpFetcher(limits) as fetcher, ParserPool() as parser:
            service = Service(plan, store, fetcher, parser, self._observe, wall_clock, random.random)
            self.service, self._queue = service, PollQueue(service)
            service.woken = self._next_due.clear
            service.judges.whole_page = page_reader(fetcher, parser)
            web = self.settings.web
            if web is not None and web.public_url:
                self.push = Push(service, fetcher, _own_key(self.settings.folder), web.public_url)
            try:
                await take_up(service, plan)
                await service.write(store.remember, CONFIG_REFUSED, "")
                # It may have been set back while nothing ran.
                await service.write(store.reclock, wall_clock(), 2 * self.settings.polling.max)
                self._begin(service)
                await self._compile(service, settings)
                del settings
                await self._pace(service)
                await self._drain(service)
            finally:
                telemetry.notify("STOPPING=1")
                if self._scheduler.running:
                    self._scheduler.shutdown(wait=False)
                await service.close()

    def _begin(self, service: Service) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        reloader = self._reloader = Reloader(service, self.reload, lambda: self.settings.files)
        loop.add_signal_handler(signal.SIGHUP, reloader.ask)
        chores = Chores(service, lambda: self.settings, self.push, self.is_alive)
        for job, name, seconds, first in (
            (self._poll_tick, "poll", TICK, 0),
            (self._deliver_tick, "deliver", TICK / 2, 0),
            (reloader.watch, "watch", LOOK_AT_FILES, LOOK_AT_FILES),
            (chores.sweep, "sweep", 30, 5),
            (chores.remind, "remind", 1800, 60),
            (chores.lighten, "lighten", 60, 20),
            *([(chores.ping, "ping", 60, 5)] if self.settings.health.ping else []),
        ):
            begin = wall_clock() + timedelta(seconds=first)
            self._scheduler.add_job(
                self._under_way, Every(seconds=seconds, timezone=UTC), [job], id=name, name=name, next_run_time=begin
            )
        prune = CronTrigger(hour=3, minute=17)
        self._scheduler.add_job(self._under_way, prune, [chores.prune], id="maintain", name="maintain")
        self._scheduler.start()

    async def _compile(self, service: Service, settings: Settings) -> None:
        """Compile the rules while the first feeds are being fetched, on the judges' thread: what they bring waits there in line.

        With many rules that takes seconds. Raises ConfigError when one does not compile, and then nothing was judged.
        """

        def compile_first() -> None:
            try:
                rulebook = compile_rules(settings.rules, settings.vocabularies)
            except BaseException:
                service.judges.close()
                raise
            service.plan = replace(service.plan, rulebook=rulebook)
            forget()  # what compiling remembered makes room for what reading items will load

        try:
            await service.judges.think(compile_first)
        except ConfigError:
            await self._drain(service)
            raise
        self._compiled.set()
        service.tell(
            "daemon.started", feeds=len(service.plan.feeds), rules=len(service.plan.rulebook.names), pid=os.getpid()
        )
        telemetry.notify(f"READY=1\nSTATUS=watching {len(service.plan.feeds)} feeds")

    async def _pace(self, service: Service) -> None:
        """Until stopped: feed the watchdog while ticks advance, and mend the schedule when the clock is set.

        An interval job of APScheduler sleeps for as long as the clock was set back, so this loop runs on the monotonic clock.
        """
        watchdog = int(os.environ.get("WATCHDOG_USEC", "0")) / 2e6
        fed = 0.0
        while not self._stop.is_set():
            try:
                await asyncio.wait_for(self._stop.wait(), TICK)
            except TimeoutError:
                if step := self._clock.step():
                    try:
                        await self._clock_was_set(service, step)
                        self._clock.accept(step)
                    except StoreError as error:
                        # A full disk: the ticks go on, and the store is mended in the next second.
                        service.tell("store.failed", kind=error.kind, reason=error.reason)
                if watchdog and time.monotonic() - fed >= min(watchdog, 10) and self.is_alive():
                    telemetry.notify("WATCHDOG=1")
                    fed = time.monotonic()

    async def _clock_was_set(self, service: Service, step: float) -> None:
        service.tell("clock.set", seconds=round(step))
        for job in self._scheduler.get_jobs():
            job.modify(next_run_time=wall_clock())
        horizon = 2 * self.settings.polling.max
        await service.write(service.store.reclock, wall_clock(), horizon, timedelta(seconds=step))
        service.forget_rests()
        self._next_due.clear()

    async def _under_way(self, job: Callable[[], Awaitable[None]]) -> None:
        """Run a job, and let a stop know of it: APScheduler cuts jobs off, and the writer must not be closed under one.

        A job that a stop cuts off ends in silence: APScheduler would log it as one that failed.
        """
        task = asyncio.current_task()
        assert task is not None
        self._jobs.add(task)
        try:
            with suppress(asyncio.CancelledError):
                await job()
        finally:
            self._jobs.discard(task)

    async def _poll_tick(self) -> None:
        assert self._queue is not None
        if await self._queue.tick(self.settings.polling.concurrency):
            self.last_tick = time.monotonic()

    async def _deliver_tick(self) -> None:
        assert self.service is not None
        if self._clock.step():
            return  # first the store is told that the clock was set: caps count by its times
        now = wall_clock()
        for channel in self.service.plan.destinations:
            if channel in self._sends or (channel in self._next_due and not _is_due(self._next_due[channel], now)):
                continue
            self._sends[channel] = asyncio.create_task(self._deliver(self.service, channel))

    async def _deliver(self, service: Service, channel: str) -> None:
        async def deliver() -> tuple[datetime | None]:
            return (await service.deliver(channel),)

        try:
            self._next_due[channel] = None
            done = await guarded(service, deliver(), channel=channel)
            due = done[0] if done is not None else wall_clock() + RETRY_CHANNEL
            look = wall_clock() + LOOK_AGAIN
            if channel in self._next_due:  # else it was woken meanwhile, and is looked at at once
                self._next_due[channel] = min(due or look, look)
        finally:
            self._sends.pop(channel, None)

    async def reload(self) -> None:
        """Read configuration and rules again, without losing a poll or a delivery."""
        assert self.service is not None
        await self._compiled.wait()
        telemetry.notify(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")
        try:
            settings = await asyncio.to_thread(self._load)
            plan = await asyncio.to_thread(plan_of, settings)
        except ConfigError as error:
            faults = [problem for problem in error.problems if problem.severity == "error"]
            self.config_error = faults[0].brief
            await self.service.write(self.service.store.remember, CONFIG_REFUSED, self.config_error)
            self.service.tell("config.rejected", problems=len(faults), first=self.config_error)
            telemetry.notify(f"READY=1\nSTATUS=configuration refused, the old one stays: {self.config_error}")
            return
        self.config_error = ""
        await self.service.write(self.service.store.remember, CONFIG_REFUSED, "")
        await self.service.write(self.service.store.sync_feeds, list(plan.feeds.values()), wall_clock())
        self.settings, self.service.plan = without_rules(settings), plan
        self._next_due.clear()
        self.service.tell("config.reloaded", feeds=len(plan.feeds), rules=len(plan.rulebook.names))
        telemetry.notify(f"READY=1\nSTATUS=watching {len(plan.feeds)} feeds")

    async def _drain(self, service: Service) -> None:
        """Let what is under way finish, for a while; what does not is taken up again at the next start."""
        self._scheduler.pause()
        if self._reloader is not None:
            await self._reloader.close()
        if self._queue is not None:
            self._queue.close()
        service.wind_down()
        sends = asyncio.create_task(_finish(list(self._sends.values()), SENDS_END))
        polls = self._queue.tasks if self._queue else set()
        await _finish([*self._jobs, *polls], POLLS_END)
        await sends


async def _open(database: str) -> Store:
    """The store. To bring one of many gigabytes up to date takes longer than any start may: the service manager is told to wait."""
    opening = asyncio.create_task(asyncio.to_thread(open_store, database, apart=True))
    while not (await asyncio.wait({opening}, timeout=STILL_OPENING))[0]:
        wait = round(6e6 * STILL_OPENING)
        telemetry.notify(f"EXTEND_TIMEOUT_USEC={wait}\nSTATUS=bringing the store up to date")
    return await opening


async def _finish(tasks: list[asyncio.Task[Any]], seconds: float) -> None:
    """Wait so long for tasks to end, then cut them off."""
    if not tasks:
        return
    _, late = await asyncio.wait(tasks, timeout=seconds)
    for task in late:
        task.cancel()
    if late:
        await asyncio.wait(late, timeout=1)


def _own_key(folder: Path) -> bytes:
    """This installation's own key, made at first need, readable by its owner only."""
    path = folder / "push-key"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_bytes(secrets.token_bytes(32))
    return path.read_bytes()


def _is_due(at: datetime | None, now: datetime) -> bool:
    return at is not None and at <= now
