"""Feeds that are asked through a proxy, of their own or of the environment. The farm plays the proxy."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from farm import Answer, Farm, rss
from watcher.errors import FetchError, ForbiddenAddress
from watcher.feeds.fetch import Extras, FetchLimits, HttpFetcher
from watcher.model import Document, Feed, FeedState
from watcher.polling import is_unreachable

URL = "http://news.example/rss"


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def proxy(farm: Farm) -> Iterator[str]:
    farm[URL] = Answer(rss("Through the proxy"))
    yield f"http://name:s3cret@127.0.0.1:{farm.port}"


def fetch(url: str, **limits: object) -> Document | None:
    async def run() -> Document | None:
        async with HttpFetcher(FetchLimits(**limits)) as fetcher:  # type: ignore[arg-type]  # each test gives what it needs
            return await fetcher.fetch(Feed(url), FeedState(url))

    return asyncio.run(run())


def fails(url: str, proxy: str) -> FetchError:
    with pytest.raises(FetchError) as caught:
        fetch(url, extras={url: Extras(proxy=proxy)})
    assert "s3cret" not in str(caught.value)
    return caught.value


def test_a_proxy_of_our_own_may_be_private_and_only_it(farm: Farm) -> None:
    farm[URL] = Answer(rss("Through the proxy"))
    limits = FetchLimits(extras={URL: Extras(proxy=farm.url("").rstrip("/"))})

    async def run() -> tuple[Document | None, BaseException | Document | None]:
        async with HttpFetcher(limits) as fetcher:
            through = await fetcher.fetch(Feed(URL), FeedState(URL))
            direct = await asyncio.gather(fetcher.get(farm.url("/")), return_exceptions=True)
            return through, direct[0]

    through, direct = asyncio.run(run())
    assert through is not None and b"Through the proxy" in through.body
    assert isinstance(direct, ForbiddenAddress)
    assert farm.requests("/") == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0x7f.1", "2130706433", "[::ffff:127.0.0.1]"])
def test_no_private_address_that_we_know_is_asked_for_through_a_proxy(farm: Farm, proxy: str, host: str) -> None:
    farm["*"] = Answer(rss("From inside"))
    assert isinstance(fails(f"http://{host}:{farm.port}/secret", proxy), ForbiddenAddress)
    farm[URL] = Answer(status=302, headers={"Location": f"http://{host}/secret"})
    assert isinstance(fails(URL, proxy), ForbiddenAddress)
    assert [request.path for request in farm.log] == [URL]


def test_a_feed_that_redirects_to_another_host_stays_behind_its_proxy(farm: Farm, proxy: str) -> None:
    farm[URL] = Answer(status=302, headers={"Location": "http://other.example/feed"})
    farm["http://other.example/feed"] = Answer(rss("Elsewhere"))
    document = fetch(URL, extras={URL: Extras(proxy=proxy, headers={"X-Token": "canary"})})
    assert document is not None and b"Elsewhere" in document.body
    assert ["x-token" in request.headers for request in farm.log] == [True, False]


def test_a_proxy_that_is_down_is_named(proxy: str) -> None:
    error = fails(URL, "http://name:s3cret@127.0.0.1:9")
    assert error.reason.startswith("the proxy 127.0.0.1:9 can not be reached")
    assert is_unreachable(error)


@pytest.mark.parametrize(
    ("url", "status", "reason", "unreachable"),
    [
        (URL, 407, "the proxy {} needs a log-in (407): write it as http://name:password@{}", False),
        (
            URL,
            502,
            "the server has a fault (502): the publisher must mend it; it was asked through the proxy {}, ",
            False,
        ),
        ("https://news.example/rss", 407, "the proxy {} needs a log-in (407): write it as ", False),
        ("https://news.example/rss", 403, "the proxy {} does not connect to news.example: 403 ", False),
        ("https://news.example/rss", 503, "the proxy {} does not connect to news.example: 503 ", True),
    ],
)
def test_what_the_proxy_says_is_not_held_against_the_publisher_alone(
    farm: Farm, proxy: str, url: str, status: int, reason: str, unreachable: bool
) -> None:
    farm[URL] = farm["news.example:443"] = Answer(b"no", status=status)
    error = fails(url, proxy)
    assert error.reason.startswith(reason.replace("{}", f"127.0.0.1:{farm.port}"))
    assert is_unreachable(error) is unreachable


def test_the_proxy_of_the_environment_is_used_where_wanted_and_not_for_excepted_hosts(
    farm: Farm, monkeypatch: pytest.MonkeyPatch
) -> None:
    farm[URL] = Answer(rss("Through the proxy"))
    farm["/direct"] = Answer(rss("Direct"))
    monkeypatch.setenv("http_proxy", f"127.0.0.1:{farm.port}")
    document = fetch(URL, trust_env=True)
    assert document is not None and b"Through the proxy" in document.body
    direct = farm.url("/direct", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with pytest.raises(ForbiddenAddress):  # that the proxy lives there makes it no address for feeds
        fetch(direct, trust_env=True)
    assert fetch(direct, trust_env=True, private_networks="allow") is not None
    assert [request.path for request in farm.log] == [URL, "/direct"]
