"""Observers: log lines, counters, the service manager's notify socket.

Events carry flat fields; here they become sentences, JSON lines and Prometheus series. Label values
come from closed sets (rule, channel, condition), never from feeds' texts.
"""

from __future__ import annotations

import json
import logging
import math
import os
import re
import socket
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from watcher.ports import Event, Observer

LOG = logging.getLogger("watcher")

LEVELS = {
    "feed.failed": logging.WARNING,
    "feed.condition": logging.WARNING,
    "network.down": logging.ERROR,
    "network.up": logging.WARNING,
    "delivery.failed": logging.WARNING,
    "delivery.dead": logging.ERROR,
    "delivery.held": logging.WARNING,
    "config.rejected": logging.ERROR,
    "store.failed": logging.ERROR,
    "disk.full": logging.ERROR,
    "disk.well": logging.WARNING,
    "internal.error": logging.ERROR,
    "feed.polled": logging.DEBUG,
    "daemon.started": logging.INFO,
}

JOURNAL_SOCKET = "/run/systemd/journal/socket"


class Timed(NamedTuple):
    """A length of time that an event tells of: its field in seconds, its series, by which label, within which bounds."""

    field: str
    series: str
    label: str
    bounds: tuple[float, ...]


TIMED = {
    "item.matched": Timed(
        "delay", "watcher_detection_delay_seconds", "rule", (60, 300, 900, 1800, 3600, 10800, 43200, 86400)
    ),
    "alert.delivered": Timed("seconds", "watcher_delivery_seconds", "channel", (1, 5, 15, 60, 300, 1800, 10800, 86400)),
}
"""From an item's publication to its match; from an alert's decision to its arrival."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_PRIORITY = {
    logging.DEBUG: "<7>",
    logging.INFO: "<6>",
    logging.WARNING: "<4>",
    logging.ERROR: "<3>",
    logging.CRITICAL: "<2>",
}


def printable(value: Any) -> str:
    """A field's value on one line: no control characters, no forged log lines."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", str(value))


class LogObserver:
    """Writes each event as one log record."""

    def __call__(self, event: Event) -> None:
        """Log `event` at its level."""
        level = LEVELS.get(event.name, logging.INFO)
        if LOG.isEnabledFor(level):
            LOG.log(level, "%s", event.name, extra={"event": event.name, "fields": event.fields})


class _Formatter(logging.Formatter):
    def __init__(self, as_json: bool, scrub: Callable[[str], str], priorities: bool, *, clock: bool = True) -> None:
        super().__init__()
        self._json, self._scrub, self._priorities, self._clock = as_json, scrub, priorities, clock

    def format(self, record: logging.LogRecord) -> str:
        fields: Mapping[str, Any] = getattr(record, "fields", {})
        trace = self.formatException(record.exc_info) if record.exc_info else ""
        if self._json:
            row = {
                "time": round(record.created, 3),
                "level": record.levelname.lower(),
                "message": record.getMessage(),
                **fields,
            }
            text = json.dumps({**row, "trace": trace} if trace else row, ensure_ascii=False, default=str)
        else:
            told = " ".join(f"{key}={printable(value)}" for key, value in fields.items() if value not in ("", None))
            clock = time.strftime("%H:%M:%S ", time.localtime(record.created)) + f"{record.levelname.lower():7} "
            text = f"{clock if self._clock else ''}{printable(record.getMessage())} {told}".rstrip()
            text += f"\n{trace}" if trace else ""
        return (_PRIORITY.get(record.levelno, "") if self._priorities else "") + self._scrub(text)


class _Journal(logging.Handler):
    """Hands records to journald with their fields, so that `journalctl WATCHER_FEED=…` finds them; where it does not take one, `other` does."""

    def __init__(self, scrub: Callable[[str], str], other: logging.Handler) -> None:
        super().__init__()
        self._scrub, self._other = scrub, other
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)

    def emit(self, record: logging.LogRecord) -> None:
        """Send one record, by journald's own protocol."""
        fields = {
            "MESSAGE": self.format(record),
            "PRIORITY": _PRIORITY.get(record.levelno, "<6>")[1:-1],
            "SYSLOG_IDENTIFIER": "watcher",
            "WATCHER_EVENT": getattr(record, "event", ""),
        }
        for name, value in getattr(record, "fields", {}).items():
            if value not in ("", None):
                fields[f"WATCHER_{re.sub(r'[^A-Z0-9]+', '_', name.upper())}"] = self._scrub(str(value))
        try:
            self._socket.sendto(
                b"".join(_journal_field(*field) for field in fields.items() if field[1]), JOURNAL_SOCKET
            )
        except OSError:
            self._other.handle(record)

    def close(self) -> None:
        """Let the socket go."""
        self._socket.close()
        super().close()


