"""No request leaves for a private address, however it is spelt and wherever it comes from."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from farm import Answer, Farm, rss
from watcher.errors import FetchError, ForbiddenAddress
from watcher.feeds.fetch import FetchLimits, HttpFetcher
from watcher.feeds.guard import Guard, is_own
from watcher.model import Document, Feed, FeedState


@pytest.fixture
def canary() -> Iterator[Farm]:
    with Farm() as farm:
        farm["/"] = Answer(rss("Canary"))
        yield farm


def fetch(url: str, private: str | tuple[str, ...]) -> Document | None:
    async def run() -> Document | None:
        async with HttpFetcher(FetchLimits(private_networks=private)) as fetcher:
            return await fetcher.fetch(Feed(url), FeedState(url))

    return asyncio.run(run())


SPELLINGS = [
    "127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "017700000001", "127.000.000.001",
    "localhost", "LOCALHOST", "localhost.", "0", "0.0.0.0", "①②⑦.⓪.⓪.①", "127。0。0。1", "%31%32%37.0.0.1", "[::1]", "[::]",
    "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:127.0.0.1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]", "127.0.0.2", "127.255.255.254",
]  # fmt: skip


@pytest.mark.parametrize("host", SPELLINGS)
def test_loopback_is_not_reached_in_any_spelling(canary: Farm, host: str) -> None:
    with pytest.raises(FetchError):
        fetch(f"http://{host}:{canary.port}/", "deny")
    assert canary.log == []


@pytest.mark.parametrize("host", SPELLINGS)
def test_a_redirect_reaches_it_no_more_than_a_feed(canary: Farm, host: str) -> None:
    canary["/away"] = Answer(status=302, headers={"Location": f"http://{host}:{canary.port}/"})
    limits = FetchLimits(private_networks=("127.0.0.1/32",))

    async def run() -> None:
        async with HttpFetcher(limits) as fetcher:
            fetcher.guard.allowed = ()  # closed once the first hop is connected
            guarded = fetcher.guard.permits
            fetcher.guard.permits = lambda address: guarded(address) or not canary.log  # type: ignore[method-assign]
            await fetcher.fetch(Feed(canary.url("/away")), FeedState(""))

    with pytest.raises(FetchError):
        asyncio.run(run())
    assert canary.requests("/") == []


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd", "ftp://example.org/", "gopher://127.0.0.1/", "data:text/xml,<rss/>", "//127.0.0.1/", "",
        "http:///feed", "http://127.0.0.1:6666\\@example.com/", "http://exa mple.com/", "http://example.com/\r\nX: y",
        "http://example.com:99999/", "http://[::1", "javascript:alert(1)",
    ],
)  # fmt: skip
def test_what_is_no_web_address_is_refused_unasked(url: str) -> None:
    with pytest.raises(ForbiddenAddress):
        fetch(url, "allow")


def test_the_reason_names_the_setting_that_allows_it(canary: Farm) -> None:
    with pytest.raises(ForbiddenAddress) as caught:
        fetch(canary.url("/", host="localhost"), "deny")
    assert caught.value.reason == "localhost is not a public address (polling.private_networks can allow it)"
    assert caught.value.permanent


def test_what_is_allowed_is_reached(canary: Farm) -> None:
    assert fetch(canary.url("/"), "allow") is not None
    assert fetch(canary.url("/"), ("127.0.0.0/8",)) is not None


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "100.100.100.200", "192.0.0.192", "192.0.2.1",
        "198.18.0.1", "203.0.113.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "fe80::1%eth0", "fc00::1", "fd12::1", "ff02::1",
        "::ffff:10.0.0.1", "2002:a00:1::", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2001:db8::1", "fec0::1", "nonsense", "",
    ],
)  # fmt: skip
def test_addresses_that_are_not_public(address: str) -> None:
    assert not Guard().permits(address)


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "2606:2800:220:1::1", "::ffff:93.184.216.34", "64:ff9b::5db8:d822"]
)
def test_addresses_that_are_public(address: str) -> None:
    assert Guard().permits(address)


def test_a_list_allows_what_it_names_and_no_more() -> None:
    guard = Guard(["10.1.0.0/16", "fd00::/8"])
    assert guard.permits("10.1.2.3") and guard.permits("fd00::1") and guard.permits("::ffff:10.1.2.3")
    assert not guard.permits("10.2.0.1") and not guard.permits("127.0.0.1")


@pytest.mark.parametrize(
    ("host", "own"),
    [
        ("localhost", True),
        ("127.1.2.3", True),
        ("10.0.0.1", True),
        ("::1", True),
        ("8.8.8.8", False),
        ("news.example", False),
    ],
)
def test_whose_a_host_is(host: str, own: bool) -> None:
    assert is_own(host) is own
