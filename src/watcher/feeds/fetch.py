"""Fetch one feed over HTTP: politely, within limits, and never into a private network."""

from __future__ import annotations

import asyncio
import hashlib
import zlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import TracebackType
from urllib.parse import urljoin, urlsplit
from urllib.request import getproxies
from weakref import WeakValueDictionary

import aiohttp
from yarl import URL

from watcher.errors import FetchError, HostBusy, RefusedError
from watcher.feeds import answers, failures, proxies
from watcher.feeds.guard import Guard, is_own
from watcher.feeds.hosts import Hosts
from watcher.feeds.limits import Extras as Extras
from watcher.feeds.limits import FetchLimits as FetchLimits
from watcher.feeds.lookup import Resolver
from watcher.model import Document, Feed, FeedState

ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, "
    "application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, */*;q=0.1"
)
_REDIRECTS = {301, 302, 303, 307, 308}
_PERMANENT = {301, 308}
_GAP = 0.2
_ERROR_START = 65_536
"""How much of an error page is read: enough to know a challenge by."""


class HttpFetcher:
    """Fetches documents. An async context manager; one per event loop; safe for concurrent calls."""

    def __init__(self, limits: FetchLimits | None = None) -> None:
        self.limits = limits or FetchLimits()
        self.guard = Guard(self.limits.private_networks)
        gap = self.limits.host_gap
        self.hosts = Hosts(_GAP if gap is None else gap.total_seconds(), self.limits.per_host)
        self._slots = asyncio.Semaphore(self.limits.concurrency)
        self._ailing = asyncio.Semaphore(max(1, self.limits.concurrency // 4))
        self._per_host: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()
        self._session: aiohttp.ClientSession | None = None
        self._proxied: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> HttpFetcher:
        self._session = self._new_session(self.guard)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for session in (self._session, self._proxied):
            if session:
                await session.close()
        self._session = self._proxied = None

    async def fetch(self, feed: Feed, state: FeedState) -> Document | None:
        """The feed's document; None where it is the one that `state` remembers. Raises FetchError.

        'The same' is a 304, or a body with the remembered hash when nothing new about validators came with it.
        Feeds that kept failing share a quarter of the places, so that they can not hold up the healthy ones.
        """
        extras = self.limits.extras.get(feed.url, Extras())
        moved = state.redirect_to if not (extras.headers or extras.cookies or extras.address) else ""
        conditions = {}
        if state.etag:
            conditions["If-None-Match"] = state.etag
        if state.last_modified:
            conditions["If-Modified-Since"] = state.last_modified
        lane = self._ailing if state.failures >= 3 else None
        document = await self.get(
            moved or extras.address or feed.url,
            headers=conditions,
            extras=extras,
            lane=lane,
            line=self.limits.longest_line,
        )
        if document is not None and moved:
            document = replace(document, url=feed.url)
        if document is not None and extras.address:
            document = replace(document, url=feed.url, permanent_url="")
        if document is not None and state.body_hash and body_hash(document.body) == state.body_hash:
            known = (document.etag or state.etag, document.last_modified or state.last_modified, document.permanent_url)
            if known == (state.etag, state.last_modified, ""):
                return None
        return document

    async def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        extras: Extras | None = None,
        lane: asyncio.Semaphore | None = None,
        line: timedelta | None = None,
    ) -> Document | None:
        """Any document by URL, under the same limits; None for 304. Raises FetchError, HostBusy only with a longest `line`."""
        host = self.guard.check_url(url)
        clock = asyncio.get_running_loop().time
        self._heed(url, host, clock())
        if (seconds := self.hosts.join(host, url, clock(), line.total_seconds() if line else None)) > 0:
            raise HostBusy(url, f"{host} has a long line", retry_after=timedelta(seconds=seconds))
        turn = self._per_host.get(host)
        if turn is None:
            turn = self._per_host[host] = asyncio.Semaphore(self.limits.per_host)
        took: float | None = None
        try:
            async with turn, lane or _Open(), self._slots:
                is_exempt = self.limits.host_gap is None and is_own(host)
                if not is_exempt and (delay := self.hosts.book(host, clock())):
                    await asyncio.sleep(delay)
                self._heed(url, host, clock())
                begun = clock()
                try:
                    return await self._within_time(url, dict(headers or {}), extras or Extras())
                finally:
                    took = clock() - begun
        finally:
            self.hosts.leave(host, took)

    def _heed(self, url: str, host: str, now: float) -> None:
        """Nothing is asked of a host before the wait is over that it asked for."""
        if (seconds := self.hosts.asked_to_wait(host, now)) > 0:
            raise RefusedError(url, f"{host} asked us to wait", retry_after=timedelta(seconds=seconds))

    async def post(self, url: str, form: Mapping[str, str]) -> int:
        """Send a form and return the status, under the same limits; redirects are not followed. Raises FetchError."""
        self.guard.check_url(url, from_feed=True)
        seconds = self.limits.timeout.total_seconds()
        proxy = proxies.of(url, "", self.limits.trust_env)
        headers = {"User-Agent": self.limits.agent()}
        try:
            async with (
                asyncio.timeout(seconds),
                self._slots,
                self._session_for(proxy).post(
                    URL(url), data=dict(form), headers=headers, allow_redirects=False, proxy=proxy or None
                ) as answer,
            ):
                await _read(answer, _ERROR_START, url, whole=False)
                return answer.status
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise failures.from_exception(url, error, seconds, proxies.place(proxy)) from error

    def _session_for(self, proxy: str) -> aiohttp.ClientSession:
        if self._session is None:
            raise RuntimeError("HttpFetcher is used outside its `async with`")
        if not proxy:
            return self._session
        self._proxied = self._proxied or self._new_session(self._guard_of_proxies())
        return self._proxied

    async def _within_time(self, url: str, headers: dict[str, str], extras: Extras) -> Document | None:
        seconds = self.limits.timeout.total_seconds()
        try:
            async with asyncio.timeout(seconds):
                try:
                    return await self._follow(url, headers, extras)
                except aiohttp.ClientPayloadError as error:
                    if "decode" not in str(error).lower() and "content-encoding" not in str(error).lower():
                        raise
                    # Some servers name an encoding that they did not use; asked plainly they answer well.
                    return await self._follow(url, headers | {"Accept-Encoding": "identity"}, extras)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            through = proxies.place(proxies.of(url, extras.proxy, self.limits.trust_env))
            raise failures.from_exception(url, error, seconds, through) from error

    async def _follow(self, url: str, headers: dict[str, str], extras: Extras) -> Document | None:
        """Ask, following redirects by hand: each hop is checked, and a move counts as permanent only if every hop is."""
        asked, permanent, cookies = url, True, dict(extras.cookies)
        for _ in range(self.limits.redirects + 1):
            at_home = same_site(asked, url)
            sent = extras if at_home else Extras(proxy=extras.proxy)
            proxy = proxies.of(asked, extras.proxy, self.limits.trust_env)
            if proxy:
                await proxies.check_name(asked, self.guard)
            async with self._request(asked, headers, sent, cookies if at_home else {}, proxy) as answer:
                if answer.status not in _REDIRECTS or "Location" not in answer.headers:
                    moved = asked if permanent and asked != url else ""
                    return await self._document(answer, url, asked, moved, proxies.place(proxy))
                permanent = permanent and answer.status in _PERMANENT
                if at_home:
                    cookies |= {name: morsel.value for name, morsel in answer.cookies.items()}
                target = urljoin(asked, answer.headers["Location"].strip()).partition("#")[0]
                answer.close()
            self.guard.check_url(target, from_feed=True)
            asked = target
        reason = f"more than {self.limits.redirects} redirects: open it in a browser and use the address where it ends"
        raise FetchError(url, reason, permanent=True)

    def _request(
        self, url: str, headers: dict[str, str], extras: Extras, cookies: dict[str, str], proxy: str
    ) -> aiohttp.client._RequestContextManager:
        sent = {"User-Agent": extras.user_agent or self.limits.agent(), "Accept": ACCEPT, **headers, **extras.headers}
        target = URL(url, encoded=True) if url.isascii() and "%" in url else URL(url)
        return self._session_for(proxy).get(
            target, headers=sent, cookies=cookies or None, allow_redirects=False, proxy=proxy or None
        )

    async def _document(
        self, answer: aiohttp.ClientResponse, asked: str, url: str, moved: str, through: str
    ) -> Document | None:
        now, host = datetime.now(UTC), urlsplit(url).hostname or ""
        if answer.status == 304:
            self.hosts.answered(host)
            return None
        if answer.status not in (200, 203, 206, 226):
            start = await _read(answer, _ERROR_START, url, whole=False)
            challenger, wait = answers.challenge(answer.headers, start), answers.retry_after(answer.headers, now)
            error = failures.from_status(url, answer.status, challenger, wait, through)
            self._remember_refusal(host, error)
            raise error
        body = _unzipped(await _read(answer, self.limits.max_bytes, url), self.limits.max_bytes, url)
        self.hosts.answered(host)
        media_type, charset = answers.content_type(answer.headers.get("Content-Type", ""))
        return Document(
            url=asked,
            body=body,
            media_type=media_type,
            charset=charset,
            final_url=url,
            permanent_url=moved,
            etag=answer.headers.get("ETag", "")[:1000],
            last_modified=answer.headers.get("Last-Modified", "")[:100],
            max_age=answers.max_age(answer.headers, now),
            hub=answers.links(answer.headers.getall("Link", []), url).get("hub", ""),
        )

    def _remember_refusal(self, host: str, error: FetchError) -> None:
        """A 429 speaks for the whole host: no feed of it is asked before the wait is over."""
        if error.status == 429:
            wait = error.retry_after or timedelta(seconds=min(60 * 2 ** self.hosts.refusals(host), 3600))
            error.retry_after = wait
            self.hosts.refused(host, asyncio.get_running_loop().time(), wait.total_seconds())

    def _guard_of_proxies(self) -> Guard:
        own = [extras.proxy for extras in self.limits.extras.values() if extras.proxy]
        return self.guard.with_proxies([*own, *(getproxies().values() if self.limits.trust_env else ())])

    def _new_session(self, guard: Guard) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            limit=self.limits.concurrency * 2,
            ttl_dns_cache=300,
            resolver=Resolver(),
            keepalive_timeout=10,
            socket_factory=guard.socket,
        )
        return aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
            max_line_size=8190,
            max_field_size=8190,
            max_headers=128,
        )


