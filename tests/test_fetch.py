"""Fetching over real HTTP on loopback: what is asked, what comes back, and what is refused."""

from __future__ import annotations

import asyncio
import gzip
import socket
import threading
import time
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from farm import Answer, Farm, Request, bomb, rss
from watcher.errors import FetchError, ForbiddenAddress, RefusedError
from watcher.feeds.fetch import Extras, FetchLimits, HttpFetcher, body_hash
from watcher.model import Document, Feed, FeedState

LOOPBACK = FetchLimits(private_networks=("127.0.0.0/8",), timeout=timedelta(seconds=2), contact="https://desk.example")


def fetch(url: str, limits: FetchLimits = LOOPBACK, times: int = 1, **state: Any) -> Document | None:
    async def run() -> Document | None:
        document = None
        async with HttpFetcher(limits) as fetcher:
            for _ in range(times):
                document = await fetcher.fetch(Feed(url), FeedState(url, **state))
        return document

    return asyncio.run(run())


def fails(url: str, limits: FetchLimits = LOOPBACK, **state: Any) -> FetchError:
    with pytest.raises(FetchError) as caught:
        fetch(url, limits, **state)
    return caught.value


def test_a_document_comes_with_its_validators_and_type(farm: Farm) -> None:
    farm["/a"] = Answer(
        rss("One"), etag='W/"1"', modified="Fri, 20 Nov 2026 12:00:00 GMT", headers={"Cache-Control": "max-age=600"}
    )
    document = fetch(farm.url("/a"))
    assert document is not None
    assert document.body == rss("One")
    assert (document.etag, document.last_modified) == ('W/"1"', "Fri, 20 Nov 2026 12:00:00 GMT")
    assert (document.media_type, document.charset) == ("application/rss+xml", "utf-8")
    assert document.max_age == timedelta(minutes=10)


def test_we_say_who_we_are_and_what_we_read(farm: Farm) -> None:
    farm["/a"] = Answer(rss("One"))
    fetch(farm.url("/a"))
    headers = farm.requests("/a")[0].headers
    assert headers["user-agent"].startswith("Watcher/")
    assert "+https://desk.example" in headers["user-agent"]
    assert "application/atom+xml" in headers["accept"]
    assert {"gzip", "deflate", "br", "zstd"} <= {part.strip() for part in headers["accept-encoding"].split(",")}


def test_validators_go_back_as_they_came(farm: Farm) -> None:
    farm["/a"] = Answer(rss("One"), etag='W/"x-gzip"', modified="Fri, 20 Nov 2026 12:00:00 GMT")
    assert fetch(farm.url("/a"), etag='W/"x-gzip"', last_modified="Fri, 20 Nov 2026 12:00:00 GMT") is None
    headers = farm.requests("/a")[0].headers
    assert headers["if-none-match"] == 'W/"x-gzip"'
    assert headers["if-modified-since"] == "Fri, 20 Nov 2026 12:00:00 GMT"


def test_the_same_bytes_without_validators_are_not_modified(farm: Farm) -> None:
    farm["/a"] = Answer(rss("One"))
    assert fetch(farm.url("/a"), body_hash=body_hash(rss("One"))) is None
    assert fetch(farm.url("/a"), body_hash=body_hash(rss("Two"))) is not None


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
def test_every_content_coding_is_read(farm: Farm, encoding: str) -> None:
    farm["/a"] = Answer(rss("One"), encoding=encoding)
    document = fetch(farm.url("/a"))
    assert document is not None and document.body == rss("One")


def test_a_gzip_file_is_unpacked(farm: Farm) -> None:
    farm["/feed.xml.gz"] = Answer(gzip.compress(rss("One")), media_type="application/gzip")
    document = fetch(farm.url("/feed.xml.gz"))
    assert document is not None and document.body == rss("One")


def test_a_server_that_names_a_coding_it_did_not_use_is_asked_plainly(farm: Farm) -> None:
    def script(request: Request) -> Answer:
        lies = "identity" not in request.headers["accept-encoding"]
        return Answer(rss("One"), headers={"Content-Encoding": "gzip"} if lies else {})

    farm["/a"] = script
    document = fetch(farm.url("/a"))
    assert document is not None and document.body == rss("One")


def test_a_move_is_permanent_only_if_every_step_is(farm: Farm) -> None:
    farm["/a"] = Answer(status=301, headers={"Location": "/b"})
    farm["/b"] = Answer(status=308, headers={"Location": "/c"})
    farm["/c"] = Answer(rss("One"))
    document = fetch(farm.url("/a"))
    assert document is not None
    assert (document.url, document.permanent_url) == (farm.url("/a"), farm.url("/c"))
    farm["/b"] = Answer(status=302, headers={"Location": "/c"})
    document = fetch(farm.url("/a"))
    assert document is not None
    assert (document.final_url, document.permanent_url) == (farm.url("/c"), "")


