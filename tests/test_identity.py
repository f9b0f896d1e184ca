"""Items are recognised however their feed renames, re-dates, re-links or edits them; different items stay different."""

from __future__ import annotations

import csv
import itertools
from datetime import UTC, datetime, timedelta
from pathlib import Path

import feedparser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watcher import text
from watcher.alerts import ChannelPolicy
from watcher.model import Entry, Facts, Feed, Item, Match, StoredItem, Verdict
from watcher.pipeline import Policy, lookup, read_entry, settle
from watcher.replay import Memory
from watcher.stories import canonical_url, names_of, recognise, shared
from watcher.stories.profile import Signature

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
TIMELINES = Path(__file__).parents[2] / "shared" / "feeds" / "timelines"
LONG = "Government presents a national plan for artificial intelligence with new funds"


def item(
    title: str = LONG,
    summary: str = "",
    *,
    guid: str = "",
    url: str = "",
    published: datetime | None = NOW,
    feed: str = "https://f",
) -> Item:
    entry = Entry(title, summary, guid=guid, url=url, published=published)
    return Item("x", Feed(feed), entry, text.read(title), text.read(summary), "en", "", published, NOW)


class Shelf:
    """Stored items by identity key, as the store keeps them."""

    def __init__(self) -> None:
        self.known: dict[str, StoredItem] = {}
        self.count = 0

    def poll(self, *items: Item) -> list[str]:
        """What each entry of a document is recognised as."""
        void, answers = shared((each, names_of(each)) for each in items), []
        for each in items:
            names = names_of(each)
            keys, content = names.identities - void, names.content_hash
            kind, stored = recognise(keys, content, self.known)
            answers.append(kind)
            if kind == "new":
                self.count += 1
            if kind != "same":
                all_keys = keys | (stored.identities if stored else frozenset())
                kept = StoredItem(
                    stored.id if stored else str(self.count), all_keys, content, 1, "", frozenset(), each.published, NOW
                )
                self.known.update(dict.fromkeys(all_keys, kept))
        return answers


PAGE = "https://example.org/news/2026/03/02/plan-for-artificial-intelligence"


@pytest.mark.parametrize(
    ("again", "answer"),
    [
        (item(guid="tag:a,2026:1", url=PAGE), "same"),
        (item(guid="tag:a,2026:1", url=PAGE, published=NOW + timedelta(days=1)), "same"),
        (item(guid="tag:a,2026:99", url=PAGE), "same"),
        (item(guid="tag:a,2026:1", url=PAGE + "?utm_source=rss&utm_medium=feed"), "same"),
        (item(guid="tag:a,2026:99", url="https://example.org/other/4711"), "same"),
        (item("Government drops its plan", guid="tag:a,2026:1", url=PAGE), "edited"),
        (item("Government drops its plan", guid="tag:a,2026:1", url="https://example.org/moved/55555"), "edited"),
        (
            item(
                "Parliament debates the budget for schools this week",
                guid="tag:a,2026:2",
                url="https://example.org/news/55512",
            ),
            "new",
        ),
        (item(guid="tag:a,2026:1", url=PAGE, feed="https://other"), "new"),
    ],
    ids=[
        "again",
        "re-dated",
        "re-minted",
        "tracking",
        "re-minted and re-linked",
        "title edited",
        "moved and edited",
        "another",
        "another feed",
    ],
)
def test_an_entry_that_returns_is_recognised(again: Item, answer: str) -> None:
    shelf = Shelf()
    assert shelf.poll(item(guid="tag:a,2026:1", url=PAGE)) == ["new"]
    assert shelf.poll(again) == [answer]


def test_without_guid_an_edited_title_is_an_edit_where_the_link_is_an_article() -> None:
    shelf = Shelf()
    shelf.poll(item(url=PAGE))
    assert shelf.poll(item("Plan for artificial intelligence: what is in it", url=PAGE)) == ["edited"]


def test_one_link_for_all_items_makes_no_two_items_one() -> None:
    shelf = Shelf()
    first = [item(f"{LONG}, part {number}", url="https://example.org/") for number in range(5)]
    assert shelf.poll(*first) == ["new"] * 5
    assert shelf.poll(*first) == ["same"] * 5
    assert shelf.poll(item("Something quite different happened in parliament", url="https://example.org/")) == ["new"]


