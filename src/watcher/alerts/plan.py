"""Deliveries of an alert: to which channels, when, and with what others together.

Batches (deliveries of one channel and batch that are due leave as one message):
`catch-up:` what a new feed, rule or channel, or a long absence, brings at once · `digest:` until its
time · `quiet:` until quiet hours end · `group:` of one burst · `over-limit:` beyond `at_most` ·
`escalated:` not acknowledged elsewhere. After the colon stands what keeps one batch from the next.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from watcher.alerts.policy import ChannelPolicy, parse_at_most, parse_digest, parse_quiet_hours, rank, zone
from watcher.alerts.schedule import digest_slot, quiet_until, window_end
from watcher.model import Alert, Delivery

GATHER = timedelta(minutes=2)
"""A catch-up waits about so long, so that all feeds of a first round share one message."""


@dataclass(frozen=True, slots=True)
class _When:
    due_at: datetime
    batch: str = ""


def delivery_key(alert_key: str, channel: str, why: str = "") -> str:
    """The key that makes a second delivery of an alert to a channel impossible. Stable for ever: receivers drop repeats by it."""
    return hashlib.sha256("\n".join((alert_key, channel, why)).encode()).hexdigest()[:32]


def plan(
    alert: Alert,
    channels: Sequence[ChannelPolicy],
    notify: tuple[str, ...],
    counts: Mapping[str, int],
    now: datetime,
    *,
    catch_up: bool = False,
    gather: timedelta = GATHER,
) -> tuple[Delivery, ...]:
    """One delivery for each channel that is to hear of `alert`, in the order of `channels`.

    `notify` names channels, empty for all. `counts` are messages by channel since `counted_since`: sent, and
    pending alone. A catch-up is due about `gather` after `now`; a run that ends by itself should pass zero or
    deliver catch-ups without waiting.
    """
    return tuple(
        _delivery(alert, channel, _when(alert.severity, channel, counts.get(channel.name, 0), now, catch_up, gather))
        for channel in channels
        if (not notify or channel.name in notify) and channel.takes(alert.severity)
    )


def _delivery(alert: Alert, channel: ChannelPolicy, when: _When, why: str = "") -> Delivery:
    return Delivery(delivery_key(alert.key, channel.name, why), alert, channel.name, when.due_at, when.batch)


def _when(severity: str, channel: ChannelPolicy, count: int, now: datetime, catch_up: bool, gather: timedelta) -> _When:
    local = zone(channel.timezone)
    digest, limit = parse_digest(channel.digest), parse_at_most(channel.at_most)
    until = None if channel.breaks_quiet(severity) else quiet_until(parse_quiet_hours(channel.quiet_hours), local, now)
    if catch_up:
        due = window_end(now + gather / 2, gather) if gather else now
        return _When(max(due, until) if until else due, f"catch-up:{now.astimezone(local).date()}")
    if digest:
        slot = digest_slot(digest, local, now)
        return _When(_after_quiet(slot, severity, channel), f"digest:{slot.isoformat()}")
    if until:
        return _When(until, f"quiet:{until.isoformat()}")
    if channel.group:
        end = window_end(now, channel.group)
        return _When(_after_quiet(end, severity, channel), f"group:{end.isoformat()}")
    if limit and count >= max(1, limit.messages - 1):
        # The last message of a window is kept for the summary of the rest.
        end = window_end(now, limit.per)
        return _When(_after_quiet(end, severity, channel), f"over-limit:{end.isoformat()}")
    return _When(now)


def _after_quiet(due: datetime, severity: str, channel: ChannelPolicy) -> datetime:
    if channel.breaks_quiet(severity):
        return due
    return quiet_until(parse_quiet_hours(channel.quiet_hours), zone(channel.timezone), due) or due


def counted_since(channel: ChannelPolicy, now: datetime) -> datetime | None:
    """From when on messages count against the channel's `at_most`; None without a limit."""
    limit = parse_at_most(channel.at_most)
    return now - limit.per if limit else None


def release(
    deliveries: Sequence[Delivery], channel: ChannelPolicy, now: datetime, sent: Sequence[datetime] = ()
) -> datetime | None:
    """Asked when a message is about to leave: None to go, or the moment until which to hold it.

    Quiet hours may have begun since it was planned, or retries may have heaped messages up. `deliveries` are
    those of the one message; the most urgent decides. `sent` are times of the channel's messages since `counted_since`.
    """
    severity = max((delivery.alert.severity for delivery in deliveries), key=rank, default="high")
    if not channel.breaks_quiet(severity):
        until = quiet_until(parse_quiet_hours(channel.quiet_hours), zone(channel.timezone), now)
        if until:
            return until
    limit = parse_at_most(channel.at_most)
    if limit:
        # Times far ahead were written by a clock that was wrong.
        recent = sorted(at for at in sent if now - limit.per < at < now + limit.per)
        if len(recent) >= limit.messages:
            return recent[-limit.messages] + limit.per
    return None


def escalations(
    unacknowledged: Iterable[tuple[Delivery, datetime]], channels: Sequence[ChannelPolicy], now: datetime
) -> tuple[Delivery, ...]:
    """Deliveries to second channels, of `high` alerts that nobody acknowledged in time.

    `unacknowledged` are delivered deliveries with the time they were delivered at. Asking again gives the same
    keys, so that each alert escalates once. Digests and groups of the second channel do not delay it; quiet hours do.
    """
    by_name = {channel.name: channel for channel in channels}
    found = []
    for delivery, delivered_at in unacknowledged:
        source = by_name.get(delivery.channel)
        if source is None or source.escalate_after is None or delivery.alert.severity != "high":
            continue
        target = by_name.get(source.escalate_to)
        if target is None or delivered_at + source.escalate_after > now:
            continue
        when = _When(_after_quiet(now, "high", target), f"escalated:{source.name}")
        found.append(_delivery(delivery.alert, target, when, f"escalated from {source.name}"))
    return tuple(found)
