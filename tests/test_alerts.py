"""Who is told what, and when."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from watcher import alerts
from watcher.alerts import ChannelPolicy, GivenUp, Held, Postponed
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


def test_a_channel_for_some_kinds_takes_no_others() -> None:
    channel = ChannelPolicy("ops", kinds=("health",))
    assert alerts.plan(alert(), [channel], (), {}, NOW) == ()
    assert len(alerts.plan(alert(kind="health"), [channel], (), {}, NOW)) == 1


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


def test_waits_grow_are_jittered_and_end() -> None:
    error = DeliveryError("HTTP 500")
    waits = [alerts.after_failure(n, NOW, error, DESK, NOW, 0.0) for n in range(1, 13)]
    seconds = [(wait.due_at - NOW).total_seconds() for wait in waits if isinstance(wait, Postponed)]
    assert seconds == [5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600]
    jittered = alerts.after_failure(1, NOW, error, DESK, NOW, 1.0)
    assert jittered == Postponed(NOW + timedelta(seconds=2.5))
    assert alerts.after_failure(40, NOW - timedelta(days=3), error, DESK, NOW, 0.0) == GivenUp("HTTP 500")
    assert isinstance(alerts.after_failure(10**6, NOW - timedelta(days=2), error, DESK, NOW, 0.0), Postponed)


def test_retry_after_is_heeded_and_bounded() -> None:
    def wait(**asked: float) -> timedelta:
        outcome = alerts.after_failure(
            1, NOW, DeliveryError("HTTP 429", retry_after=timedelta(**asked)), DESK, NOW, 0.0
        )
        assert isinstance(outcome, Postponed)
        return outcome.due_at - NOW

    assert wait(seconds=90) == timedelta(seconds=90)
    assert wait(seconds=1) == timedelta(seconds=5)
    assert wait(days=3000) == timedelta(hours=6)


def test_a_final_refusal_is_tried_thrice() -> None:
    error = DeliveryError("HTTP 404", permanent=True)
    assert alerts.after_failure(1, NOW, error, DESK, NOW, 0.5) == Postponed(NOW + timedelta(seconds=5))
    assert alerts.after_failure(2, NOW, error, DESK, NOW, 0.5) == Postponed(NOW + timedelta(seconds=40))
    assert alerts.after_failure(3, NOW, error, DESK, NOW, 0.5) == GivenUp("HTTP 404")


def test_an_uncertain_send_is_held_only_where_the_channel_prefers_that() -> None:
    error = DeliveryError("no answer", unknown=True)
    assert alerts.after_failure(1, NOW, error, replace(DESK, on_uncertain="hold"), NOW, 0.0) == Held("no answer")
    assert isinstance(alerts.after_failure(1, NOW, error, DESK, NOW, 0.0), Postponed)


@pytest.mark.parametrize(
    ("error", "failures", "rest"),
    [
        (DeliveryError("HTTP 429", retry_after=timedelta(seconds=3)), 1, timedelta(seconds=3)),
        (DeliveryError("HTTP 429", retry_after=timedelta(days=99)), 1, timedelta(hours=6)),
        (DeliveryError("HTTP 500"), 1, None),
        (DeliveryError("HTTP 500"), 2, timedelta(seconds=40)),
        (DeliveryError("no answer", unknown=True), 2, timedelta(seconds=40)),
        (DeliveryError("HTTP 404", permanent=True), 9, None),
    ],
)
def test_an_ill_destination_rests_and_one_ill_message_delays_no_other(
    error: DeliveryError, failures: int, rest: timedelta | None
) -> None:
    outcome = alerts.after_failure(4, NOW, error, DESK, NOW, 0.0)
    assert alerts.rest_after(error, outcome, failures, NOW) == (None if rest is None else NOW + rest)
    if failures == 2:
        late = alerts.after_failure(12, NOW, error, DESK, NOW, 0.0)
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
