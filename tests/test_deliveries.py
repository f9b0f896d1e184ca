"""Deliveries over time, against a real webhook on loopback and a clock that is told what to show."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from build import NOON, alert, delivery, update
from sinks import HttpSink
from watcher.alerts import ChannelPolicy
from watcher.channels import senders
from watcher.cli.main import main
from watcher.pipeline import Policy
from watcher.polling import PollingPolicy
from watcher.ports import Event
from watcher.rules import compile_rules
from watcher.service import Destination, Plan, Service
from watcher.store import open_lists, open_store


@dataclass
class Desk:
    """An installation of some channels, whose clock is set by hand. Each `work` is a process of its own."""

    path: Path
    sink: HttpSink
    policies: list[ChannelPolicy]
    health: str = ""
    now: datetime = NOON
    events: list[Event] = field(default_factory=list)

    def plan(self, *keys: str, channel: str = "desk") -> None:
        """Deliveries that are due now."""
        store = open_store(str(self.path))
        store.add_update(update(*(delivery(k, alert(f"a{k}", f"s{k}"), channel, self.now) for k in keys)), self.now)
        store.close()

    def work(self) -> None:
        """Start, send what is due on every channel, and end."""
        asyncio.run(self._work())

    async def _work(self) -> None:
        destinations = {
            policy.name: Destination(policy, senders.open(self.sink.url("json", policy.name), policy.name))
            for policy in self.policies
        }
        plan = Plan({}, compile_rules([]), Policy(), PollingPolicy(), destinations, self.health)
        service = Service(
            plan,
            open_store(str(self.path)),
            None,  # type: ignore[arg-type]
            None,  # type: ignore[arg-type]
            self.events.append,
            lambda: self.now,
            lambda: 0.0,
        )
        await service.write(service.store.recover, self.now)
        for name in destinations:
            await service.deliver(name)
        await service.close()

    def until_dead(self, channel: str = "desk", most: int = 400) -> None:
        """Let time pass to whatever is due next, until a delivery of the channel is dead."""
        for _ in range(most):
            self.work()
            states = {row["state"] for row in self.rows(channel)}
            if "dead" in states:
                return
            due = [datetime.fromisoformat(row["due_at"]) for row in self.rows(channel) if row["state"] == "pending"]
            self.now = max(self.now + timedelta(seconds=1), min(due))
        raise AssertionError(f"not dead after {most} rounds")

    def rows(self, channel: str) -> list[dict[str, str]]:
        """The channel's deliveries."""
        lists = open_lists(str(self.path))
        try:
            return [row for row in lists.deliveries() if row["channel"] == channel]
        finally:
            lists.close()

    def told(self, channel: str) -> list[str]:
        """Titles of the alerts that arrived."""
        return [found["title"] for message in self.sink.received(channel) for found in message.json["alerts"]]


@pytest.fixture
def desk(tmp_path: Path, sink: HttpSink) -> Desk:
    return Desk(tmp_path / "watcher.db", sink, [ChannelPolicy("desk"), ChannelPolicy("other")])


def test_a_404_after_three_500s_is_not_final(desk: Desk, sink: HttpSink) -> None:
    desk.plan("d1")
    sink.script("desk", "status 500", "status 500", "status 500", "status 404", "ok")
    for _ in range(5):
        desk.work()
        desk.now += timedelta(hours=1)
    assert [row["state"] for row in desk.rows("desk")] == ["delivered"]


def test_three_404s_in_a_row_are_final_and_another_channel_is_told_once(desk: Desk, sink: HttpSink) -> None:
    desk.plan("d1", "d2", "d3")
    sink.script("desk", "status 404")
    begin = desk.now
    desk.until_dead()
    assert desk.now - begin >= timedelta(minutes=5)
    while any(row["state"] != "dead" for row in desk.rows("desk")):
        desk.now += timedelta(minutes=6)
        desk.work()
    assert [row["attempts"] for row in desk.rows("desk")] == [3, 3, 3]
    desk.work()
    assert desk.told("other") == ["Channel desk: an alert was given up"]


def test_a_channel_that_is_heard_again_is_told_of(desk: Desk, sink: HttpSink) -> None:
    desk.plan("d1")
    sink.script("desk", "status 500")
    for _ in range(6):
        desk.work()
        desk.now += timedelta(minutes=20)
    sink.script("desk", "ok")
    desk.now += timedelta(hours=1)
    for _ in range(2):
        desk.work()
    assert desk.told("other") == ["Channel desk: no alert got through for 1 hour", "Channel desk: well again"]


def test_days_in_which_the_machine_was_off_give_nothing_up(desk: Desk, sink: HttpSink) -> None:
    desk.plan("d1")
    sink.script("desk", "status 500")
    desk.work()
    for _ in range(3):
        desk.now += timedelta(days=4)
        desk.work()
    assert [row["state"] for row in desk.rows("desk")] == ["pending"]
    begin = desk.now
    desk.until_dead()
    assert timedelta(days=2, hours=12) < desk.now - begin < timedelta(days=3, hours=2)


def test_a_year_that_never_passed_gives_nothing_up(desk: Desk, sink: HttpSink) -> None:
    desk.plan("d1")
    sink.script("desk", "status 500")
    desk.work()
    year = timedelta(days=365)
    desk.now += year
    store = open_store(str(desk.path))
    store.reclock(desk.now, timedelta(hours=12), year)
    store.close()
    for _ in range(2):
        desk.work()
        desk.now += timedelta(hours=1)
    assert [row["state"] for row in desk.rows("desk")] == ["pending"]


def test_without_another_channel_nobody_is_told(desk: Desk, sink: HttpSink) -> None:
    desk.policies = [ChannelPolicy("desk", give_up=timedelta(0))]
    desk.plan("d1")
    sink.script("desk", "status 500")
    desk.work()
    assert [row["state"] for row in desk.rows("desk")] == ["dead"]
    assert [event.name for event in desk.events] == ["delivery.dead"]


def test_all_dead_letters_of_a_channel_are_sent_again_at_once(desk: Desk, sink: HttpSink, tmp_path: Path) -> None:
    config = tmp_path / "watcher.yaml"
    config.write_text(f"database: {desk.path}\nchannels: [{{name: desk, url: 'console://'}}]\n", "utf-8")
    desk.policies = [ChannelPolicy("desk", give_up=timedelta(0)), ChannelPolicy("other", give_up=timedelta(0))]
    desk.plan("d1", "d2")
    desk.plan("d3", channel="other")
    for name in ("desk", "other"):
        sink.script(name, "status 500")
    desk.work()

    def resend(*arguments: str) -> Result:
        return CliRunner().invoke(main, ["-c", str(config), "alerts", "resend", *arguments])

    assert resend().exit_code == 2
    assert "there is desk, other" in resend("--dead", "--channel", "nosuch").output
    assert resend("--dead", "--channel", "desk").output.startswith("2 deliveries are due again")
    assert {row["state"] for row in desk.rows("desk")} == {"pending"}
    assert "dead" in {row["state"] for row in desk.rows("other")}
