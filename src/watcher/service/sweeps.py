"""The sweeps between polls: follow-ups on dates that are reached, and alerts that nobody acknowledged."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from watcher import alerts, pipeline
from watcher.model import Update
from watcher.service.context import Context

REMEMBERED = timedelta(days=730)
"""Stories whose last report is older than this are reminded of no date."""


async def remind(context: Context) -> None:
    """Follow up on stories whose dates are reached, and on those that had more to say than a day takes."""
    now = context.now()
    policy = replace(context.plan.policy, counts=await context.counts(now))
    update = await context.write_news(
        context.store.follow_up, now - REMEMBERED, lambda known: pipeline.remind(known, policy, now), now
    )
    if update.deliveries:
        context.woken()


async def escalate(context: Context) -> None:
    """Tell second channels of high alerts that nobody acknowledged in time."""
    policies = [destination.policy for destination in context.plan.destinations.values()]
    asking = {policy.name: policy.escalate_after for policy in policies if policy.escalate_after is not None}
    if not asking:
        return
    now = context.now()
    waiting = await context.write(
        context.store.unacknowledged, sorted(asking), now - 2 * max(asking.values()) - timedelta(days=1)
    )
    planned = alerts.escalations(waiting, policies, now)
    if planned:
        await context.write(context.store.add_update, Update(deliveries=planned), now)
        context.woken()
