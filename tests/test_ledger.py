"""The ledger: what became of every item, and why, also of those that no rule matched."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

from build import FEED, NOON
from farm import Farm, rss
from kit import Daemon
from watcher.model import Entry, Feed, Miss
from watcher.pipeline import judge
from watcher.rules import Line, RuleSpec, compile_rules

RULES = "rules:\n  - {name: money, match: 'fund AND title:budget'}\n  - {name: near, match: committee NEAR/2 fund}\n"
TITLES = ("A budget for the fund", "The fund grows", "Weather: committee rain, wind, sun and a fund")


def stored(folder: Path, farm: Farm) -> Daemon:
    farm["/news.xml"] = rss(*TITLES)
    daemon = Daemon(folder, [farm.url("/news.xml")], [("desk", "url: 'console://'")], RULES)
    done = daemon.call("once")
    assert done.returncode == 0, done.stderr
    return daemon


def item(daemon: Daemon, title: str) -> str:
    """Its id, as a user finds it."""
    rows = json.loads(daemon.call("search", "--json", title).stdout)
    return str(rows[0]["id"])


def test_the_ledger_says_why_and_why_not(tmp_path: Path, farm: Farm) -> None:
    daemon = stored(tmp_path, farm)
    daemon.config.write_text("feeds: []\n")  # the rules that read it are gone: the store alone answers
    told = daemon.call("explain", item(daemon, TITLES[0])).stdout
    assert "fate: alerted" in told
    assert "desk: delivered" in told
    assert "money: matches (score 1.00)" in told
    assert "title: A [budget] for the [fund]" in told
    assert "near: no match — committee does not occur" in told
    refused = daemon.call("explain", item(daemon, TITLES[2])).stdout
    assert "fate: no_rule" in refused
    assert "money: no match — budget does not occur in the title" in refused
    assert "near: no match — committee NEAR/2 fund: nearest 6 words apart, «committee» and «fund»" in refused


def test_a_url_is_known_however_it_is_written(tmp_path: Path, farm: Farm) -> None:
    daemon = stored(tmp_path, farm)
    row = json.loads(daemon.call("explain", item(daemon, TITLES[0]), "--json").stdout)["ledger"]
    for written in (row["url"], row["url"] + "?utm_source=rss&utm_medium=feed", row["url"].replace("https:", "http:")):
        told = daemon.call("explain", written)
        assert f"item {row['id']}" in told.stdout, (written, told.stderr)


def test_its_json_has_the_shape_of_the_live_answer(tmp_path: Path, farm: Farm) -> None:
    daemon = stored(tmp_path, farm)
    name = item(daemon, TITLES[0])
    kept, live = (json.loads(daemon.call("explain", name, "--json", *more).stdout) for more in ((), ("--now",)))
    assert kept["ledger"]["fate"] == "alerted"
    assert kept["lang"] == live["lang"]
    assert [(rule["rule"], rule["matched"], rule["reason"], rule["evidence"]) for rule in kept["rules"]] == [
        (rule["rule"], rule["matched"], rule["reason"], rule["evidence"]) for rule in live["rules"]
    ]


def test_asked_for_a_rule_it_asks_the_rule_as_it_is_now(tmp_path: Path, farm: Farm) -> None:
    daemon = stored(tmp_path, farm)
    daemon.config.write_text(daemon.config.read_text().replace("NEAR/2", "NEAR/9"))
    told = daemon.call("explain", item(daemon, TITLES[2]), "--rule", "near").stdout
    assert "near: matches" in told
    assert "money" not in told


def test_an_item_read_before_reasons_were_kept_is_asked_now(tmp_path: Path, farm: Farm) -> None:
    daemon = stored(tmp_path, farm)
    name = item(daemon, TITLES[1])
    with sqlite3.connect(tmp_path / "watcher.db") as database:
        database.execute("UPDATE item SET misses = ''")
    assert "money: no match — budget does not occur in the title" in daemon.call("explain", name).stdout


def rule(name: str, match: str) -> RuleSpec:
    return RuleSpec(name, Line(match))


def test_of_many_rules_those_that_came_near_are_kept() -> None:
    names = [f"r{number}" for number in range(30)]
    book = compile_rules(
        [rule(name, f"word{name} AND budget") for name in names] + [rule("close", "budget NEAR/1 fund")]
    )
    verdict = judge(Entry(title="A budget, and later a fund"), FEED, book, NOON, why_not=True)
    assert verdict.misses == (
        Miss("close", "budget NEAR/1 fund: nearest 4 words apart, «budget» and «fund» in the title"),
    )


def test_so_many_are_kept_at_most() -> None:
    book = compile_rules([rule(f"r{number}", f"budget NEAR/1 fund AND NOT never{number}") for number in range(30)])
    verdict = judge(Entry(title="A budget, and later a fund"), Feed(url="x:"), book, NOON, why_not=True)
    assert [miss.rule for miss in verdict.misses or ()] == [f"r{number}" for number in range(8)]
