"""Which proxy a request goes through, and what is still looked at although the proxy connects."""

from __future__ import annotations

import asyncio
import socket
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from watcher.feeds.guard import Guard, refusal
from watcher.feeds.lookup import Resolver

_PATIENCE = 2.0
"""Seconds to wait for our own resolver: behind a proxy it may know no outside names, and say so late."""


def of(url: str, own: str, from_environment: bool) -> str:
    """The URL of the proxy for `url`: the feed's own, or HTTP(S)_PROXY where NO_PROXY does not except the host; '' for none."""
    if own or not from_environment:
        return own
    parts = urlsplit(url)
    found = getproxies().get(parts.scheme, "")
    if not found or proxy_bypass(parts.netloc.rpartition("@")[2]):
        return ""
    return found if "://" in found else f"http://{found}"


def place(proxy: str) -> str:
    """Host and port of a proxy, without the log-in that its URL may hold."""
    return urlsplit(proxy).netloc.rpartition("@")[2]


async def check_name(url: str, guard: Guard) -> None:
    """Refuse a host that our own resolver finds at an address which policy forbids. Raises ForbiddenAddress.

    Names that it does not know are the proxy's affair: what the proxy resolves them to, only the proxy can check.
    """
    host = urlsplit(url).hostname or ""
    if guard.allows_all:
        return
    try:
        async with asyncio.timeout(_PATIENCE):
            found = await Resolver().resolve(host, 0, socket.AF_UNSPEC)
    except (OSError, TimeoutError):
        return
    if not all(guard.permits(row["host"]) for row in found):
        raise refusal(url)
