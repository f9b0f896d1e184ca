"""The whole daemon, over real HTTP and SMTP."""

from __future__ import annotations

import json
import signal
import socket
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from farm import Answer, Farm, rss
from kit import Daemon, wait_until
from sinks import HttpSink, MailSink

PACK = "include: [pack:national-ai]\n"
HEAD = (
    PACK
    + "polling: {every: 1s, min: 1s, max: 1s, private_networks: allow, first_run: alert, per_host: 32, timeout: 4s}\n"
)
ALL = "rules:\n  - {name: all, any: [committee, fund, bulletin]}\n"

SEOUL = (
    "Le gouvernement sud-coréen va créer un comité national de l’IA et investir au moins 34 billions de won, soit 169,966 milliards de yuans, "
    "selon Bloomberg. Des prêts à taux réduit et des prises de participation passeront par un nouveau fonds ; la loi sera modifiée en mars."
)


def seoul(
    *, link: str = "https://presse.example/seoul", day: datetime | None = None, markup: str = "<p>{}</p>"
) -> bytes:
    """A feed with the French story."""
    from html import escape

    at = (day or datetime.now(UTC)).strftime("%a, %d %b %Y %H:%M:%S +0000")
    return (
        '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>Presse</title><language>fr</language>'
        f"<item><title>La Corée du Sud veut son comité national de l’IA</title><link>{escape(link)}</link><pubDate>{at}</pubDate>"
        f"<description>{escape(markup.format(SEOUL))}</description></item></channel></rss>"
    ).encode()


def test_the_seoul_story_is_told_once_by_webhook_and_once_by_mail(tmp_path: Path, farm: Farm, sink: HttpSink) -> None:
    with MailSink() as mail:
        channels = [
            ("hook", f"url: '{sink.url('json', 'hook')}'"),
            ("post", f"url: '{mail.url('you@example.org')}', language: fr"),
        ]
        farm["/fr.xml"] = [
            Answer(seoul()),
            Answer(seoul()),
            Answer(seoul(day=datetime.now(UTC) - timedelta(days=1))),
            Answer(seoul(link="https://presse.example/seoul?utm_source=rss&utm_medium=feed")),
            Answer(seoul(markup="<div><b>{}</b><br/></div>")),
        ]
        daemon = Daemon(tmp_path, [farm.url("/fr.xml")], channels, "", HEAD)
        for _ in range(5):
            done = daemon.call("once", "--all", "--json")
            assert done.returncode == 0, done.stderr
        assert len(farm.requests("/fr.xml")) == 5
        assert len(sink.received("hook")) == 1
        assert len(mail.mails("you@example.org")) == 1
        text = sink.received("hook")[0].body
        assert "34" in text
        assert "national-ai" in text or "KR" in text or "Korea" in text


def test_bad_feeds_disturb_no_other(tmp_path: Path, farm: Farm, sink: HttpSink) -> None:
    farm["/good.xml"] = rss("A bulletin of substance")
    farm["/html"] = Answer(b"<!doctype html><html><body>Hello</body></html>", media_type="text/html")
    farm["/empty"] = b""
    farm["/gone"] = Answer(status=410)
    farm["/hang"] = Answer(hang=True)
    farm["/cut"] = Answer(rss("A bulletin cut short"), cut=True)
    urls = [farm.url(path) for path in ("/html", "/empty", "/gone", "/hang", "/cut", "/good.xml")] + [
        "http://127.0.0.1:1/refused"
    ]
    daemon = Daemon(tmp_path, urls, [("hook", f"url: '{sink.url('json', 'hook')}'")], ALL, HEAD.replace(PACK, ""))
    done = daemon.call("once")
    assert done.returncode == 1
    assert len(sink.received("hook")) == 1
    for path in ("/html", "/empty", "/gone", "/hang", "/cut"):
        lines = [line for line in done.stderr.splitlines() if "feed.failed" in line and f"{farm.url(path)} " in line]
        assert len(lines) == 1, (path, done.stderr)


