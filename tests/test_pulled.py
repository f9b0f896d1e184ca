"""Alerts and stories as files that other programs read."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import feedparser
import pytest
from click.testing import CliRunner, Result

from build import NOON, alert, delivery, story, update
from watcher.cli.main import main
from watcher.store import open_store

BODY = {
    "title": "=HYPERLINK(1) South Korea plans a fund",
    "url": "https://news.example/a",
    "lang": "en",
    "countries": ["KR"],
    "ahead": [{"when": "2027-03-14", "what": "vote, in parliament"}],
}


@pytest.fixture
def config(tmp_path: Path) -> Path:
    store = open_store(str(tmp_path / "watcher.db"))
    store.add_update(update(delivery("d1", alert("s1:1", "s1", body=BODY)), stories=(story("s1"),)), NOON)
    store.close()
    path = tmp_path / "watcher.yaml"
    path.write_text("database: ./watcher.db\n", "utf-8")
    return path


def pull(config: Path, what: str, target: Path) -> Result:
    """Run `watcher WHAT list --to TARGET`."""
    return CliRunner().invoke(main, ["-c", str(config), what, "list", "--since", "36500d", "--to", str(target)])


def test_alerts_are_written_in_each_format(config: Path, tmp_path: Path) -> None:
    written = {kind: tmp_path / f"alerts.{kind}" for kind in ("atom", "json", "csv", "ics")}
    for target in written.values():
        done = pull(config, "alerts", target)
        assert (done.exit_code, done.output) == (0, f"{target}: 1 alerts\n")
    feed = feedparser.parse(str(written["atom"]))
    assert not feed.bozo
    assert feed.entries[0].link == "https://news.example/a"
    assert json.loads(written["json"].read_text("utf-8"))["items"][0]["url"] == "https://news.example/a"
    with written["csv"].open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert not any(value.startswith("=") for value in row.values())
    assert b"DTSTART;VALUE=DATE:20270314\r\n" in written["ics"].read_bytes()
    assert sorted(path.name for path in tmp_path.glob("alerts.*")) == sorted(f"alerts.{kind}" for kind in written)


def test_stories_are_written_too_and_an_unknown_ending_is_wrong_usage(config: Path, tmp_path: Path) -> None:
    target = tmp_path / "stories.atom"
    assert pull(config, "stories", target).exit_code == 0
    assert len(feedparser.parse(str(target)).entries) == 1
    refused = pull(config, "stories", tmp_path / "stories.exe")
    assert refused.exit_code == 2
    assert ".atom, .json, .csv, .ics" in refused.output