class _Open:
    """A lane without a gate."""

    async def __aenter__(self) -> None: ...

    async def __aexit__(self, *_: object) -> None: ...


def body_hash(body: bytes) -> str:
    """What `FeedState.body_hash` remembers of a body."""
    return hashlib.blake2b(body, digest_size=16).hexdigest()


def same_site(url: str, home: str) -> bool:
    """Whether credentials for `home` may go to `url`: the same host and port, never from https down to http."""
    if url == home:
        return True
    a, b = urlsplit(url), urlsplit(home)
    if a.hostname != b.hostname or (b.scheme == "https" and a.scheme != "https"):
        return False
    return a.port == b.port or (a.port is None and b.port is None)


async def _read(answer: aiohttp.ClientResponse, limit: int, url: str, *, whole: bool = True) -> bytes:
    """The body up to `limit` bytes after decompression. If `whole`, a larger one raises; else the rest is left."""
    parts: list[bytes] = []
    size = 0
    async for part in answer.content.iter_any():
        parts.append(part)
        size += len(part)
        if size > limit:
            answer.close()
            if whole:
                raise FetchError(url, f"larger than {limit / 1e6:g} MB (polling.max_bytes)", status=answer.status)
            break
    return b"".join(parts)[:limit]


def _unzipped(body: bytes, limit: int, url: str) -> bytes:
    """A body that is itself a gzip file (feed.xml.gz, or a server that forgot to say so), unpacked; others as they are."""
    if not body.startswith(b"\x1f\x8b"):
        return body
    stream = zlib.decompressobj(wbits=31)
    try:
        plain = stream.decompress(body, limit + 1)
    except zlib.error:
        return body
    if len(plain) > limit:
        raise FetchError(url, f"larger than {limit / 1e6:g} MB when unpacked (polling.max_bytes)", status=200)
    return plain
