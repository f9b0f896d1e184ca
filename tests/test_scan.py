"""`scan`: the ids of stories are those that stand at the end of the input."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

import watcher.cli.scan as command
from watcher.cli.main import main
from watcher.model import Update
from watcher.replay import Scan

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
LAW = {"id": "law", "title": "Norway adopts its first law on artificial intelligence", "published": "2026-03-01"}
FUND = {"id": "fund", "title": "Chile opens a fund of 40 million dollars for AI startups", "published": "2026-03-01"}


class Merging(Scan):
    """Finds at its last record that its first two stories are one, as a later report can show."""

    def line(self, record: object) -> tuple[dict[str, object], str]:
        line, story = super().line(record)  # type: ignore[arg-type]
        if line["id"] == "last":
            first, second = list(self.memory._stories.values())[:2]
            self.memory.apply(Update(stories=(replace(second, merged_into=first.id),)), NOW)
        return line, story


def scanned(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, records: list[object], *options: str
) -> list[dict[str, object]]:
    config = tmp_path / "watcher.yaml"
    config.write_text("rules: [{name: ai, match: AI}]\nfeeds: []\nchannels: []\n", "utf-8")
    given = "\n".join(each if isinstance(each, str) else json.dumps(each) for each in records)
    answer = CliRunner().invoke(main, ["-c", str(config), "scan", *options], input=given)
    return [json.loads(line) for line in answer.stdout.splitlines()]


RECORDS: list[object] = [
    LAW,
    FUND,
    "no JSON",
    {"id": "last", "title": "Peru trains judges to use AI", "published": "2026-03-02"},
]


def test_a_merge_renames_the_lines_before_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(command, "Scan", Merging)
    lines = scanned(monkeypatch, tmp_path, RECORDS)
    assert [line.get("story", line.get("error", ""))[:4] for line in lines] == ["s1", "s1", "line", "s2"]


def test_live_lines_come_at_once_with_the_story_known_by_then(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(command, "Scan", Merging)
    lines = scanned(monkeypatch, tmp_path, RECORDS, "--live")
    assert [line.get("story", line.get("error", ""))[:4] for line in lines] == ["s1", "s2", "line", "s3"]


def test_an_item_may_bear_keys_called_story_and_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (line,) = scanned(monkeypatch, tmp_path, [{**LAW, "story": "theirs", "error": "theirs"}])
    assert (line["story"], line["error"]) == ("s1", "theirs")


def test_much_output_waits_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(command, "IN_MEMORY", 100)
    lines = scanned(monkeypatch, tmp_path, [LAW, FUND, {**LAW, "id": "again \ud800"}])
    assert [line["story"] for line in lines] == ["s1", "s2", "s1"]
