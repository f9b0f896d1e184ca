"""Subscriptions: list, add, discover, import, export, health."""

from __future__ import annotations

import asyncio
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from watcher.cli.access import json_option
from watcher.cli.main import App
from watcher.cli.output import PROBLEMS, ago, emit_json, table
from watcher.errors import WatcherError

_HEAD = "# Written by `watcher feeds add` and `watcher feeds import`; edit it as you like.\n"


@click.group()
def feeds() -> None:
    """Subscriptions and their health."""


@feeds.command("list")
@json_option
@click.pass_obj
def feeds_list(app: App, as_json: bool) -> None:
    """Every configured feed.

    \b
    watcher feeds list --json
    """
    found = app.settings().feeds
    rows = [{"url": f.url, "name": f.name, "lang": f.lang, "country": f.country, "tags": sorted(f.tags)} for f in found]
    if as_json:
        emit_json(rows)
    else:
        table(("url", "name", "language", "country", "tags"), [tuple(row.values()) for row in rows], flexible=0)


@feeds.command("add")
@click.argument("url")
@click.option("--name", default="")
@click.option("--tag", "tags", multiple=True)
@click.option("--lang", default="")
@click.option("--check/--no-check", default=True, help="Fetch it first, to see that it is a feed.")
@click.pass_obj
def feeds_add(app: App, url: str, name: str, tags: tuple[str, ...], lang: str, check: bool) -> None:
    """Subscribe to a feed: adds it to sources/added.yaml beside the configuration. Without a scheme, https is meant.

    \b
    watcher feeds add https://example.org/rss --name Example --tag kr --lang ko
    """
    from watcher.text import read

    url = url if "://" in url else f"https://{url}"
    if not re.match(r"https?://[^\s/?#]+", url):
        raise click.UsageError(f"{url} is not the address of a feed: write http:// or https:// and the whole address")
    settings = app.settings()
    if any(feed.url == url for feed in settings.feeds):
        raise click.UsageError(f"{url} is subscribed already")
    if check:
        parsed = asyncio.run(_parsed(settings, url))
        title = read(parsed.title).plain
        name = name or title
        click.echo(f"{title or url}: {parsed.total} entries, {parsed.format}", err=True)
    _append(settings.file, [{"url": url, "name": _literal(name), "tags": list(tags), "lang": lang}])


def _literal(text: str) -> str:
    """A text of others, written so that it reads back as it is: a `${…}` of theirs must not fetch a secret of ours."""
    return text.replace("${", "$${")


async def _parsed(settings: Any, url: str) -> Any:
    from watcher.daemon.assembly import limits_of
    from watcher.feeds.fetch import HttpFetcher
    from watcher.feeds.worker import ParserPool
    from watcher.model import Feed, FeedState

    async with HttpFetcher(limits_of(settings)) as fetcher, ParserPool() as parser:
        document = await fetcher.fetch(Feed(url), FeedState(url))
        assert document is not None
        return await parser.parse(document, frozenset())


def _append(config: Path, feeds: list[dict[str, Any]]) -> None:
    """Write feeds to sources/added.yaml, and say so where the configuration does not include it."""
    import yaml

    target = config.parent / "sources" / "added.yaml"
    target.parent.mkdir(parents=True, exist_ok=True)
    text = target.read_text("utf-8") if target.exists() else _HEAD
    present = (yaml.load(text, Loader=yaml.BaseLoader) or {}).get("feeds") or []
    urls = {feed["url"] if isinstance(feed, dict) else feed for feed in present}
    new = [{key: value for key, value in feed.items() if value} for feed in feeds if feed["url"] not in urls]
    wanted = {"feeds": [*present, *new]}

    def written(value: Any) -> str:
        return str(yaml.safe_dump(value, allow_unicode=True, sort_keys=False, width=1000))

    longer = text + written(new)
    if new:  # what a person wrote there, comments too, stays as it is where the new feeds can stand behind it
        kept = bool(present) and _means(longer, wanted)
        target.write_text(longer if kept else _HEAD + written(wanted), "utf-8")
    click.echo(f"added {len(new)} feed{'s'[: len(new) != 1]} to {target}")
    from watcher.config import load

    if not any(path.resolve() == target.resolve() for path in load(config).files):
        click.echo(f"{config} does not include it yet: add sources/*.yaml to `include:`", err=True)


