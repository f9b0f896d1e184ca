"""Runs the sample day: a loopback server, a throw-away configuration, the real daemon."""

from __future__ import annotations

import asyncio
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aiohttp import web

from watcher import telemetry
from watcher.config import Settings, load
from watcher.daemon.daemon import Daemon
from watcher.demo.news import Outlet, render, sample_day
from watcher.store import open_lists

_CONFIG = """
database: ./demo.db
include: [pack:national-ai]
polling: {{every: 1s, min: 1s, max: 1s, private_networks: allow, first_run: alert, per_host: 16}}
feeds:
{feeds}
channels:
  - {{name: you, url: "console://"}}
"""


async def run_demo(level: int, seconds: float) -> dict[str, Any]:
    """Serve the day within `seconds`, let the daemon watch it, and count what became of it."""
    outlets, news = sample_day()
    start, length = datetime.now(UTC), timedelta(seconds=seconds * 0.8)
    runner, base = await _serve(outlets, start, length)
    try:
        with tempfile.TemporaryDirectory(prefix="watcher-demo-") as folder:
            settings = _settings(Path(folder), outlets, base)
            telemetry.set_up_logging(max(level, 30), as_json=False)
            daemon = Daemon(settings, lambda: settings, telemetry.LogObserver(), telemetry.Counters())
            print(
                f"A sample news day: {len(news)} reports from {len(outlets)} outlets in {len({o.lang for o in outlets})} languages.\n",
                flush=True,
            )
            running = asyncio.create_task(daemon.run())
            await asyncio.wait({running}, timeout=seconds)
            await _delivered(settings)
            daemon.stop()
            await running
            return _summary(settings)
    finally:
        await runner.cleanup()


async def _delivered(settings: Settings, seconds: float = 20) -> None:
    """Wait for what is still on its way: a slow machine may be behind the day."""
    end = asyncio.get_running_loop().time() + seconds
    while asyncio.get_running_loop().time() < end and _summary(settings)["not delivered"]:
        await asyncio.sleep(0.2)


async def _serve(outlets: tuple[Outlet, ...], start: datetime, length: timedelta) -> tuple[web.AppRunner, str]:
    """Each outlet's feed at /PATH.xml, growing as the day goes on."""
    _, news = sample_day()
    by_path = {outlet.path: outlet for outlet in outlets}

    async def feed(request: web.Request) -> web.Response:
        outlet = by_path.get(request.match_info["path"])
        if outlet is None:
            raise web.HTTPNotFound
        passed = (datetime.now(UTC) - start) / length
        base = f"http://{request.host}"
        body, media_type = render(outlet, [row for row in news if row.at <= passed], base, start, length)
        return web.Response(text=body, content_type=media_type)

    app = web.Application()
    app.router.add_get("/{path}.feed", feed)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    return runner, f"http://{host}:{port}"


def _settings(folder: Path, outlets: tuple[Outlet, ...], base: str) -> Settings:
    feeds = "\n".join(
        f'  - {{url: "{base}/{o.path}.feed", name: "{o.title}", lang: {o.lang}, country: {o.country}}}' for o in outlets
    )
    path = folder / "watcher.yaml"
    path.write_text(_CONFIG.format(feeds=feeds), "utf-8")
    return load(path)


def _summary(settings: Settings) -> dict[str, Any]:
    lists = open_lists(settings.database)
    try:
        counts, audit = lists.counts(), lists.audit()
    finally:
        lists.close()
    return {
        "items read": counts["items"],
        "matched": counts["matched"],
        "stories": counts["stories"],
        "alerts delivered": audit["delivered"],
        "not delivered": audit["pending"] + audit["dead"] + audit["held"],
    }
