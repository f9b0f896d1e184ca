"""Canary secrets through success, failure, debug logs, database, lists and pages: none of them is anywhere it must not be."""

from __future__ import annotations

import base64
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import quote

import pytest

from farm import Answer, Farm, rss
from kit import Daemon, wait_until
from sinks import HttpSink, MailSink, _free_port
from zygote import Zygote

CANARIES = {
    "HOOK_KEY": "canary-hook-key-5d1f",
    "HOOK_HEADER": "canary-hook-header-81aa",
    "REFUSED_KEY": "canary-refused-key-77c0",
    "NOBODY_KEY": "canary-nobody-key-c3f9",
    "NTFY_TOPIC": "canaryntfytopic93be",
    "GOTIFY_TOKEN": "canarygotifytokenA1b2",
    "MATRIX_PASSWORD": "canary-matrix-password-44d2",
    "MAIL_PASSWORD": "canary-mail-password-0f0e",
    "FEED_HEADER": "canary-feed-header-9e9e",
    "FEED_KEY": "canary-feed-key-31c7",
    "WEB_TOKEN": "canary-web-token-2b2b2b2b2b2b2b2b2b2b2b2b",
}
HEAD = """polling: {{every: 1s, min: 1s, max: 1s, private_networks: allow, first_run: alert, timeout: 5s}}
web: {{listen: '127.0.0.1:{port}', token: '${{WEB_TOKEN}}'}}
log: json
"""
RULES = "rules:\n  - {name: all, any: [bulletin], per: item}\n"
COMMANDS = (
    ["check"],
    ["channels", "list", "--json"],
    ["channels", "test", "--json"],
    ["alerts", "list", "--json"],
    ["feeds", "list", "--json"],
    ["feeds", "health", "--json"],
    ["feeds", "export"],
    ["status", "--json"],
    ["audit", "--json"],
    ["doctor", "--json"],
    ["-vv", "once", "--all"],
)
PAGES = (
    "/",
    "/alerts",
    "/feeds",
    "/stories.atom",
    "/stories.json",
    "/stories.csv",
    "/stories.ics",
    "/status.json",
    "/metrics",
    "/healthz",
    "/readyz",
    "/login",
)


def forms(secret: str) -> list[bytes]:
    """A secret as it may be written: plain, percent-encoded, in base64 at any offset."""
    middle = [base64.b64encode(b"x" * shift + secret.encode())[4 : -4 - shift] for shift in range(3)]
    return [secret.encode(), quote(secret, safe="").encode(), *middle]


def test_no_secret_leaves(tmp_path: Path) -> None:
    port = _free_port()
    with Farm() as farm, HttpSink() as sink, MailSink() as mail:
        farm["/a.xml"] = lambda request: farm_answer()
        farm[f"/gone.xml?key={CANARIES['FEED_KEY']}"] = lambda request: farm_answer(404)
        farm[f"/b.xml?key={CANARIES['FEED_KEY']}"] = lambda request: farm_answer()

        def farm_answer(status: int = 200) -> Answer:
            return Answer(rss("bulletin 1 of the day"), status=status)

        here = f"127.0.0.1:{sink.port}"
        sink.script("refused", "status 401")
        channels = [
            ("hook", f"url: 'json://{here}/hook?-key=${{HOOK_KEY}}&+Authorization=Bearer%20${{HOOK_HEADER}}'"),
            ("refused", f"url: 'json://user:${{REFUSED_KEY}}@{here}/refused'"),
            ("nobody", "url: 'json://127.0.0.1:1/${NOBODY_KEY}'"),
            ("ntfy", f"url: 'ntfy://{here}/${{NTFY_TOPIC}}'"),
            ("gotify", f"url: 'gotify://{here}/${{GOTIFY_TOKEN}}'"),
            ("matrix", f"url: 'matrix://user:${{MATRIX_PASSWORD}}@{here}/!room:example.org'"),
            ("inbox", f"url: '{mail.url('you@example.org').replace('mailto://', 'mailto://user:${MAIL_PASSWORD}@')}'"),
        ]
        daemon = Daemon(tmp_path, [], channels, RULES, HEAD.format(port=port))
        text = daemon.config.read_text("utf-8")
        feeds = f"feeds:\n  - {{url: '{farm.url('/a.xml')}', headers: {{Authorization: '${{FEED_HEADER}}'}}}}"
        feeds += "".join(f"\n  - '{farm.url(path)}?key=${{FEED_KEY}}'" for path in ("/gone.xml", "/b.xml"))
        daemon.config.write_text(text.replace("feeds:", feeds, 1), "utf-8")
        daemon.config.chmod(0o600)
        daemon.environ = dict(CANARIES)
        daemon.start()
        told: dict[str, bytes] = {}
        try:
            wait_until(
                lambda: (
                    all(sink.received(name) for name in ("hook", "message"))
                    and b"delivery.failed" in daemon.log.read_bytes()
                ),
                60,
                "deliveries",
            )
            for page in PAGES:
                request = urllib.request.Request(f"http://127.0.0.1:{port}{page}")
                request.add_header("Authorization", f"Bearer {CANARIES['WEB_TOKEN']}")
                with urllib.request.urlopen(request, timeout=20) as answer:
                    told[page] = answer.read()
            with pytest.raises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/nowhere?token={CANARIES['WEB_TOKEN']}", timeout=20)
            told["/nowhere"] = refused.value.read()
            refused.value.close()
        finally:
            daemon.stop(60)
        with Zygote() as zygote:
            for command in COMMANDS:
                log = tmp_path / f"{'-'.join(command)}.said"
                zygote.start("faults", ["none", "-c", str(daemon.config), *command], log=log, environ=CANARIES).wait(
                    120
                )
        for file in tmp_path.iterdir():
            if file.is_file() and file != daemon.config:
                told[file.name] = file.read_bytes()
        assert farm.requests(f"/b.xml?key={CANARIES['FEED_KEY']}")
        assert farm.requests("/a.xml")[0].headers["authorization"] == CANARIES["FEED_HEADER"]
    found = [
        (place, name)
        for place, data in told.items()
        for name, secret in CANARIES.items()
        for form in forms(secret)
        if form in data
    ]
    print(f"\nplaces={len(told)} bytes={sum(map(len, told.values()))} secrets={len(CANARIES)} found={found}")
    assert all(told.values())
    assert found == []
