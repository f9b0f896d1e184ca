"""Whole pages of matched entries: judged beside what the feed says, within bounds, and only where they tell of the same."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from build import NOON
from watcher.errors import FetchError
from watcher.feeds.fulltext import _is_about
from watcher.feeds.parsed import ParsedFeed
from watcher.model import Entry, Feed, Verdict
from watcher.pipeline import Policy
from watcher.polling import PollingPolicy
from watcher.ports import Event
from watcher.rules import Line, RuleSpec, compile_rules
from watcher.service import judging
from watcher.service.context import Context
from watcher.service.judging import PAGES, Judges
from watcher.service.plan import Plan

FEED = Feed("https://n.example/rss", full_text=True)
RULES = [RuleSpec(name="all", match=Line("bulletin")), RuleSpec(name="sum", match=Line("amount>=1bn USD"))]


def read(
    entries: list[Entry], page: Callable[[Entry, Feed], Awaitable[Entry]], told: list[Event] | None = None
) -> list[Verdict]:
    """Verdicts on a document of these entries, oldest first."""
    plan = Plan({FEED.url: FEED}, compile_rules(RULES), Policy(), PollingPolicy(), {})
    observe = (told if told is not None else []).append
    context = Context(plan, None, observe, lambda: NOON, lambda: 0.0)  # type: ignore[arg-type]  # no store is asked
    judges = Judges(context)
    judges.whole_page = page
    try:
        return asyncio.run(judges.verdicts(FEED, ParsedFeed(tuple(entries)), NOON))
    finally:
        judges.close()


def entry(number: int, title: str = "A bulletin") -> Entry:
    return Entry(f"{title} {number}", summary="Teaser.", url=f"https://n.example/{number}", guid=str(number))


async def with_sum(entry: Entry, feed: Feed) -> Entry:
    return replace(entry, content="<p>The state invests 3 billion dollars in it.</p>")


def test_the_page_is_read_beside_the_feed_and_unsays_nothing() -> None:
    matched, other = read([entry(1), entry(2, "Sports")][::-1], with_sum)
    assert {match.rule for match in matched.matches} == {"all", "sum"}
    assert matched.item.summary.plain.split() == [
        "Teaser.",
        "The",
        "state",
        "invests",
        "3",
        "billion",
        "dollars",
        "in",
        "it.",
    ]
    assert (other.matches, other.item.summary.plain) == ((), "Teaser.")


def test_pages_that_hang_cost_neither_the_poll_nor_the_other_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "PAGES_TIME", timedelta(seconds=0.2))

    async def page(entry: Entry, feed: Feed) -> Entry:
        if entry.guid in ("1", "2"):
            await asyncio.sleep(60)
        if entry.guid == "3":
            raise FetchError(entry.url, "does not exist there (404)")
        return await with_sum(entry, feed)

    told: list[Event] = []
    verdicts = read([entry(n) for n in (5, 4, 3, 2, 1)], page, told)
    assert [verdict.item.entry.guid for verdict in verdicts] == ["1", "2", "3", "4", "5"]
    assert [len(verdict.matches) for verdict in verdicts] == [1, 1, 1, 2, 2]
    reasons = [str(event.fields["reason"]) for event in told if event.name == "page.failed"]
    assert reasons == ["does not exist there (404)", "2 pages were not had within 0:00:00.200000"]


def test_a_backlog_is_no_reason_to_fetch_an_archive() -> None:
    asked: list[str] = []

    async def page(entry: Entry, feed: Feed) -> Entry:
        asked.append(entry.guid)
        return entry

    assert len(read([entry(n) for n in range(PAGES + 30)], page)) == PAGES + 30
    assert asked == [str(n) for n in reversed(range(PAGES))]  # a document has its latest first


ARTICLE = "<p>Nairobi. President Ruto said on Monday that Kenya's national strategy foresees a fund of 34 billion shillings.</p>"


@pytest.mark.parametrize(
    ("title", "summary", "content", "about"),
    [
        ("Kenya plans a fund for its national AI strategy", "", ARTICLE, True),
        ("Kenya plans a fund for its national AI strategy", "", "<p>Log in with your password to read on.</p>", False),
        ("Kenya plans a fund", "Nairobi <b>said on Monday</b>", "<p>We value your privacy. Accept all.</p>", False),
        ("国家人工智能战略发布", "", "<p>新华社北京电 我国发布人工智能发展战略</p>", True),
        ("国家人工智能战略发布", "", "<p>登录后继续阅读全文</p>", False),
        ("", "", ARTICLE, True),
    ],
)
def test_a_page_about_something_else_is_known(title: str, summary: str, content: str, about: bool) -> None:
    assert _is_about(Entry(title, summary=summary), content) is about
