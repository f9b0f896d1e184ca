"""Bounds of fetching, and what single feeds send besides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from watcher import version


@dataclass(frozen=True, slots=True)
class Extras:
    """What one feed's requests carry besides. Another host, to which the feed redirects, is only asked through the same proxy."""

    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: Mapping[str, str] = field(default_factory=dict)
    proxy: str = ""
    user_agent: str = ""
    address: str = ""
    """What is asked for in place of the feed's address, which then names the secrets in it and does not hold them."""


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """Bounds of every fetch. `timeout` is for the whole of it with redirects, without waiting for a free place.

    `private_networks` is deny, allow or a tuple of CIDR. With a proxy (`trust_env` or `Extras.proxy`) the proxy connects:
    what our own resolver finds at a forbidden address is refused, what only the proxy can resolve is its affair.
    """

    timeout: timedelta = timedelta(seconds=30)
    max_bytes: int = 10_000_000
    """After decompression."""
    concurrency: int = 64
    per_host: int = 2
    host_gap: timedelta | None = None
    """Least time between the starts of two requests to one host. None: a fifth of a second, and none for hosts of our own
    networks by number or `localhost`."""
    longest_line: timedelta | None = None
    """For how long a feed may wait for its turn at its host; beyond that it is sent away (HostBusy). None: as long as it takes."""
    redirects: int = 5
    private_networks: str | tuple[str, ...] = "deny"
    user_agent: str = ""
    """Empty: Watcher and its version, with `contact`."""
    contact: str = ""
    """A URL or an address where a publisher finds who asks."""
    trust_env: bool = False
    """Whether HTTP_PROXY, HTTPS_PROXY and NO_PROXY are heeded."""
    extras: Mapping[str, Extras] = field(default_factory=dict)
    """By feed URL."""

    def agent(self) -> str:
        """The User-Agent header."""
        contact = f" (+{self.contact})" if self.contact else ""
        return self.user_agent or f"Watcher/{version()}{contact}"
