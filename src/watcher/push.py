"""WebSub joined to the service: subscribe where a feed announces a hub, confirm, and take what hubs push.

A pushed document goes the way of a fetched one. Polling goes on as the safety net.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from watcher.errors import FetchError
from watcher.feeds import websub
from watcher.feeds.fetch import HttpFetcher
from watcher.model import Document
from watcher.ports import Claim
from watcher.service import Service

LEASE = timedelta(minutes=2)
_TRIES, _PAUSE = 40, 0.25
"""Ten seconds: hubs wait so long for an answer, and most polls take less."""


class Push:
    """Answers hubs at `public_url`/push/TOKEN. `key` is this installation's own."""

    def __init__(self, service: Service, fetcher: HttpFetcher, key: bytes, public_url: str) -> None:
        self._service, self._fetcher, self._key = service, fetcher, key
        self._base = public_url.rstrip("/")
        service.polls.takes_push = True

    def _feed_of(self, token: str) -> str:
        """The feed that a callback address belongs to, '' for none."""
        return next((url for url in self._service.plan.feeds if websub.callback_token(self._key, url) == token), "")

    async def subscribe(self) -> None:
        """Ask hubs for subscriptions that are new or run out."""
        service, now = self._service, self._service.now()
        for state in await service.write(service.store.feeds_with_push):
            wanted = websub.of_state(state)
            if wanted is None or not wanted.needs_asking(now) or state.url not in service.plan.feeds:
                continue
            callback = f"{self._base}/push/{websub.callback_token(self._key, state.url)}"
            # Written before asking: a quick hub confirms before its answer reaches us.
            await service.write(service.store.save_push, state.url, replace(wanted, asked_at=now).dump())
            try:
                await websub.ask(wanted, self._fetcher, self._key, state.url, callback, now)
                service.tell("push.asked", feed=state.url)
            except FetchError as error:
                service.tell("push.refused", feed=state.url, reason=error.reason)

    async def confirm(self, token: str, query: Mapping[str, str]) -> str | None:
        """The challenge to echo to a hub, None to answer that there is no such subscription."""
        service, url = self._service, self._feed_of(token)
        state = await service.write(service.store.feed_state, url) if url else None
        current = websub.of_state(state) if state else None
        if current is None:
            return None
        changed, challenge = websub.confirmed(current, query, service.now())
        if changed is not None and changed != current:
            await service.write(service.store.save_push, url, changed.dump())
            service.tell("push.confirmed" if changed.is_active(service.now()) else "push.denied", feed=url)
        return challenge

    async def _claim(self, url: str) -> Claim | None:
        """The feed, once whoever holds it is done: the last push, or a poll that was asked before this news."""
        service = self._service
        for _ in range(_TRIES):
            if claim := await service.write(service.store.claim_feed, url, service.now(), LEASE):
                return claim
            await asyncio.sleep(_PAUSE)
        return None

    async def receive(self, token: str, signature: str, body: bytes, media_type: str) -> bool:
        """Take a pushed document; False where no feed has this address. One without a good signature is dropped unsaid."""
        service, url = self._service, self._feed_of(token)
        if not url:
            return False
        if not websub.is_genuine(self._key, url, signature, body):
            service.tell("push.forged", feed=url)
            return True
        claim = await self._claim(url)
        if claim is None:
            service.tell("push.busy", feed=url)  # the next poll brings it
            return True
        document = Document(
            url=url, body=body, media_type=media_type, etag=claim.state.etag, last_modified=claim.state.last_modified
        )
        await service.take(claim, document)
        return True
