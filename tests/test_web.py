"""The pages: who may see them, and what hostile text does in them."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from urllib.request import Request, urlopen

import pytest

pytest.importorskip("starlette", reason="the extra `web` is not installed")

from build import NOON, alert, delivery, story, update, write
from farm import Answer, Farm
from kit import Daemon, wait_until
from sinks import HttpSink
from watcher.model import Report, Update
from watcher.store import open_store
from watcher.store.schema import CONFIG_REFUSED
from watcher.web.app import Pages, build

TOKEN = "a-token-of-some-length"
HOSTILE = '<script>alert(1)</script>"><img src=x onerror=alert(2)>'


class Site:
    """The application, asked without a network."""

    def __init__(self, database: Path) -> None:
        self.database = str(database)
        self._app = build(
            Pages(str(database), TOKEN, lambda: True, lambda: [("watcher_x_total", {"rule": 'a"b\n'}, 3)]), TOKEN, []
        )

    def ask(
        self,
        path: str,
        *,
        method: str = "GET",
        token: str = TOKEN,
        host: str = "127.0.0.1:8787",
        body: bytes = b"",
        **headers: str,
    ) -> tuple[int, dict[str, str], str]:
        """(status, headers, text) of an answer."""
        sent = {
            "host": host,
            **({"authorization": f"Bearer {token}"} if token else {}),
            **{k.replace("_", "-"): v for k, v in headers.items()},
        }
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http", "path": path, "raw_path": path.encode(),
            "query_string": b"", "root_path": "", "headers": [(k.encode(), v.encode()) for k, v in sent.items()], "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 8787),
        }  # fmt: skip
        messages: list[dict[str, object]] = []

        async def receive() -> dict[str, object]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: dict[str, object]) -> None:
            messages.append(message)

        asyncio.run(self._app(scope, receive, send))  # type: ignore[arg-type]
        start = messages[0]
        text = b"".join(message.get("body", b"") for message in messages[1:]).decode()  # type: ignore[misc]
        return int(start["status"]), {k.decode(): v.decode() for k, v in start["headers"]}, text  # type: ignore[call-overload,attr-defined]

    def paths(self) -> list[tuple[str, str]]:
        """Every (method, path) there is, with its parameters filled in."""
        return [
            (
                method,
                re.sub(r"\{kind\}", "atom", re.sub(r"\{\w+\}", "s1", route.path))
                if "kind" in route.path
                else re.sub(r"\{\w+\}", "s1", route.path),
            )
            for route in self._app.routes
            for method in route.methods or ()  # type: ignore[attr-defined]
        ]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    store = open_store(str(tmp_path / "w.db"))
    report = Report("i1", HOSTILE, "en", HOSTILE, "javascript:alert(3)", NOON, (HOSTILE,))
    hostile = story(
        "s1",
        title=HOSTILE,
        reports=(report,),
        facts={
            "countries": ["KR"],
            "stage": "planned",
            "actors": [HOSTILE],
            "ahead": [{"when": "2027", "what": HOSTILE}],
        },
    )
    store.add_update(Update(items=(write("i1", story="s1", rules=("any",), title=HOSTILE),), stories=(hostile,)), NOON)
    store.add_update(update(delivery("d1", alert("a1", body={"title": HOSTILE}))), NOON)
    store.close()
    yield Site(tmp_path / "w.db")


OPEN = {"/healthz", "/readyz", "/login", "/static/style.css", "/push/s1"}


def test_every_route_but_the_open_ones_asks_for_the_token(site: Site) -> None:
    for method, path in site.paths():
        for token in ("", "wrong"):
            status, _, _ = site.ask(path, method=method, token=token)
            assert (status != 401) == (path in OPEN), (method, path, status)


def test_a_foreign_host_is_refused_everywhere(site: Site) -> None:
    for method, path in site.paths():
        for host in ("evil.example", "127.0.0.1.evil.example", "", "localhost.evil.example:8787"):
            assert site.ask(path, method=method, host=host)[0] == 421


def test_a_foreign_site_can_post_nothing(site: Site) -> None:
    assert site.ask("/login", method="POST", origin="http://evil.example", body=b"token=" + TOKEN.encode())[0] == 403
    assert site.ask("/login", method="POST", sec_fetch_site="cross-site", body=b"token=" + TOKEN.encode())[0] == 403


def test_a_browser_that_hides_its_origin_can_log_in(site: Site) -> None:
    """A page under a strict referrer policy posts with `Origin: null`, and still says that it is of this site."""
    own = {"origin": "null", "sec_fetch_site": "same-origin", "body": b"token=" + TOKEN.encode()}
    assert site.ask("/login", method="POST", **own)[0] == 303
    assert site.ask("/login", method="POST", origin="null", body=b"token=" + TOKEN.encode())[0] == 403


def test_the_token_opens_the_door_and_wrong_ones_are_few(site: Site) -> None:
    status, headers, _ = site.ask("/login", method="POST", token="", body=b"token=" + TOKEN.encode())
    assert status == 303
    assert "HttpOnly" in headers["set-cookie"] and "SameSite=strict" in headers["set-cookie"]
    tries = [site.ask("/login", method="POST", token="", body=b"token=x")[0] for _ in range(7)]
    assert tries[0] == 403 and tries[-1] == 429


def test_hostile_text_stays_text_on_every_page(site: Site) -> None:
    for method, path in site.paths():
        if method != "GET":
            continue
        _, headers, text = site.ask(path)
        assert "default-src 'none'" in headers["content-security-policy"]
        if "text/html" in headers.get("content-type", ""):
            assert "<script" not in text and "<img" not in text and "javascript:" not in text, path


@pytest.mark.parametrize("what", ["stories", "alerts"])
def test_alerts_and_stories_can_be_pulled(site: Site, what: str) -> None:
    for kind, media in (
        ("atom", "application/atom+xml"),
        ("json", "application/feed+json"),
        ("csv", "text/csv"),
        ("ics", "text/calendar"),
    ):
        status, headers, text = site.ask(f"/{what}.{kind}")
        assert (status, headers["content-type"].partition(";")[0]) == (200, media)
        assert text
    assert site.ask(f"/{what}.exe")[0] == 404


def test_metrics_are_in_the_text_format(site: Site) -> None:
    _, _, text = site.ask("/metrics")
    assert 'watcher_x_total{rule="a\\"b\\n"} 3' in text
    assert "watcher_stories 1" in text
    assert "watcher_config_refused 0" in text
    assert all(
        re.fullmatch(r"# TYPE \w+ (counter|gauge|histogram)|\w+(\{.*\})? -?[\d.]+", line) for line in text.splitlines()
    )


def test_a_refused_reload_is_a_metric_and_stands_on_the_page(site: Site, tmp_path: Path) -> None:
    store = open_store(site.database, shared=True)
    store.remember(CONFIG_REFUSED, "rules.yaml:3:1: <b>no</b> field")
    store.close()
    assert "watcher_config_refused 1" in site.ask("/metrics")[2]
    assert "rules.yaml:3:1: &lt;b&gt;no&lt;/b&gt; field" in site.ask("/")[2]


def test_a_second_daemon_with_a_page_is_told_who_holds_the_database_or_that_the_address_is_taken(
    tmp_path: Path,
) -> None:
    from sinks import _free_port

    head = f"web: {{listen: '127.0.0.1:{_free_port()}'}}\n"
    (tmp_path / "other").mkdir()
    daemon, other = (
        Daemon(folder, ["http://127.0.0.1:1/x"], [], "rules: []\n", head) for folder in (tmp_path, tmp_path / "other")
    )
    daemon.start()
    try:
        wait_until(lambda: "daemon.started" in daemon.log.read_text(), 30, "the start")
        assert daemon.process is not None
        second = daemon.call("run")
        assert (second.returncode, f"process {daemon.process.pid})" in second.stderr) == (1, True)
        third = other.call("run")
        assert (third.returncode, "can not listen on 127.0.0.1" in third.stderr) == (1, True)
    finally:
        assert daemon.stop() == 0


def test_a_hub_pushes_and_the_alert_comes_without_a_poll(tmp_path: Path) -> None:
    with Farm() as farm, HttpSink() as sink:
        hub, feed = farm.url("/hub"), farm.url("/f.xml")

        def document(*titles: str) -> bytes:
            items = "".join(f"<item><title>{title}</title><guid>{title}</guid></item>" for title in titles)
            links = f'<atom:link rel="hub" href="{hub}"/><atom:link rel="self" href="{feed}"/>'
            return f'<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>F</title>{links}{items}</channel></rss>'.encode()

        farm["/f.xml"] = Answer(document("A bulletin at first"))
        farm["/hub"] = Answer(status=202)
        from sinks import _free_port

        port = _free_port()
        head = f"polling: {{every: 6h, min: 6h, private_networks: allow, first_run: alert}}\nweb: {{listen: '127.0.0.1:{port}', public_url: 'http://127.0.0.1:{port}'}}\n"
        rules = "rules:\n  - {name: all, any: [bulletin], per: item}\n"
        daemon = Daemon(tmp_path, [feed], [("hook", f"url: '{sink.url('json', 'hook')}'")], rules, head)
        daemon.start()
        try:
            wait_until(lambda: bool(farm.requests("/hub")), 80, "the subscription")
            form = {key: values[0] for key, values in parse_qs(farm.requests("/hub")[0].body.decode()).items()}
            query = f"hub.mode=subscribe&hub.topic={form['hub.topic']}&hub.challenge=c123&hub.lease_seconds=3600"
            with urlopen(f"{form['hub.callback']}?{query}", timeout=10) as answer:
                assert answer.read() == b"c123"
            body = document("A bulletin that was pushed", "A bulletin at first")
            forged = Request(form["hub.callback"], body, {"X-Hub-Signature": "sha256=" + "0" * 64})
            urlopen(forged, timeout=10).close()

            def push(body: bytes) -> None:
                signature = hmac.new(form["hub.secret"].encode(), body, hashlib.sha256).hexdigest()
                pushed = Request(form["hub.callback"], body, {"X-Hub-Signature": f"sha256={signature}"})
                urlopen(pushed, timeout=20).close()

            push(body)
            wait_until(lambda: len(sink.received("hook")) == 2, 20, "the pushed alert")
            for junk in (b"", b"<html></html>", b""):
                push(junk)
            # Each at the same moment as another, and none is lost.
            together = [document(f"A bulletin of many, number {n * 7919}") for n in range(3)]
            with ThreadPoolExecutor(3) as pool:
                list(pool.map(push, together))
            wait_until(lambda: len(sink.received("hook")) == 5, 20, "the alerts pushed together")
            assert daemon.call("feeds", "health").returncode == 0
            assert daemon.log.read_text().count("push.unreadable") == 3
            assert len(farm.requests("/f.xml")) == 1
            assert "push.forged" in daemon.log.read_text()
            assert urlsplit(form["hub.callback"]).port == port
            with urlopen(f"http://127.0.0.1:{port}/healthz", timeout=10) as answer:
                assert answer.status == 200
        finally:
            daemon.stop()
        assert json.loads(daemon.call("audit", "--json").stdout)["lost"] == 0
