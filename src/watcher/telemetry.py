"""Observers: log lines, counters, the service manager's notify socket.

Events carry flat fields; here they become sentences, JSON lines and Prometheus series. Label values
come from closed sets (rule, channel, condition), never from feeds' texts.
"""

from __future__ import annotations

import json
import logging
import os
import re
import socket
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

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
    def __init__(self, as_json: bool, scrub: Callable[[str], str], priorities: bool) -> None:
        super().__init__()
        self._json, self._scrub, self._priorities = as_json, scrub, priorities

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
            clock = time.strftime("%H:%M:%S", time.localtime(record.created))
            text = f"{clock} {record.levelname.lower():7} {printable(record.getMessage())} {told}".rstrip() + (
                f"\n{trace}" if trace else ""
            )
        return (_PRIORITY.get(record.levelno, "") if self._priorities else "") + self._scrub(text)


def set_up_logging(level: int, *, as_json: bool, scrub: Callable[[str], str] = str) -> None:
    """Send log records to stderr, secrets scrubbed; journald gets priorities."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Formatter(as_json, scrub, bool(os.environ.get("JOURNAL_STREAM"))))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    LOG.setLevel(level)
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # a tick that finds the last one still at work is no news
    for name in ("apprise", "urllib3", "requests", "aiohttp", "asyncio"):
        logging.getLogger(name).setLevel(logging.WARNING)


class Counters:
    """Counts events for `/metrics` and `status`; see `samples`."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, tuple[tuple[str, str], ...]]] = Counter()
        self.delays: list[float] = []

    def __call__(self, event: Event) -> None:
        """Count `event` under the labels that its kind has."""
        labels = tuple(
            (name, str(event.fields[name]))
            for name in ("channel", "rule", "condition", "outcome")
            if name in event.fields
        )
        self._counts[event.name, labels] += int(event.fields.get("n", 1))
        if event.name == "item.matched" and event.fields.get("delay") is not None:
            self.delays = [*self.delays[-999:], float(event.fields["delay"])]

    def samples(self) -> Iterable[tuple[str, dict[str, str], int]]:
        """(series, labels, value) of every counter, in order of name."""
        for (name, labels), value in sorted(self._counts.items()):
            yield "watcher_" + name.replace(".", "_") + "_total", dict(labels), value


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
