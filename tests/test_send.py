"""Sending for real: HTTP servers on loopback that take, refuse, stall, redirect and break off."""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
import requests

from sinks import HttpSink
from test_render import CHANGES, NOW, alert
from watcher import alerts
from watcher.alerts import ChannelPolicy
from watcher.channels import Message, senders
from watcher.channels.answers import Answer, error_of, listen, retry_after
from watcher.channels.render import render
from watcher.channels.secrets import Scrubber
from watcher.channels.senders import Sender
from watcher.errors import ConfigError, DeliveryError
from watcher.model import Alert, Delivery

DESK = ChannelPolicy("desk")


@pytest.fixture(scope="module")
def sink() -> Iterator[HttpSink]:
    with HttpSink() as running:
        yield running


def message(sender: Sender, *told: Alert) -> Message:
    batch = "digest:x" if len(told) > 1 else ""
    deliveries = [Delivery(alerts.delivery_key(one.key, "desk"), one, "desk", NOW, batch) for one in told or (alert(),)]
    return render(deliveries, DESK, now=NOW, service=sender.service)


def failure(sender: Sender, *told: Alert) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        sender.send(message(sender, *told))
    return caught.value


def impatient(sender: Sender, seconds: float = 0.3) -> Sender:
    """The same sender with a short wait for answers: 30 s would make a slow test."""
    sender._instance.socket_read_timeout = seconds  # type: ignore[attr-defined]
    return sender


def test_a_webhook_gets_the_text_the_facts_and_a_key(sink: HttpSink) -> None:
    sender = senders.open(sink.url("json", "facts"), "desk")
    made = message(sender, alert(kind="follow_up", changes=CHANGES))
    sender.send(made)
    (got,) = sink.received("facts")
    assert got.key == made.key == got.json["id"]
    assert got.json["title"].startswith("Update: 🇰🇷 South Korea") and "34 billions de won" in got.json["message"]
    assert (got.json["kind"], got.json["severity"], got.json["type"]) == ("follow_up", "high", "warning")
    (facts,) = got.json["alerts"]
    assert (
        facts["amounts"][0]["usd"] == 23415000000 and facts["rules"] == ["national-ai"] and facts["countries"] == ["KR"]
    )
    assert facts["changes"][1] == {"kind": "stage", "old": "planned", "new": "approved"}


def test_a_webhooks_own_headers_and_fields_win(sink: HttpSink) -> None:
    sender = senders.open(sink.url("json", "own", "?+X-Token=abc&+Idempotency-Key=mine&:kind=theirs"), "desk")
    sender.send(message(sender))
    (got,) = sink.received("own")
    assert (got.headers["x-token"], got.key, got.json["kind"]) == ("abc", "mine", "theirs")


@pytest.mark.parametrize(
    ("step", "permanent", "unknown", "wait", "taken"),
    [
        ("status 500", False, False, None, 0),
        ("status 503", False, False, None, 0),
        ("status 502", False, True, None, 0),
        ("status 504", False, True, None, 0),
        ("status 400", True, False, None, 0),
        ("status 401", True, False, None, 0),
        ("status 404", True, False, None, 0),
        ("status 410", True, False, None, 0),
        ("status 413", True, False, None, 0),
        ("retry_after 7", False, False, timedelta(seconds=7), 0),
        ("retry_after Wed, 25 Nov 2099 02:00:00 GMT", False, False, ..., 0),
        ("retry_after soon", False, False, None, 0),
        ("redirect 302", False, False, None, 0),
        ("redirect 301", True, False, None, 0),
        ("hang", False, True, None, 1),
        ("close", False, True, None, 1),
    ],
)
def test_what_a_destination_answers_is_told_apart(
    sink: HttpSink, step: str, permanent: bool, unknown: bool, wait: timedelta | None, taken: int
) -> None:
    name = step.replace(" ", "-").replace(",", "").replace(":", "")
    sender = impatient(senders.open(sink.url("json", name), "desk"))
    sink.script(name, step, "ok")
    error = failure(sender)
    assert (error.permanent, error.unknown) == (permanent, unknown)
    assert error.retry_after == wait if wait is not ... else error.retry_after > timedelta(days=1)  # type: ignore[operator]
    assert len(sink.received(name)) == taken
    assert "127.0.0.1" not in error.reason and name not in error.reason
    sender.send(message(sender))
    keys = {one.key for one in sink.received(name)}
    assert len(sink.received(name)) == taken + 1 and len(keys) == 1
    assert sink.requests["GET"] == 0, "no redirect was followed"


