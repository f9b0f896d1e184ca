"""Checks of the way out: names, addresses, proxies, certificates, what publishers answer, channels' hosts."""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from watcher.channels import reach
from watcher.doctor.finding import Check, Finding, Patient
from watcher.feeds.limits import FetchLimits
from watcher.model import Feed

ASKED = 5
"""So many hosts are asked; what is wrong on the way out is wrong for most."""
TIMEOUT = 8.0
SKEW = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Answer:
    """What one feed's host did: `fault` in words, '' for none; its `status`, and its clock's time where it told one."""

    fault: str = ""
    remedy: str = ""
    status: int = 0
    clock: datetime | None = None


def proxy(patient: Patient) -> Iterator[Finding]:
    """A proxy that is set and not used, or used and not there."""
    proxies = {name: value for name, value in getproxies().items() if name in ("http", "https", "all")}
    used = patient.settings.polling.proxy_from_environment
    if proxies:
        found = "set in the environment" + ("" if used else ", and not used")
        yield Finding("proxy", used, found, "set polling.proxy_from_environment: true to use it")
    named = {options.proxy for options in patient.settings.requests.values() if options.proxy}
    for address in sorted(named | (set(proxies.values()) if used else set())) if patient.network else ():
        parts = urlsplit(address if "://" in address else f"http://{address}")
        if fault := reach.fault_of(parts.hostname or "", parts.port or 8080):
            yield Finding(
                "proxy",
                False,
                f"{parts.hostname}:{parts.port or 8080} {fault}",
                "is its address right, and does it run?",
            )


def families(patient: Patient) -> Iterator[Finding]:
    """Names, and whether their kind of address can be reached from here."""
    hosts = _hosts(patient)
    if not hosts or not patient.network:
        return
    found = {host: _families(host) for host in hosts}
    known = [host for host, kinds in found.items() if kinds]
    unknown = [host for host in hosts if host not in known]
    yield Finding("name look-up (DNS)", bool(known), f"{len(known)} of {len(hosts)} names found",
                  "no name can be looked up: check /etc/resolv.conf and the network")  # fmt: skip
    if known and unknown:
        yield Finding("name look-up (DNS)", False, f"not found: {', '.join(unknown)}", "are they written right?")
    if known and not _has_route(socket.AF_INET) and _has_route(socket.AF_INET6):
        only = [host for host in known if found[host] == {socket.AF_INET}]
        remedy = "this machine has IPv6 only: it needs NAT64 with DNS64, or a proxy (polling.proxy_from_environment)"
        yield Finding("IPv4", not only, f"only there: {', '.join(only)}" if only else "not needed by these", remedy)


def _hosts(patient: Patient) -> list[str]:
    return sorted({urlsplit(feed.url).hostname or "" for feed in patient.settings.feeds} - {""})[:ASKED]


def _families(host: str) -> set[int]:
    try:
        return {int(found[0]) for found in socket.getaddrinfo(host, None)}
    except (OSError, UnicodeError):
        return set()


def _has_route(family: int) -> bool:
    """Whether there is a way to the internet; nothing is sent."""
    target = "192.0.2.1" if family == socket.AF_INET else "2001:db8::1"
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((target, 9))
        except OSError:
            return False
    return True


def publishers(patient: Patient) -> Iterator[Finding]:
    """Ask a few feeds: does their host answer, by a certificate that is known, and not refuse us; and what time is it there?"""
    if not patient.network:
        return
    by_host: dict[str, Feed] = {}
    for feed in patient.settings.feeds:
        by_host.setdefault(urlsplit(feed.url).hostname or "", feed)
        if len(by_host) >= ASKED:
            break
    direct = [feed for feed in by_host.values() if not _by_proxy(patient, feed)]
    with ThreadPoolExecutor(ASKED) as pool:
        answers = list(pool.map(lambda feed: _ask(patient, feed), direct))
    for feed, answer in zip(direct, answers, strict=True):
        if answer.fault:
            yield Finding(f"feed {feed.url}", False, answer.fault, answer.remedy)
    clocks = [answer.clock for answer in answers if answer.clock is not None]
    if clocks:
        ahead = sorted(patient.now - there for there in clocks)[len(clocks) // 2]
        found = (
            f"{abs(ahead).total_seconds():.0f} s {'ahead of' if ahead > timedelta(0) else 'behind'} publishers' clocks"
        )
        yield Finding(
            "clock against others", abs(ahead) < SKEW, found, "`timedatectl set-ntp true`: dates decide what is new"
        )


def _by_proxy(patient: Patient, feed: Feed) -> bool:
    options = patient.settings.requests.get(feed.url)
    if options is not None and options.proxy:
        return True
    host = urlsplit(feed.url).hostname or ""
    return patient.settings.polling.proxy_from_environment and bool(getproxies()) and not proxy_bypass(host)


def _ask(patient: Patient, feed: Feed) -> Answer:
    """Our own request; where it is refused, one more that names a browser tells whether that is why."""
    polling, options = patient.settings.polling, patient.settings.requests.get(feed.url)
    limits = FetchLimits(user_agent=polling.user_agent, contact=polling.contact)
    own = (options.user_agent if options else "") or limits.agent()
    answer = _head(feed.url, own)
    if answer.status in (401, 403, 406, 429):
        as_browser = _head(feed.url, "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
        if as_browser.status and as_browser.status < 400:
            remedy = "give the feed, or `polling:`, a user_agent that it takes; a contact in it often suffices"
            return Answer(f"refuses our user agent ({answer.status})", remedy, answer.status, answer.clock)
    return answer


def _head(url: str, agent: str) -> Answer:
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    try:
        with closing(kind(parts.hostname or "", parts.port, timeout=TIMEOUT)) as connection:
            connection.request("GET", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
                               headers={"User-Agent": agent, "Accept": "*/*"})  # fmt: skip
            response = connection.getresponse()
    except ssl.SSLCertVerificationError as error:
        remedy = "install ca-certificates, or the authority of a proxy that looks into TLS (SSL_CERT_FILE)"
        return Answer(f"its certificate is not trusted: {error.verify_message}", remedy)
    except socket.gaierror:
        return Answer()  # `families` tells of names
    except (OSError, http.client.HTTPException, ValueError) as error:
        return Answer(f"does not answer: {reach.in_words(error)}", "can this machine reach it? try `curl -I` on it")
    told = response.getheader("Date", "")
    try:
        clock = parsedate_to_datetime(told).astimezone(UTC) if told else None
    except ValueError:
        clock = None
    return Answer(status=response.status, clock=clock)


def channels(patient: Patient) -> Iterator[Finding]:
    """Whether channels' servers can be reached; at a mail server also whether it lets us in. Nothing is sent."""
    if not patient.network:
        return
    found = patient.settings.channels
    with ThreadPoolExecutor(8) as pool:
        faults = list(pool.map(lambda channel: reach.fault_of_channel(channel.url), found))
    for channel, fault in zip(found, faults, strict=True):
        if fault:
            remedy = f"is its URL right, its server up, and the way there open? `watcher channels test {channel.policy.name}`"
            yield Finding(f"channel {channel.policy.name}", False, fault, remedy)


CHECKS: tuple[Check, ...] = (proxy, families, publishers, channels)
