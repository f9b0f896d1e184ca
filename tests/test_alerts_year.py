"""A simulated year in several time zones: alerts come at random, channels with all kinds of policy send."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from watcher import alerts
from watcher.alerts import ChannelPolicy, Postponed, Trouble
from watcher.errors import DeliveryError
from watcher.model import Alert, Delivery

START = datetime(2026, 1, 1, tzinfo=UTC)
SEED = 20261125


def _alerts(count: int, chance: random.Random) -> list[Alert]:
    """Alerts over a year, in bursts."""
    made, at = [], START
    for number in range(count):
        at += (
            timedelta(days=365) / count * chance.expovariate(1.0)
            if chance.random() < 0.7
            else timedelta(seconds=chance.randint(0, 90))
        )
        severity = chance.choice(("low", "normal", "normal", "high"))
        made.append(Alert(f"s{number}:1", "new", f"s{number}", "", ("r",), severity, at, (), {}))
    return made


class _Channel:
    """A channel as the service drives it: plan, claim, release, send or fail."""

    def __init__(self, policy: ChannelPolicy, chance: random.Random) -> None:
        self.policy = policy
        self.chance = chance
        self.open: list[Delivery] = []
        self.sent: list[tuple[datetime, list[Delivery]]] = []

    def plan(self, alert: Alert, now: datetime) -> None:
        since = alerts.counted_since(self.policy, now)
        recent = [at for at, _ in self.sent if since and at >= since]
        count = len(recent) + sum(1 for delivery in self.open if not delivery.batch)
        self.open += alerts.plan(alert, [self.policy], (), {self.policy.name: count}, now)

    def work(self, now: datetime) -> None:
        """Everything that is due by `now`, each at its own time."""
        while True:
            due = sorted(
                (delivery for delivery in self.open if delivery.due_at <= now), key=lambda delivery: delivery.due_at
            )
            if not due:
                return
            first = due[0]
            message = (
                [d for d in due if d.batch == first.batch and d.due_at <= first.due_at] if first.batch else [first]
            )
            at = first.due_at
            recent = [sent for sent, _ in self.sent]
            hold = alerts.release(message, self.policy, at, recent)
            if hold is not None:
                assert hold > at
                self._move(message, hold)
            elif self.chance.random() < 0.1:
                outcome = alerts.after_failure(
                    Trouble(1), DeliveryError("HTTP 500"), self.policy, at, self.chance.random()
                )
                assert isinstance(outcome, Postponed)
                self._move(message, outcome.due_at)
            else:
                self.sent.append((at, message))
                self.open = [delivery for delivery in self.open if delivery not in message]

    def _move(self, message: list[Delivery], due_at: datetime) -> None:
        from dataclasses import replace

        moved = {delivery.key for delivery in message}
        self.open = [replace(d, due_at=due_at) if d.key in moved else d for d in self.open]


POLICIES = [
    {"quiet_hours": "22:00-07:00"},
    {"quiet_hours": "22:00-07:00", "break_quiet": "high"},
    {"quiet_hours": "01:30-02:30", "at_most": "5/h"},
    {"digest": "daily 07:30", "quiet_hours": "23:00-07:30"},
    {"digest": "hourly", "quiet_hours": "12:00-13:30"},
    {"group": timedelta(minutes=10), "quiet_hours": "20:00-09:00", "at_most": "12/d"},
    {"at_most": "3/h"},
]


@pytest.mark.parametrize("zone", ["Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Asia/Seoul"])
def test_a_year_without_a_send_in_quiet_hours_a_loss_a_repeat_or_a_broken_limit(zone: str) -> None:
    for number, options in enumerate(POLICIES):
        chance = random.Random(SEED + number)
        policy = ChannelPolicy("desk", timezone=zone, **options)  # type: ignore[arg-type]
        channel = _Channel(policy, chance)
        made = _alerts(600, chance)
        for alert in made:
            channel.work(alert.created_at)
            channel.plan(alert, alert.created_at)
        channel.work(made[-1].created_at + timedelta(days=30))
        delivered = Counter(delivery.alert.key for _, message in channel.sent for delivery in message)
        assert channel.open == []
        assert delivered == Counter(alert.key for alert in made)
        _assert_quiet(policy, channel, zone)
        _assert_limit(policy, [at for at, _ in channel.sent])


def _assert_quiet(policy: ChannelPolicy, channel: _Channel, zone: str) -> None:
    if not policy.quiet_hours:
        return
    start, end = policy.quiet_hours.split("-")
    for at, message in channel.sent:
        wall = f"{at.astimezone(ZoneInfo(zone)):%H:%M}"
        quiet = start <= wall < end if start < end else wall >= start or wall < end
        urgent = any(delivery.alert.severity == "high" for delivery in message)
        assert not quiet or (policy.break_quiet == "high" and urgent), (policy, at)


def _assert_limit(policy: ChannelPolicy, sent: list[datetime]) -> None:
    limit = alerts.parse_at_most(policy.at_most)
    if limit is None:
        return
    times = sorted(sent)
    assert all(late - early >= limit.per for early, late in zip(times, times[limit.messages :], strict=False))
