"""Rows → stories and alerts, and a story's body back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from watcher.model import Alert, Change, Report, Story
from watcher.store.codec import dump, moment


def story_body(story: Story) -> str:
    """What of a story has no column of its own."""
    return dump(
        {
            "reports": story.reports,
            "rules": story.rules,
            "told": story.told,
            "facts": story.facts,
            "profile": story.profile,
        }
    )


def read_story(row: Mapping[str, Any]) -> Story:
    """A story from its row."""
    body = json.loads(row["body"])
    reports = tuple(
        Report(**{**report, "at": datetime.fromisoformat(report["at"]), "credits": tuple(report["credits"])})
        for report in body["reports"]
    )
    return Story(
        id=row["id"],
        title=row["title"],
        first_at=_sure(row["first_at"]),
        last_at=_sure(row["last_at"]),
        revision=row["revision"],
        reports=reports,
        rules=frozenset(body["rules"]),
        told=frozenset(body["told"]),
        facts=body["facts"],
        profile=body["profile"],
        merged_into=row["merged_into"],
        muted_until=moment(row["muted_until"]),
    )


def read_alert(row: Mapping[str, Any]) -> Alert:
    """An alert from the columns of its row, whose key is `alert`."""
    return Alert(
        key=row["alert"],
        kind=row["kind"],
        story=row["story"],
        item=row["item"],
        rules=tuple(json.loads(row["rules"])),
        severity=row["severity"],
        created_at=_sure(row["created_at"]),
        changes=tuple(Change(**change) for change in json.loads(row["changes"])),
        body=json.loads(row["body"]),
    )


def _sure(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
