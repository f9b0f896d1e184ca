"""SIGTERM: the daemon ends soon, whatever it is at, and what it was at is not lost."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from farm import Answer, Farm, rss
from kit import Daemon, wait_until
from sinks import HttpSink, told_titles

SLOW = Path(__file__).parent / "slow.py"
RULES = "rules:\n  - {name: all, any: [bulletin], per: item}\n"
TITLES = [f"A bulletin on matter {number * 7919}" for number in range(60)]


class SlowDaemon(Daemon):
    """Needs half a second for an entry, as with the encoder on a busy machine."""

    def command(self, *arguments: str) -> list[str]:
        """The command line."""
        return [sys.executable, str(SLOW), "-c", str(self.config), *arguments]


def test_a_stop_amid_a_long_document_is_quick_and_loses_nothing(tmp_path: Path) -> None:
    with Farm() as farm, HttpSink() as sink:
        farm["/a.xml"] = Answer(rss(*TITLES))
        channels = [("hook", f"url: '{sink.url('json', 'hook')}'")]
        slow = SlowDaemon(tmp_path, [farm.url("/a.xml")], channels, RULES)
        slow.start()
        wait_until(lambda: "judging" in slow.log.read_text(), 30, "the first entry")
        begun = time.monotonic()
        assert slow.stop() == 0
        assert time.monotonic() - begun < 5
        assert "Traceback" not in slow.log.read_text()
        assert not told_titles(sink, "hook")
        quick = Daemon(tmp_path, [farm.url("/a.xml")], channels, RULES)
        quick.start()
        try:
            wait_until(lambda: set(TITLES) <= told_titles(sink, "hook").keys(), 30, "all bulletins")
        finally:
            quick.stop()
        assert max(told_titles(sink, "hook").values()) == 1


def test_a_destination_that_hangs_does_not_hold_up_a_stop(tmp_path: Path) -> None:
    with Farm() as farm, HttpSink() as sink:
        sink.script("hook", "hang")
        farm["/a.xml"] = Answer(rss(*TITLES[:2]))
        channels = [("hook", f"url: '{sink.url('json', 'hook')}'")]
        daemon = SlowDaemon(tmp_path, [farm.url("/a.xml")], channels, RULES)
        daemon.start()
        wait_until(lambda: sink.requests["hook"] > 0, 30, "the first message")
        begun = time.monotonic()
        assert daemon.stop() == 0
        assert time.monotonic() - begun < 4
        sink.script("hook", "ok")
        daemon.start()
        try:
            wait_until(lambda: len(told_titles(sink, "hook")) == 2, 30, "both messages")
        finally:
            daemon.stop()
