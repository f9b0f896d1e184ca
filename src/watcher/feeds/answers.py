"""What the head of an HTTP answer says: freshness, waits, refusals, hubs. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin

LONGEST_WAIT = timedelta(hours=6)
"""No server decides that we stay away for longer: a Retry-After of 10⁹ is a fault, not a wish."""
LONGEST_AGE = timedelta(days=1)

_LINK = re.compile(r'<([^<>\s]{1,2000})>((?:\s*;\s*[\w*-]+\s*(?:=\s*(?:"[^"]*"|[^",;\s]*))?)*)')
_REL = re.compile(r';\s*rel\s*=\s*(?:"([^"]*)"|([^",;\s]*))', re.IGNORECASE)

# Headers by which guards of sites (Cloudflare, AWS WAF, DataDome, Sucuri, PerimeterX) mark a challenge or a block.
_CHALLENGES: tuple[tuple[str, str, str], ...] = (
    ("cf-mitigated", "challenge", "Cloudflare"),
    ("x-amzn-waf-action", "", "AWS WAF"),
    ("x-datadome", "", "DataDome"),
    ("x-sucuri-block", "", "Sucuri"),
    ("x-px-block", "", "HUMAN"),
)
_CHALLENGE_BODY = re.compile(
    rb"challenge-platform|cf-chl-|cf_chl_|captcha-delivery\.com|_Incapsula_Resource|px-captcha|awsWafCookieDomainList"
    rb"|ddos-guard|sucuri_cloudproxy|<title>Just a moment|Attention Required! \| Cloudflare|within\.website/x/cmd/anubis",
    re.IGNORECASE,
)


def moment(text: str) -> datetime | None:
    """An HTTP date as aware UTC; None if it is none."""
    try:
        when = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return when.astimezone(UTC) if when.tzinfo else when.replace(tzinfo=UTC)


def retry_after(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """The wait that Retry-After asks for (seconds or a date), clamped to 0…6 h; None without a readable one."""
    text = headers.get("Retry-After", "").strip()
    if re.fullmatch(r"\d+(?:\.\d*)?", text):
        seconds = float(text[:12])
    elif when := moment(text):
        seconds = (when - now).total_seconds()
    else:
        return None
    return min(max(timedelta(seconds=seconds), timedelta()), LONGEST_WAIT)


def max_age(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """How long the answer says it stays fresh: Cache-Control before Expires (RFC 9111, 4.2.1), less its Age; at most a day."""
    control = {}
    for part in headers.get("Cache-Control", "").lower().split(","):
        name, _, value = part.strip().partition("=")
        control[name] = value.strip('"')
    if "no-store" in control or "no-cache" in control:
        return None
    seconds: float | None = None
    if (value := control.get("max-age", "")).isdigit():
        seconds = float(value[:9])
        age = headers.get("Age", "")
        seconds -= float(age[:9]) if age.isdigit() else 0.0
    elif "Expires" in headers and (expires := moment(headers["Expires"])):
        seconds = (expires - (moment(headers.get("Date", "")) or now)).total_seconds()
    if seconds is None or seconds <= 0:
        return None
    return min(timedelta(seconds=seconds), LONGEST_AGE)


def links(values: list[str], base: str) -> dict[str, str]:
    """The first target of each relation in Link headers, absolute."""
    found: dict[str, str] = {}
    for value in values[:20]:
        for target, parameters in _LINK.findall(value[:8000]):
            for quoted, bare in _REL.findall(parameters):
                for relation in (quoted or bare).lower().split():
                    found.setdefault(relation, urljoin(base, target))
    return found


def challenge(headers: Mapping[str, str], start: bytes) -> str:
    """Who put a challenge before the feed ('Cloudflare', 'a bot check'); empty if nobody did."""
    for name, value, who in _CHALLENGES:
        if name in headers and value in headers[name].lower():
            return who
    return "a bot check" if _CHALLENGE_BODY.search(start) else ""


def content_type(value: str) -> tuple[str, str]:
    """Media type and charset of a Content-Type, both in lower case."""
    media, _, parameters = value.partition(";")
    found = re.search(r"charset\s*=\s*[\"']?([\w.:+-]{1,40})", parameters, re.IGNORECASE)
    return media.strip().lower()[:100], found[1].lower() if found else ""