def test_an_answer_that_is_slow_but_in_time_is_no_failure(sink: HttpSink) -> None:
    sink.script("late", "slow 0.5")
    sender = senders.open(sink.url("json", "late"), "desk")
    sender.send(message(sender))
    assert len(sink.received("late")) == 1
    assert sender._instance.request_timeout == (10.0, 30.0)  # type: ignore[attr-defined]


def test_an_endless_answer_is_not_read_to_its_end(sink: HttpSink) -> None:
    sink.script("endless", "endless")
    sender = senders.open(sink.url("json", "endless"), "desk")
    begun = time.monotonic()
    sender.send(message(sender))
    assert time.monotonic() - begun < 5


def test_nobody_there_is_no_uncertain_send() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    error = failure(senders.open(f"json://127.0.0.1:{port}/x", "desk"))
    assert (error.reason, error.permanent, error.unknown) == ("it refuses connections", False, False)


def test_a_message_in_parts_goes_on_where_it_stopped(sink: HttpSink) -> None:
    ((_, sender),) = senders.open_all(sink.url("ntfy", "parts"), DESK, rate=100)
    told = [alert(number, title=f"⟦{number}⟧ " + "word " * 40) for number in range(12)]
    made = message(sender, *told)
    assert len(made.parts) > 1
    sink.script("", "ok", "status 500", "ok")
    with pytest.raises(DeliveryError):
        impatient(sender, 5).send(made)
    sender.send(made)
    bodies = [one.json["message"] for one in sink.received("")]
    assert len(bodies) == len(made.parts)
    assert [n for n in range(12) if sum(body.count(f"⟦{n}⟧") for body in bodies) != 1] == []
    sink.script("")


@pytest.mark.parametrize(
    "address",
    [
        "json://127.0.0.1:{port}/a", "xml://127.0.0.1:{port}/b", "form://127.0.0.1:{port}/c", "gotify://127.0.0.1:{port}/token",
        "ntfy://127.0.0.1:{port}/topic", "mmost://127.0.0.1:{port}/aaaaaaaaaaaaaaaaaaaaaaaaaa", "matrix://127.0.0.1:{port}/hook?mode=slack",
        "matrix://user:pass@127.0.0.1:{port}/!room:x", "signal://127.0.0.1:{port}/15551234567/15557654321", "apprise://127.0.0.1:{port}/token",
        "nctalk://user:pass@127.0.0.1:{port}/room", "hassio://127.0.0.1:{port}/token", "mastodon://token@127.0.0.1:{port}", "synology://127.0.0.1:{port}/token",
    ],
)  # fmt: skip
def test_services_of_all_kinds_take_an_alert(sink: HttpSink, address: str) -> None:
    before = len(sink.received())
    sender = senders.open(address.format(port=sink.port), "desk")
    sender.send(message(sender, alert(title="Plan <b> & @everyone")))
    got = sink.received()[before:]
    assert got and "Plan" in got[-1].body
    if sender.service.mentions:
        assert "@everyone" not in got[-1].body


CHATS = {
    "slack://TAAAAAAAA/BBBBBBBBB/cccccccccccccccccccccccc": ("webhook_url", "/services"),
    "discord://123456789012345678/abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789abcd": (
        "notify_url",
        "/api",
    ),
    "tgram://123456789:abcdefghijklmnopqrstuvwxyzabcdefghi/12345": ("notify_url", "/bot"),
}


@pytest.mark.parametrize("url", CHATS)
def test_what_a_publisher_writes_stays_text_in_chats(sink: HttpSink, url: str) -> None:
    sender = senders.open(url, "desk")
    attribute, path = CHATS[url]
    setattr(sender._instance, attribute, f"http://127.0.0.1:{sink.port}{path}")  # type: ignore[attr-defined]
    before = len(sink.received())
    bare = Alert(
        "x:1", "new", "x", "", (), "high", NOW, (), {"title": "[a](https://evil.example) <!channel> <b>b</b> @here"}
    )
    sender.send(message(sender, bare))
    (got,) = sink.received()[before:]
    shown = " ".join(str(value) for value in _strings(got.json))
    assert "<!channel>" not in shown and "@here" not in shown and "<b>b" not in shown and "<https://evil" not in shown
    if url.startswith("discord"):
        assert r"\[a\](https://evil.example)" in shown


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for child in value.values():
            yield from _strings(child)
    elif isinstance(value, list):
        for child in value:
            yield from _strings(child)


