"""What becomes of a batch of verdicts: new or known, which story, and what is to be written.

`settle` is a fold: each verdict is settled against what is known after the ones before it. Two laws
follow and are tested: settling twice equals once, and settling a batch equals settling its parts in turn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from watcher import stories
from watcher.model import Change, Item, ItemWrite, Known, Lookup, Match, Names, StoredItem, Story, Update, Verdict
from watcher.pipeline.judging import id_within
from watcher.pipeline.policy import Policy
from watcher.pipeline.telling import Telling

STORY_WINDOW = timedelta(days=21)
"""How far back a report may join a story. A plan's next step after three weeks is told as a story of its own."""

CANDIDATES_PER_KEY = 40
"""Newest stories that one blocking key may bring: a key that many share says little, and cost must not grow."""


def lookup(verdicts: Sequence[Verdict], now: datetime, *, every_story: bool = False) -> Lookup:
    """What the store must be asked before `settle`."""
    identities = frozenset(key for verdict in verdicts for key in _names(verdict).identities)
    wanted = [verdict for verdict in verdicts if verdict.matches or every_story]
    keys = frozenset(key for verdict in wanted for key in stories.story_keys(verdict))
    return Lookup(identities, keys, now - STORY_WINDOW)


def settle(verdicts: Sequence[Verdict], known: Known, policy: Policy, now: datetime) -> Update:
    """Decide what is new, which stories begin or move, and who is told when. Pure; may run twice."""
    names = [_names(verdict) for verdict in verdicts]
    void = stories.shared((verdict.item, own) for verdict, own in zip(verdicts, names, strict=True))
    fold = _Fold(known, void, policy, now)
    for verdict, own in zip(verdicts, names, strict=True):
        fold.settle_one(verdict, own)
    return fold.update()


def _names(verdict: Verdict) -> Names:
    return verdict.names or stories.names_of(verdict.item)


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
        self._telling = Telling(policy, now, feed_is_new=known.feed_is_new)
        self._writes: dict[str, ItemWrite] = {}
        self._repeats: set[str] = set()
        self._touched: dict[str, Story] = {}
        self._keys: dict[str, frozenset[str]] = {}

    def update(self) -> Update:
        """All that was decided."""
        return Update(
            items=tuple(self._writes.values()),
            repeats=tuple(sorted(self._repeats - self._writes.keys())),
            stories=tuple(self._touched.values()),
            story_keys=dict(self._keys),
            alerts=tuple(self._telling.alerts),
            deliveries=tuple(self._telling.deliveries),
            void=self._new_void,
        )

    def settle_one(self, verdict: Verdict, names: Names) -> None:
        """Settle one verdict against all that is known by now."""
        item = verdict.item
        identities, content = names.identities - self._void, names.content_hash
        kind, stored = stories.recognise(identities, content, self._items)
        if kind == "same" and stored is not None:
            self._repeats.add(stored.id)
            return
        item_id = stored.id if stored else self._new_id(item, identities)
        if item_id != item.id:
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
        return id_within(item.feed, "\n".join(sorted(identities)))

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
            told = self._telling.of_item(verdict, story, per_item)
        live = tuple(match for match in per_story if self._has_quorum(match, story))
        if live:
            story, story_told = self._telling.of_story(verdict, story, changes, live)
            told = told or story_told
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
