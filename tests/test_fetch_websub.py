"""Subscribing to a hub, being confirmed by it, and telling its pushes from a stranger's."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import pytest

from farm import Answer, Farm
from watcher.errors import FetchError
from watcher.feeds import websub
from watcher.feeds.fetch import FetchLimits, HttpFetcher
from watcher.feeds.websub import Subscription
from watcher.model import Document, FeedState
from watcher.polling import PollingPolicy, not_modified

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
FEED, KEY = "https://news.example/rss", b"key of this installation"
ASKED = Subscription(FEED, "https://hub.example/", asked_at=NOW)


def test_the_hub_gets_a_form_and_its_secret_signs_pushes() -> None:
    async def run(hub: str) -> Subscription:
        async with HttpFetcher(FetchLimits(private_networks="allow")) as fetcher:
            return await websub.ask(Subscription(FEED, hub), fetcher, KEY, FEED, "https://us.example/push/x", NOW)

    with Farm() as farm:
        farm["/hub"] = Answer(status=202)
        assert asyncio.run(run(farm.url("/hub"))).asked_at == NOW
        form = parse_qs(farm.requests("/hub")[0].body.decode())
        farm["/hub"] = Answer(status=422)
        with pytest.raises(FetchError, match="refuses a subscription"):
            asyncio.run(run(farm.url("/hub")))
    assert (form["hub.mode"], form["hub.topic"]) == (["subscribe"], [FEED])
    assert form["hub.callback"] == ["https://us.example/push/x"]
    signature = hmac.new(form["hub.secret"][0].encode(), b"<rss/>", "sha256").hexdigest()
    assert websub.is_genuine(KEY, FEED, f"sha256={signature}", b"<rss/>")
    assert not websub.is_genuine(KEY, FEED, f"sha256={signature}", b"<rss />")
    assert not websub.is_genuine(KEY, "https://other.example/", f"sha256={signature}", b"<rss/>")
    assert not websub.is_genuine(b"other key", FEED, f"sha256={signature}", b"<rss/>")


@pytest.mark.parametrize("signature", ["", "sha256=", "md5=" + hashlib.md5(b"").hexdigest(), "sha256", "=x", "new=x"])
def test_unsigned_pushes_are_not_genuine(signature: str) -> None:
    assert not websub.is_genuine(KEY, FEED, signature, b"<rss/>")


def test_a_confirmation_starts_the_lease() -> None:
    query = {"hub.mode": "subscribe", "hub.topic": FEED, "hub.challenge": "c", "hub.lease_seconds": "86400"}
    subscription, challenge = websub.confirmed(ASKED, query, NOW)
    assert challenge == "c"
    assert subscription is not None and subscription.until == NOW + timedelta(days=1)
    assert subscription.is_active(NOW) and not subscription.is_active(NOW + timedelta(days=2))


@pytest.mark.parametrize(
    ("subscription", "change"),
    [
        (ASKED, {"hub.topic": "https://other.example/"}),
        (ASKED, {"hub.mode": "unsubscribe"}),
        (ASKED, {"hub.challenge": ""}),
        (replace(ASKED, asked_at=None), {}),
    ],
)
def test_only_what_we_asked_for_is_confirmed(subscription: Subscription, change: dict[str, str]) -> None:
    query = {"hub.mode": "subscribe", "hub.topic": FEED, "hub.challenge": "c"} | change
    assert websub.confirmed(subscription, query, NOW) == (subscription, None)


def test_a_lease_is_renewed_before_it_ends_and_not_asked_for_all_the_time() -> None:
    assert Subscription(FEED, "h").needs_asking(NOW)
    assert not ASKED.needs_asking(NOW + timedelta(hours=1))
    assert ASKED.needs_asking(NOW + timedelta(hours=7))
    held = replace(ASKED, until=NOW + timedelta(days=10), lease=timedelta(days=10))
    assert not held.needs_asking(NOW + timedelta(days=7))
    assert held.needs_asking(NOW + timedelta(days=9))


def test_what_a_document_announces() -> None:
    document = Document(FEED, b"", final_url=FEED, hub="https://header.example/")
    assert websub.announced(None, document, "https://hub.example/", "") == Subscription(FEED, "https://header.example/")
    plain = replace(document, hub="")
    assert websub.announced(ASKED, plain, "https://hub.example/", FEED) is ASKED
    assert websub.announced(ASKED, plain, "", FEED) is None
    assert websub.announced(None, plain, "javascript:x", FEED) is None


def test_the_state_remembers_and_polling_becomes_the_safety_net() -> None:
    held = replace(ASKED, until=NOW + timedelta(days=10))
    state = websub.with_subscription(FeedState(FEED), held)
    assert websub.of_state(state) == held
    waits = [
        polled.next_poll_at - NOW
        for polled in (
            not_modified(each, now=NOW, policy=PollingPolicy(), jitter=0) for each in (state, FeedState(FEED))
        )
        if polled.next_poll_at
    ]
    assert waits[0] == 4 * waits[1]
    assert websub.of_state(not_modified(state, now=NOW, policy=PollingPolicy(), jitter=0)) == held
    assert websub.of_state(websub.with_subscription(state, None)) is None


def test_callbacks_can_not_be_guessed() -> None:
    token = websub.callback_token(KEY, FEED)
    assert len(token) == 40 and token != websub.callback_token(b"other", FEED)
