"""Alerts about Watcher itself: a feed that fell ill, our own network that went down, and both being well again."""

from __future__ import annotations

from datetime import datetime

from watcher.model import Alert

WELL = frozenset({"ok", "up"})


def health(about: str, name: str, condition: str, reason: str, now: datetime) -> Alert:
    """An alert that `about` (a feed's URL, or `network`) is now in `condition`; `reason` names the remedy."""
    what = name or about
    title = f"{what}: well again" if condition in WELL else f"{what}: {condition}"
    return Alert(
        key=f"h{about}:{condition}:{now.isoformat(timespec='seconds')}",
        kind="health",
        story="",
        item="",
        rules=(),
        severity="low" if condition in WELL else "normal",
        created_at=now,
        changes=(),
        body={
            "title": title,
            "summary": "" if condition in WELL else reason,
            "url": "" if about == "network" else about,
            "lang": "en",
        },
    )
