"""Mail for real: an SMTP server on loopback that takes, refuses and breaks off."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from email.utils import parsedate_to_datetime

import pytest
from aiosmtpd.smtp import AuthResult, LoginPassword

from sinks import MailSink
from test_render import CHANGES, NOW, alert
from watcher import alerts
from watcher.alerts import ChannelPolicy
from watcher.channels import Message, mail, senders
from watcher.channels.render import render
from watcher.channels.senders import Sender
from watcher.errors import DeliveryError
from watcher.model import Alert, Delivery

DESK = ChannelPolicy("desk", language="fr", timezone="Europe/Paris")


@pytest.fixture(scope="module")
def sink() -> Iterator[MailSink]:
    with MailSink() as running:
        yield running


def message(sender: Sender, *told: Alert, thread: str = "") -> Message:
    batch = "digest:x" if len(told) > 1 else ""
    deliveries = [
        Delivery(alerts.delivery_key(one.key, "desk"), one, "desk", NOW, batch, thread=thread)
        for one in told or (alert(),)
    ]
    return render(deliveries, DESK, now=NOW, service=sender.service)


def failure(sender: Sender) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        sender.send(message(sender))
    return caught.value


def test_a_mail_has_both_parts_and_every_header_that_clients_and_filters_want(sink: MailSink) -> None:
    sender = senders.open(sink.url("reader@example.org"), "news desk!")
    sent = message(sender)
    sender.send(sent)
    (got,) = sink.mails("reader@example.org")
    assert got["Message-ID"] == f"<{sent.key}@example.org>"
    assert (got["From"], got["To"], got["List-Id"]) == (
        "Watcher <watcher@example.org>",
        "reader@example.org",
        "<news-desk.watcher.example.org>",
    )
    assert (got["Auto-Submitted"], got["X-Watcher-Key"], got["Content-Language"], got["Importance"]) == (
        "auto-generated",
        sent.key,
        "fr",
        "high",
    )
    assert parsedate_to_datetime(str(got["Date"])).tzinfo is not None
    assert str(got["Subject"]).startswith("🇰🇷 Corée du Sud · au moins 34 billions KRW (≈ 23,4 milliards USD)")
    assert (got["In-Reply-To"], got["References"]) == (None, None)
    plain, html = got.iter_parts()  # type: ignore[attr-defined]
    assert (plain.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert "Selon Yonhap, Xinhua, KBS et 1 autre" in plain.get_content()
    assert (
        '<html lang="fr" dir="ltr">' in html.get_content()
        and "https://www.example.org/a?b=1&amp;c=%282%29" in html.get_content()
    )
    assert max(len(line) for line in sink.received("reader@example.org")[0].body.split("\n")) <= 998


def test_a_follow_up_lands_in_the_thread_of_the_first_mail(sink: MailSink) -> None:
    sender = senders.open(sink.url("thread@example.org"), "desk")
    sender.send(message(sender))
    sender.send(message(sender, alert(kind="follow_up", changes=CHANGES), thread=alerts.delivery_key("s0:1", "desk")))
    first, second = sink.mails("thread@example.org")
    assert first["In-Reply-To"] is None
    assert second["In-Reply-To"] == second["References"] == f"<{alerts.delivery_key('s0:1', 'desk')}@example.org>"


def test_a_repeat_carries_the_same_id_so_that_clients_fold_it(sink: MailSink) -> None:
    sender = senders.open(sink.url("twice@example.org"), "desk")
    sink.script("twice@example.org", "close", "ok")
    error = failure(sender)
    assert (error.unknown, error.permanent) == (True, False)
    sender.send(message(sender))
    first, second = sink.mails("twice@example.org")
    assert first["Message-ID"] == second["Message-ID"]


def test_a_refused_recipient_costs_no_other_a_copy(sink: MailSink) -> None:
    opened = senders.open_all(sink.url("bad@example.org", "good@example.org"), DESK)
    assert [policy.name for policy, _ in opened] == ["desk/bad@example.org", "desk/good@example.org"]
    sink.script("bad@example.org", "rcpt 550")
    (_, bad), (_, good) = opened
    error = failure(bad)
    assert (error.permanent, error.reason) == (True, "the mail server refuses the recipient: 550 no such mailbox")
    good.send(message(good))
    assert len(sink.received("good@example.org")) == 1 and sink.received("bad@example.org") == []


@pytest.mark.parametrize(("step", "permanent"), [("rcpt 450", False), ("data 451", False), ("data 554", True)])
def test_refusals_are_for_now_or_for_good(sink: MailSink, step: str, permanent: bool) -> None:
    sink.script("r@example.org", step)
    error = failure(senders.open(sink.url("r@example.org"), "desk"))
    assert (error.permanent, error.unknown) == (permanent, False)
    assert sink.received("r@example.org") == []


def test_what_comes_after_the_250_changes_nothing(sink: MailSink) -> None:
    sink.script("quit@example.org", "quit")
    sender = senders.open(sink.url("quit@example.org"), "desk")
    sender.send(message(sender))
    assert len(sink.received("quit@example.org")) == 1


def test_nobody_there_is_no_uncertain_send_and_names_no_server() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    error = failure(senders.open(f"mailto://127.0.0.1:{port}?from=a@b.org&to=c@d.org&mode=insecure", "desk"))
    assert (error.permanent, error.unknown) == (False, False)
    assert str(port) not in error.reason and "Connection refused" in error.reason


def test_a_server_without_what_the_url_asks_for_is_said_so(sink: MailSink) -> None:
    url = sink.url("x@example.org").replace("mailto://", "mailto://user:s3cr3t@").replace("insecure", "starttls")
    error = failure(senders.open(url, "desk"))
    assert error.permanent and "does not offer" in error.reason and "s3cr3t" not in error.reason


@pytest.mark.parametrize(("password", "accepted"), [("right-one", True), ("wr0ng-0ne", False)])
def test_a_login_is_made_and_a_wrong_password_is_final_and_not_shown(password: str, accepted: bool) -> None:
    seen: list[LoginPassword] = []

    def authenticate(_: object, __: object, ___: object, mechanism: str, data: LoginPassword) -> AuthResult:
        seen.append(data)
        return AuthResult(success=data.password == b"right-one", handled=False)

    with MailSink(authenticator=authenticate) as sink:
        url = sink.url("you@example.org").replace("mailto://", f"mailto://user:{password}@")
        sender = senders.open(url, "desk")
        if accepted:
            sender.send(message(sender))
            assert len(sink.received("you@example.org")) == 1 and seen[0].login == b"user"
        else:
            error = failure(sender)
            assert error.permanent and "535" in error.reason and password not in error.reason


def test_a_digest_is_one_mail(sink: MailSink) -> None:
    sender = senders.open(sink.url("digest@example.org"), "desk")
    sender.send(message(sender, *(alert(number, title=f"Titre {number}") for number in range(30))))
    (got,) = sink.mails("digest@example.org")
    assert str(got["Subject"]).startswith("Résumé · 30 alertes : 🇰🇷 Titre 0")
    plain, html = (part.get_content().replace("\r\n", "\n") for part in got.iter_parts())  # type: ignore[attr-defined]
    for number in range(30):
        assert f"Titre {number}\n" in plain and f">Titre {number}<" in html


def test_a_long_digest_names_every_alert_and_is_short_enough_not_to_be_cut(sink: MailSink) -> None:
    sender = senders.open(sink.url("long@example.org"), "desk")
    made = message(sender, *(alert(number, title=f"Titre {number}") for number in range(120)))
    assert all(f">Titre {n}<" in made.html and f"Titre {n}\n" in made.text for n in range(120))
    assert len(made.html.encode()) < 150_000


@pytest.mark.parametrize(
    ("url", "server", "sender", "recipients"),
    [
        ("mailtos://u:p@example.org", ("example.org", 587, "starttls", "u", "p"), "u@example.org", ["u@example.org"]),
        (
            "mailto://u:p@example.org:2525",
            ("example.org", 2525, "insecure", "u", "p"),
            "u@example.org",
            ["u@example.org"],
        ),
        (
            "smtps://u%40x.org:p%2F%40w@mx.x.org?to=a@b.org",
            ("mx.x.org", 465, "ssl", "u@x.org", "p/@w"),
            "u@x.org",
            ["a@b.org"],
        ),
        (
            "smtp://127.0.0.1:25?from=w@x.org&to=a@b.org;c@d.org",
            ("127.0.0.1", 25, "insecure", "", ""),
            "w@x.org",
            ["a@b.org", "c@d.org"],
        ),
        (
            "mailtos://u:p@gmail.com/a@b.org",
            ("smtp.gmail.com", 587, "starttls", "u@gmail.com", "p"),
            "u@gmail.com",
            ["a@b.org"],
        ),
        (
            "mailtos://u:p@x.org?smtp=mx.x.org&mode=ssl&to=a@b.org",
            ("mx.x.org", 465, "ssl", "u", "p"),
            "u@x.org",
            ["a@b.org"],
        ),
        (
            "mailto://h.org?from=News%20<n@x.org>&to=A%20B%20<a@b.org>",
            ("h.org", 25, "insecure", "", ""),
            "n@x.org",
            ["a@b.org"],
        ),
    ],
)
def test_mail_urls_are_read_as_apprise_reads_them(
    url: str, server: tuple[object, ...], sender: str, recipients: list[str]
) -> None:
    opened = mail.open_mail(url, "desk", 0.0)
    one = next(iter(opened.values()))
    found = one._server
    assert (found.host, found.port, found.mode, found.user, found.password) == server
    assert one._from[1] == sender
    assert [mailer._to[1] for mailer in opened.values()] == recipients
