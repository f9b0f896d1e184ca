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
from watcher.model import Delivery, Update
from watcher.service import notices
from watcher.service.context import Context
from watcher.service.plan import Destination
from watcher.store import Message

_T = TypeVar("_T")

SEND_LEASE = timedelta(minutes=5)


class Deliveries:
    """Each channel sends on a thread of its own, so that a slow one delays no other."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._threads: dict[str, ThreadPoolExecutor] = {}
        self._failed_in_row: dict[str, int] = {}
        self._resting: dict[str, datetime] = {}
        self._ends = False

    def wind_down(self) -> None:
        """Begin no further message; those under way go on."""
        self._ends = True

    def close(self) -> None:
        """Send no more. Sends that still hang are left behind."""
        for pool in self._threads.values():
            pool.shutdown(wait=False, cancel_futures=True)

    async def deliver(self, channel: str) -> datetime | None:
        """Send everything that is due on one channel. Returns when it next has something, None when it has nothing."""
        store = self._context.store
        claim: Message | None = None
        while not self._ends and (destination := self._context.plan.destinations.get(channel)) is not None:
            now = self._context.now()
            rest = self._resting.get(channel)
            if rest is not None and now < rest < now + alerts.LONGEST_RETRY_AFTER * 2:
                return rest
            if claim is None:
                claim = await self._context.write(store.claim_message, channel, now, SEND_LEASE)
            token, deliveries = claim
            if not deliveries:
                return await self._context.write(store.next_due, channel)
            keys = [delivery.key for delivery in deliveries]
            since = alerts.counted_since(destination.policy, now)
            sent = await self._context.write(store.sent_times, channel, since) if since else []
            hold_until = alerts.release(deliveries, destination.policy, now, sent)
            if hold_until is not None:
                await self._context.write(store.unclaimed, keys, token, hold_until)
                claim = None
                continue
            claim = await self._send(destination, deliveries, keys, token)
        if claim and claim[1]:
            token, deliveries = claim
            due_at = min(delivery.due_at for delivery in deliveries)
            await self._context.write(store.unclaimed, [delivery.key for delivery in deliveries], token, due_at)
        return None

    def forget_rests(self) -> None:
        """The clock was set: until when channels were left alone is no longer known."""
        self._resting.clear()

    async def _send(
        self, destination: Destination, deliveries: Sequence[Delivery], keys: Sequence[str], token: str
    ) -> Message | None:
        """Send one claimed message and write down what became of it. Returns the claim of the next, None after a failure."""
        name = destination.policy.name
        try:
            message = render.render(
                deliveries, destination.policy, now=self._context.now(), service=destination.sender.service
            )
            await self._in_thread(name, destination.sender.send, message)
        except DeliveryError as error:
            await self._unsent(destination.policy, deliveries, keys, token, error)
            return None
        except Exception as error:
            self._context.tell("internal.error", channel=name, trace=traceback.format_exc())
            await self._unsent(
                destination.policy, deliveries, keys, token, DeliveryError(f"internal error: {type(error).__name__}")
            )
            return None
        was_ill = self._failed_in_row.pop(name, 0) > 0 or any(delivery.attempts > 1 for delivery in deliveries)
        now = self._context.now()
        told = await self._heard_again(name, now) if was_ill else notices.NOTHING
        verb = self._context.store.delivered_and_next
        claim = await self._surely(verb, keys, token, now, message.message_id, told, name, SEND_LEASE)
        self._wake(told)
        late = (self._context.now() - min(delivery.alert.created_at for delivery in deliveries)).total_seconds()
        self._context.tell(
            "alert.delivered", channel=name, n=len(deliveries), alert=deliveries[0].alert.key, seconds=round(late, 3)
        )
        return claim

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
        before = await self._surely(self._context.store.tried, keys)
        troubles = {
            one.key: alerts.after_one_more(one.attempts, one.refusals, one.failing_since, error, now, one.tried_at)
            for one in before
        }
        trouble = alerts.of_all(list(troubles.values()))
        outcome = alerts.after_failure(trouble, error, policy, now, self._context.chance())
        self._rest(policy.name, alerts.rest_after(error, outcome, self._failed_in_row.get(policy.name, 0) + 1, now))
        fields = {
            "channel": policy.name,
            "reason": error.reason,
            "attempts": trouble.attempts,
            "alert": deliveries[0].alert.key,
        }
        store, refusals = self._context.store, {key: one.refusals for key, one in troubles.items()}
        if isinstance(outcome, alerts.Held):
            await self._surely(store.held, keys, token, now, error.reason)
            self._context.tell("delivery.held", **fields)
            return
        is_dead = isinstance(outcome, alerts.GivenUp)
        last_heard = await self._surely(store.last_heard, policy.name)
        told = notices.unheard(
            self._context.plan, policy.name, last_heard, error.reason, trouble.lasted, now, is_dead=is_dead
        )
        if isinstance(outcome, alerts.Postponed):
            await self._surely(store.postponed, keys, token, now, outcome.due_at, error.reason, refusals, told)
            self._context.tell("delivery.failed", **fields, again=outcome.due_at.isoformat(timespec="seconds"))
        else:
            await self._surely(store.given_up, keys, token, now, error.reason, refusals, told)
            self._context.tell("delivery.dead", **fields)
        self._wake(told)

    async def _heard_again(self, channel: str, now: datetime) -> Update:
        last_heard = await self._surely(self._context.store.last_heard, channel)
        was_told = await self._surely(self._context.store.has_alert, alerts.unheard_key(channel, last_heard))
        return notices.heard_again(self._context.plan, channel, last_heard, now) if was_told else notices.NOTHING

    def _wake(self, told: Update) -> None:
        if told.deliveries:
            self._context.woken()

    def _rest(self, channel: str, until: datetime | None) -> None:
        """Note a failure of the channel, and how long it is left alone."""
        self._failed_in_row[channel] = self._failed_in_row.get(channel, 0) + 1
        self._resting.pop(channel, None)
        if until is not None:
            self._resting[channel] = until

    async def _surely(self, verb: Callable[..., _T], *args: Any) -> _T:
        """Write an outcome, however long the disk is full or locked: the attempt is counted, the result must not be lost."""
        wait = 0.5
        while True:
            try:
                return await self._context.write(verb, *args)
            except StoreError as error:
                self._context.tell("store.failed", kind=error.kind, reason=error.reason)
                await asyncio.sleep(wait)
                wait = min(30.0, wait * 2)
