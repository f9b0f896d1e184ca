"""Sending what is due on a channel, and what is written down when that fails."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any, TypeVar

from watcher import alerts
from watcher.alerts import ChannelPolicy
from watcher.channels import render
from watcher.errors import DeliveryError, StoreError
from watcher.model import Delivery
from watcher.service.context import Context
from watcher.service.plan import Destination

_T = TypeVar("_T")

SEND_LEASE = timedelta(minutes=5)


class Deliveries:
    """Each channel sends on a thread of its own, so that a slow one delays no other."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._threads: dict[str, ThreadPoolExecutor] = {}
        self._failed_in_row: dict[str, int] = {}
        self._resting: dict[str, datetime] = {}

    def close(self) -> None:
        """Send no more. Sends that still hang are left behind."""
        for pool in self._threads.values():
            pool.shutdown(wait=False, cancel_futures=True)

    async def deliver(self, channel: str) -> datetime | None:
        """Send everything that is due on one channel. Returns when it next has something, None when it has nothing."""
        while (destination := self._context.plan.destinations.get(channel)) is not None:
            now = self._context.now()
            rest = self._resting.get(channel)
            if rest is not None and now < rest < now + alerts.LONGEST_RETRY_AFTER * 2:
                return rest
            token, deliveries = await self._context.write(self._context.store.claim_message, channel, now, SEND_LEASE)
            if not deliveries:
                return await self._context.write(self._context.store.next_due, channel)
            keys = [delivery.key for delivery in deliveries]
            since = alerts.counted_since(destination.policy, now)
            sent = await self._context.write(self._context.store.sent_times, channel, since) if since else []
            hold_until = alerts.release(deliveries, destination.policy, now, sent)
            if hold_until is not None:
                await self._context.write(self._context.store.unclaimed, keys, token, hold_until)
                continue
            await self._send(destination, deliveries, keys, token)
        return None

    def forget_rests(self) -> None:
        """The clock was set: until when channels were left alone is no longer known."""
        self._resting.clear()

    async def _send(
        self, destination: Destination, deliveries: Sequence[Delivery], keys: Sequence[str], token: str
    ) -> None:
        """Send one claimed message and write down what became of it."""
        name = destination.policy.name
        try:
            message = render.render(
                deliveries, destination.policy, now=self._context.now(), service=destination.sender.service
            )
            await self._in_thread(name, destination.sender.send, message)
        except DeliveryError as error:
            await self._unsent(destination.policy, deliveries, keys, token, error)
            return
        except Exception as error:
            self._context.tell("internal.error", channel=name, trace=traceback.format_exc())
            await self._unsent(
                destination.policy, deliveries, keys, token, DeliveryError(f"internal error: {type(error).__name__}")
            )
            return
        self._failed_in_row.pop(name, None)
        await self._settled(self._context.store.delivered, keys, token, self._context.now(), message.message_id)
        late = (self._context.now() - min(delivery.alert.created_at for delivery in deliveries)).total_seconds()
        self._context.tell(
            "alert.delivered", channel=name, n=len(deliveries), alert=deliveries[0].alert.key, seconds=round(late, 3)
        )

    async def _in_thread(self, channel: str, work: Callable[..., _T], *args: Any) -> _T:
        pool = self._threads.setdefault(channel, ThreadPoolExecutor(1, f"send-{channel}"))
        return await asyncio.get_running_loop().run_in_executor(pool, work, *args)

    async def _unsent(
        self,
        policy: ChannelPolicy,
        deliveries: Sequence[Delivery],
        keys: Sequence[str],
        token: str,
        error: DeliveryError,
    ) -> None:
        now = self._context.now()
        first = await self._context.write(self._context.store.first_tried, keys) or now
        attempts = max(delivery.attempts for delivery in deliveries)
        outcome = alerts.after_failure(attempts, first, error, policy, now, self._context.chance())
        self._rest(policy.name, alerts.rest_after(error, outcome, self._failed_in_row.get(policy.name, 0) + 1, now))
        fields = {
            "channel": policy.name,
            "reason": error.reason,
            "attempts": attempts,
            "alert": deliveries[0].alert.key,
        }
        if isinstance(outcome, alerts.Postponed):
            await self._settled(self._context.store.postponed, keys, token, now, outcome.due_at, error.reason)
            self._context.tell("delivery.failed", **fields, again=outcome.due_at.isoformat(timespec="seconds"))
        elif isinstance(outcome, alerts.Held):
            await self._settled(self._context.store.held, keys, token, now, error.reason)
            self._context.tell("delivery.held", **fields)
        else:
            await self._settled(self._context.store.given_up, keys, token, now, error.reason)
            self._context.tell("delivery.dead", **fields)

    def _rest(self, channel: str, until: datetime | None) -> None:
        """Note a failure of the channel, and how long it is left alone."""
        self._failed_in_row[channel] = self._failed_in_row.get(channel, 0) + 1
        self._resting.pop(channel, None)
        if until is not None:
            self._resting[channel] = until

    async def _settled(self, verb: Callable[..., int], *args: Any) -> None:
        """Write an outcome, however long the disk is full or locked: the attempt is counted, the result must not be lost."""
        wait = 0.5
        while True:
            try:
                await self._context.write(verb, *args)
                return
            except StoreError as error:
                self._context.tell("store.failed", kind=error.kind, reason=error.reason)
                await asyncio.sleep(wait)
                wait = min(30.0, wait * 2)