def _journal_field(name: str, value: str) -> bytes:
    data = value.encode("utf-8", "replace")
    if b"\n" not in data:
        return name.encode() + b"=" + data + b"\n"
    return name.encode() + b"\n" + len(data).to_bytes(8, "little") + data + b"\n"


def _reaches_journal() -> bool:
    """Whether what we write to stderr goes to journald, which then also takes fields."""
    try:
        status = os.fstat(2)
    except OSError:
        return False
    return os.environ.get("JOURNAL_STREAM") == f"{status.st_dev}:{status.st_ino}"


def set_up_logging(level: int, *, as_json: bool, scrub: Callable[[str], str] = str) -> None:
    """Send log records to stderr, secrets scrubbed; journald gets priorities, and fields where it can be reached."""
    handler: logging.Handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Formatter(as_json, scrub, bool(os.environ.get("JOURNAL_STREAM"))))
    if _reaches_journal():
        handler = _Journal(scrub, handler)
        handler.setFormatter(_Formatter(as_json, scrub, False, clock=False))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    LOG.setLevel(level)
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # a tick that finds the last one still at work is no news
    for name in ("apprise", "urllib3", "requests", "aiohttp", "asyncio"):
        logging.getLogger(name).setLevel(logging.WARNING)


class Counters:
    """Counts events for `/metrics` and `status`, and how long things took; see `samples`."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, tuple[tuple[str, str], ...]]] = Counter()
        self._spent: dict[tuple[str, str, str], list[float]] = {}
        """By series and label: seconds in all, and how many were within each of its bounds, and how many there were."""

    def __call__(self, event: Event) -> None:
        """Count `event` under the labels that its kind has."""
        labels = tuple(
            (name, str(event.fields[name]))
            for name in ("channel", "rule", "condition", "outcome")
            if name in event.fields
        )
        self._counts[event.name, labels] += int(event.fields.get("n", 1))
        timed = TIMED.get(event.name)
        if timed is not None and event.fields.get(timed.field) is not None:
            seconds = max(0.0, float(event.fields[timed.field]))
            key = (timed.series, timed.label, str(event.fields.get(timed.label, "")))
            kept = self._spent.setdefault(key, [0.0] * (len(timed.bounds) + 2))
            kept[0] += seconds
            for place, bound in enumerate((*timed.bounds, math.inf), 1):
                kept[place] += seconds <= bound

    def samples(self) -> Iterable[tuple[str, dict[str, str], float]]:
        """(series, labels, value) of every counter, in order of name, and of the histograms."""
        for (name, labels), value in sorted(self._counts.items()):
            yield "watcher_" + name.replace(".", "_") + "_total", dict(labels), value
        for (series, label, value_of), kept in sorted(self._spent.items()):
            bounds = next(timed.bounds for timed in TIMED.values() if timed.series == series)
            for bound, number in zip((*map("{:g}".format, bounds), "+Inf"), kept[1:], strict=True):
                yield f"{series}_bucket", {label: value_of, "le": bound}, int(number)
            yield f"{series}_sum", {label: value_of}, round(kept[0], 3)
            yield f"{series}_count", {label: value_of}, int(kept[-1])


def notify(text: str, environ: Mapping[str, str] | None = None) -> bool:
    """Tell the service manager (sd_notify). False where there is none."""
    address = (os.environ if environ is None else environ).get("NOTIFY_SOCKET", "")
    if not address:
        return False
    target = "\0" + address[1:] if address.startswith("@") else address
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
        channel.sendto(text.encode(), target)
    return True


def ago(then: str | datetime | None, now: datetime) -> str:
    """How long ago, or in how long: `5m ago`, `in 2h`."""
    if not then:
        return "never"
    moment = datetime.fromisoformat(then) if isinstance(then, str) else then
    seconds = (now - moment).total_seconds()
    size = abs(seconds)
    for unit, length in (("d", 86400), ("h", 3600), ("m", 60)):
        if size >= length:
            text = f"{size / length:.0f}{unit}"
            break
    else:
        text = f"{size:.0f}s"
    return f"{text} ago" if seconds >= 0 else f"in {text}"


def all_of(*observers: Observer) -> Observer:
    """One observer that tells several."""

    def tell(event: Event) -> None:
        for observer in observers:
            observer(event)

    return tell