def test_a_believed_move_is_asked_at_its_new_place(farm: Farm) -> None:
    farm["/new"] = Answer(rss("One"))
    document = fetch(farm.url("/old"), redirect_to=farm.url("/new"))
    assert document is not None and document.url == farm.url("/old")
    assert farm.requests("/old") == []


def test_redirects_end(farm: Farm) -> None:
    farm["/a"] = Answer(status=302, headers={"Location": "/a"})
    assert "more than 5 redirects" in fails(farm.url("/a")).reason
    assert len(farm.requests("/a")) == 6


def test_credentials_stay_with_their_host(farm: Farm) -> None:
    url = farm.url("/a")
    farm["/a"] = Answer(
        status=302, headers={"Location": farm.url("/b", host="127.0.0.2").replace("127.0.0.2", "localhost")}
    )
    farm["/b"] = Answer(rss("One"))
    extras = Extras(headers={"Authorization": "Bearer canary"}, cookies={"session": "canary"})
    limits = replace(LOOPBACK, private_networks="allow", extras={url: extras})
    assert fetch(url, limits) is not None
    assert farm.requests("/a")[0].headers["authorization"] == "Bearer canary"
    assert "canary" in farm.requests("/a")[0].headers["cookie"]
    assert "canary" not in str(farm.requests("/b")[0].headers)


def test_a_cookie_set_on_the_way_is_carried_to_the_same_host(farm: Farm) -> None:
    farm["/a"] = lambda request: (
        Answer(rss("One"))
        if "seen=1" in request.headers.get("cookie", "")
        else Answer(status=302, headers={"Location": "/a", "Set-Cookie": "seen=1; Path=/"})
    )
    assert fetch(farm.url("/a")) is not None


@pytest.mark.parametrize(
    ("answer", "error", "reason", "permanent"),
    [
        (Answer(status=404), FetchError, "does not exist there (404)", True),
        (Answer(status=410), FetchError, "gone for good (410)", True),
        (Answer(status=401), FetchError, "needs a log-in (401)", True),
        (Answer(status=403), RefusedError, "refuses us (403)", False),
        (Answer(status=429), RefusedError, "slow down (429)", False),
        (Answer(status=500), FetchError, "has a fault (500)", False),
        (Answer(status=403, headers={"cf-mitigated": "challenge"}), RefusedError, "Cloudflare asks for a proof", False),
        (Answer(b"<title>Just a moment...</title>", status=503), RefusedError, "a bot check asks for a proof", False),
        (Answer(reset=True), FetchError, "closed the connection without an answer", False),
        (Answer(rss("One"), cut=True), FetchError, "broke off before its end", False),
        (Answer(raw=b"HTTP/1.1 200 OK\r\nX: " + b"y" * 20_000 + b"\r\n\r\n"), FetchError, "not valid HTTP", False),
        (Answer(raw=b"hello\r\n\r\n"), FetchError, "not valid HTTP", False),
        (Answer(bytes(6_000_000)), FetchError, "larger than 5 MB", False),
        (Answer(bomb(), headers={"Content-Encoding": "gzip"}), FetchError, "larger than 5 MB", False),
        (Answer(bomb()), FetchError, "larger than 5 MB", False),
        (Answer(status=302, headers={"Location": "file:///etc/passwd"}), ForbiddenAddress, "scheme 'file'", True),
        (Answer(status=302, headers={"Location": "http://a:b@127.0.0.1/"}), ForbiddenAddress, "user name", True),
    ],
)  # fmt: skip
def test_what_goes_wrong_gives_one_clear_reason(
    farm: Farm, answer: Answer, error: type[FetchError], reason: str, permanent: bool
) -> None:
    farm["/a"] = answer
    raised = fails(farm.url("/a"), replace(LOOPBACK, max_bytes=5_000_000))
    assert type(raised) is error
    assert reason in raised.reason
    assert raised.permanent is permanent


@pytest.mark.parametrize(
    "answer", [Answer(hang=True), Answer(rss("One"), stall=True), Answer(rss("One"), drip=0.05), Answer(rss("One"), head_drip=0.05)]
)  # fmt: skip
def test_a_fetch_has_one_deadline_however_the_time_is_spent(farm: Farm, answer: Answer) -> None:
    farm["/a"] = answer
    start = time.monotonic()
    error = fails(farm.url("/a"), replace(LOOPBACK, timeout=timedelta(seconds=0.5)))
    assert "within 0.5 s" in error.reason
    assert time.monotonic() - start < 2.0


