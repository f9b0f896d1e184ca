"""The use cases put together: what the daemon, a single round and the demo call."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from watcher.model import Document, Update
from watcher.ports import Claim, Fetcher, Observer
from watcher.service import sweeps
from watcher.service.context import Context
from watcher.service.deliveries import Deliveries
from watcher.service.health import Health
from watcher.service.judging import Judges
from watcher.service.plan import Plan
from watcher.service.polls import Parser, Polls
from watcher.store import Store


class Service(Context):
    """Use cases over the ports. `polls` and `judges` may be told more before the first poll."""

    def __init__(
        self,
        plan: Plan,
        store: Store,
        fetcher: Fetcher,
        parser: Parser,
        observe: Observer,
        clock: Callable[[], datetime],
        chance: Callable[[], float],
    ) -> None:
        super().__init__(plan, store, observe, clock, chance)
        self.judges = Judges(self)
        self._health = Health(self)
        self.polls = Polls(self, self._health, fetcher, parser, self.judges)
        self._deliveries = Deliveries(self)

    async def close(self) -> None:
        """Wait for the writer, then close the store. Sends that still hang are left behind."""
        self._deliveries.close()
        self.judges.close()
        await self.polls.close()
        await super().close()

    def wind_down(self) -> None:
        """Begin no further message: a long queue must not delay a stop."""
        self._deliveries.wind_down()

    async def claim(self, limit: int, *, every: bool = False) -> list[Claim]:
        """Feeds to poll now, at most `limit`."""
        return await self.polls.claim(limit, every=every)

    async def poll(self, claim: Claim) -> Update | None:
        """Fetch, parse, judge and settle one feed; whatever happens is recorded with it. None: nothing was new."""
        return await self.polls.poll(claim)

    async def take(self, claim: Claim, document: Document) -> Update | None:
        """Parse, judge and settle a document of a claimed feed, however it came."""
        return await self.polls.take(claim, document)

    async def deliver(self, channel: str) -> datetime | None:
        """Send everything that is due on one channel. Returns when it next has something, None when it has nothing."""
        return await self._deliveries.deliver(channel)

    def forget_rests(self) -> None:
        """The clock was set: until when channels were left alone is no longer known."""
        self._deliveries.forget_rests()

    async def recall_health(self) -> None:
        """Take up what an earlier run said of our own network."""
        await self._health.recall()

    async def flush_health(self, *, at_end: bool = False) -> None:
        """Plan deliveries of what was said about health since the last time. `at_end` of a run nothing stays in doubt."""
        await self._health.flush(at_end=at_end)

    @property
    def network_is_down(self) -> bool:
        """Whether it is our own network that no feed is reached through."""
        return self._health.network.is_down

    async def remind(self) -> None:
        """Follow up on stories whose dates are reached."""
        await sweeps.remind(self)

    async def escalate(self) -> None:
        """Tell second channels of high alerts that nobody acknowledged in time."""
        await sweeps.escalate(self)


async def gather_limited(jobs: Sequence[Callable[[], Awaitable[None]]], limit: int) -> None:
    """Run jobs, at most `limit` at once."""
    gate = asyncio.Semaphore(limit)

    async def run(job: Callable[[], Awaitable[None]]) -> None:
        async with gate:
            await job()

    await asyncio.gather(*(run(job) for job in jobs))
