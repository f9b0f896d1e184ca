"""Who is told of a report: as an item, as a new story, as a story that moved, or nobody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from watcher import alerts, stories
from watcher.model import Alert, Change, Delivery, Feed, Match, Story, Verdict
from watcher.pipeline.policy import Policy

SEVERITIES = ("low", "normal", "high")


class Telling:
    """The alerts of a batch and their deliveries, as they gather. What a channel was sent counts for what follows."""

    def __init__(self, policy: Policy, now: datetime, *, feed_is_new: bool) -> None:
        self.alerts: list[Alert] = []
        self.deliveries: list[Delivery] = []
        self._policy, self._now = policy, now
        self._feed_is_new = feed_is_new
        self._counts = dict(policy.counts)

    def of_item(self, verdict: Verdict, story: Story, matches: tuple[Match, ...]) -> bool:
        """Tell of an item by itself. Returns whether any channel is told."""
        body = alerts.body(story, verdict, ())
        return bool(self._send(f"i{verdict.item.id}", "item", replace(story, id=""), verdict, matches, (), body))

    def of_story(
        self, verdict: Verdict, story: Story, changes: tuple[Change, ...], live: tuple[Match, ...]
    ) -> tuple[Story, bool]:
        """Tell of a new story, of what moved in a known one, or tell a channel that is reached for the first time.

        Returns the story with what it has told, and whether any channel is told now.
        """
        rules = story.rules | {match.rule for match in live}
        if self._is_silent(verdict.item.feed):
            told = story.told | {channel.name for channel in self._policy.channels}
            return replace(story, rules=rules, told=told), False
        is_muted = story.muted_until is not None and story.muted_until > self._now
        if story.told and not is_muted:
            story, changes = stories.hold_back(story, changes, self._now)
        moved = bool(story.told and changes)
        story = replace(story, rules=rules, revision=story.revision + 1 if moved else max(1, story.revision))
        if is_muted:
            return story, False
        kind, changes = ("follow_up", changes) if moved else ("new", ())
        body = alerts.body(story, verdict, changes)
        skip = frozenset() if moved else story.told
        reached = self._send(f"{story.id}:{story.revision}", kind, story, verdict, live, changes, body, skip)
        return replace(story, told=story.told | reached), bool(reached)

    def _is_silent(self, feed: Feed) -> bool:
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
        first_run = verdict.item.feed.first_run or self._policy.first_run
        catch_up = self._policy.catch_up or (self._feed_is_new and first_run == "digest")
        channels = tuple(channel for channel in self._policy.channels if channel.name not in skip)
        planned = alerts.plan(
            alert,
            channels,
            self._named(matches),
            self._counts,
            self._now,
            catch_up=catch_up,
            gather=self._policy.gather,
        )
        if planned:
            self.alerts.append(alert)
            self.deliveries += planned
        for delivery in planned:
            if not delivery.batch:
                self._counts[delivery.channel] = self._counts.get(delivery.channel, 0) + 1
        return frozenset(delivery.channel for delivery in planned)

    def _named(self, matches: tuple[Match, ...]) -> tuple[str, ...]:
        """The channels that the rules name, a name for each recipient; none where a rule names none and means all."""
        if any(not match.notify for match in matches):
            return ()
        named = {name for match in matches for name in match.notify}
        return tuple(sorted(full for name in named for full in self._policy.recipients.get(name, (name,))))
