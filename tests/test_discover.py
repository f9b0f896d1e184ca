"""Finding the feeds of a site, and subscriptions in and out."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from farm import Answer, Farm, rss
from watcher.errors import FetchError, ParseError
from watcher.feeds.discover import FoundFeed, discover
from watcher.feeds.fetch import FetchLimits, HttpFetcher
from watcher.feeds.opml import read_opml, write_opml
from watcher.model import Feed


def found(url: str) -> list[FoundFeed]:
    async def run() -> list[FoundFeed]:
        async with HttpFetcher(FetchLimits(private_networks=("127.0.0.0/8",))) as fetcher:
            return await discover(url, fetcher)

    return asyncio.run(run())


def page(inside: str) -> Answer:
    return Answer(f"<html><head><title>News</title>{inside}</head></html>".encode(), media_type="text/html")


def test_a_feed_is_its_own_feed(farm: Farm) -> None:
    farm["/rss"] = rss("One", "Two")
    assert found(farm.url("/rss")) == [FoundFeed(farm.url("/rss"), "Farm", 2, "", "rss20")]


def test_what_a_page_announces_is_found_and_read(farm: Farm) -> None:
    farm["/"] = page(
        '<link rel="alternate" type="application/rss+xml" href="/a.xml"><link rel="alternate" type="application/feed+json"'
        ' href="b.json"><link rel=alternate type=application/atom+xml href=/gone><link rel="stylesheet" href="/feed.css">'
    )
    farm["/a.xml"] = rss("One")
    farm["/b.json"] = b'{"version":"https://jsonfeed.org/version/1.1","title":"B","items":[]}'
    assert [feed.url for feed in found(farm.url("/"))] == [farm.url("/a.xml"), farm.url("/b.json")]


def test_links_that_look_like_feeds_are_tried(farm: Farm) -> None:
    farm["/"] = page('<a href="/about">x</a><a href="/news/rss-politik">RSS</a>')
    farm["/news/rss-politik"] = rss("One")
    assert [feed.url for feed in found(farm.url("/"))] == [farm.url("/news/rss-politik")]
    assert farm.requests("/about") == []


def test_usual_places_are_tried_below_the_page_and_the_site(farm: Farm) -> None:
    farm["/blog/post.html"] = page("")
    farm["/blog/feed.xml"] = rss("One")
    farm["/atom.xml"] = rss("Two")
    assert {feed.url for feed in found(farm.url("/blog/post.html"))} >= {farm.url("/blog/feed.xml")}


def test_a_news_sitemap_is_the_last_resort(farm: Farm) -> None:
    farm["/"] = page("")
    farm["/robots.txt"] = Answer(f"User-agent: *\nSitemap: {farm.url('/map.xml')}\n".encode(), media_type="text/plain")
    farm["/map.xml"] = (
        f"<sitemapindex><sitemap><loc>{farm.url('/map-news.xml')}</loc></sitemap></sitemapindex>".encode()
    )
    farm["/map-news.xml"] = (
        b'<urlset xmlns:news="n"><url><loc>https://news.example/1</loc><news:news><news:title>A</news:title></news:news></url></urlset>'
    )
    assert [feed.format for feed in found(farm.url("/"))] == ["news sitemap"]


def test_a_site_without_feeds_gives_none_and_a_dead_one_an_error(farm: Farm) -> None:
    farm["/"] = page("")
    assert found(farm.url("/")) == []
    with pytest.raises(FetchError):
        found(farm.url("/nothing-here"))


FEEDS = (
    Feed("https://a.example/rss?x=1&y=2", name="A & B", tags=frozenset({"kr", "government"}), lang="ko"),
    Feed("https://b.example/rss", tags=frozenset({"press"})),
    Feed("https://c.example/rss", name="C"),
)


def test_opml_comes_back_as_it_went() -> None:
    assert sorted(
        read_opml(write_opml(FEEDS, datetime(2026, 11, 24, tzinfo=UTC)).encode()), key=lambda feed: feed.url
    ) == list(FEEDS)


def test_folders_and_categories_become_tags() -> None:
    (feed, other) = read_opml(
        b'<opml version="1.0"><body><outline text="East Asia"><outline title="Korea"><outline text="Yonhap" type="rss"'
        b' xmlUrl="https://y.example/rss" category="/wire,state"/></outline></outline>'
        b'<outline type="rss" text="x & y" xmlURL="feed://z.example/rss"/><outline text="no feed" type="link" url="https://x.example/"/>'
        b'<outline text="again" xmlUrl="https://y.example/rss"/></body></opml>'
    )
    assert (feed.url, feed.name, feed.tags) == (
        "https://y.example/rss",
        "Yonhap",
        frozenset({"east-asia", "korea", "wire", "state"}),
    )
    assert other.url == "http://z.example/rss"


@pytest.mark.parametrize(("body", "kind"), [(b"", "broken"), (b"hello", "broken"), (b"<rss/>", "unknown")])
def test_what_is_no_opml_is_refused(body: bytes, kind: str) -> None:
    with pytest.raises(ParseError) as caught:
        read_opml(body, "feeds.opml")
    assert (caught.value.kind, caught.value.url) == (kind, "feeds.opml")


def test_opml_entities_do_not_explode() -> None:
    laughs = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 10))
    body = f'<!DOCTYPE opml [<!ENTITY l0 "ha">{laughs}]><opml><body><outline text="&l9;"/></body></opml>'
    with pytest.raises(ParseError):
        read_opml(body.encode())
