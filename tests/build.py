"""Values for tests, with only what matters spelled out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from watcher.model import (
    Alert,
    Delivery,
    Entry,
    Facts,
    Feed,
    Item,
    ItemWrite,
    Known,
    Lookup,
    Match,
    Report,
    Story,
    Update,
    Verdict,
)
from watcher.ports import Claim
from watcher.store import Store
from watcher.text import plain_text

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
NO_LOOKUP = Lookup(frozenset(), frozenset(), NOON - timedelta(days=9))
FEED = Feed(url="https://feeds.example/one", name="One")


def later(**length: float) -> datetime:
    """So long after noon."""
    return NOON + timedelta(**length)


def item(name: str, title: str = "A title", summary: str = "", feed: Feed = FEED, **fields: Any) -> Item:
    """An item as read, without the pipeline."""
    entry = Entry(title=title, summary=summary, guid=name, url=f"https://news.example/{name}")
    values: dict[str, Any] = {"lang": "en", "source": "One", "published": NOON, "seen_at": NOON} | fields
    return Item(id=name, feed=feed, entry=entry, title=plain_text(title), summary=plain_text(summary), **values)


def match(rule: str = "any", **fields: Any) -> Match:
    """A rule that holds."""
    values: dict[str, Any] = {"score": 1.0, "severity": "normal", "per": "story", "notify": (), "evidence": ()} | fields
    return Match(rule=rule, **values)


def write(name: str, story: str = "", rules: tuple[str, ...] = (), version: int = 1, **fields: Any) -> ItemWrite:
    """An item to store."""
    verdict = Verdict(item(name, **fields), Facts(), tuple(match(rule) for rule in rules))
    fate = "alerted" if rules else "no_rule"
    return ItemWrite(name, version, verdict, frozenset({f"guid:{name}"}), f"hash-{name}-{version}", fate, story)


def story(name: str, **fields: Any) -> Story:
    """A story of one report."""
    report = Report("i1", "One", "en", "A title", "https://news.example/i1", NOON)
    values: dict[str, Any] = {
        "title": "A title",
        "first_at": NOON,
        "last_at": NOON,
        "revision": 1,
        "reports": (report,),
        "rules": frozenset({"any"}),
        "facts": {"countries": ["KR"]},
        "profile": {"names": ["seoul"]},
    } | fields
    return Story(id=name, **values)


def alert(key: str, story_id: str = "s1", **fields: Any) -> Alert:
    """An alert."""
    values: dict[str, Any] = {
        "kind": "new",
        "item": "i1",
        "rules": ("any",),
        "severity": "normal",
        "created_at": NOON,
        "changes": (),
        "body": {"title": "A title"},
    } | fields
    return Alert(key=key, story=story_id, **values)


def delivery(key: str, of: Alert, channel: str = "desk", due_at: datetime = NOON, batch: str = "") -> Delivery:
    """A delivery."""
    return Delivery(key=key, alert=of, channel=channel, due_at=due_at, batch=batch)


def update(*deliveries: Delivery, **fields: Any) -> Update:
    """An update that holds deliveries and their alerts."""
    return Update(alerts=tuple({d.alert.key: d.alert for d in deliveries}.values()), deliveries=deliveries, **fields)


def claimed(store: Store) -> Claim:
    """The store's only feed, claimed."""
    store.sync_feeds([FEED], NOON)
    (claim,) = store.claim_due_feeds(NOON, 10, timedelta(minutes=5))
    return claim


def committed(store: Store, decided: Update, lookup: Lookup = NO_LOOKUP) -> Known:
    """Commit a poll that decides `decided`, and return what was known to it."""
    seen: list[Known] = []

    def decide(known: Known) -> Update:
        seen.append(known)
        return decided

    claim = claimed(store)
    assert store.commit_poll(claim, lookup, decide, lambda _: claim.state, ["b1"], NOON) is not None
    return seen[0]
