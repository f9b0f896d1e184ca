"""What Watcher weighs: memory after each stage of a start, of a daemon at rest, and how long starting takes.

`python benchmarks/weight.py` prints a table. Memory is resident memory, of which files that are shared with other
processes (code, the figures of languages) are named apart. The daemon polls 100 feeds of a server on this machine with
real headlines in sixty languages, and is looked at when it has read them and then rested for two minutes: besides, its
proportional share (PSS) and that of the processes which it keeps. Linux only.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

CORPUS = Path(__file__).parents[1] / "tests/corpus/dev.jsonl"
FEEDS, ITEMS = 100, 10
WATCHER = [sys.executable, "-m", "watcher"]


def memory(pid: int | str = "self") -> dict[str, int]:
    """Resident megabytes of a process: all, its own, and of files."""
    lines = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return {name: int(lines[name].split()[0]) // 1024 for name in ("VmRSS", "RssAnon", "RssFile", "VmHWM")}


def share(pid: int) -> tuple[float, int]:
    """Proportional megabytes of a process and all below it, and how many those are."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    total = next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")) / 1024
    below = [int(found) for path in Path(f"/proc/{pid}/task").glob("*/children") for found in path.read_text().split()]
    shares = [share(child) for child in below]
    return total + sum(size for size, _ in shares), len(below) + sum(count for _, count in shares)


def spent(pid: int) -> float:
    """Seconds of processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def headlines() -> list[dict[str, Any]]:
    """Items to serve and to judge."""
    return [json.loads(line) for line in CORPUS.read_text("utf-8").splitlines()]


def document(items: list[dict[str, Any]]) -> bytes:
    """An RSS document of these items, all published now."""
    now = format_datetime(datetime.now(UTC))
    entries = "".join(
        f"<item><title>{escape(item['title'])}</title><link>https://{number}.example/{hash(item['title'])}</link>"
        f"<description>{escape(item.get('summary') or '')}</description><pubDate>{now}</pubDate></item>"
        for number, item in enumerate(items)
    )
    return f'<rss version="2.0"><channel><title>News</title>{entries}</channel></rss>'.encode()


def serve() -> tuple[ThreadingHTTPServer, list[str]]:
    """A server of FEEDS feeds; the paths asked for are noted."""
    items, asked = headlines(), []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            number = int("".join(filter(str.isdigit, self.path)) or 0)
            body = document([items[(number * ITEMS + offset) % len(items)] for offset in range(ITEMS)])
            self.send_response(200)
            self.send_header("Content-Type", "application/rss+xml")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, asked


def configure(folder: Path, feeds: int, rules: int, port: int) -> Path:
    """A configuration of so many feeds, and rules besides the pack's."""
    lines = [f'  - {{url: "http://127.0.0.1:{port}/{number}.xml", name: Feed {number}}}' for number in range(feeds)]
    (folder / "feeds.yaml").write_text("\n".join(["feeds:", *lines, ""]))
    lines = [
        f"  - {{name: r{number}, match: 'word{number} AND (ministry OR plan{number}*)'}}" for number in range(rules)
    ]
    (folder / "rules.yaml").write_text("\n".join(["rules:", *lines, ""]) if rules else "rules: []\n")
    main = folder / "watcher.yaml"
    main.write_text(
        f'include: [feeds.yaml, rules.yaml, "pack:national-ai"]\ndatabase: {folder}/watcher.db\n'
        f'polling: {{private_networks: allow, first_run: alert}}\nchannels: [{{name: out, url: "file://{folder}/alerts"}}]\n'
    )
    return main


def stages(config: Path) -> None:
    """Print memory after each stage, in this process."""
    begun = time.perf_counter()

    def say(stage: str) -> None:
        nonlocal begun
        found = memory()
        spent, begun = time.perf_counter() - begun, time.perf_counter()
        print(f"{stage:32} {found['VmRSS']:5} MB, {found['RssFile']:3} of it files  {spent:6.2f} s")

    say("Python")
    import watcher.cli.main

    say("command line")
    import watcher.daemon.daemon  # noqa: F401 - for its weight
    from watcher.config import load
    from watcher.daemon.assembly import plan_of

    say("daemon imported")
    settings = load(config)
    say("configuration read")
    plan = plan_of(settings)
    say("rules compiled")
    from watcher.model import Entry
    from watcher.pipeline import judge

    feed, now = settings.feeds[0], datetime.now(UTC)
    entries = [Entry(title=item["title"], summary=item.get("summary") or "") for item in headlines()[:200]]
    judge(entries[0], feed, plan.rulebook, now)
    say("first item judged")
    for entry in entries:
        judge(entry, feed, plan.rulebook, now)
    say("200 items judged")
    print("numpy is there, by the encoder" if "numpy" in sys.modules else "without numpy")


def daemon(config: Path, asked: list[str], polls: int, rest: float) -> None:
    """Start a daemon; print when it first polls, and its memory when it has polled so often and rested."""
    asked.clear()
    begun = time.perf_counter()
    process = subprocess.Popen([*WATCHER, "-q", "-c", str(config), "run"], stdout=subprocess.DEVNULL)
    try:
        while not asked and process.poll() is None:
            time.sleep(0.01)
        print(f"{'first poll after':32} {time.perf_counter() - begun:5.2f} s")
        while len(set(asked)) < polls and process.poll() is None and time.perf_counter() - begun < 90:
            time.sleep(0.1)
        if rest:
            busy = -1.0
            while process.poll() is None and spent(process.pid) > busy + 0.5 and time.perf_counter() - begun < 600:
                busy = spent(process.pid)
                time.sleep(10)
        time.sleep(rest)
        found = memory(process.pid)
        total, below = share(process.pid)
        print(f"{f'share of it and of {below} processes':32} {total:5.0f} MB")
        print(
            f"{f'daemon, {len(set(asked))} feeds read, at rest':32} {found['VmRSS']:5} MB, {found['RssFile']:3} of it files,"
            f" {found['VmHWM']} MB at most"
        )
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def timed(what: str, *arguments: str) -> None:
    """Print the time of a command."""
    begun = time.perf_counter()
    answer = subprocess.run([*WATCHER, *arguments], stdout=subprocess.DEVNULL, check=False)
    spent = time.perf_counter() - begun
    print(f"{what:32} {spent:5.2f} s, exit code {answer.returncode}")


def main() -> None:
    """Measure all, or only the stages named on the command line."""
    if sys.argv[1:2] == ["stages"]:
        stages(Path(sys.argv[2]))
        return
    wanted = sys.argv[1:] or ["help", "stages", "daemon", "start", "check"]
    server, asked = serve()
    with tempfile.TemporaryDirectory() as name:
        folders = [Path(name, size) for size in ("small", "many", "large")]
        for folder in folders:
            folder.mkdir()
        small = configure(folders[0], FEEDS, 0, server.server_port)
        many = configure(folders[1], 10_000, 0, server.server_port)
        large = configure(folders[2], 10_000, 10_000, server.server_port)
        if "help" in wanted:
            timed("watcher --help", "--help")
        if "stages" in wanted:
            subprocess.run([sys.executable, __file__, "stages", str(small)], check=True, env=os.environ)
        if "daemon" in wanted:
            daemon(small, asked, FEEDS, 120)
        if "start" in wanted:
            daemon(many, asked, 1, 0)
        if "check" in wanted:
            timed("watcher check, 10,000 and 10,000", "-c", str(large), "check")
    server.shutdown()


if __name__ == "__main__":
    main()
