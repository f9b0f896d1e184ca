"""WebSub (W3C Recommendation, 2018): let a hub push a feed's news to us, checked, with polling as the safety net.

Whoever serves the callback address passes its requests to `confirmed` (GET) and `is_genuine` (POST); a genuine body is a
document like a fetched one. The state of a subscription lives in `FeedState.history["push"]`, so that polling knows of it.
Secrets are derived from one key of this installation and stored nowhere.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from watcher.errors import FetchError
from watcher.feeds.fetch import HttpFetcher
from watcher.model import Document, FeedState

LEASE = timedelta(days=10)
"""What we ask for; the hub decides."""
_SHORTEST_LEASE, _LONGEST_LEASE = timedelta(minutes=10), timedelta(days=60)
_RENEW_BEFORE = 0.2
"""Renewed when this share of the lease is left."""
_ASK_AGAIN = timedelta(hours=6)
_METHODS = ("sha256", "sha384", "sha512", "sha1")
_LARGEST_PUSH = 10_000_000


@dataclass(frozen=True, slots=True)
class Subscription:
    """What we agreed with a hub on a topic. `until` is None before it confirmed; `lease` is what it granted."""

    topic: str
    hub: str
    asked_at: datetime | None = None
    until: datetime | None = None
    lease: timedelta = LEASE

    def needs_asking(self, now: datetime) -> bool:
        """Whether to (re)subscribe now: never asked, the lease runs out, or an asking went unanswered for hours."""
        if self.until is not None and self.until - now > self.lease * _RENEW_BEFORE:
            return False
        return self.asked_at is None or now - self.asked_at >= _ASK_AGAIN

    def is_active(self, now: datetime) -> bool:
        """Whether the hub promised to push now."""
        return self.until is not None and now < self.until

    def dump(self) -> dict[str, Any]:
        """For `FeedState.history["push"]`."""
        return {
            "topic": self.topic,
            "hub": self.hub,
            "asked": self.asked_at.isoformat() if self.asked_at else None,
            "until": self.until.isoformat() if self.until else None,
            "lease": self.lease.total_seconds(),
        }


def of_state(state: FeedState) -> Subscription | None:
    """The subscription that a feed's state remembers."""
    data = state.history.get("push")
    if not data:
        return None
    asked, until = data.get("asked"), data.get("until")
    return Subscription(
        data["topic"],
        data["hub"],
        datetime.fromisoformat(asked) if asked else None,
        datetime.fromisoformat(until) if until else None,
        timedelta(seconds=data["lease"]),
    )


def with_subscription(state: FeedState, subscription: Subscription | None) -> FeedState:
    """The state that remembers it; None forgets."""
    history = {name: value for name, value in state.history.items() if name != "push"}
    return replace(state, history=history | ({"push": subscription.dump()} if subscription else {}))


def announced(current: Subscription | None, document: Document, hub: str, self_url: str) -> Subscription | None:
    """The subscription to have after reading a document: the current one while hub and topic stay, else a new one.

    `hub` and `self_url` are the document's own links; the answer's Link header (`Document.hub`) comes first.
    """
    hub = document.hub or hub
    topic = self_url or document.final_url or document.url
    if not hub.startswith(("http://", "https://")) or "${" in document.url:
        return None  # a topic that is known by the references in it holds secrets, which are no hub's affair
    return current if current and (current.hub, current.topic) == (hub, topic) else Subscription(topic, hub)


def callback_token(key: bytes, feed_url: str) -> str:
    """The unguessable last part of a feed's callback address."""
    return hmac.new(key, b"callback\0" + feed_url.encode(), "sha256").hexdigest()[:40]


def _secret(key: bytes, feed_url: str) -> str:
    return hmac.new(key, b"secret\0" + feed_url.encode(), "sha256").hexdigest()


async def ask(
    subscription: Subscription, fetcher: HttpFetcher, key: bytes, feed_url: str, callback: str, now: datetime
) -> Subscription:
    """Ask the hub to subscribe us; it confirms at the callback. Raises FetchError where it does not accept."""
    form = {
        "hub.mode": "subscribe",
        "hub.topic": subscription.topic,
        "hub.callback": callback,
        "hub.secret": _secret(key, feed_url),
        "hub.lease_seconds": str(int(LEASE.total_seconds())),
    }
    status = await fetcher.post(subscription.hub, form)
    if not 200 <= status < 300:
        raise FetchError(subscription.hub, f"the hub refuses a subscription ({status})", status=status)
    return replace(subscription, asked_at=now)


def confirmed(
    subscription: Subscription, query: Mapping[str, str], now: datetime
) -> tuple[Subscription | None, str | None]:
    """What a hub's GET at the callback makes of a subscription, and the challenge to echo with 200; None: answer 404.

    Only what we asked for is confirmed: a stranger can neither subscribe us to other topics nor unsubscribe us.
    """
    mode, challenge = query.get("hub.mode", ""), query.get("hub.challenge", "")[:1000]
    if query.get("hub.topic", "") != subscription.topic:
        return subscription, None
    if mode == "denied":
        return replace(subscription, until=None), ""
    if mode != "subscribe" or subscription.asked_at is None or not challenge:
        return subscription, None
    seconds = query.get("hub.lease_seconds", "")
    lease = timedelta(seconds=int(seconds)) if seconds.isdigit() and len(seconds) < 10 else LEASE
    lease = min(max(lease, _SHORTEST_LEASE), _LONGEST_LEASE)
    return replace(subscription, until=now + lease, lease=lease), challenge


def is_genuine(key: bytes, feed_url: str, signature: str, body: bytes) -> bool:
    """Whether a pushed body bears the signature (X-Hub-Signature) that only the hub could make. Others are answered 2xx and dropped."""
    method, _, given = signature.strip().partition("=")
    if method.lower() not in _METHODS or len(body) > _LARGEST_PUSH:
        return False
    made = hmac.new(_secret(key, feed_url).encode(), body, getattr(hashlib, method.lower())).hexdigest()
    return hmac.compare_digest(made, given.strip().lower())