def test_several_recipients_are_several_destinations(sink: HttpSink) -> None:
    url = sink.url("signal", "15551234567/15557654321/15557654322")
    opened = senders.open_all(url, DESK)
    names = [policy.name for policy, _ in opened]
    assert len(set(names)) == 2 and all(name.startswith("desk/") and "1555" not in name for name in names)
    assert names == [policy.name for policy, _ in senders.open_all(url, DESK)]
    before = len(sink.received())
    for _, sender in opened:
        sender.send(message(sender))
    reached = [one.json["recipients"] for one in sink.received()[before:]]
    assert sorted(reached) == [["+15557654321"], ["+15557654322"]]


def test_a_failure_tells_no_secret_and_logs_nothing(sink: HttpSink, caplog: pytest.LogCaptureFixture) -> None:
    token = "s3cr3t-t0ken-0123456789"
    sink.script(token, "status 403")
    with caplog.at_level(logging.DEBUG):
        for url in (
            sink.url("json", token),
            f"json://user:{token}@127.0.0.1:{sink.port}/{token}",
            sink.url("gotify", token),
        ):
            sink.script("message", "status 403")
            error = failure(senders.open(url, "desk"))
            assert (
                token not in repr(error) and token not in str(error.__cause__) and token not in str(error.__context__)
            )
    sink.script("message", "ok")
    assert token not in caplog.text


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("", "no URL"),
        ("slakc://a/b/c", "did you mean 'slack://'"),
        ("slack://s3cr3t", "not complete"),
        ("https://s3cr3t.example/x", "for a webhook write jsons://"),
        ("json://s3cr3t.example:99999/x", "names a port that can not be"),
        ("mailto://", "names no host"),
        ("mailto://s3cr3t.example", "names nobody to write to"),
        ("mailto://h?to=nobody", "'to' is not one"),
        ("mailto://h?to=a@b.org&mode=tls", "mode=tls is none of"),
        ("file:///", "no file named"),
        ("https//s3cr3t", "no URL"),
    ],
)
def test_a_wrong_url_is_named_with_its_remedy_and_not_shown(url: str, says: str) -> None:
    reason = senders.check(url)
    assert says in reason and "s3cr3t" not in reason
    with pytest.raises(ConfigError) as caught:
        senders.open_all(url, DESK)
    assert "channel 'desk'" in str(caught.value) and "s3cr3t" not in str(caught.value)


def test_right_urls_pass_the_check() -> None:
    for url in (
        *CHATS,
        "console://",
        "json://localhost/x",
        "mailtos://u:p@example.org?to=a@b.org,c@d.org",
        "file:///tmp/x.jsonl",
    ):
        assert senders.check(url) == ""


def test_the_console_shows_whole_alerts(capsys: pytest.CaptureFixture[str]) -> None:
    sender = senders.open("console://", "screen")
    sender.send(message(sender, alert(title="Esc \x1b[31m red")))
    shown = capsys.readouterr().out
    assert (
        shown.startswith("🇰🇷 South Korea · at least 34 trillion KRW")
        and "Esc [31m red\nhttps://www.example.org/" in shown
    )
    assert "\x1b" not in shown


def test_a_file_gets_one_line_an_alert_and_is_ours_alone(tmp_path: object) -> None:
    import json
    from pathlib import Path

    path = Path(str(tmp_path)) / "alerts.jsonl"
    sender = senders.open(f"file://{path}", "file")
    sender.send(message(sender, alert(1), alert(2)))
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert [line["story"] for line in lines] == ["s1", "s2"] and path.stat().st_mode & 0o777 == 0o600
    path.unlink()
    path.symlink_to("/dev/null")
    assert "can not write the file" in failure(sender).reason


