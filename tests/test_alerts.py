"""Who is told what, and when."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from watcher import alerts
from watcher.alerts import ChannelPolicy, GivenUp, Held, Postponed, Trouble, after_one_more
from watcher.errors import DeliveryError
from watcher.model import Alert

NOW = datetime(2026, 11, 25, 10, 0, 30, tzinfo=UTC)
DESK = ChannelPolicy("desk")


def alert(key: str = "s1:1", severity: str = "normal", kind: str = "new") -> Alert:
    return Alert(key, kind, key.partition(":")[0], "i1", ("r",), severity, NOW, (), {})


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def one(
    channel: ChannelPolicy, now: datetime = NOW, *, severity: str = "normal", count: int = 0, catch_up: bool = False
) -> tuple[datetime, str]:
    (delivery,) = alerts.plan(alert(severity=severity), [channel], (), {channel.name: count}, now, catch_up=catch_up)
    return delivery.due_at, delivery.batch


def test_an_alert_goes_at_once_to_every_channel_unless_the_rule_names_some() -> None:
    channels = [ChannelPolicy("a"), ChannelPolicy("b")]
    everywhere = alerts.plan(alert(), channels, (), {}, NOW)
    assert [(d.channel, d.due_at, d.batch, d.state) for d in everywhere] == [
        ("a", NOW, "", "pending"),
        ("b", NOW, "", "pending"),
    ]
    assert [d.channel for d in alerts.plan(alert(), channels, ("b",), {}, NOW)] == ["b"]


def test_keys_are_the_same_for_ever_and_differ_by_alert_and_channel() -> None:
    assert alerts.delivery_key("s1:1", "desk") == "24a5602c02c092133ea39317dacb5bf2"
    keys = {alerts.delivery_key(story, channel) for story in ("s1:1", "s1:2", "s2:1") for channel in ("a", "b")}
    assert len(keys) == 6
    assert (
        alerts.plan(alert(), [DESK], (), {}, NOW)[0].key
        == alerts.plan(alert(), [DESK], (), {"desk": 99}, NOW + timedelta(days=9))[0].key
    )


@pytest.mark.parametrize(
    ("severity", "wanted", "told"),
    [
        ("low", "low", True),
        ("low", "normal", False),
        ("normal", "normal", True),
        ("normal", "high", False),
        ("high", "high", True),
        ("urgent", "high", True),
    ],
)
def test_a_channel_takes_alerts_from_its_severity_on(severity: str, wanted: str, told: bool) -> None:
    channel = ChannelPolicy("desk", min_severity=wanted)
    assert bool(alerts.plan(alert(severity=severity), [channel], (), {}, NOW)) is told


@pytest.mark.parametrize(
    ("digest", "zone", "now", "due"),
    [
        ("hourly", "UTC", "2026-11-25T10:00:30", "2026-11-25T11:00"),
        ("hourly", "Asia/Kolkata", "2026-11-25T10:00:30", "2026-11-25T10:30"),
        ("daily 07:30", "Europe/Paris", "2026-11-25T05:00", "2026-11-25T06:30"),
        ("daily 07:30", "Europe/Paris", "2026-11-25T06:30", "2026-11-26T06:30"),
        ("daily 07:30", "Europe/Paris", "2026-07-01T05:00", "2026-07-01T05:30"),
        ("daily 00:00", "America/New_York", "2026-11-25T10:00", "2026-11-26T05:00"),
        ("weekly mon 09:00", "Asia/Seoul", "2026-11-25T10:00", "2026-11-30T00:00"),
        ("weekly wed 09:00", "UTC", "2026-11-25T09:00", "2026-12-02T09:00"),
        ("daily 02:30", "Europe/Paris", "2026-03-28T12:00", "2026-03-29T01:30"),  # skipped by the clock: told at 03:30
        ("daily 02:30", "Europe/Paris", "2026-03-29T01:30", "2026-03-30T00:30"),
        ("daily 02:30", "Europe/Paris", "2026-10-24T12:00", "2026-10-25T00:30"),  # comes twice: told the first time
        ("daily 02:30", "Europe/Paris", "2026-10-25T00:30", "2026-10-26T01:30"),
    ],
)
def test_a_digest_waits_for_its_local_time(digest: str, zone: str, now: str, due: str) -> None:
    due_at, batch = one(ChannelPolicy("desk", digest=digest, timezone=zone), utc(now))
    assert due_at == utc(due)
    assert batch == f"digest:{due_at.isoformat()}"


@pytest.mark.parametrize(
    ("hours", "zone", "now", "until"),
    [
        ("22:00-07:00", "UTC", "2026-11-25T21:59:59", None),
        ("22:00-07:00", "UTC", "2026-11-25T22:00", "2026-11-26T07:00"),
        ("22:00-07:00", "UTC", "2026-11-26T06:59:59", "2026-11-26T07:00"),
        ("22:00-07:00", "UTC", "2026-11-26T07:00", None),
        ("12:00-13:00", "Asia/Tokyo", "2026-11-25T03:30", "2026-11-25T04:00"),
        ("22:00-07:00", "Europe/Paris", "2026-03-28T22:30", "2026-03-29T05:00"),  # the night is an hour shorter
        ("22:00-07:00", "Europe/Paris", "2026-10-24T21:30", "2026-10-25T06:00"),  # and an hour longer
        ("22:00-02:30", "Europe/Paris", "2026-03-28T22:30", "2026-03-29T01:30"),  # 02:30 is skipped
        ("22:00-00:00", "UTC", "2026-11-25T23:00", "2026-11-26T00:00"),
    ],
)
def test_quiet_hours_hold_and_then_deliver(hours: str, zone: str, now: str, until: str | None) -> None:
    channel = ChannelPolicy("desk", quiet_hours=hours, timezone=zone)
    due_at, batch = one(channel, utc(now))
    assert due_at == utc(until or now)
    assert batch == (f"quiet:{due_at.isoformat()}" if until else "")


def test_what_is_severe_enough_breaks_quiet_hours_if_the_channel_says_so() -> None:
    quiet = ChannelPolicy("desk", quiet_hours="09:00-12:00")
    assert one(quiet, severity="high")[0] > NOW
    breaking = replace(quiet, break_quiet="high")
    assert one(breaking, severity="high") == (NOW, "")
    assert one(breaking, severity="normal")[0] == utc("2026-11-25T12:00")


def test_a_digest_that_falls_into_quiet_hours_leaves_when_they_end() -> None:
    channel = ChannelPolicy("desk", digest="daily 06:00", quiet_hours="22:00-07:00")
    assert one(channel)[0] == utc("2026-11-26T07:00")


def test_a_burst_is_gathered_into_one_message() -> None:
    channel = ChannelPolicy("desk", group=timedelta(minutes=5))
    assert (
        one(channel)
        == one(channel, NOW + timedelta(minutes=4))
        == (utc("2026-11-25T10:05"), "group:2026-11-25T10:05:00+00:00")
    )
    assert one(channel, NOW + timedelta(minutes=5))[0] == utc("2026-11-25T10:10")


def test_what_exceeds_the_limit_is_summed_up_and_never_dropped() -> None:
    channel = ChannelPolicy("desk", at_most="30/h")
    assert one(channel, count=28) == (NOW, "")
    assert one(channel, count=29) == (utc("2026-11-25T11:00"), "over-limit:2026-11-25T11:00:00+00:00")
    assert one(channel, count=5000)[1] == "over-limit:2026-11-25T11:00:00+00:00"
    assert one(ChannelPolicy("desk", at_most="1/h"), count=0) == (NOW, "")
    assert one(ChannelPolicy("desk", at_most="1/h"), count=1)[1].startswith("over-limit:")


def test_a_catch_up_is_one_message_a_channel() -> None:
    first = one(DESK, NOW, catch_up=True)
    assert first == one(DESK, NOW + timedelta(seconds=20), catch_up=True)
    assert first[1] == "catch-up:2026-11-25"
    assert NOW < first[0] <= NOW + timedelta(minutes=3)
    (at_once,) = alerts.plan(alert(), [DESK], (), {}, NOW, catch_up=True, gather=timedelta(0))
    assert at_once.due_at == NOW


def test_release_holds_what_would_leave_in_quiet_hours() -> None:
    quiet = ChannelPolicy("desk", quiet_hours="22:00-07:00", break_quiet="high")
    planned = alerts.plan(alert(), [DESK], (), {}, NOW)
    assert alerts.release(planned, quiet, utc("2026-11-25T21:00")) is None
    assert alerts.release(planned, quiet, utc("2026-11-25T23:00")) == utc("2026-11-26T07:00")
    urgent = alerts.plan(alert(severity="high"), [DESK], (), {}, NOW)
    assert alerts.release((*planned, *urgent), quiet, utc("2026-11-25T23:00")) is None


def test_release_keeps_a_channel_under_its_limit_in_every_stretch() -> None:
    channel = ChannelPolicy("desk", at_most="2/h")
    planned = alerts.plan(alert(), [channel], (), {}, NOW)
    sent = [NOW - timedelta(minutes=m) for m in (90, 40, 10)]
    assert alerts.release(planned, channel, NOW, sent[:2]) is None
    assert alerts.release(planned, channel, NOW, sent) == NOW + timedelta(minutes=20)
    assert alerts.counted_since(channel, NOW) == NOW - timedelta(hours=1)
    assert alerts.counted_since(DESK, NOW) is None


def after(
    error: DeliveryError, *, now: datetime = NOW, jitter: float = 0.0, channel: ChannelPolicy = DESK, **trouble: Any
) -> Any:
    return alerts.after_failure(Trouble(**({"attempts": 1} | trouble)), error, channel, now, jitter)


def test_waits_grow_are_jittered_and_end() -> None:
    error = DeliveryError("HTTP 500")
    waits = [after(error, attempts=n) for n in range(1, 13)]
    assert [(wait.due_at - NOW).total_seconds() for wait in waits] == [
        5,
        10,
        20,
        40,
        80,
        160,
        320,
        640,
        1280,
        2560,
        3600,
        3600,
    ]
    assert after(error, jitter=1.0) == Postponed(NOW + timedelta(seconds=2.5))
    assert after(error, attempts=40, lasted=timedelta(days=3)) == GivenUp("HTTP 500")
    assert isinstance(after(error, attempts=10**6, lasted=timedelta(days=2)), Postponed)


def test_retry_after_is_heeded_and_bounded() -> None:
    def wait(**asked: float) -> timedelta:
        waited: timedelta = after(DeliveryError("HTTP 429", retry_after=timedelta(**asked))).due_at - NOW
        return waited

    assert wait(seconds=90) == timedelta(seconds=90)
    assert wait(seconds=1) == timedelta(seconds=5)
    assert wait(days=3000) == timedelta(hours=6)


def test_only_final_refusals_in_a_row_over_minutes_are_final() -> None:
    gone = DeliveryError("HTTP 404", permanent=True)
    assert after(gone, attempts=1, refusals=1) == Postponed(NOW + timedelta(seconds=10))
    assert after(gone, attempts=40, refusals=1) == Postponed(NOW + timedelta(seconds=10))
    assert after(gone, attempts=2, refusals=2) == Postponed(NOW + timedelta(minutes=5))
    assert after(gone, attempts=3, refusals=3) == GivenUp("HTTP 404")
    assert after(
        gone, refusals=1, lasted=timedelta(hours=1), channel=replace(DESK, give_up=timedelta(hours=1))
    ) == GivenUp("HTTP 404")


def test_trouble_counts_final_refusals_in_a_row() -> None:
    down, gone = DeliveryError("HTTP 500"), DeliveryError("HTTP 404", permanent=True)
    assert after_one_more(1, 0, None, gone, NOW) == Trouble(1, 1, timedelta(0))
    hour = timedelta(hours=1)
    assert after_one_more(2, 1, NOW, gone, NOW + hour) == Trouble(2, 2, hour)
    assert after_one_more(3, 2, NOW, down, NOW + hour) == Trouble(3, 0, hour)
    assert after_one_more(3, 0, NOW, down, NOW - hour).lasted == timedelta(0)
    # The clock was set ahead by a year in the second before.
    assert after_one_more(2, 0, NOW, down, NOW + timedelta(days=365), NOW + hour).lasted == hour
    assert after_one_more(2, 0, NOW, down, NOW + 7 * hour, NOW + hour).lasted == 7 * hour


def test_each_delivery_of_a_message_has_its_own_chances() -> None:
    old, fresh = Trouble(9, 3, timedelta(days=3)), Trouble(1, 1)
    assert alerts.of_all([old, fresh]) == Trouble(9, 1, timedelta(0))


def test_another_channel_is_told_of_one_that_is_not_heard() -> None:
    names = ["desk/a", "desk/b", "inbox", "pager"]
    channels = [ChannelPolicy(name) for name in names]

    def told(ill: str, health: str = "") -> list[str]:
        return [channel.name for channel in alerts.listeners(channels, ill, health)]

    assert told("inbox") == ["desk/a", "desk/b"]
    assert told("desk/a") == ["inbox"]
    assert told("desk/a", "pager") == ["pager"]
    assert told("pager", "pager") == ["desk/a", "desk/b"]
    channels[2] = ChannelPolicy("inbox", digest="daily 07:30")
    assert told("desk/a") == ["pager"]
    assert alerts.listeners(channels[:2], "desk/a", "desk") == ()
    told_of = alerts.unheard("desk", NOW, "HTTP 500", NOW + timedelta(hours=1), is_dead=False)
    later_on = alerts.unheard("desk", NOW, "HTTP 404", NOW + timedelta(days=2), is_dead=True)
    assert told_of.key == later_on.key != alerts.unheard_key("desk", NOW + timedelta(hours=1))


def test_an_uncertain_send_is_held_only_where_the_channel_prefers_that() -> None:
    error = DeliveryError("no answer", unknown=True)
    assert after(error, channel=replace(DESK, on_uncertain="hold")) == Held("no answer")
    assert isinstance(after(error), Postponed)


@pytest.mark.parametrize(
    ("error", "failures", "rest"),
    [
        (DeliveryError("HTTP 429", retry_after=timedelta(seconds=3)), 1, timedelta(seconds=3)),
        (DeliveryError("HTTP 429", retry_after=timedelta(days=99)), 1, timedelta(hours=6)),
        (DeliveryError("HTTP 500"), 1, None),
        (DeliveryError("HTTP 500"), 2, timedelta(seconds=40)),
        (DeliveryError("no answer", unknown=True), 2, timedelta(seconds=40)),
        (DeliveryError("HTTP 404", permanent=True), 2, None),
        (DeliveryError("HTTP 404", permanent=True), 3, timedelta(minutes=1)),
    ],
)
def test_an_ill_destination_rests_and_one_ill_message_delays_no_other(
    error: DeliveryError, failures: int, rest: timedelta | None
) -> None:
    outcome = after(error, attempts=4)
    assert alerts.rest_after(error, outcome, failures, NOW) == (None if rest is None else NOW + rest)
    if failures == 2 and not error.permanent:
        late = after(error, attempts=12)
        assert alerts.rest_after(error, late, failures, NOW) == NOW + timedelta(minutes=1)


def test_an_unacknowledged_high_alert_escalates_once() -> None:
    desk = ChannelPolicy("desk", escalate_to="pager", escalate_after=timedelta(minutes=30))
    pager = ChannelPolicy("pager", digest="daily 07:00", quiet_hours="09:00-12:00", break_quiet="high")
    urgent, normal = (alerts.plan(alert(severity=severity), [desk], (), {}, NOW)[0] for severity in ("high", "normal"))
    told = [(urgent, NOW), (normal, NOW)]
    assert alerts.escalations(told, [desk, pager], NOW + timedelta(minutes=29)) == ()
    later = NOW + timedelta(minutes=31)
    (escalated,) = alerts.escalations(told, [desk, pager], later)
    assert (escalated.channel, escalated.due_at, escalated.batch, escalated.alert) == (
        "pager",
        later,
        "escalated:desk",
        urgent.alert,
    )
    assert escalated.key == alerts.escalations(told, [desk, pager], later + timedelta(hours=5))[0].key
    assert escalated.key != alerts.delivery_key(urgent.alert.key, "pager")
    assert alerts.escalations(told, [desk], later) == ()


@pytest.mark.parametrize(
    ("parse", "text", "says"),
    [
        (alerts.parse_digest, "dayly 07:30", "daily 07:30"),
        (alerts.parse_digest, "daily", "daily 07:30"),
        (alerts.parse_digest, "daily 25:00", "07:30"),
        (alerts.parse_digest, "daily 7.30", "07:30"),
        (alerts.parse_digest, "weekly funday 07:30", "mon, tue"),
        (alerts.parse_quiet_hours, "22:00", "22:00-07:00"),
        (alerts.parse_quiet_hours, "22:00-22:00", "22:00-07:00"),
        (alerts.parse_quiet_hours, "22:00-07:60", "07:30"),
        (alerts.parse_at_most, "30", "30/h"),
        (alerts.parse_at_most, "0/h", "1/h"),
        (alerts.parse_at_most, "-3/h", "30/h"),
        (alerts.parse_at_most, "30/y", "30/h"),
    ],
)
def test_what_is_written_wrongly_names_the_remedy(parse: object, text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says.replace("/", "/")):
        parse(text)  # type: ignore[operator]


def test_empty_means_none_and_case_and_dashes_are_free() -> None:
    assert alerts.parse_digest("") is alerts.parse_quiet_hours(" ") is alerts.parse_at_most("") is None
    assert alerts.parse_digest("Weekly Monday 7:30") == alerts.parse_digest("weekly mon 07:30")
    assert alerts.parse_quiet_hours("22:00 – 7:00") == alerts.parse_quiet_hours("22:00-07:00")
    assert alerts.parse_at_most("30 / hour") == alerts.parse_at_most("30/h")
    assert alerts.parse_quiet_hours("22:00-24:00") == alerts.parse_quiet_hours("22:00-00:00")
