"""The whole daemon on PostgreSQL: killed in the middle of a message, and over a restart of the server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import postgres
from farm import Answer, Farm, rss
from kit import FAST, Daemon, wait_until
from sinks import HttpSink, told_titles

RULES = "rules:\n  - {name: all, any: [bulletin], per: item}\n"


@pytest.fixture
def server() -> Iterator[postgres.Server]:
    """A server of the test's own, which it may stop."""
    yield from postgres.served()


def test_a_kill_in_the_middle_of_a_message_and_a_restart_of_the_server_lose_nothing(
    tmp_path: Path, farm: Farm, sink: HttpSink, server: postgres.Server
) -> None:
    titles = ["A bulletin at first"]
    farm["/a.xml"] = lambda request: Answer(rss(*reversed(titles)))
    head = f"database: '{server.url}'\n{FAST}"
    daemon = Daemon(tmp_path, [farm.url("/a.xml")], [("hook", f"url: '{sink.url('json', 'hook')}'")], RULES, head)
    sink.script("hook", "hang", "ok")
    daemon.start()
    wait_until(lambda: len(sink.received("hook")) == 1, 60, "the message that is killed")
    daemon.kill()
    daemon.start()
    try:
        wait_until(lambda: len(sink.received("hook")) == 2, 60, "the message once more")
        server.stop("immediate")
        titles.append("Another bulletin, of the time without a server")
        wait_until(lambda: "store.failed" in daemon.log.read_text(), 60, "word of the server")
        server.start()
        wait_until(lambda: len(told_titles(sink, "hook")) == 2, 60, "what came meanwhile")
        assert json.loads(daemon.call("status", "--json").stdout)["running"]
        (alert, *_) = json.loads(daemon.call("alerts", "list", "--json").stdout)
        assert daemon.call("alerts", "resend", alert["key"]).returncode == 0
        wait_until(lambda: len(sink.received("hook")) == 4, 60, "what a person sends again beside the daemon")
    finally:
        assert daemon.stop() == 0
    assert list(told_titles(sink, "hook").values()) == [2, 2]
    audit = json.loads(daemon.call("audit", "--json").stdout)
    assert (audit["planned"], audit["delivered"], audit["lost"]) == (2, 2, 0)


def test_a_dump_restored_elsewhere_goes_on_where_it_was(
    tmp_path: Path, farm: Farm, sink: HttpSink, server: postgres.Server
) -> None:
    titles = ["A bulletin before the dump"]
    farm["/a.xml"] = lambda request: Answer(rss(*reversed(titles)))
    feeds, channels = [farm.url("/a.xml")], [("hook", f"url: '{sink.url('json', 'hook')}'")]
    daemon = Daemon(tmp_path, feeds, channels, RULES, f"database: '{server.url}'\n{FAST}")
    daemon.start()
    wait_until(lambda: len(sink.received("hook")) == 1, 60, "the first message")
    wait_until(lambda: json.loads(daemon.call("audit", "--json").stdout)["delivered"] == 1, 60, "its mark")
    url = server.restored("elsewhere")
    assert daemon.stop() == 0
    titles.append("A bulletin after the dump")
    daemon.write(feeds, channels, RULES, f"database: '{url}'\n{FAST}")
    daemon.start()
    try:
        wait_until(lambda: len(told_titles(sink, "hook")) == 2, 60, "what came after the dump")
    finally:
        assert daemon.stop() == 0
    assert list(told_titles(sink, "hook").values()) == [1, 1]
    assert daemon.call("db", "check").returncode == 0