def test_a_scrubber_masks_every_form_of_a_secret() -> None:
    import base64
    from urllib.parse import quote, quote_plus

    secret = "pa/ss wörd+1"
    scrub = Scrubber([secret, "https://hooks.example.org/T0KEN-abcdef-0123456789?sig=q1w2e3r4t5y6", "ab"])
    forms = [
        secret,
        quote(secret),
        quote(secret, safe=""),
        quote_plus(secret),
        quote(secret).lower(),
        "T0KEN-abcdef-0123456789",
        "q1w2e3r4t5y6",
    ]
    forms += [base64.b64encode(b"x" * n + secret.encode() + b"tail").decode() for n in range(4)]
    for form in forms:
        assert scrub(f"before {form} after") != f"before {form} after"
    assert not any(secret in scrub(f"<{form}>") for form in forms)
    assert scrub("about ab, and example.org") == "about ab, and example.org"
    assert secret not in repr(scrub)


@pytest.mark.parametrize(
    ("headers", "body", "seconds"),
    [
        ({"Retry-After": "3"}, b"", 3),
        ({"Retry-After": "0.5"}, b"", 0.5),
        ({"Retry-After": "999999999999"}, b"", 86400 * 365),
        ({}, b'{"ok":false,"parameters":{"retry_after":35}}', 35),
        ({"X-RateLimit-Reset-After": "1.5"}, b"", 1.5),
        ({"Retry-After": "Wed, 25 Nov 2026 02:01:00 GMT"}, b"", 60),
        ({"Retry-After": "Tue, 24 Nov 2026 02:00:00 GMT"}, b"", 0),
        ({"Retry-After": "soon"}, b"", None),
        ({}, b"", None),
    ],
)
def test_how_long_to_wait_is_read_in_every_form(headers: dict[str, str], body: bytes, seconds: float | None) -> None:
    wait = retry_after(headers, body, NOW)
    assert (wait.total_seconds() if wait is not None else None) == seconds


def test_a_refusal_in_words_is_a_refusal(sink: HttpSink) -> None:
    sender = senders.open("slack://TAAAAAAAA/BBBBBBBBB/cccccccccccccccccccccccc", "desk")
    sender._instance.webhook_url = f"http://127.0.0.1:{sink.port}/elsewhere"  # type: ignore[attr-defined]
    error = failure(sender)  # 200, but not with Slack's "ok"
    assert "Slack" in error.reason and not error.permanent and "cccccc" not in error.reason


@pytest.mark.parametrize(
    ("error", "reason", "permanent", "unknown"),
    [
        (requests.exceptions.ConnectTimeout(), "no connection in time", False, False),
        (requests.exceptions.SSLError("cert"), "can not be secured", False, False),
        (
            requests.exceptions.ConnectionError("[Errno -2] Name or service not known"),
            "its name was not found",
            False,
            False,
        ),
        (requests.exceptions.ConnectionError("Connection refused"), "it refuses connections", False, False),
        (requests.exceptions.InvalidURL("s3cr3t"), "its address is not valid", True, False),
        (requests.exceptions.ChunkedEncodingError("s3cr3t"), "the connection broke", False, True),
    ],
)
def test_a_failed_connection_is_in_doubt_only_once_something_was_sent(
    error: Exception, reason: str, permanent: bool, unknown: bool
) -> None:
    told = error_of(Answer(error=error))
    assert (
        reason in told.reason and (told.permanent, told.unknown) == (permanent, unknown) and "s3cr3t" not in told.reason
    )


def test_outside_a_send_requests_are_left_alone(sink: HttpSink) -> None:
    answer = requests.post(f"http://127.0.0.1:{sink.port}/alone", data=b"x", timeout=5)
    assert answer.status_code == 200 and answer.json()["ok"] is True
    with listen() as heard:
        requests.post(f"http://127.0.0.1:{sink.port}/heard", data=b"x", timeout=5)
    assert [one.status for one in heard.answers] == [200] and heard.failure() is None


def test_a_terminal_gets_colour(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    sender = senders.open("console://", "screen")
    sender.send(message(sender))
    assert capsys.readouterr().out.startswith("\x1b[1m🇰🇷 South Korea")


def test_a_proxy_of_the_environment_is_not_asked_for_this_machine(
    sink: HttpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    sender = senders.open(sink.url("json", "noproxy"), "desk")
    sender.send(message(sender))
    assert len(sink.received("noproxy")) == 1
