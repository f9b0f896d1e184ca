"""Alerts and stories to be pulled: readable by readers, spreadsheets and calendars."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlsplit

import feedparser
import icalendar
import pytest

from test_render import NOW, alert
from watcher.channels.clean import plain
from watcher.channels.feeds_out import (
    FORMATS,
    About,
    alert_entries,
    atom,
    calendar,
    csv_table,
    json_feed,
    story_entries,
)
from watcher.channels.speaker import speaker
from watcher.model import Report, Story

ABOUT = About("Watcher, AI", "https://watch.example/", "https://watch.example/alerts.atom")
EN = speaker("en")


def test_an_atom_reader_reads_it() -> None:
    entries = alert_entries([alert(1), alert(2, title="<b>Plan</b> & \x0b more")], EN, NOW)
    feed = feedparser.parse(io.BytesIO(atom(entries, ABOUT, NOW).encode()))
    assert not feed.bozo and feed.feed.title == "Watcher, AI" and feed.feed.id == ABOUT.feed_url
    first, second = feed.entries
    assert first.id.startswith("urn:uuid:") and first.id != second.id
    assert first.link == "https://www.example.org/a?b=1&c=%282%29"
    assert first.title.startswith("🇰🇷 South Korea · at least 34 trillion KRW")
    assert [tag.term for tag in first.tags] == ["national-ai", "KR"]
    assert "&lt;b&gt;Plan&lt;/b&gt; &amp; more" in second.content[0].value


def test_ids_never_change() -> None:
    later = alert_entries([alert(1)], speaker("fr"), NOW + timedelta(days=9))
    assert [entry.id for entry in alert_entries([alert(1)], EN, NOW)] == [entry.id for entry in later]


def test_a_json_feed_carries_the_facts() -> None:
    feed = json.loads(json_feed(alert_entries([alert(1)], EN, NOW), ABOUT, NOW))
    (item,) = feed["items"]
    assert feed["version"] == "https://jsonfeed.org/version/1.1" and feed["feed_url"] == ABOUT.feed_url
    assert item["date_published"] == "2026-11-25T02:00:00Z" and item["language"] == "fr"
    assert item["_watcher"]["amounts"][0]["value"] == 34000000000000 and item["tags"] == ["national-ai", "KR"]


def test_a_spreadsheet_runs_nothing() -> None:
    entries = alert_entries([alert(1, title='=HYPERLINK("x")'), alert(2, title='+1, "two"\nlines')], EN, NOW)
    first, second = csv.DictReader(io.StringIO(csv_table(entries, ABOUT, NOW)))
    assert first["headline"] == '\'=HYPERLINK("x")' and second["headline"] == '\'+1, "two" lines'
    assert (first["countries"], first["stage"], first["severity"]) == ("KR", "planned", "high")


def test_a_calendar_holds_what_is_ahead_at_the_precision_known() -> None:
    ahead = [
        {"when": "2027-03-14", "what": "Vote; in parliament, " + "가" * 60},
        {"when": "2027-12", "what": "Fund opens"},
        {"when": "2028", "what": "Done"},
        {"when": "2027-13-01", "what": "never"},
        {"when": "", "what": "some day"},
    ]
    entries = alert_entries([alert(1, ahead=ahead), alert(1, ahead=ahead)], EN, NOW)
    text = calendar(entries, ABOUT, NOW)
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    lines = text.replace("\r\n ", "").split("\r\n")
    assert [line for line in lines if line.startswith("DTSTART")] == [
        "DTSTART;VALUE=DATE:20270314", "DTSTART;VALUE=DATE:20271201", "DTSTART;VALUE=DATE:20280101",
    ]  # fmt: skip
    assert [line for line in lines if line.startswith("DTEND")] == [
        "DTEND;VALUE=DATE:20270315", "DTEND;VALUE=DATE:20280101", "DTEND;VALUE=DATE:20290101",
    ]  # fmt: skip
    assert "SUMMARY:Vote\\; in parliament\\, " + "가" * 60 in lines
    assert lines[0] == "BEGIN:VCALENDAR" and lines[-2:] == ["END:VCALENDAR", ""]


HOSTILE = (
    'Plan; in parliament, at last: \\n \\; "quoted"',
    "two\nlines\r\nEND:VEVENT\r\nBEGIN:VEVENT\rX",
    "  ⁨מועצה⁩ \u202e والذكاء \N{GRINNING FACE}\N{ZERO WIDTH JOINER} " + "가" * 90,
    "nul \x00 bell \x07 escape \x1b separator \u2028 lone \ud800 end",
    ";,\\" * 60,
)


@pytest.mark.parametrize("title", HOSTILE)
def test_a_calendar_program_reads_it_whatever_publishers_write(title: str) -> None:
    ahead = [{"when": "2027-03-14", "what": title}, {"when": "2027-12", "what": ""}, {"when": "2028", "what": "Done"}]
    entries = alert_entries([alert(1, title=title, ahead=ahead), alert(2, title=title, ahead=ahead)], EN, NOW)
    read = icalendar.Calendar.from_ical(calendar(entries, ABOUT, NOW))
    assert isinstance(read, icalendar.Calendar)
    events = read.events
    assert [event.errors for event in (read, *events)] == [[]] * 7
    assert len({event["UID"] for event in events}) == len(events) == 6
    assert [(event.start, event.end) for event in events[:3]] == [
        (date(2027, 3, 14), date(2027, 3, 15)),
        (date(2027, 12, 1), date(2028, 1, 1)),
        (date(2028, 1, 1), date(2029, 1, 1)),
    ]
    assert events[0]["SUMMARY"] == plain(title, 200)
    assert events[1]["SUMMARY"] == entries[0].headline
    assert events[0]["DESCRIPTION"] == entries[0].text
    assert events[0]["URL"] == entries[0].url
    assert events[0].DTSTAMP == NOW
    assert read["NAME"] == read["X-WR-CALNAME"] == r"Watcher\, AI"  # this library leaves the two as written


@pytest.mark.parametrize("title", HOSTILE)
def test_a_json_feed_keeps_the_rules_of_its_version(title: str) -> None:
    """JSON Feed 1.1: what must be there, of which type, and that extensions begin with an underscore."""
    text = json_feed(alert_entries([alert(1, title=title), alert(2, title=title, url="")], EN, NOW), ABOUT, NOW)
    feed = json.loads(text)
    assert set(feed) == {"version", "title", "home_page_url", "feed_url", "items"}
    for item in feed["items"]:
        assert isinstance(item["id"], str) and item["id"]
        assert all(isinstance(item[name], str) for name in ("title", "content_text", "content_html"))
        assert item["content_text"] and item["content_html"]
        assert datetime.fromisoformat(item["date_published"]) <= datetime.fromisoformat(item["date_modified"])
        assert all(isinstance(tag, str) for tag in item["tags"])
        assert urlsplit(item.get("url", "https://a.example")).scheme == "https"
        assert {name for name in item if name not in JSON_FEED_ITEM} == {"_watcher"}
    assert len({item["id"] for item in feed["items"]}) == 2


JSON_FEED_ITEM = frozenset(
    [
        "id",
        "url",
        "external_url",
        "title",
        "content_html",
        "content_text",
        "summary",
        "image",
        "banner_image",
        "date_published",
        "date_modified",
        "authors",
        "tags",
        "language",
        "attachments",
    ]
)


@pytest.mark.parametrize("title", HOSTILE)
def test_every_row_of_a_table_has_every_column(title: str) -> None:
    text = csv_table(alert_entries([alert(1, title=title), alert(2, title=title)], EN, NOW), ABOUT, NOW)
    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    assert [len(row) for row in rows] == [12] * 3
    assert rows[1][rows[0].index("headline")] == alert_entries([alert(1, title=title)], EN, NOW)[0].headline
    assert text.count("\r\n") == 3


@pytest.mark.parametrize("title", HOSTILE)
def test_an_atom_feed_is_well_formed_whatever_publishers_write(title: str) -> None:
    entries = alert_entries([alert(1, title=title), alert(2, title=title)], EN, NOW)
    feed = feedparser.parse(io.BytesIO(atom(entries, ABOUT, NOW).encode()))
    assert not feed.bozo
    assert [entry.title for entry in feed.entries] == [entry.title for entry in entries]
    assert all(entry.updated_parsed and entry.published_parsed and entry.id for entry in feed.entries)


def test_stories_are_told_as_they_stand() -> None:
    begun = datetime(2026, 11, 20, tzinfo=UTC)
    reports = tuple(
        Report(f"i{n}", name, "ko", f"제목 {n}", f"https://{name}.example/{n}", begun + timedelta(hours=n))
        for n, name in enumerate(("yonhap", "kbs"))
    )
    facts = {
        "countries": ["KR"],
        "stage": "approved",
        "amounts": [{"value": "2500000000", "currency": "USD", "usd": "2500000000"}],
    }
    story = Story("s1", "Seoul plan", begun, NOW, 2, reports, frozenset({"b", "a"}), facts, {})
    (entry,) = story_entries([story], EN, NOW)
    assert (entry.published, entry.updated, entry.tags) == (begun, NOW, ("a", "b"))
    assert entry.title == "🇰🇷 South Korea · 2.5 billion USD · approved: Seoul plan"
    assert entry.url == "https://kbs.example/1" and "Reported by yonhap, kbs" in entry.text
    for _, writer in FORMATS.values():
        assert "Seoul plan" in writer([entry], ABOUT, NOW) or writer is calendar


def test_empty_outputs_are_valid() -> None:
    assert not feedparser.parse(io.BytesIO(atom([], ABOUT, NOW).encode())).bozo
    assert json.loads(json_feed([], About("x"), NOW))["items"] == []
    assert csv_table([], ABOUT, NOW).startswith("published,")
    assert calendar([], ABOUT, NOW).endswith("END:VCALENDAR\r\n")