def test_one_article_link_or_one_guid_for_all_items_names_nothing() -> None:
    shelf = Shelf()
    entries = [item(f"{LONG}, part {number}", url=PAGE, guid="tag:always-the-same") for number in range(5)]
    assert shelf.poll(*entries) == ["new"] * 5
    assert shelf.poll(*entries) == ["same"] * 5


def test_positions_as_guids_do_not_hide_new_items() -> None:
    shelf = Shelf()
    shelf.poll(
        *(
            item(f"Headline number {n} about something", guid=str(n), url=f"https://e.org/a/10000{n}")
            for n in range(1, 4)
        )
    )
    fresh = item("A new headline on top of the list today", guid="1", url="https://e.org/a/100009")
    assert shelf.poll(fresh) == ["new"]


def test_a_daily_column_with_one_title_is_new_each_day() -> None:
    shelf = Shelf()
    days = [item("AI briefing", "The news.", url=f"https://e.org/b/{10000 + n}", guid=f"https://e.org/b/{10000 + n}", published=NOW + timedelta(days=n)) for n in range(3)]  # fmt: skip
    assert [shelf.poll(day)[0] for day in days] == ["new"] * 3


def test_editions_shown_side_by_side_with_one_text_are_two_items() -> None:
    shelf = Shelf()
    editions = [
        item(guid=f"https://e.org/{land}/plan-{land}", url=f"https://e.org/{land}/plan-{land}") for land in ("cl", "mx")
    ]
    assert shelf.poll(*editions) == ["new", "new"]


def test_an_item_without_anything_has_a_key() -> None:
    assert names_of(item("", "", published=None)).identities


@pytest.mark.parametrize(
    "url",
    [
        "http://www.example.org/news/story-1/",
        "https://example.org/news/story-1?utm_source=x&fbclid=abc",
        "https://m.example.org/news/story-1",
        "https://example.org/news/story-1/amp/",
        "https://amp.example.org/news/story-1?amp=1",
        "https://example.org:443//news/story-1#xtor=RSS-1",
        "https://example.org/news/story-1/index.html",
        "https://www.google.com/url?rct=j&sa=t&url=https://example.org/news/story-1&ct=ga",
        "https://cdn.ampproject.org/c/s/example.org/news/story-1",
        "https://www.google.com/amp/s/example.org/news/story-1",
        "https://www.bing.com/news/apiclick.aspx?ref=FexRss&url=https%3a%2f%2fexample.org%2fnews%2fstory-1&c=1",
        "https://l.facebook.com/l.php?u=https%3A%2F%2Fexample.org%2Fnews%2Fstory-1&h=x",
        "https://r.search.yahoo.com/_ylt=A/RU=https%3a%2f%2fexample.org%2fnews%2fstory-1/RK=2",
        "http://rss.feedsportal.com/c/1/f/2/s/3/0L0Sexample0Borg0Cnews0Cstory0E10C/story01.htm",
    ],
)  # fmt: skip
def test_forms_of_one_address_are_one(url: str) -> None:
    expected = "https://example.org/news/story-1"
    found = canonical_url(url)
    assert found == expected
    assert canonical_url(found) == found


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://example.org/?p=101", "https://example.org/?p=102"),
        ("https://example.org/log#march-2", "https://example.org/log#march-3"),
        ("https://example.org/a", "https://example.org/b"),
        ("https://youtube.com/watch?v=abc", "https://youtube.com/watch?v=abd"),
        ("https://example.org:8080/a", "https://example.org/a"),
    ],
)
def test_different_addresses_stay_different(one: str, other: str) -> None:
    assert canonical_url(one) != canonical_url(other)


@pytest.mark.parametrize(
    "url",
    ["", "   ", "not a url", "http://[", "https://", "tag:x,2026:1", "https://e.org/%zz%", "http://e.org:99999/a"],
)
def test_any_string_has_a_canonical_form(url: str) -> None:
    assert canonical_url(canonical_url(url)) == canonical_url(url)