def test_a_private_address_is_refused_by_default(tmp_path: Path, farm: Farm, sink: HttpSink) -> None:
    farm["/secret"] = rss("A bulletin from inside")
    daemon = Daemon(
        tmp_path,
        [farm.url("/secret")],
        [("hook", f"url: '{sink.url('json', 'hook')}'")],
        ALL,
        "polling: {every: 15m}\n",
    )
    done = daemon.call("once")
    assert done.returncode == 1
    assert farm.requests("/secret") == []
    assert "private" in done.stderr or "not a public address" in done.stderr


def test_a_channel_that_refuses_is_retried_and_delays_no_other(tmp_path: Path, farm: Farm, sink: HttpSink) -> None:
    farm["/a.xml"] = rss("A bulletin for all")
    sink.script("bad", "status 500", "ok")
    channels = [(name, f"url: '{sink.url('json', name)}'") for name in ("bad", "good")]
    daemon = Daemon(tmp_path, [farm.url("/a.xml")], channels, ALL, HEAD.replace(PACK, ""))
    daemon.start()
    try:
        wait_until(lambda: len(sink.received("good")) == 1, 20, "the good channel's alert")
        wait_until(lambda: len(sink.received("bad")) == 1, 30, "the bad channel's second try")
    finally:
        assert daemon.stop() == 0
    assert daemon.call("audit", "--json").returncode == 0


def test_a_reload_takes_new_rules_and_a_bad_one_keeps_the_old(tmp_path: Path, farm: Farm, sink: HttpSink) -> None:
    titles = ["A bulletin at first"]
    farm["/a.xml"] = lambda request: Answer(rss(*reversed(titles)))
    channels = [("hook", f"url: '{sink.url('json', 'hook')}'")]
    head = HEAD.replace(PACK, "")
    daemon = Daemon(tmp_path, [farm.url("/a.xml")], channels, ALL, head)
    daemon.start()
    try:
        wait_until(lambda: len(sink.received("hook")) == 1, 20, "the first alert")
        daemon.write([farm.url("/a.xml")], channels, "rules:\n  - {name: other, any: [telegram], per: item}\n", head)
        daemon.signal(signal.SIGHUP)
        wait_until(lambda: "config.reloaded" in daemon.log.read_text(), 20, "the reload")
        titles.append("A telegram came in")
        wait_until(lambda: len(sink.received("hook")) == 2, 20, "the alert of the new rule")
        daemon.config.write_text("rules: [{nme: broken}]")
        daemon.signal(signal.SIGHUP)
        wait_until(lambda: "config.rejected" in daemon.log.read_text(), 20, "the refusal")
        titles.append("Another telegram came in")
        wait_until(lambda: len(sink.received("hook")) == 3, 20, "the alert of the kept rule")
        status = daemon.call("status", "--json")
        assert status.returncode == 1
        (trouble,) = json.loads(status.stdout)["troubles"]
        assert "the last reload was refused, the old configuration stays live" in trouble
        assert "watcher.yaml:1:9: rules.0.name: 'name' is missing" in trouble
        daemon.write([farm.url("/a.xml")], channels, ALL, head)
        daemon.signal(signal.SIGHUP)
        wait_until(lambda: daemon.log.read_text().count("config.reloaded") == 2, 20, "the mended configuration")
        assert daemon.call("status", "--json").returncode == 0
        daemon.write([farm.url("/a.xml")], channels, "rules:\n  - {name: other, any: [telegram], per: item}\n", head)
        wait_until(lambda: daemon.log.read_text().count("config.reloaded") == 3, 30, "the change without a signal")
    finally:
        daemon.stop()


def test_a_second_daemon_on_one_database_is_refused(tmp_path: Path, farm: Farm, sink: HttpSink) -> None:
    farm["/a.xml"] = rss("A bulletin")
    daemon = Daemon(
        tmp_path, [farm.url("/a.xml")], [("hook", f"url: '{sink.url('json', 'hook')}'")], ALL, HEAD.replace(PACK, "")
    )
    daemon.start()
    try:
        wait_until(lambda: "daemon.started" in daemon.log.read_text(), 20, "the start")
        assert daemon.process is not None
        done = daemon.call("once")
        assert done.returncode == 1
        assert str(daemon.process.pid) in done.stderr
        status = json.loads(daemon.call("status", "--json").stdout)
        assert status["pid"] == daemon.process.pid
    finally:
        daemon.stop()


