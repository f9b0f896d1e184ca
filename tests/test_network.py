"""Our own network is down: one message, no feed is blamed, and one message when it is back."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

from build import NOON, later
from farm import Answer, Farm, rss
from kit import Daemon
from sinks import HttpSink
from watcher.model import FeedState
from watcher.service.network import DOUBT, Network

HOSTS = [f"127.0.0.{i}" for i in range(2, 6)]
HEAD = "polling: {min: 1s, private_networks: allow, first_run: silent}\nhealth: {channel: desk}\n"


def installation(folder: Path, sink: HttpSink, urls: list[str]) -> Daemon:
    return Daemon(
        folder, urls, [("desk", f"url: '{sink.url('json', 'desk')}'")], "rules: [{name: all, any: [a]}]", HEAD
    )


def conditions(daemon: Daemon) -> set[tuple[str, int]]:
    rows = json.loads(daemon.call("feeds", "health", "--all", "--json").stdout)
    return {(row["condition"], row["failures"]) for row in rows}


def test_an_outage_is_one_message_from_run_to_run_and_held_against_no_feed(tmp_path: Path, sink: HttpSink) -> None:
    with Farm(*HOSTS) as farm:
        urls, port = [farm.url("/feed", host) for host in HOSTS], farm.port
    daemon = installation(tmp_path, sink, urls)
    for _ in range(2):
        done = daemon.call("once", "--all")
        assert done.returncode == 1
        assert "no host answers" in done.stdout
        assert "feed.failed" not in done.stderr
    assert [one.title for one in sink.received()] == ["network: down"]
    assert conditions(daemon) == {("new", 0)}
    (trouble,) = json.loads(daemon.call("status", "--json").stdout)["troubles"]
    assert trouble.startswith("no host answers: check this machine's network, DNS and proxy")
    with Farm(*HOSTS, port=port) as farm:
        farm["*"] = rss("A bulletin")
        for _ in range(2):
            assert daemon.call("once", "--all").returncode == 0
    assert [one.title for one in sink.received()] == ["network: down", "network: well again"]
    assert daemon.call("status").returncode == 0


def test_hosts_that_fail_while_another_answers_are_blamed(tmp_path: Path, sink: HttpSink) -> None:
    with Farm(*HOSTS) as gone:
        urls = [gone.url("/feed", host) for host in HOSTS[1:]]
    with Farm(HOSTS[0]) as farm:
        farm["*"] = rss("A bulletin")
        daemon = installation(tmp_path, sink, [*urls, farm.url("/feed")])
        done = daemon.call("once", "--all")
    assert done.stderr.count("feed.failed") == 3
    assert conditions(daemon) == {("new", 1), ("ok", 0)}


def test_an_outage_amid_many_hosts_is_known_within_a_minute_or_so() -> None:
    network = Network()
    for i in range(100):
        network.note(f"host{i}.example", True, NOON)
    for i in range(20):
        network.note(f"host{i}.example", False, NOON + timedelta(seconds=4 * i))
        assert network.is_down == (4 * i >= 60)
    network.note("host99.example", True, later(minutes=2))
    assert not network.is_down


def test_who_stays_in_doubt_for_long_is_blamed() -> None:
    network, before = Network(), FeedState("https://one.example/feed")
    first, second = (FeedState(before.url, failures=n) for n in (1, 2))
    network.suspect(before, first, NOON)
    network.suspect(first, second, later(seconds=30))
    assert network.convicted(NOON + DOUBT / 2) == []
    (one,) = network.convicted(NOON + DOUBT)
    assert (one.before, one.after) == (before, second)
    assert network.convicted() == []


def test_what_befalls_feeds_of_one_host_is_one_message(tmp_path: Path, sink: HttpSink) -> None:
    with Farm("127.0.0.2") as farm:
        urls = [farm.url(f"/{n}") for n in range(5)]
        daemon = installation(tmp_path, sink, urls)
        for script in (Answer(rss("A bulletin")), Answer(status=410), Answer(rss("A bulletin"))):
            farm["*"] = script
            daemon.call("once", "--all")
        assert [(one.json["kind"], len(one.json["alerts"])) for one in sink.received()] == [
            ("health", 5),
            ("health", 5),
        ]
        assert sink.received()[0].title == "Watcher · 5 alerts"
