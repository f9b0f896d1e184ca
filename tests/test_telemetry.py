"""What is told of events: journald's fields, and lengths of time as histograms."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from watcher import telemetry
from watcher.ports import Event
from watcher.web.app import _metrics

COUNTS = {
    **dict.fromkeys(("feeds", "items", "matched", "stories", "alerts"), 0),
    **dict.fromkeys(("config_refused", "network_down", "disk_full"), ""),
    "feed_conditions": {},
    "deliveries": [],
    "next_poll_at": None,
}


@pytest.fixture
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """journald, as far as a sender sees it; our stderr is its stream."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(str(tmp_path / "socket"))
        server.settimeout(5)
        monkeypatch.setattr(telemetry, "JOURNAL_SOCKET", str(tmp_path / "socket"))
        status = os.fstat(2)
        monkeypatch.setenv("JOURNAL_STREAM", f"{status.st_dev}:{status.st_ino}")
        yield server
    for handler in root.handlers:
        handler.close()
    root.handlers[:], root.level = handlers, level


def test_journald_keeps_fields_and_no_secret(journal: socket.socket) -> None:
    telemetry.set_up_logging(logging.INFO, as_json=False, scrub=lambda text: text.replace("hunter2", "***"))
    telemetry.LogObserver()(
        Event("feed.failed", {"feed": "https://x.example/?key=hunter2", "failures": 3, "reason": "two\nlines"})
    )
    data = journal.recv(65536)
    assert b"MESSAGE=feed.failed feed=https://x.example/?key=*** failures=3" in data
    assert b"PRIORITY=4\nSYSLOG_IDENTIFIER=watcher\nWATCHER_EVENT=feed.failed\n" in data
    assert b"WATCHER_FEED=https://x.example/?key=***\n" in data
    assert b"WATCHER_FAILURES=3\n" in data
    assert b"WATCHER_REASON\n\x09\x00\x00\x00\x00\x00\x00\x00two\nlines\n" in data
    assert b"hunter2" not in data


def test_where_journald_takes_nothing_the_stream_does(
    journal: socket.socket, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    status = os.fstat(2)  # capfd put another file there
    monkeypatch.setenv("JOURNAL_STREAM", f"{status.st_dev}:{status.st_ino}")
    monkeypatch.setattr(telemetry, "JOURNAL_SOCKET", "/nowhere/socket")
    telemetry.set_up_logging(logging.INFO, as_json=False)
    telemetry.LogObserver()(Event("daemon.started", {"feeds": 3}))
    assert "daemon.started feeds=3" in capfd.readouterr().err


def test_delays_are_a_histogram_by_rule() -> None:
    counters = telemetry.Counters()
    for delay in (30.0, 70.0, 100_000.0):
        counters(Event("item.matched", {"rule": "ai", "delay": delay}))
    counters(Event("item.matched", {"rule": "ai", "delay": None}))
    counters(Event("alert.delivered", {"channel": "desk", "seconds": 4.0}))
    text = "".join(_metrics(counters.samples(), COUNTS))
    assert "# TYPE watcher_detection_delay_seconds histogram\n" in text
    assert 'watcher_detection_delay_seconds_bucket{rule="ai",le="60"} 1\n' in text
    assert 'watcher_detection_delay_seconds_bucket{rule="ai",le="300"} 2\n' in text
    assert 'watcher_detection_delay_seconds_bucket{rule="ai",le="+Inf"} 3\n' in text
    assert 'watcher_detection_delay_seconds_sum{rule="ai"} 100100.0\n' in text
    assert 'watcher_detection_delay_seconds_count{rule="ai"} 3\n' in text
    assert 'watcher_delivery_seconds_bucket{channel="desk",le="5"} 1\n' in text
    assert text.count("# TYPE watcher_detection_delay_seconds") == 1
