"""The whole product, pure: `judge` reads one entry, `settle` decides what becomes of a batch.

`settle` is a fold: each verdict is settled against what is known after the ones before it. Two laws
follow and are tested: settling twice equals once, and settling a batch equals settling its parts in turn.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from watcher import alerts, facts, stories, text
from watcher.alerts import ChannelPolicy
from watcher.model import (
    Alert,
    Change,
    Delivery,
    Entry,
    Feed,
    Item,
    ItemWrite,
    Known,
    Lookup,
    Match,
    StoredItem,
    Story,
    Update,
    Verdict,
)
from watcher.rules import Rulebook
from watcher.text import language

MAX_TITLE = 2_000
MAX_SUMMARY = 64_000
STORY_WINDOW = timedelta(days=21)
"""How far back a report may join a story. A plan's next step after three weeks is told as a story of its own."""

CANDIDATES_PER_KEY = 40
"""Newest stories that one blocking key may bring: a key that many share says little, and cost must not grow."""

SEVERITIES = ("low", "normal", "high")


@dataclass(frozen=True, slots=True)
class Policy:
    """What of the configuration `settle` needs. `catch_up`: we were away, so what came meanwhile leaves as one digest a channel."""

    channels: tuple[ChannelPolicy, ...] = ()
    max_age: timedelta = timedelta(days=7)
    first_run: str = "digest"
    catch_up: bool = False
    gather: timedelta = alerts.GATHER
    """How long a catch-up waits for more of it."""
    counts: Mapping[str, int] = field(default_factory=dict)
    recipients: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Names in `channels` behind a channel's configured name: one for each recipient of its URL."""
    every_story: bool = False
    """Assign stories to items that no rule matched too (scan)."""


def read_entry(entry: Entry, feed: Feed, now: datetime) -> Item:
    """Read an entry: markup to text, which language, whose, when. A date more than a day ahead counts as none."""
    title = text.read(entry.title[:MAX_TITLE])
    summary = text.read((entry.summary or entry.content)[:MAX_SUMMARY])
    content = text.read(entry.content[:MAX_SUMMARY]) if entry.content and entry.summary else None
    published = entry.published or entry.updated
    if published is not None and published > now + timedelta(days=1):
        published = None
    return Item(
        id=item_id(entry, feed),
        feed=feed,
        entry=entry,
        title=title,
        summary=summary,
        lang=language.detect(f"{title.plain}\n{summary.plain[:1000]}", entry.lang or feed.lang),
        source=entry.source or feed.name or _host(entry.url or feed.url),
        published=published,
        seen_at=now,
        content=content,
    )


def item_id(entry: Entry, feed: Feed) -> str:
    """A stable name for an entry of a feed: sixteen hex digits."""
    strongest = entry.guid or f"{entry.url}\n{entry.title}"
    return hashlib.blake2b(f"{feed.url}\n{strongest}".encode("utf-8", "replace"), digest_size=8).hexdigest()


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def judge(entry: Entry, feed: Feed, rulebook: Rulebook, now: datetime) -> Verdict:
    """Read one entry, its facts, and which rules hold. Raises nothing on any text."""
    item = read_entry(entry, feed, now)
    found = facts.extract(item)
    return Verdict(item, found, rulebook.match(item, found))


def signed(verdict: Verdict, *, with_meaning: bool = True) -> Verdict:
    """A verdict that a rule made, with what its story is found by: made once, and outside the store's transaction."""
    return stories.signed(verdict, with_meaning=with_meaning) if verdict.matches else verdict


def lookup(verdicts: Sequence[Verdict], now: datetime, *, every_story: bool = False) -> Lookup:
    """What the store must be asked before `settle`."""
    identities = frozenset(key for verdict in verdicts for key in stories.identities(verdict.item))
    wanted = [verdict for verdict in verdicts if verdict.matches or every_story]
    keys = frozenset(key for verdict in wanted for key in stories.story_keys(verdict))
    return Lookup(identities, keys, now - STORY_WINDOW)


def settle(verdicts: Sequence[Verdict], known: Known, policy: Policy, now: datetime) -> Update:
    """Decide what is new, which stories begin or move, and who is told when. Pure; may run twice."""
    fold = _Fold(known, stories.shared(verdict.item for verdict in verdicts), policy, now)
    for verdict in verdicts:
        fold.settle_one(verdict)
    return fold.update()


def remind(known: Sequence[Story], policy: Policy, now: datetime) -> Update:
    """Follow-ups of alerted stories that told of a date which is now reached, or that had more to say than a day takes.

    Asked again, it says nothing more.
    """
    told: list[Story] = []
    planned: list[Delivery] = []
    made: list[Alert] = []
    for story in known:
        before, changes = story, stories.due_dates(story, now)
        story = replace(story, facts=stories.with_dates_told(story.facts, changes)) if changes else story
        if story.told and not (story.muted_until and story.muted_until > now):
            story, changes = stories.hold_back(story, changes, now)
            story = replace(story, revision=story.revision + bool(changes))
        else:
            changes = ()
        if story != before:
            told.append(story)
        if not changes:
            continue
        alert = Alert(
            key=f"{story.id}:{story.revision}",
            kind="follow_up",
            story=story.id,
            item="",
            rules=tuple(sorted(story.rules)),
            severity="normal",
            created_at=now,
            changes=changes,
            body=alerts.reminder(story, changes),
        )
        channels = tuple(channel for channel in policy.channels if channel.name in story.told)
        deliveries = alerts.plan(alert, channels, (), policy.counts, now)
        if deliveries:
            made.append(alert)
            planned += deliveries
    return Update(stories=tuple(told), alerts=tuple(made), deliveries=tuple(planned))


