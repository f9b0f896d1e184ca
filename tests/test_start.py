"""The daemon's start: feeds are asked while rules compile, and nothing is judged before they are."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from farm import Farm, rss
from kit import Daemon, wait_until
from sinks import HttpSink, told_titles
from watcher import telemetry
from watcher.config import load
from watcher.daemon import daemon as running
from watcher.rules import compile_rules
from watcher.store import open_store

RULES = "rules:\n  - {name: all, any: [bulletin], per: item}\n"


def test_feeds_are_asked_while_rules_compile_and_judged_by_them(
    tmp_path: Path, farm: Farm, sink: HttpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    farm["/a.xml"] = rss("A bulletin")
    config = Daemon(tmp_path, [farm.url("/a.xml")], [("hook", f"url: '{sink.url('json', 'hook')}'")], RULES).config

    def late(rules: Any, vocabularies: Any = ()) -> Any:
        rules = tuple(rules)
        if rules:
            wait_until(lambda: bool(farm.requests("/a.xml")), what="the first request")
        return compile_rules(rules, vocabularies)

    monkeypatch.setattr(running, "compile_rules", late)
    daemon = running.Daemon(load(config), lambda: load(config), telemetry.LogObserver(), telemetry.Counters())

    async def main() -> None:
        runs = asyncio.create_task(daemon.run())
        await asyncio.to_thread(wait_until, lambda: "A bulletin" in told_titles(sink, "hook"))
        daemon.stop()
        await runs

    asyncio.run(main())


def test_a_rule_that_does_not_compile_ends_the_start_and_loses_nothing(
    tmp_path: Path, farm: Farm, sink: HttpSink
) -> None:
    farm["/a.xml"] = rss("A bulletin")
    channels = [("hook", f"url: '{sink.url('json', 'hook')}'")]
    daemon = Daemon(tmp_path, [farm.url("/a.xml")], channels, RULES.replace("any: [bulletin]", "match: 'a AND (b'"))
    refused = daemon.call("run")
    assert refused.returncode == 1
    assert f"{daemon.config}:8:30: rule «all»" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert "internal.error" not in refused.stderr
    daemon.write([farm.url("/a.xml")], channels, RULES)
    daemon.start()
    try:
        wait_until(lambda: "A bulletin" in told_titles(sink, "hook"))
    finally:
        assert daemon.stop() == 0


def test_the_service_manager_is_told_to_wait_while_a_large_store_is_brought_up_to_date(
    tmp_path: Path, farm: Farm, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = Daemon(tmp_path, [farm.url("/a.xml")], [("desk", "url: 'console://'")], RULES).config
    monkeypatch.setattr(running, "STILL_OPENING", 0.1)
    told: list[str] = []
    monkeypatch.setattr(telemetry, "notify", told.append)

    def slowly(*arguments: Any, **options: Any) -> Any:
        wait_until(lambda: bool(told), what="a word to the service manager")
        return open_store(*arguments, **options)

    monkeypatch.setattr(running, "open_store", slowly)
    daemon = running.Daemon(load(config), lambda: load(config), telemetry.LogObserver(), telemetry.Counters())
    daemon.stop()
    asyncio.run(daemon.run())
    assert told[0] == "EXTEND_TIMEOUT_USEC=600000\nSTATUS=bringing the store up to date"
    assert told[-1] == "STOPPING=1"