def test_the_service_manager_is_told(tmp_path: Path, farm: Farm, sink: HttpSink) -> None:
    farm["/a.xml"] = rss("A bulletin")
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(path)
        manager.settimeout(20)
        daemon = Daemon(
            tmp_path,
            [farm.url("/a.xml")],
            [("hook", f"url: '{sink.url('json', 'hook')}'")],
            ALL,
            HEAD.replace(PACK, ""),
        )
        daemon.start(NOTIFY_SOCKET=path, WATCHDOG_USEC="2000000")
        heard = []
        try:
            while not any("WATCHDOG=1" in text for text in heard):
                heard.append(manager.recv(4096).decode())
            daemon.signal(signal.SIGHUP)
            while not any("RELOADING=1" in text for text in heard):
                heard.append(manager.recv(4096).decode())
        finally:
            assert daemon.stop() == 0
        manager.settimeout(1)
        while not any("STOPPING=1" in text for text in heard):
            heard.append(manager.recv(4096).decode())
    assert heard[0].startswith("READY=1")


def test_what_a_new_feed_already_holds_leaves_as_one_digest(tmp_path: Path, farm: Farm, sink: HttpSink) -> None:
    farm["/a.xml"] = rss(*(f"A bulletin on matter {n * 7919}" for n in range(20)))
    head = HEAD.replace(PACK, "").replace("first_run: alert", "first_run: digest")
    rules = "rules:\n  - {name: all, any: [bulletin], per: item}\n"
    daemon = Daemon(tmp_path, [farm.url("/a.xml")], [("hook", f"url: '{sink.url('json', 'hook')}'")], rules, head)
    assert daemon.call("once").returncode == 0
    assert len(sink.received("hook")) == 1


def test_an_item_is_told_where_a_slow_day_lies_between(tmp_path: Path, farm: Farm, sink: HttpSink) -> None:
    farm["/a.xml"] = [Answer(rss("A bulletin today")), Answer(rss("A bulletin tomorrow", "A bulletin today"))]
    rules = "rules:\n  - {name: all, any: [bulletin], per: item}\n"
    daemon = Daemon(
        tmp_path, [farm.url("/a.xml")], [("hook", f"url: '{sink.url('json', 'hook')}'")], rules, HEAD.replace(PACK, "")
    )
    daemon.call("once", "--all")
    time.sleep(0.1)
    daemon.call("once", "--all")
    assert len(sink.received("hook")) == 2


def test_a_backup_that_was_put_back_tells_what_came_since_in_one_digest(
    tmp_path: Path, farm: Farm, sink: HttpSink
) -> None:
    titles = [f"A bulletin on matter {n * 7919}" for n in range(6)]
    channels = [(name, f"url: '{sink.url('json', name)}'") for name in ("one", "two")]
    rules = "rules:\n  - {name: all, any: [bulletin], per: item}\n"
    daemon = Daemon(tmp_path, [farm.url("/a.xml")], channels, rules, HEAD.replace(PACK, ""))
    database, copy = tmp_path / "watcher.db", tmp_path / "copy.db"
    farm["/a.xml"] = rss(*titles[:1])
    assert daemon.call("once", "--all").returncode == 0
    assert daemon.call("db", "backup", str(copy)).returncode == 0
    farm["/a.xml"] = rss(*titles[:5])
    assert json.loads(daemon.call("once", "--all", "--json").stdout)["delivered"] == 8
    for file in tmp_path.glob("watcher.db*"):
        file.unlink()
    copy.rename(database)
    told = len(sink.received("one"))
    assert daemon.call("once", "--all").returncode == 0
    assert len(sink.received("one")) == told + 1
    farm["/a.xml"] = rss(*titles)
    assert daemon.call("once", "--all").returncode == 0
    assert [one.json["kind"] for one in sink.received("two")[-2:]] == ["catch-up", "item"]
