"""The parser pool against bombs, crashes and hangs: they cost their own document, and nobody else's time."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Coroutine
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from farm import rss
from watcher.errors import ParseError
from watcher.feeds.parsed import ParsedFeed
from watcher.feeds.worker import ParseLimits, ParserPool, parsing
from watcher.model import Document

LIMITS = ParseLimits(cpu=timedelta(seconds=1))


@pytest.fixture(autouse=True)
def _this_module_is_found_by_children(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))


def document(body: bytes, url: str = "https://news.example/rss") -> Document:
    return Document(url, body, final_url=url)


def item(inside: bytes) -> bytes:
    return b"<rss version='2.0'><channel><item><title>x</title>" + inside + b"</item></channel></rss>"


def run(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(work)


# What `then` may be: functions by name, run in the child.
def titles(parsed: ParsedFeed) -> tuple[str, ...]:
    return tuple(entry.title for entry in parsed.entries)


def hang(parsed: ParsedFeed) -> None:
    time.sleep(60)


def die(parsed: ParsedFeed) -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def die_by(number: int, parsed: ParsedFeed) -> None:
    os.kill(os.getpid(), number)


def die_if(path: str, parsed: ParsedFeed) -> ParsedFeed:
    """Die at the first time only: `path` remembers."""
    if parsed.entries[0].title == "Second" and Path(path).exists():
        Path(path).unlink()
        os.kill(os.getpid(), signal.SIGSEGV)
    return parsed


def survive(parsed: ParsedFeed) -> str:
    os.kill(os.getpid(), signal.SIGTERM)
    os.kill(os.getpid(), signal.SIGINT)
    return "alive"


def complain(parsed: ParsedFeed) -> None:
    raise RuntimeError("what the child says")


def smuggle(parsed: ParsedFeed) -> object:
    return partial(os.system, "true")


def write_a_file(parsed: ParsedFeed) -> None:
    Path("/tmp/watcher-canary").write_text("x" * 10)


def seen_secrets(parsed: ParsedFeed) -> str:
    return " ".join(f"{name}={value}" for name, value in os.environ.items())


def test_documents_are_parsed_and_processes_reused() -> None:
    async def work() -> tuple[ParsedFeed, int]:
        async with ParserPool(LIMITS) as pool:
            for _ in range(5):
                parsed = await pool.parse(document(rss("One", "Two")))
            return parsed, pool.processes

    parsed, processes = run(work())
    assert [entry.title for entry in parsed.entries] == ["One", "Two"]
    assert processes == 1


def test_a_document_with_nothing_new_needs_no_process() -> None:
    async def work() -> tuple[ParsedFeed, int]:
        async with ParserPool(LIMITS) as first:
            known = (await first.parse(document(rss("One", "Two")))).blocks
        async with ParserPool(LIMITS) as pool:
            return await pool.parse(
                document(rss("One", "Two", head="<lastBuildDate>now</lastBuildDate>")), known
            ), pool.processes

    parsed, processes = run(work())
    assert (parsed.entries, parsed.total, processes) == ((), 2, 0)


def test_more_can_be_done_in_the_child() -> None:
    async def work() -> Any:
        async with ParserPool(LIMITS) as pool:
            return await pool.parse(document(rss("One")), then=titles)

    assert run(work()) == ("One",)


DEEP = b"<a>" * 300_000
BOMBS = {
    "comments": item(b"<description>" + b"<!--" * 200_000 + b"</description>"),
    "depth": item(b"<description>" + DEEP),
    "deep xml": item(DEEP + b"</a>" * 300_000),
    "attributes": item(b"<a " + b" ".join(b"x%d='1'" % i for i in range(200_000)) + b"/>"),
    "entities": b"<!DOCTYPE r [<!ENTITY a '" + b"x" * 50_000 + b"'>]><rss><channel><item><title>" + b"&a;" * 50_000
    + b"</title></item></channel></rss>",
    "authors": item(b"<author>" + b"a." * 300_000 + b"@x</author>"),
    "items": b"<rss><channel>" + b"<item><title>x</title></item>" * 100_000,
    "brackets": item(b"<description>" + b"<" * 2_000_000 + b"</description>"),
    "ampersands": item(b"<description>" + b"&" * 2_000_000 + b"</description>"),
    "cdata": item(b"<description>" + b"<![CDATA[" * 300_000 + b"</description>"),
    "spaces": item(b"<title" + b" " * 2_000_000 + b">"),
    "doctype": b"<!DOCTYPE " + b"[" * 1_000_000,
    "processing": b"<?" * 1_000_000,
    "date": item(b"<pubDate>" + b"1" * 1_000_000 + b"</pubDate>"),
    "json": b"[" * 5_000_000,
    "json numbers": b'{"version":"https://jsonfeed.org/version/1","items":[' + b"1" * 3_000_000 + b"]}",
    "sitemap": b"<urlset>" + b"<url><news:" * 300_000,
    "page": b"<html><a " * 200_000,
    "undeclared": item(b"<title>" + bytes(range(128, 256)) * 20_000 + b"</title>"),
}  # fmt: skip


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_costs_little_and_delays_no_other(name: str) -> None:
    async def work() -> tuple[float, float]:
        async with ParserPool(LIMITS) as pool:
            await asyncio.gather(*(pool.parse(document(rss("Warm"))) for _ in range(2)))
            start = time.monotonic()
            bomb = asyncio.create_task(pool.parse(document(BOMBS[name], "https://bomb.example/")))
            await asyncio.sleep(0)
            others = await asyncio.gather(*(pool.parse(document(rss(f"{i}"))) for i in range(5)))
            delay = time.monotonic() - start
            assert [parsed.entries[0].title for parsed in others] == list("01234")
            try:
                await bomb
            except ParseError as error:
                assert error.reason
            return delay, time.monotonic() - start

    delay, total = run(work())
    # A second of CPU ends each; the clock is generous, for machines that are busy with other things.
    assert delay < 2.0
    assert total < 15.0


def test_a_crash_is_poison_and_the_pool_heals() -> None:
    async def work() -> tuple[ParseError, ParsedFeed]:
        async with ParserPool(LIMITS) as pool:
            with pytest.raises(ParseError) as caught:
                await pool.parse(document(rss("One")), then=die)
            return caught.value, await pool.parse(document(rss("Two")))

    error, parsed = run(work())
    assert (error.kind, "broke down over it (Segmentation fault)" in error.reason) == ("poison", True)
    assert parsed.entries[0].title == "Two"


@pytest.mark.parametrize(
    ("number", "word"), [(signal.SIGBUS, "Bus error"), (signal.SIGKILL, "memory runs out"), (signal.SIGABRT, "Aborted")]
)
def test_the_signal_that_ended_a_parser_is_named(number: signal.Signals, word: str) -> None:
    async def work() -> tuple[str, ParsedFeed]:
        async with ParserPool() as pool:
            with pytest.raises(ParseError) as caught:
                await pool.parse(document(rss("One")), then=partial(die_by, number))
            return caught.value.reason, await pool.parse(document(rss("Two")))

    reason, parsed = run(work())
    assert word in reason
    assert parsed.entries[0].title == "Two"


@pytest.mark.parametrize(("killed", "is_read"), [(1, True), (2, False)])
def test_a_parser_killed_as_it_begins_is_started_once_more_and_no_document_is_blamed(
    monkeypatch: pytest.MonkeyPatch, killed: int, is_read: bool
) -> None:
    starting: list[asyncio.subprocess.Process] = []
    create = asyncio.create_subprocess_exec

    async def create_and_kill(*command: Any, **options: Any) -> asyncio.subprocess.Process:
        starting.append(await create(*command, **options))
        if len(starting) <= killed:
            starting[-1].kill()
        return starting[-1]

    monkeypatch.setattr(asyncio, "create_subprocess_exec", create_and_kill)

    async def work() -> tuple[str, int]:
        async with ParserPool(LIMITS) as pool:
            try:
                return (await pool.parse(document(rss("One")))).entries[0].title, pool.processes
            except ParseError as error:
                return error.kind, pool.processes

    assert run(work()) == (("One", 1) if is_read else ("unread", 0))
    assert len(starting) == 2


def test_commands_parse_in_a_child_too() -> None:
    with parsing() as parse:
        assert [parse(document(rss(title))).entries[0].title for title in ("One", "Two")] == ["One", "Two"]
        with pytest.raises(ParseError, match="empty"):
            parse(document(b""))


def test_what_hangs_without_work_is_ended_by_the_clock() -> None:
    async def work() -> None:
        async with ParserPool(ParseLimits(wall=timedelta(seconds=0.5))) as pool:
            await pool.parse(document(rss("One")), then=hang)

    with pytest.raises(ParseError, match="took too long"):
        run(work())


def test_a_document_is_not_blamed_for_a_worn_out_process(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    mark.touch()

    async def work() -> ParsedFeed:
        async with ParserPool(LIMITS) as pool:
            then = partial(die_if, str(mark))
            await pool.parse(document(rss("First")), then=then)
            parsed = await pool.parse(document(rss("Second")), then=then)
            assert isinstance(parsed, ParsedFeed)
            return parsed

    assert run(work()).entries[0].title == "Second"


def test_signals_that_stop_the_daemon_do_not_spoil_what_is_being_parsed() -> None:
    async def work() -> Any:
        async with ParserPool(LIMITS) as pool:
            return await pool.parse(document(rss("One")), then=survive)

    assert run(work()) == "alive"


def test_children_end_with_the_daemon_even_if_it_is_killed() -> None:
    code = (
        "import asyncio, os\nfrom watcher.feeds.worker import parsing, ParserPool\nfrom watcher.model import Document\n"
        "async def main():\n    pool = ParserPool()\n    await pool.parse(Document('u', b'<rss version=\"2.0\"><channel/></rss>'))\n"
        "    print(pool._free[0].process.pid, flush=True)\n    os.kill(os.getpid(), 9)\nasyncio.run(main())"
    )
    path = os.pathsep.join([str(Path(__file__).parents[1] / "src"), os.environ["PYTHONPATH"]])
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=os.environ | {"PYTHONPATH": path}
    )
    child = Path("/proc", done.stdout.strip())
    deadline = time.monotonic() + 5
    while child.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert done.stdout.strip() and not child.exists()


def test_an_exception_in_the_child_is_told() -> None:
    async def work() -> None:
        async with ParserPool(LIMITS) as pool:
            await pool.parse(document(rss("One")), then=complain)

    with pytest.raises(ParseError, match="what the child says"):
        run(work())


def test_a_child_can_not_smuggle_code_into_an_answer() -> None:
    async def work() -> None:
        async with ParserPool(LIMITS) as pool:
            await pool.parse(document(rss("One")), then=smuggle)

    with pytest.raises(ParseError, match="can not be read"):
        run(work())


def test_a_child_writes_no_files_and_knows_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHER_TOKEN", "canary")

    async def work() -> str:
        async with ParserPool(LIMITS) as pool:
            with pytest.raises(ParseError):
                await pool.parse(document(rss("One")), then=write_a_file)
            return str(await pool.parse(document(rss("One")), then=seen_secrets))

    assert "canary" not in run(work())


def test_idle_processes_end() -> None:
    async def work() -> tuple[int, int]:
        async with ParserPool(ParseLimits(idle=timedelta(seconds=0.1))) as pool:
            await pool.parse(document(rss("One")))
            before = pool.processes
            await asyncio.sleep(0.4)
            return before, pool.processes

    assert run(work()) == (1, 0)


def test_a_cancelled_parse_frees_its_place() -> None:
    async def work() -> ParsedFeed:
        async with ParserPool(ParseLimits(processes=1, burst=0)) as pool:
            await pool.parse(document(rss("Warm")))
            task = asyncio.create_task(pool.parse(document(BOMBS["comments"])))
            await asyncio.sleep(0.1)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            parsed = await pool.parse(document(rss("One")))
            assert isinstance(parsed, ParsedFeed)
            return parsed

    assert run(work()).entries[0].title == "One"