_LABELS = st.sampled_from(
    [
        "www",
        "m",
        "amp",
        "mobile",
        "news",
        "google",
        "example",
        "feedsportal",
        "ampproject",
        "youtube",
        "youtu",
        "a-b",
        "en",
        "0",
    ]
)
_SEGMENTS = st.sampled_from(
    [
        "amp",
        "AMP",
        "index.html",
        "Index.PHP",
        "default.aspx",
        "x.amp.html",
        "story-amp",
        "2026",
        "s",
        "c",
        "wp",
        "redirect",
        "www.example.org",
        "shorts",
        "watch",
        "~x",
        ".",
        "..",
        "",
        "articles",
        "read",
        "CBMiK2h0dHBzOi8vZXhhbXBsZS5vcmcvcGFnZQ",
        "0L0Swww0Bexample0N0Cpage",
    ]
)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(_LABELS, min_size=1, max_size=4), st.sampled_from(["com", "org", "be"]), st.lists(_SEGMENTS, max_size=5)
)
def test_a_plain_address_reads_as_the_same_one_that_has_to_be_taken_apart(
    labels: list[str], top: str, segments: list[str]
) -> None:
    url = f"http://{'.'.join(labels)}.{top}" + "".join(f"/{segment}" for segment in segments)
    assert canonical_url(url) == canonical_url(f"{url}?utm_source=x")


def _names() -> list[str]:
    return sorted(path.name for path in TIMELINES.iterdir() if path.is_dir()) if TIMELINES.is_dir() else []


def alerts_over(name: str) -> tuple[int, set[object]]:
    """Alerts of a rule that catches every item, `per: item`, over a timeline; and its items as a careful reader counts them.

    Distinct by guid; without one by the article's address, and by title where that is a page's.
    """
    memory, told, readers_view, days = Memory(), 0, set(), itertools.count()
    policy = Policy(channels=(ChannelPolicy("desk"),), max_age=timedelta.max, first_run="alert")
    feed = Feed(f"https://feeds.example/{name}", name=name)
    for path in sorted((TIMELINES / name).glob("0*")):
        verdicts = []
        for entry in feedparser.parse(path.read_bytes()).entries:
            guid, link, title = entry.get("id", ""), entry.get("link", ""), entry.get("title", "")
            read = Entry(title, entry.get("summary", ""), guid=guid, url=link, published=_when(entry))
            # Facts and stories have no part in what is one item: each is on a day of its own.
            apart = Signature(day=30.0 * next(days), lang="en")
            verdicts.append(Verdict(read_entry(read, feed, NOW), Facts(), (EVERYTHING,), signature=apart))
            guid = guid if guid and not guid.endswith(link) else link.rstrip("/") if guid else ""
            is_article = len(link.rstrip("/").split("/")[-1]) >= 12
            readers_view.add(guid or (link if is_article and name == "daily-telegraph-au" else (link, title)))
        update = settle(verdicts, memory.known(lookup(verdicts, NOW)), policy, NOW)
        memory.apply(update, NOW)
        told += len(update.deliveries)
    return told, readers_view


EVERYTHING = Match("all", 1.0, "normal", "item", (), ())
READ_BY_HAND = {"mistral-news": 80, "barrons": 244}
"""Distinct items where links gain a slash, or slugs follow the title, so that no key of the feed tells them."""


@pytest.mark.skipif(not TIMELINES.is_dir(), reason="the timelines are not part of the project")
@pytest.mark.parametrize("name", _names())
def test_over_a_real_timeline_each_item_is_told_once(name: str) -> None:
    told, readers_view = alerts_over(name)
    distinct = READ_BY_HAND.get(name, len(readers_view))
    assert abs(told - distinct) <= max(1, 0.02 * distinct)


def _when(entry: dict[str, object]) -> datetime | None:
    parsed = entry.get("published_parsed") or entry.get("updated_parsed")
    return datetime(*parsed[:6], tzinfo=UTC) if isinstance(parsed, tuple) else None


def test_the_index_of_timelines_is_covered() -> None:
    if TIMELINES.is_dir():
        with (TIMELINES / "INDEX.tsv").open(encoding="utf-8") as lines:
            assert {row["name"] for row in csv.DictReader(lines, delimiter="\t")} == set(_names())
