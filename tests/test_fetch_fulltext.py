"""The page behind an entry, where its feed asks for the whole text."""

from __future__ import annotations

import asyncio

import pytest

from farm import Answer, Farm
from watcher.errors import FetchError
from watcher.feeds.fetch import Extras, FetchLimits, HttpFetcher
from watcher.feeds.fulltext import with_full_text
from watcher.feeds.worker import ParserPool
from watcher.model import Entry

pytest.importorskip("trafilatura", exc_type=ImportError)

SENTENCE = (
    "The government will found a national committee for artificial intelligence and invest 34 trillion won in it. "
)
PAGE = (
    f"<html><head><title>News</title></head><body><nav><a href='/'>Home</a></nav><article><h1>Plan</h1><p>{SENTENCE * 3}</p>"
    f"<p>{SENTENCE * 2} A &lt;tag&gt; stays text.</p></article><script>alert(1)</script><footer>Imprint</footer></body></html>"
)


def full(answer: Answer, entry: Entry) -> Entry:
    async def run(url: str) -> Entry:
        async with HttpFetcher(FetchLimits(private_networks="allow")) as fetcher, ParserPool() as pool:
            return await with_full_text(Entry(entry.title, entry.summary, url=url), url, fetcher, pool)

    with Farm() as farm:
        farm["/page"] = answer
        return asyncio.run(run(farm.url("/page")))


def test_the_article_becomes_the_content() -> None:
    entry = full(Answer(PAGE.encode(), media_type="text/html; charset=utf-8"), Entry("Plan", "short"))
    assert SENTENCE.strip() in entry.content
    assert "&lt;tag&gt; stays text" in entry.content
    assert "alert" not in entry.content and "Imprint" not in entry.content


def test_a_page_that_tells_less_changes_nothing() -> None:
    long = "x" * 5000
    assert full(Answer(PAGE.encode(), media_type="text/html"), Entry("Plan", long)).content == ""


def test_what_is_no_page_is_refused() -> None:
    with pytest.raises(FetchError, match="not a page but application/pdf"):
        full(Answer(b"%PDF-", media_type="application/pdf"), Entry("Plan"))


def test_the_page_gets_the_log_in_of_its_feed_at_the_same_host_only() -> None:
    async def run(url: str, feed: str) -> None:
        extras = {feed: Extras(cookies={"session": "canary"})}
        limits = FetchLimits(private_networks="allow", extras=extras)
        async with HttpFetcher(limits) as fetcher, ParserPool() as pool:
            await with_full_text(Entry("Plan", url=url), feed, fetcher, pool)

    with Farm() as farm:
        farm["*"] = Answer(PAGE.encode(), media_type="text/html")
        asyncio.run(run(farm.url("/page"), farm.url("/feed")))
        asyncio.run(run(farm.url("/page"), "https://news.example/feed"))
        assert ["canary" in str(request.headers) for request in farm.log] == [True, False]
