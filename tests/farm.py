"""A farm of feeds on loopback, for tests and benchmarks: each path plays a script of answers, good and bad.

    with Farm() as farm:
        farm["/a.xml"] = [Answer(rss("One")), Answer(status=304), Answer(rss("One", "Two")), Answer(hang=True)]
        ... fetch farm.url("/a.xml") ...
        assert farm.requests("/a.xml")[0].headers["user-agent"]

Every request takes the next answer; the last one stays. It runs in a thread of its own, on raw sockets, because
much of what feeds do wrong no HTTP framework would send.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import html
import threading
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from importlib import import_module
from types import TracebackType


@dataclass(frozen=True)
class Answer:
    """One answer. Without `status=304` of its own, an answer with `etag` or `modified` answers 304 to a request that knows it."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    etag: str = ""
    modified: str = ""
    media_type: str = "application/rss+xml; charset=utf-8"
    encoding: str = ""
    """gzip, deflate, br or zstd."""
    drip: float = 0.0
    """Seconds between single bytes of the body."""
    head_drip: float = 0.0
    """Seconds between single bytes of the head."""
    hang: bool = False
    """Read the request and never answer."""
    stall: bool = False
    """Send the head and half of the body, then nothing more."""
    cut: bool = False
    """Announce the whole body, send half of it and close."""
    reset: bool = False
    """Close without a word."""
    raw: bytes = b""
    """Send exactly these bytes and close."""
    ignores_conditions: bool = False


@dataclass(frozen=True)
class Request:
    """A request that reached the farm. Header names in lower case."""

    path: str
    headers: dict[str, str]
    at: float
    method: str = "GET"
    body: bytes = b""


Script = Sequence[Answer] | Callable[[Request], Answer]


class Farm:
    """A web server that plays scripts, by path. A context manager; usable from any thread."""

    def __init__(self, *hosts: str, port: int = 0) -> None:
        self.hosts = hosts or ("127.0.0.1",)
        self.port = port
        self.log: list[Request] = []
        self._scripts: dict[str, Script] = {}
        self._played: dict[str, int] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._servers: list[asyncio.Server] = []
        self._tasks: set[asyncio.Task[None]] = set()

    def __enter__(self) -> Farm:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._open(), self._loop).result(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def __setitem__(self, path: str, script: Script | Answer | bytes) -> None:
        """Let a path play a script from its start; the path `*` is for all others."""
        if isinstance(script, bytes):
            script = Answer(script)
        self._scripts[path] = [script] if isinstance(script, Answer) else script
        self._played[path] = 0

    def url(self, path: str, host: str = "") -> str:
        """The address of a path, on any name or address that leads here."""
        return f"http://{host or self.hosts[0]}:{self.port}{path}"

    def requests(self, path: str) -> list[Request]:
        """The requests for a path so far, in order."""
        return [request for request in self.log if request.path == path]

    def answer(self, request: Request) -> Answer:
        """What a request gets."""
        script = self._scripts.get(request.path, self._scripts.get("*"))
        if script is None:
            return Answer(b"<html><title>Not found</title></html>", status=404, media_type="text/html")
        if callable(script):
            answer = script(request)
        else:
            turn = self._played.get(request.path, 0)
            self._played[request.path] = turn + 1
            answer = script[min(turn, len(script) - 1)]
        asked = request.headers
        if answer.ignores_conditions or answer.status != 200:
            return answer
        if (answer.etag and asked.get("if-none-match") == answer.etag) or (
            answer.modified and not answer.etag and asked.get("if-modified-since") == answer.modified
        ):
            return Answer(status=304, headers=answer.headers, etag=answer.etag, modified=answer.modified)
        return answer

    async def _open(self) -> None:
        for host in self.hosts:
            server = await asyncio.start_server(self._serve, host, self.port, backlog=4096)
            self.port = server.sockets[0].getsockname()[1]
            self._servers.append(server)

    async def _close(self) -> None:
        for server in self._servers:
            server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            while await self._one(reader, writer):
                pass
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.CancelledError):
            pass  # the client went away, or the farm closes
        finally:
            self._tasks.discard(task)
            writer.close()
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await writer.wait_closed()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, path, _ = head[0].split(" ", 2)
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        request = Request(path, headers, time.monotonic(), method, body)
        self.log.append(request)
        return await send(writer, self.answer(request))


async def send(writer: asyncio.StreamWriter, answer: Answer) -> bool:
    """Send an answer as it wants to be sent; whether the connection goes on."""
    if answer.hang:
        await asyncio.sleep(3600)
    if answer.reset or answer.raw:
        writer.write(answer.raw)
        await writer.drain()
        return False
    body = encoded(answer.body, answer.encoding)
    head = {"Content-Type": answer.media_type, "Content-Length": str(len(body))}
    if answer.status == 304:
        head, body = {}, b""
    if answer.encoding:
        head["Content-Encoding"] = answer.encoding
    if answer.etag:
        head["ETag"] = answer.etag
    if answer.modified:
        head["Last-Modified"] = answer.modified
    lines = [f"HTTP/1.1 {answer.status} OK", *(f"{name}: {value}" for name, value in (head | answer.headers).items())]
    start = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
    await _dripping(writer, start, answer.head_drip)
    if answer.cut or answer.stall:
        writer.write(body[: len(body) // 2])
        await writer.drain()
        if answer.stall:
            await asyncio.sleep(3600)
        return False
    await _dripping(writer, body, answer.drip)
    return True


async def _dripping(writer: asyncio.StreamWriter, data: bytes, seconds: float) -> None:
    if not seconds:
        writer.write(data)
        await writer.drain()
        return
    for i in range(len(data)):
        writer.write(data[i : i + 1])
        await writer.drain()
        await asyncio.sleep(seconds)


def encoded(body: bytes, encoding: str) -> bytes:
    """The body in a content coding."""
    match encoding:
        case "gzip":
            return gzip.compress(body)
        case "deflate":
            return zlib.compress(body)
        case "br":
            return bytes(import_module("brotli").compress(body))
        case "zstd":
            return bytes(import_module("backports.zstd").compress(body))
        case _:
            return body


MIDNIGHT = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
"""When documents are published that do not say: a fixed day grows too old to alert on."""


def rss(*titles: str, link: str = "https://news.example/", published: datetime | None = None, head: str = "") -> bytes:
    """A small RSS document with these titles, newest first, a minute apart from `published` (the last midnight) back."""
    newest = published or MIDNIGHT
    items = "".join(
        f"<item><title>{html.escape(title)}</title><link>{link}{zlib.crc32(title.encode())}</link>"
        f"<guid isPermaLink='false'>{html.escape(title)}</guid>"
        f"<pubDate>{format_datetime(newest - timedelta(minutes=i))}</pubDate>"
        f"<description>About {html.escape(title)}</description></item>"
        for i, title in enumerate(titles)
    )
    return (
        f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>Farm</title>'
        f"<link>{link}</link>{head}{items}</channel></rss>"
    ).encode()


def bomb(size: int = 50_000_000) -> bytes:
    """Few compressed bytes that unpack to `size` zeros."""
    return gzip.compress(bytes(size))
