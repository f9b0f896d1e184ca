"""The sample alert that `watcher channels test` sends: a real message, marked as a test."""

from __future__ import annotations

from datetime import datetime

from watcher.alerts import ChannelPolicy, delivery_key
from watcher.channels.message import Message, Service
from watcher.channels.render import render
from watcher.model import Alert, Delivery

_BODY = {
    "title": "Test: Séoul va créer un comité national de l’IA",
    "lang": "fr",
    "url": "https://example.org/seoul",
    "source": "Watcher",
    "summary": "This is a test of Watcher. If you can read it, this channel works.",
    "countries": ["KR"],
    "amounts": [
        {
            "text": "34 billions de won",
            "value": 34_000_000_000_000,
            "currency": "KRW",
            "usd": 23_500_000_000,
            "qualifier": "at_least",
            "uncertain": False,
        }
    ],
    "stage": "planned",
    "instruments": ["committee", "fund"],
    "actors": [],
    "attributed_to": [],
    "ahead": [],
    "reports": [],
    "report_count": 0,
    "languages": ["fr"],
    "why": [],
    "rules": ["channels-test"],
    "changes": [],
    "story": "",
    "revision": 1,
}


def message(policy: ChannelPolicy, service: Service, now: datetime) -> Message:
    """The sample for one destination; each call has a key of its own, so that no receiver drops it as a repeat."""
    key = f"test:{now.isoformat()}"
    alert = Alert(
        key=key,
        kind="new",
        story="",
        item="",
        rules=("channels-test",),
        severity="normal",
        created_at=now,
        changes=(),
        body={**_BODY, "first_at": now.isoformat()},
    )
    delivery = Delivery(delivery_key(key, policy.name), alert, policy.name, now)
    return render([delivery], policy, now=now, service=service)
