"""Alerts about Watcher itself: a feed that fell ill, our own network that went down, a channel nobody hears, and each being well again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from watcher.alerts.policy import ChannelPolicy
from watcher.alerts.schedule import window_end
from watcher.model import Alert, Delivery

WELL = frozenset({"ok", "up"})

_IN_WORDS = {
    "html": "a web page, no longer a feed",
    "login": "asks for a log-in",
    "challenge": "behind a bot check or consent page",
    "refused": "refuses us",
    "gone": "gone for good",
    "empty": "lost its entries",
    "misdated": "its dates can not be right",
    "poison": "can not be parsed",
}
"""Conditions whose names alone say too little in a subject line."""

UNHEARD = timedelta(hours=1)
"""A channel that was tried in vain for so long is told of, long before anything is given up."""


def health(about: str, name: str, condition: str, reason: str, now: datetime) -> Alert:
    """An alert that `about` (a feed's URL, or `network`) is now in `condition`; `reason` names the remedy."""
    what = name or about
    title = f"{what}: well again" if condition in WELL else f"{what}: {_IN_WORDS.get(condition, condition)}"
    return Alert(
        key=f"h{about}:{condition}:{now.isoformat(timespec='seconds')}",
        kind="health",
        story="",
        item="",
        rules=(),
        severity="low" if condition in WELL else "normal",
        created_at=now,
        changes=(),
        body={
            "title": title,
            "summary": "" if condition in WELL else reason,
            "url": about if about.startswith("http") else "",
            "lang": "en",
        },
    )


def together(planned: Sequence[Delivery], now: datetime, gather: timedelta) -> tuple[Delivery, ...]:
    """Deliveries of what is said of feeds, so that those of about `gather` leave as one message: a host that fails may have many feeds.

    What a channel's own policy gathers or holds, and what is said of the network, stays as it is planned.
    """
    due = window_end(now + gather / 2, gather) if gather else now
    batch = f"health:{due.isoformat(timespec='seconds')}"
    return tuple(
        delivery if delivery.batch or not delivery.alert.body["url"] else replace(delivery, due_at=due, batch=batch)
        for delivery in planned
    )


def listeners(channels: Sequence[ChannelPolicy], ill: str, health_channel: str) -> tuple[ChannelPolicy, ...]:
    """Who is told that the channel `ill` does not get through: the health channel, or the first other one.

    One that waits for a digest's time comes last. Channels with several recipients are named `channel/recipient`; all
    of one are told. Empty where there is no other.
    """
    others = [channel for channel in channels if _base(channel.name) != _base(ill)]
    names = [_base(channel.name) for channel in sorted(others, key=lambda channel: bool(channel.digest))]
    chosen = health_channel if health_channel in names else next(iter(names), "")
    return tuple(channel for channel in others if _base(channel.name) == chosen)


def _base(name: str) -> str:
    return name.partition("/")[0]


def unheard_key(channel: str, last_heard: datetime | None) -> str:
    """Names an outage of a channel by the hour in which it was last heard, so that it is told once."""
    return f"hchannel:{channel}:{last_heard:%Y-%m-%dT%H}" if last_heard else f"hchannel:{channel}:never"


def unheard(channel: str, last_heard: datetime | None, reason: str, now: datetime, *, is_dead: bool) -> Alert:
    """An alert that alerts to `channel` do not get through, or that one of them was given up (`is_dead`)."""
    what = "an alert was given up" if is_dead else f"no alert got through for {UNHEARD.seconds // 3600} hour"
    rest = (
        "`watcher alerts list` shows it, `watcher alerts resend --dead` sends it again"
        if is_dead
        else "they wait and are tried again"
    )
    return _about(
        channel,
        unheard_key(channel, last_heard),
        "high",
        f"Channel {channel}: {what}",
        f"Reason: {reason}. {rest}.",
        now,
    )


def heard_again(channel: str, last_heard: datetime | None, now: datetime) -> Alert:
    """An alert that a channel which was told of as unheard takes messages again."""
    key = unheard_key(channel, last_heard) + ":well"
    return _about(channel, key, "low", f"Channel {channel}: well again", "", now)


def disk_full(since: datetime, folder: str, now: datetime) -> Alert:
    """An alert that the disk of the database has been full since a moment, by which it is known."""
    remedy = (
        f"No feed is polled until there is room again at {folder}; alerts that wait are still sent. "
        "Remove what is not needed there, or move `database:` to another disk; then polls go on by themselves."
    )
    return _about("", disk_key(since), "high", "Disk full: nothing new is read", remedy, now)


def disk_well(since: datetime, now: datetime) -> Alert:
    """An alert that there is room again."""
    return _about("", disk_key(since) + ":well", "low", "Disk: room again, feeds are polled", "", now)


def disk_key(since: datetime) -> str:
    """Names a full disk by when it began, so that it is told once."""
    return f"hdisk:{since:%Y-%m-%dT%H:%M:%S}"


def _about(channel: str, key: str, severity: str, title: str, summary: str, now: datetime) -> Alert:
    return Alert(
        key=key,
        kind="health",
        story="",
        item="",
        rules=(),
        severity=severity,
        created_at=now,
        changes=(),
        body={"title": title, "summary": summary, "url": "", "lang": "en", "channel": channel},
    )