class _Fold:
    """What is known, growing with each verdict, and what is to be written."""

    def __init__(self, known: Known, void: frozenset[str], policy: Policy, now: datetime) -> None:
        self._policy, self._now = policy, now
        self._void = void | {key for key, stored in known.items.items() if not stored.id}
        self._new_void = void - {key for key, stored in known.items.items() if not stored.id}
        self._items = {key: stored for key, stored in known.items.items() if key not in self._void}
        self._stored_stories = known.stories
        self._stories: dict[str, Story] = {}
        self._index = {key: tuple(ids) for key, ids in known.story_index.items()}
        self._feed_is_new = known.feed_is_new
        self._counts = dict(policy.counts)
        self._writes: dict[str, ItemWrite] = {}
        self._repeats: set[str] = set()
        self._touched: dict[str, Story] = {}
        self._keys: dict[str, frozenset[str]] = {}
        self._alerts: list[Alert] = []
        self._deliveries: list[Delivery] = []

    def update(self) -> Update:
        """All that was decided."""
        return Update(
            items=tuple(self._writes.values()),
            repeats=tuple(sorted(self._repeats - self._writes.keys())),
            stories=tuple(self._touched.values()),
            story_keys=dict(self._keys),
            alerts=tuple(self._alerts),
            deliveries=tuple(self._deliveries),
            void=self._new_void,
        )

    def settle_one(self, verdict: Verdict) -> None:
        """Settle one verdict against all that is known by now."""
        item = verdict.item
        identities, content = stories.identities(item) - self._void, stories.content_hash(item)
        kind, stored = stories.recognise(identities, content, self._items)
        if kind == "same" and stored is not None:
            self._repeats.add(stored.id)
            return
        item_id = stored.id if stored else self._new_id(item, identities)
        verdict = replace(verdict, item=replace(item, id=item_id))
        story_id, fate, detail = self._place(verdict, stored)
        version = stored.version + 1 if stored else 1
        self._writes[item_id] = ItemWrite(item_id, version, verdict, identities, content, fate, story_id, detail)
        remembered = StoredItem(
            id=item_id,
            identities=identities | (stored.identities if stored else frozenset()),
            content_hash=content,
            version=version,
            story=story_id,
            rules=frozenset(match.rule for match in verdict.matches),
            published=item.published,
            seen_at=self._now,
        )
        for key in remembered.identities:
            self._items[key] = remembered

    def _new_id(self, item: Item, identities: frozenset[str]) -> str:
        """The item's own id; one made of all its keys where several entries bear its guid, which then names none of them."""
        if not item.entry.guid or any(key.startswith(("guid:", "num:")) for key in identities):
            return item.id
        return hashlib.blake2b("\n".join(sorted(identities)).encode(), digest_size=8).hexdigest()

    def _place(self, verdict: Verdict, stored: StoredItem | None) -> tuple[str, str, str]:
        """Its story (or ''), its fate, and the reason in words."""
        if not verdict.matches:
            story_id = (
                self._join(verdict, stored)[0].id if self._policy.every_story else (stored.story if stored else "")
            )
            return story_id, "no_rule", ""
        per_item = tuple(match for match in verdict.matches if match.per == "item")
        per_story = tuple(match for match in verdict.matches if match.per != "item")
        story, changes, is_new = self._join(verdict, stored)
        if too_old := self._too_old(verdict.item):
            self._keep(story)
            return story.id, "too_old", too_old
        told = False
        if per_item and (stored is None or not stored.rules):
            told = self._tell_item(verdict, story, per_item)
        live = tuple(match for match in per_story if self._has_quorum(match, story))
        if live:
            told = self._tell_story(verdict, story, changes, live) or told
        else:
            self._keep(story)
        waiting = "" if len(live) == len(per_story) else "too few publishers yet"
        return story.id, "alerted" if told else "joined" if not is_new else "matched", waiting

    def _too_old(self, item: Item) -> str:
        age = self._now - item.published if item.published else timedelta(0)
        return f"published {age.days} days ago, older than max_age" if age > self._policy.max_age else ""

    def _has_quorum(self, match: Match, story: Story) -> bool:
        if match.quorum is None:
            return True
        recent = {report.publisher for report in story.reports if report.at >= self._now - match.quorum.within}
        return len(recent) >= match.quorum.publishers

    def _join(self, verdict: Verdict, stored: StoredItem | None) -> tuple[Story, tuple[Change, ...], bool]:
        """The story with this report in it, what it changes, and whether it begins here."""
        keys = stories.story_keys(verdict)
        candidates = self._candidates(keys)
        own = stored.story if stored and self._story(stored.story) else ""
        chosen = own or stories.assign(verdict, candidates, self._now)
        changes: tuple[Change, ...]
        if chosen is None:
            story, changes = stories.begin(verdict, "s" + verdict.item.id, self._now), ()
        else:
            story, changes = stories.join(self._current(chosen), verdict, self._now)
            story = self._merged(story, candidates)
        self._keep(story)
        self._keys[story.id] = self._keys.get(story.id, frozenset()) | keys
        for key in keys:
            if story.id not in self._index.get(key, ()):
                self._index[key] = (story.id, *self._index.get(key, ())[: CANDIDATES_PER_KEY - 1])
        return story, changes, chosen is None

    def _candidates(self, keys: frozenset[str]) -> dict[str, Story]:
        ids = stories.nominees({key: self._index[key][:CANDIDATES_PER_KEY] for key in keys if key in self._index})
        current = (self._current(story_id) for story_id in ids if self._story(story_id))
        return {story.id: story for story in current}

    def _story(self, story_id: str) -> Story | None:
        return self._stories.get(story_id) or self._stored_stories.get(story_id)

    def _current(self, story_id: str) -> Story:
        story = self._story(story_id)
        assert story is not None, "the caller has asked whether it is known"
        while story.merged_into and (into := self._story(story.merged_into)):
            story = into
        return story

    def _merged(self, story: Story, candidates: Mapping[str, Story]) -> Story:
        """Two stories that turn out to be one become the older; what either has told is told."""
        for other in stories.mergeable(story, candidates):
            if other.id != story.id and stories.should_merge(story, other):
                older, younger = sorted((story, other), key=lambda s: (s.first_at, s.id))
                merged = stories.merge(older, younger)
                self._keep(replace(younger, merged_into=merged.id))
                story = merged
        return story

    def _keep(self, story: Story) -> None:
        self._stories[story.id] = story
        self._touched[story.id] = story

    def _tell_item(self, verdict: Verdict, story: Story, matches: tuple[Match, ...]) -> bool:
        body = alerts.body(story, verdict, ())
        return (
            self._send(f"i{verdict.item.id}", "item", replace(story, id=""), verdict, matches, (), body) != frozenset()
        )

    def _tell_story(self, verdict: Verdict, story: Story, changes: tuple[Change, ...], live: tuple[Match, ...]) -> bool:
        """Tell of a new story, of what moved in a known one, or tell a channel that is reached for the first time."""
        rules = story.rules | {match.rule for match in live}
        if self._silent(verdict.item.feed):
            self._keep(
                replace(story, rules=rules, told=story.told | {channel.name for channel in self._policy.channels})
            )
            return False
        is_muted = story.muted_until is not None and story.muted_until > self._now
        if story.told and not is_muted:
            story, changes = stories.hold_back(story, changes, self._now)
        moved = bool(story.told and changes)
        story = replace(story, rules=rules, revision=story.revision + 1 if moved else max(1, story.revision))
        if is_muted:
            self._keep(story)
            return False
        kind = "follow_up" if moved else "new"
        body = alerts.body(story, verdict, changes if moved else ())
        skip = frozenset() if moved else story.told
        reached = self._send(
            f"{story.id}:{story.revision}", kind, story, verdict, live, changes if moved else (), body, skip
        )
        self._keep(replace(story, told=story.told | reached))
        return bool(reached)

    def _silent(self, feed: Feed) -> bool:
        return self._feed_is_new and (feed.first_run or self._policy.first_run) == "silent"

    def _send(
        self,
        key: str,
        kind: str,
        story: Story,
        verdict: Verdict,
        matches: tuple[Match, ...],
        changes: tuple[Change, ...],
        body: Mapping[str, object],
        skip: frozenset[str] = frozenset(),
    ) -> frozenset[str]:
        """Plan an alert's deliveries. Returns the channels that it reaches."""
        names = tuple(sorted({match.rule for match in matches} | (story.rules if kind == "follow_up" else frozenset())))
        alert = Alert(
            key=key,
            kind=kind,
            story=story.id,
            item=verdict.item.id,
            rules=names,
            severity=max((match.severity for match in matches), key=SEVERITIES.index),
            created_at=self._now,
            changes=changes,
            body=body,
        )
        everywhere = any(not match.notify for match in matches)
        named = {name for match in matches for name in match.notify}
        notify = (
            ()
            if everywhere
            else tuple(sorted(full for name in named for full in self._policy.recipients.get(name, (name,))))
        )
        first_run = verdict.item.feed.first_run or self._policy.first_run
        catch_up = self._policy.catch_up or (self._feed_is_new and first_run == "digest")
        channels = tuple(channel for channel in self._policy.channels if channel.name not in skip)
        planned = alerts.plan(
            alert, channels, notify, self._counts, self._now, catch_up=catch_up, gather=self._policy.gather
        )
        if planned:
            self._alerts.append(alert)
            self._deliveries += planned
        for delivery in planned:
            if not delivery.batch:
                self._counts[delivery.channel] = self._counts.get(delivery.channel, 0) + 1
        return frozenset(delivery.channel for delivery in planned)
