"""`watcher replay`: what a change of rules would have gained and lost, told as alerts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from farm import Farm
from watcher.cli.main import main

ENTRIES = (
    ("a", "Ruritania founds a national committee for sovereign compute in Strelsau"),
    ("b", "Ruritania founds national committee for sovereign compute in Strelsau"),
    ("c", "The budget of Ruritania grows"),
    ("d", "A telescope for Elbonia"),
)
OLD = """
  - {name: committee, any: [committee]}
  - {name: budget, any: [budget], per: item}
"""
NEW = """
  - {name: committee, match: committee NOT sovereign}
  - {name: budget, any: [budget], per: item}
  - {name: telescope, any: [telescope]}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A watched feed: what OLD found in it is stored."""
    with Farm() as farm:
        at = datetime.now(UTC) - timedelta(hours=1)
        items = "".join(
            f"<item><guid>{key}</guid><title>{title}</title><pubDate>{at:%a, %d %b %Y %H:%M:%S} +0000</pubDate></item>"
            for key, title in ENTRIES
        )
        farm["/f.xml"] = f'<rss version="2.0"><channel><title>F</title>{items}</channel></rss>'.encode()
        for name, rules in (("old", OLD), ("new", NEW)):
            head = f"polling: {{private_networks: allow, first_run: alert}}\nfeeds: ['{farm.url('/f.xml')}']\n"
            (tmp_path / f"{name}.yaml").write_text(f"{head}channels: [{{name: c, url: 'console://'}}]\nrules:{rules}")
        assert CliRunner().invoke(main, ["-c", str(tmp_path / "old.yaml"), "once"]).exit_code == 0
        yield tmp_path


def replayed(folder: Path, *arguments: str) -> dict[str, Any]:
    result = CliRunner().invoke(main, ["-c", str(folder / "old.yaml"), "replay", "--json", *arguments])
    assert result.exit_code == 0, result.output
    answer: dict[str, Any] = json.loads(result.stdout)
    return answer


def test_a_story_of_two_reports_is_one_alert_lost(folder: Path) -> None:
    for arguments in (
        ["--config", str(folder / "new.yaml")],
        ["--diff", str(folder / "old.yaml"), str(folder / "new.yaml")],
    ):
        answer = replayed(folder, *arguments)
        assert [(row["rules"], row["reports"], row["title"]) for row in answer["lost"]] == [
            (["committee"], 2, ENTRIES[1][1])
        ]
        assert [(row["rules"], row["reports"], row["title"]) for row in answer["gained"]] == [
            (["telescope"], 1, ENTRIES[3][1])
        ]
        assert answer["kept"] == 1


def test_the_same_rules_change_nothing(folder: Path) -> None:
    assert replayed(folder) == {"gained": [], "lost": [], "kept": 2}


def test_one_rule_alone(folder: Path) -> None:
    new = ["--config", str(folder / "new.yaml")]
    assert replayed(folder, "--rule", "budget", *new) == {"gained": [], "lost": [], "kept": 1}
    assert [row["rules"] for row in replayed(folder, "--rule", "telescope", *new)["gained"]] == [["telescope"]]
    result = CliRunner().invoke(main, ["-c", str(folder / "old.yaml"), "replay", "--rule", "bugdet"])
    assert result.exit_code == 2
    assert "no rule is called 'bugdet', did you mean 'budget'?" in result.stderr