def test_feeds_that_keep_failing_leave_places_for_the_others() -> None:
    hosts = [f"127.0.0.{i}" for i in range(1, 12)]

    async def run(farm: Farm) -> float:
        async with HttpFetcher(replace(LOOPBACK, concurrency=8)) as fetcher:
            slow = [
                asyncio.create_task(fetcher.fetch(Feed(farm.url("/slow", host)), FeedState("", failures=3)))
                for host in hosts[1:]
            ]
            await asyncio.sleep(0.1)
            start = time.monotonic()
            await fetcher.fetch(Feed(farm.url("/good")), FeedState(""))
            took = time.monotonic() - start
            for task in slow:
                task.cancel()
            await asyncio.gather(*slow, return_exceptions=True)
            return took

    with Farm(*hosts) as farm:
        farm["/slow"] = Answer(hang=True)
        farm["/good"] = Answer(rss("One"))
        assert asyncio.run(run(farm)) < 1.5


def test_a_host_gets_no_more_requests_at_once_than_allowed(farm: Farm) -> None:
    open_now, most = 0, 0

    async def run() -> None:
        nonlocal open_now, most
        async with HttpFetcher(replace(LOOPBACK, timeout=timedelta(seconds=30))) as fetcher:
            follow = fetcher._follow

            async def counted(*args: Any) -> Document | None:
                nonlocal open_now, most
                open_now += 1
                most = max(most, open_now)
                try:
                    return await follow(*args)
                finally:
                    open_now -= 1

            fetcher._follow = counted  # type: ignore[method-assign,assignment]  # the door that every request passes
            await asyncio.gather(*(fetcher.fetch(Feed(farm.url(f"/{i}")), FeedState("")) for i in range(20)))

    for i in range(20):
        farm[f"/{i}"] = Answer(rss(str(i)), drip=0.0001)
    asyncio.run(run())
    assert most == 2


def test_requests_to_a_host_keep_their_gap(farm: Farm) -> None:
    farm["/a"] = Answer(rss("One"))
    fetch(farm.url("/a"), replace(LOOPBACK, host_gap=timedelta(seconds=0.2)), times=3)
    times = [request.at for request in farm.requests("/a")]
    assert min(b - a for a, b in pairwise(times)) >= 0.1


@pytest.mark.parametrize(("header", "seconds"), [("7", 7), ("99999999999", 6 * 3600), ("-5", None), ("soon", None)])
def test_retry_after_is_read_and_clamped(farm: Farm, header: str, seconds: float | None) -> None:
    farm["/a"] = Answer(status=503, headers={"Retry-After": header})
    wait = fails(farm.url("/a")).retry_after
    assert wait == (None if seconds is None else timedelta(seconds=seconds))


def test_a_429_keeps_all_feeds_of_its_host_away(farm: Farm) -> None:
    farm["/a"] = Answer(status=429, headers={"Retry-After": "60"})
    farm["/b"] = Answer(rss("One"))

    async def run() -> list[BaseException | Document | None]:
        async with HttpFetcher(LOOPBACK) as fetcher:
            return [
                (await asyncio.gather(fetcher.fetch(Feed(farm.url(path)), FeedState("")), return_exceptions=True))[0]
                for path in ("/a", "/b")
            ]

    first, second = asyncio.run(run())
    assert isinstance(first, RefusedError) and isinstance(second, RefusedError)
    assert second.retry_after is not None and timedelta(seconds=55) < second.retry_after <= timedelta(seconds=60)
    assert farm.requests("/b") == []


def test_nobody_there_is_not_permanent() -> None:
    error = fails("http://127.0.0.1:9/")
    assert "can not be reached" in error.reason
    assert not error.permanent
    assert "can not be resolved" in fails("http://no-such-host.invalid/").reason


def test_names_that_are_slow_to_look_up_hold_up_no_other(farm: Farm, monkeypatch: pytest.MonkeyPatch) -> None:
    really, asked = socket.getaddrinfo, threading.Event()

    def slow(host: Any, *args: Any, **named: Any) -> Any:
        if str(host).endswith(".slow.example"):
            asked.wait(10)
            raise socket.gaierror(socket.EAI_AGAIN, "try again")
        return really(host, *args, **named)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    farm["/a"] = rss("a")

    async def run() -> None:
        async with HttpFetcher(replace(LOOPBACK, timeout=timedelta(seconds=30))) as fetcher:
            hanging = [
                asyncio.create_task(fetcher.fetch(Feed(f"http://{i}.slow.example/"), FeedState(""))) for i in range(30)
            ]
            await asyncio.sleep(0)
            begun = time.monotonic()
            assert await fetcher.fetch(Feed(farm.url("/a", "localhost")), FeedState("")) is not None
            assert time.monotonic() - begun < 5
            assert not any(task.done() for task in hanging)
            asked.set()
            outcomes = await asyncio.gather(*hanging, return_exceptions=True)
            assert all("can not be resolved" in str(outcome) for outcome in outcomes)

    asyncio.run(run())
