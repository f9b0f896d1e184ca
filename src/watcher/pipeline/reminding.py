"""What a story has to say when no report comes: a date ahead that is reached, changes held back for a day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from watcher import alerts, stories
from watcher.model import Alert, Delivery, Story, Update
from watcher.pipeline.policy import Policy


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
