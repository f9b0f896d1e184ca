"""Which addresses may be connected to: judged on the socket, after DNS and at every redirect.

A check of the URL's text can be fooled (odd spellings, names that resolve anew, parser differences);
the address that a socket is about to connect to can not.
"""

from __future__ import annotations

import errno
import ipaddress
import re
import socket
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import urlsplit

from watcher.errors import ForbiddenAddress

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network

# is_global calls these public (some only in older Pythons): carriers' NAT, IETF assignments, benchmarks,
# the translators' prefixes that carry an IPv4 address, site-local, discard-only.
NOT_PUBLIC = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8",
        "100.64.0.0/10",
        "192.0.0.0/24",
        "192.88.99.0/24",
        "198.18.0.0/15",
        "240.0.0.0/4",
        "64:ff9b:1::/48",
        "100::/64",
        "2001::/23",
        "fec0::/10",
        "::/96",
    )
)
_NEVER_IN_URL = re.compile(r"[\x00-\x20\\\x7f-\xa0]")
_REMEMBERED = 20_000
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class AddressRefused(OSError):
    """Raised from a socket factory for an address that policy forbids."""


class Guard:
    """Decides on addresses by policy: `deny` private ones, `allow` all, or a list of CIDR that are allowed besides public ones."""

    def __init__(self, private_networks: str | Iterable[str] = "deny") -> None:
        self.allows_all = private_networks == "allow"
        listed = () if isinstance(private_networks, str) else private_networks
        self.allowed: tuple[IPNetwork, ...] = tuple(ipaddress.ip_network(text, strict=False) for text in listed)
        self._passed: dict[str, str] = {}
        """Hosts of URLs that passed; the same feeds are asked again and again."""

    def permits(self, address: str) -> bool:
        """Whether a socket may connect to this numeric address. IPv4 inside IPv6 is judged as IPv4."""
        if self.allows_all:
            return True
        try:
            ip = _unwrapped(ipaddress.ip_address(address.split("%")[0]))
        except ValueError:
            return False
        if any(ip in network for network in self.allowed if network.version == ip.version):
            return True
        if any(ip in network for network in NOT_PUBLIC if network.version == ip.version):
            return False
        return ip.is_global and not ip.is_multicast and not ip.is_reserved

    def with_proxies(self, urls: Iterable[str]) -> Guard:
        """A guard that also permits these proxies' own addresses, as they resolve now. What lies behind a proxy is its affair."""
        other = Guard("allow" if self.allows_all else ())
        other.allowed = self.allowed
        for url in urls:
            host = urlsplit(url if "//" in url else f"//{url}").hostname
            try:
                found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM) if host else []
            except OSError:
                continue  # a proxy without an address is told of at the first request through it
            other.allowed += tuple(ipaddress.ip_network(str(row[4][0]).split("%")[0]) for row in found)
        return other

    def socket(self, info: tuple[int, int, int, str, tuple[object, ...]]) -> socket.socket:
        """A socket for aiohttp's connector, or AddressRefused. `info` is one row of getaddrinfo."""
        family, kind, protocol, _, address = info
        if not self.permits(str(address[0])):
            raise AddressRefused(errno.EACCES, "not a public address")
        made = socket.socket(family, kind, protocol)
        made.setblocking(False)
        return made

    def check_url(self, url: str, *, from_feed: bool = False) -> str:
        """The host of a URL that its text does not forbid.

        Raises ForbiddenAddress for schemes other than http(s), control characters, backslashes, no host, a literal
        private address. A URL that a server supplied (`from_feed`) may not carry a user name either.
        """
        if not from_feed and url in self._passed:
            return self._passed[url]
        if _NEVER_IN_URL.search(url):
            raise ForbiddenAddress(url, "the address holds characters that no URL may hold", permanent=True)
        try:
            parts = urlsplit(url)
            host, _ = parts.hostname or "", parts.port
        except ValueError as error:
            raise ForbiddenAddress(url, f"not a URL: {error}", permanent=True) from error
        if parts.scheme.lower() not in ("http", "https"):
            raise ForbiddenAddress(
                url, f"scheme {parts.scheme or '(none)'!r} is not fetched, only http and https", permanent=True
            )
        if not host:
            raise ForbiddenAddress(url, "the address names no host", permanent=True)
        if from_feed and (parts.username or parts.password):
            raise ForbiddenAddress(url, "redirected to an address with a user name", permanent=True)
        if _is_literal(host) and not self.permits(host):
            raise ForbiddenAddress(url, _private(host), permanent=True)
        if not from_feed and len(self._passed) < _REMEMBERED:
            self._passed[url] = host
        return host


@lru_cache(4096)
def is_own(host: str) -> bool:
    """Whether a host is, by its name or number alone, one of our own networks and no stranger's server."""
    return host == "localhost" or (_is_literal(host) and not Guard().permits(host))


def _private(host: str) -> str:
    return f"{host} is not a public address (polling.private_networks can allow it)"


def refusal(url: str) -> ForbiddenAddress:
    """The error for a connection that `Guard.socket` refused."""
    return ForbiddenAddress(url, _private(urlsplit(url).hostname or url), permanent=True)


def _is_literal(host: str) -> bool:
    try:
        ipaddress.ip_address(host.split("%")[0])
    except ValueError:
        return False
    return True


def _unwrapped(ip: IPAddress) -> IPAddress:
    """The IPv4 address that an IPv6 one carries (mapped, 6to4, NAT64, Teredo's server is left), else itself."""
    if isinstance(ip, ipaddress.IPv6Address):
        if inner := ip.ipv4_mapped or ip.sixtofour:
            return inner
        if ip in NAT64:
            return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip
