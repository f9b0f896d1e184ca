"""What is told of our own troubles, and when they are over: a channel that does not get through, a full disk."""

from __future__ import annotations

from datetime import datetime, timedelta

from watcher import alerts
from watcher.model import Alert, Update
from watcher.service.plan import Plan

NOTHING = Update()


def unheard(
    plan: Plan,
    channel: str,
    last_heard: datetime | None,
    reason: str,
    lasted: timedelta,
    now: datetime,
    *,
    is_dead: bool,
) -> Update:
    """The alert that `channel` does not get through; empty while that is not for long. Asked again, it has the same key."""
    if not is_dead and lasted < alerts.UNHEARD:
        return NOTHING
    return _to_listeners(plan, channel, alerts.unheard(channel, last_heard, reason, now, is_dead=is_dead), now)


def heard_again(plan: Plan, channel: str, last_heard: datetime | None, now: datetime) -> Update:
    """The alert that `channel`, told of as unheard, takes messages again."""
    return _to_listeners(plan, channel, alerts.heard_again(channel, last_heard, now), now)


def disk_full(plan: Plan, since: datetime, folder: str, now: datetime) -> Update:
    """The alert that the disk is full. Asked again, it has the same key."""
    return _to_listeners(plan, "", alerts.disk_full(since, folder, now), now)


def disk_well(plan: Plan, since: datetime, now: datetime) -> Update:
    """The alert that there is room again."""
    return _to_listeners(plan, "", alerts.disk_well(since, now), now)


def _to_listeners(plan: Plan, ill: str, alert: Alert, now: datetime) -> Update:
    policies = [destination.policy for destination in plan.destinations.values()]
    listeners = alerts.listeners(policies, ill, plan.health_channel)
    planned = alerts.plan(alert, listeners, (), {}, now)
    return Update(alerts=(alert,), deliveries=planned) if planned else NOTHING