def _means(text: str, wanted: Any) -> bool:
    import yaml

    try:
        return bool(yaml.load(text, Loader=yaml.BaseLoader) == wanted)
    except yaml.YAMLError:
        return False


@feeds.command("discover")
@click.argument("url")
@json_option
@click.pass_obj
def feeds_discover(app: App, url: str, as_json: bool) -> None:
    """Find the feeds of a site.

    \b
    watcher feeds discover example.org
    """
    from watcher.daemon.assembly import limits_of
    from watcher.errors import FetchError
    from watcher.feeds.discover import discover
    from watcher.feeds.fetch import HttpFetcher

    async def look() -> Any:
        async with HttpFetcher(limits_of(app.settings())) as fetcher:
            return await discover(url, fetcher)

    try:
        found = asyncio.run(look())
    except FetchError as error:
        raise WatcherError(f"{url}: {error.reason}") from error
    rows = [{"url": feed.url, "title": feed.title, "entries": feed.entries} for feed in found]
    if as_json:
        emit_json(rows)
    else:
        table(("url", "title", "entries"), [tuple(row.values()) for row in rows], flexible=1)
    if not found:
        click.echo("no feed found there", err=True)
        sys.exit(PROBLEMS)


@feeds.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.pass_obj
def feeds_import(app: App, file: Path) -> None:
    """Subscribe to the feeds of an OPML file; its folders become tags.

    \b
    watcher feeds import subscriptions.opml
    """
    from watcher.feeds.opml import read_opml

    found = read_opml(file.read_bytes(), str(file))
    present = {feed.url for feed in app.settings().feeds}
    _append(
        app.path(),
        [
            {
                "url": _literal(f.url),
                "name": _literal(f.name),
                "tags": [_literal(tag) for tag in sorted(f.tags)],
                "lang": _literal(f.lang),
            }
            for f in found
            if f.url not in present
        ],
    )


@feeds.command("export")
@click.pass_obj
def feeds_export(app: App) -> None:
    """Print all feeds as OPML; tags become folders.

    \b
    watcher feeds export > subscriptions.opml
    """
    from watcher.feeds.opml import write_opml

    click.echo(write_opml(app.settings().feeds, datetime.now(UTC)))


@feeds.command("health")
@click.option("--all", "everything", is_flag=True, help="Healthy feeds too.")
@json_option
@click.pass_obj
def feeds_health(app: App, everything: bool, as_json: bool) -> None:
    """Feeds that fail, fell silent, froze or turned into something else, with the remedy. Exit code 1 when there are any.

    \b
    watcher feeds health
    watcher feeds health --all --json
    """
    from watcher.polling import NO_NETWORK, expected_delay
    from watcher.store import open_lists

    now = datetime.now(UTC)
    lists = open_lists(app.settings().database)
    try:
        rows, states, down = lists.feeds(), lists.feed_states(), lists.counts()["network_down"]
    finally:
        lists.close()
    ill = [row for row in rows if row["condition"] not in ("new", "ok")]
    shown = rows if everything else ill
    for row in shown:
        delay = expected_delay(states[row["url"]])
        row["expected_delay_seconds"] = None if delay is None else round(delay.total_seconds())
    if as_json:
        emit_json([{key: value for key, value in row.items() if key != "history"} for row in shown])
    else:
        table(
            ("url", "condition", "last success", "next poll", "expected delay", "what to do"),
            [
                (
                    r["url"],
                    r["condition"],
                    ago(r["last_success_at"], now),
                    ago(r["next_poll_at"], now),
                    _span(r["expected_delay_seconds"]),
                    r["last_error"]
                    or (r["redirect_to"] and f"moved for good to {r['redirect_to']}: subscribe to that"),
                )
                for r in shown
            ],
        )
        unread = sum(row["last_success_at"] is None for row in rows)
        if not shown and unread:
            click.echo(f"no feed is ailing, but {unread} of {len(rows)} have not been read yet", err=True)
        elif not shown:
            click.echo(f"all {len(rows)} feeds are well", err=True)
    if down:
        click.echo(f"{NO_NETWORK} (first seen {ago(down, now)})", err=True)
    if ill or down:
        sys.exit(PROBLEMS)


def _span(seconds: float | None) -> str:
    if seconds is None:
        return ""
    return f"{seconds / 3600:.1f}h" if seconds >= 3600 else f"{seconds / 60:.0f}m"
