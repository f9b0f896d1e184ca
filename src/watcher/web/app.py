"""The web application: pages for people, /metrics, /healthz and /readyz for machines, alerts and stories to pull."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from importlib import resources
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jinja2
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from watcher.channels import feeds_out
from watcher.channels.content import story_card, story_facts
from watcher.channels.speaker import speaker
from watcher.push import Push
from watcher.store import Lists, open_lists
from watcher.telemetry import ago
from watcher.web.guard import COOKIE, Guard

FAILURES_A_MINUTE = 5
MAX_PUSH = 10_000_000


class Pages:
    """The handlers. `alive` tells whether the daemon's loop advances; `samples` gives its counters."""

    def __init__(
        self,
        database: str,
        token: str,
        alive: Callable[[], bool],
        samples: Callable[[], Iterable[tuple[str, dict[str, str], float]]],
        push: Callable[[], Push | None] = lambda: None,
        is_short: Callable[[], bool] = lambda: False,
    ) -> None:
        self._database, self._token, self._push = database, token, push
        self._alive, self._samples, self._is_short = alive, samples, is_short
        self._failures: list[datetime] = []
        loader = jinja2.PackageLoader("watcher.web")
        self._templates = jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined)
        self._templates.filters |= {"ago": lambda at: ago(at, datetime.now(UTC)), "link": safe_link}

    async def _ask(self, read: Callable[[Lists], Any]) -> Any:
        """Read from the store on a thread, over a connection of its own."""

        def work() -> Any:
            lists = open_lists(self._database)
            try:
                return read(lists)
            finally:
                lists.close()

        return await asyncio.to_thread(work)

    def _page(self, name: str, **values: Any) -> HTMLResponse:
        return HTMLResponse(self._templates.get_template(name).render(**values))

    async def home(self, request: Request) -> Response:
        """Stories, latest first, and how the daemon fares."""
        counts, stories = await self._ask(
            lambda lists: (lists.counts(), lists.stories(100, datetime.now(UTC) - timedelta(days=30)))
        )
        now, voice = datetime.now(UTC), speaker("en")
        told = [(story, story_card(story, voice, now)) for story in stories if story.rules]
        return self._page("home.html", counts=counts, stories=told, alive=self._alive())

    async def story(self, request: Request) -> Response:
        """One story with all its reports."""
        story = await self._ask(lambda lists: lists.story(request.path_params["id"]))
        if story is None:
            return PlainTextResponse("no such story", 404)
        facts = story_facts(story, speaker("en"), datetime.now(UTC))
        return self._page("story.html", story=story, facts=facts)

    async def alerts(self, request: Request) -> Response:
        """Alerts and the state of their deliveries."""
        return self._page("alerts.html", alerts=await self._ask(lambda lists: lists.alerts(200)))

    async def feeds(self, request: Request) -> Response:
        """Feeds, the ailing ones first."""
        rows = await self._ask(lambda lists: lists.feeds())
        rows.sort(key=lambda row: (row["condition"] in ("ok", "new"), row["url"]))
        return self._page("feeds.html", feeds=rows)

    async def login_form(self, request: Request) -> Response:
        """The form that takes the token."""
        return self._page("login.html", failed=False)

    async def login(self, request: Request) -> Response:
        """Take the token, and remember it in a cookie that scripts and other sites can not read."""
        now = datetime.now(UTC)
        self._failures = [at for at in self._failures if now - at < timedelta(minutes=1)]
        if len(self._failures) >= FAILURES_A_MINUTE:
            return PlainTextResponse("too many tries; wait a minute", 429)
        body = (await request.body())[:2000].decode("utf-8", "replace")
        given = parse_qs(body).get("token", [""])[0]
        if not secrets.compare_digest(given.encode(), self._token.encode()):
            self._failures.append(now)
            answer = self._page("login.html", failed=True)
            answer.status_code = 403
            return answer
        response = RedirectResponse("/", 303)
        response.set_cookie(
            COOKIE,
            self._token,
            httponly=True,
            samesite="strict",
            max_age=30 * 86400,
            secure=request.url.scheme == "https",
        )
        return response

    async def healthz(self, request: Request) -> Response:
        """200 while the daemon's loop advances. A full disk is said, but a new start would not mend it."""
        if not self._alive():
            return PlainTextResponse("the poll loop stands still\n", 503)
        return PlainTextResponse("degraded: the disk is full, no feed is polled\n" if self._is_short() else "ok\n")

    async def readyz(self, request: Request) -> Response:
        """200 once the store answers."""
        try:
            await self._ask(lambda lists: lists.counts())
        except Exception as error:
            return PlainTextResponse(f"not ready: {type(error).__name__}\n", 503)
        return PlainTextResponse("ready\n")

    async def metrics(self, request: Request) -> Response:
        """Prometheus text: counters of the daemon, gauges of the store."""
        counts = await self._ask(lambda lists: lists.counts())
        return PlainTextResponse("".join(_metrics(self._samples(), counts)), media_type="text/plain; version=0.0.4")

    async def stories_out(self, request: Request) -> Response:
        """Stories as Atom, JSON Feed, CSV or iCalendar."""
        now = datetime.now(UTC)
        stories = await self._ask(lambda lists: lists.stories(200, now - timedelta(days=90)))
        entries = feeds_out.story_entries([story for story in stories if story.rules], speaker("en"), now)
        return _pulled(request, "stories", entries, now)

    async def alerts_out(self, request: Request) -> Response:
        """Alerts as Atom, JSON Feed, CSV or iCalendar."""
        now = datetime.now(UTC)
        rows = await self._ask(lambda lists: lists.alerts(200, now - timedelta(days=90)))
        return _pulled(
            request, "alerts", feeds_out.alert_entries(map(feeds_out.alert_of, rows), speaker("en"), now), now
        )

    async def status(self, request: Request) -> Response:
        """What `watcher status --json` says."""
        return JSONResponse({"alive": self._alive(), **await self._ask(lambda lists: lists.counts())})

    async def push_confirm(self, request: Request) -> Response:
        """A hub asks whether a subscription is ours."""
        push = self._push()
        challenge = await push.confirm(request.path_params["token"], request.query_params) if push else None
        return PlainTextResponse("no such subscription", 404) if challenge is None else PlainTextResponse(challenge)

    async def push_receive(self, request: Request) -> Response:
        """A hub pushes a document."""
        push = self._push()
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_PUSH:
                return PlainTextResponse("too large", 413)
        signature = request.headers.get("x-hub-signature", "")
        media_type = request.headers.get("content-type", "").partition(";")[0]
        known = push is not None and await push.receive(
            request.path_params["token"], signature, bytes(body), media_type
        )
        return PlainTextResponse("", 202 if known else 404)

    async def style(self, request: Request) -> Response:
        """The one style sheet."""
        return Response(
            resources.files("watcher.web").joinpath("static/style.css").read_text("utf-8"), media_type="text/css"
        )


