"""What a channel asks for, and the short texts it is written in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

SEVERITIES = ("low", "normal", "high")
"""From least to most urgent."""

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_WINDOWS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(days=7)}


@dataclass(frozen=True, slots=True)
class Digest:
    """When a digest leaves. `every`: hourly, daily, weekly; `at` is local time; `weekday` counts from Monday = 0."""

    every: str
    at: time = time(0)
    weekday: int = 0


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Local times between which nothing is sent; `end` exclusive, on the next day where it is not after `start`."""

    start: time
    end: time


@dataclass(frozen=True, slots=True)
class AtMost:
    """So many messages in any stretch of `per`."""

    messages: int
    per: timedelta


@dataclass(frozen=True, slots=True)
class ChannelPolicy:
    """How one channel wants to be told. Texts are as written in the configuration and have passed the parsers below.

    `break_quiet`: the severity from which alerts are delivered in quiet hours too, empty for none.
    `group`: alerts of one stretch of so long leave as one message.
    """

    name: str
    digest: str = ""
    quiet_hours: str = ""
    timezone: str = "UTC"
    at_most: str = ""
    min_severity: str = "low"
    break_quiet: str = ""
    give_up: timedelta = timedelta(days=3)
    group: timedelta = timedelta(0)
    escalate_to: str = ""
    escalate_after: timedelta | None = None
    language: str = "en"
    template: str = ""
    on_uncertain: str = "resend"

    def takes(self, severity: str) -> bool:
        """Whether an alert of this severity is for this channel."""
        return rank(severity) >= rank(self.min_severity)

    def breaks_quiet(self, severity: str) -> bool:
        """Whether an alert of this severity is delivered in quiet hours."""
        return bool(self.break_quiet) and rank(severity) >= rank(self.break_quiet)


def rank(severity: str) -> int:
    """Position in SEVERITIES; a severity that a newer version wrote counts as the highest, so it is never withheld."""
    return SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES) - 1


@lru_cache(maxsize=256)
def zone(name: str) -> ZoneInfo:
    """The time zone of an IANA name. Raises ZoneInfoNotFoundError."""
    return ZoneInfo(name)


@lru_cache(maxsize=256)
def parse_digest(text: str) -> Digest | None:
    """Read `hourly`, `daily HH:MM` or `weekly mon HH:MM`; None for at once. Raises ValueError with the remedy."""
    words = text.lower().split()
    if not words:
        return None
    if words == ["hourly"]:
        return Digest("hourly")
    if words[0] == "daily" and len(words) == 2:
        return Digest("daily", _clock(words[1]))
    if words[0] == "weekly" and len(words) == 3:
        if words[1][:3] not in WEEKDAYS:
            raise ValueError(f"'{words[1]}' is not a day of the week; write one of {', '.join(WEEKDAYS)}")
        return Digest("weekly", _clock(words[2]), WEEKDAYS.index(words[1][:3]))
    raise ValueError(
        f"'{text}' is not a digest time; write 'hourly', 'daily 07:30' or 'weekly mon 07:30', or leave it out for at once"
    )


@lru_cache(maxsize=256)
def parse_quiet_hours(text: str) -> QuietHours | None:
    """Read `HH:MM-HH:MM`; None for none. Raises ValueError with the remedy."""
    if not text.strip():
        return None
    parts = re.split(r"\s*[-–]\s*", text.strip())
    if len(parts) != 2:
        raise ValueError(f"'{text}' are not quiet hours; write them like 22:00-07:00")
    start, end = _clock(parts[0]), _clock(parts[1])
    if start == end:
        raise ValueError(
            "quiet hours that begin when they end would hold everything for ever; write them like 22:00-07:00"
        )
    return QuietHours(start, end)


@lru_cache(maxsize=256)
def parse_at_most(text: str) -> AtMost | None:
    """Read `30/h`, `200/d`; None for no limit. Raises ValueError with the remedy."""
    if not text.strip():
        return None
    match = re.fullmatch(r"\s*(\d{1,6})\s*(?:/|per\s)\s*([mhdw])(?:in(?:ute)?|our|ay|eek)?\s*", text.lower())
    if not match:
        raise ValueError(f"'{text}' is not a limit; write it like 30/h (an hour) or 200/d (a day)")
    if int(match[1]) < 1:
        raise ValueError("a limit of 0 would hold everything for ever; write at least 1/h")
    return AtMost(int(match[1]), _WINDOWS[match[2]])


def _clock(text: str) -> time:
    match = re.fullmatch(r"(\d{1,2}):(\d{2})", text)
    if not match or int(match[1]) > 24 or int(match[2]) > 59 or (int(match[1]) == 24 and match[2] != "00"):
        raise ValueError(f"'{text}' is not a time of day; write it like 07:30")
    return time(int(match[1]) % 24, int(match[2]))