def _pulled(request: Request, what: str, entries: Sequence[feeds_out.Entry], now: datetime) -> Response:
    """Entries in the format that the address ends with."""
    kind = request.path_params["kind"]
    if kind not in feeds_out.FORMATS:
        return PlainTextResponse("there is " + ", ".join(f"{what}.{name}" for name in feeds_out.FORMATS), 404)
    base, (media_type, write) = str(request.base_url), feeds_out.FORMATS[kind]
    about = feeds_out.About(f"Watcher: {what}", base, f"{base}{what}.{kind}")
    return Response(write(entries, about, now), media_type=media_type)


def safe_link(url: str) -> str:
    """The link where it leads to http or https, else nothing."""
    parts = urlsplit(url)
    return url if parts.scheme in ("http", "https") and parts.hostname else ""


def _metrics(samples: Iterable[tuple[str, dict[str, str], float]], counts: dict[str, Any]) -> Iterable[str]:
    """Series in the text format; label values are escaped."""
    last = ""
    for name, labels, value in samples:
        kind = "counter" if name.endswith("_total") else "histogram"
        family = name if kind == "counter" else name.rpartition("_")[0]
        if family != last:
            yield f"# TYPE {family} {kind}\n"
            last = family
        yield f"{name}{_labels(labels)} {value}\n"
    gauges: list[tuple[str, dict[str, str], Any]] = [
        ("watcher_" + key, {}, counts[key]) for key in ("feeds", "items", "matched", "stories", "alerts")
    ]
    gauges += [
        ("watcher_" + key, {}, int(counts[key] != "")) for key in ("config_refused", "network_down", "disk_full")
    ]
    gauges += [
        ("watcher_feeds_by_condition", {"condition": name}, value)
        for name, value in sorted(counts["feed_conditions"].items())
    ]
    gauges += [
        ("watcher_deliveries", {"channel": row["channel"], "state": row["state"]}, row["n"])
        for row in counts["deliveries"]
    ]
    now = datetime.now(UTC)
    gauges += [
        (
            "watcher_outbox_oldest_seconds",
            {"channel": row["channel"]},
            round((now - datetime.fromisoformat(row["oldest"])).total_seconds()),
        )
        for row in counts["deliveries"]
        if row["state"] == "pending" and row["oldest"]
    ]
    if due := counts["next_poll_at"]:
        late = max(0.0, (now - datetime.fromisoformat(due)).total_seconds())
        gauges.append(("watcher_polls_late_seconds", {}, round(late, 1)))
    for name, labels, value in gauges:
        if name != last:
            yield f"# TYPE {name} gauge\n"
            last = name
        yield f"{name}{_labels(labels)} {value}\n"


def _labels(labels: dict[str, str]) -> str:
    def quoted(text: str) -> str:
        return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")

    return "{" + ",".join(f'{name}="{quoted(value)}"' for name, value in labels.items()) + "}" if labels else ""


def build(pages: Pages, token: str, hosts: Iterable[str]) -> Starlette:
    """The application. Every route but health, log-in, style and the hubs' callbacks asks for the token."""
    routes = [
        Route("/", pages.home),
        Route("/stories/{id}", pages.story),
        Route("/stories.{kind}", pages.stories_out),
        Route("/alerts", pages.alerts),
        Route("/alerts.{kind}", pages.alerts_out),
        Route("/feeds", pages.feeds),
        Route("/status.json", pages.status),
        Route("/metrics", pages.metrics),
        Route("/healthz", pages.healthz),
        Route("/readyz", pages.readyz),
        Route("/login", pages.login_form, methods=["GET"]),
        Route("/login", pages.login, methods=["POST"]),
        Route("/static/style.css", pages.style),
        Route("/push/{token}", pages.push_confirm, methods=["GET"]),
        Route("/push/{token}", pages.push_receive, methods=["POST"]),
    ]
    return Starlette(
        routes=routes, middleware=[Middleware(Guard, token=token, hosts=[*hosts, "127.0.0.1", "localhost", "::1"])]
    )
