"""What a destination answered, seen beneath Apprise.

Apprise reports a bool and a sentence for its log; Retry-After and the kind of a connection's failure
are lost on the way. So `requests`' one door, `Session.send`, is wrapped once: in a thread that asks to
`listen`, every answer is noted, its body is bounded in size and time, and nothing else changes.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import requests

from watcher.errors import DeliveryError

LARGEST_ANSWER = 65536
LONGEST_ANSWER = 60.0
"""Bytes and seconds of an answer's body that are read: a destination may be hostile or broken."""

PERMANENT = frozenset({301, 308, 400, 401, 402, 403, 404, 405, 406, 410, 411, 413, 414, 415, 421, 422, 431, 451})
UNKNOWN = frozenset({408, 499, 502, 504})
"""A gateway speaks of what it did not see end."""

REMEDIES = {
    301: "the address has moved; write the new one",
    308: "the address has moved; write the new one",
    401: "it refuses our credentials",
    403: "it refuses us",
    404: "nothing is at this address",
    410: "it is gone for good",
    413: "the message is too long for it",
    429: "it asks us to slow down",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP exchange: a status, or the error that came instead of it."""

    status: int = 0
    retry_after: timedelta | None = None
    error: Exception | None = None

    @property
    def is_failure(self) -> bool:
        """Whether the request did not succeed."""
        return self.error is not None or not 200 <= self.status < 300


class _Ear(threading.local):
    answers: list[Answer] | None = None


_ear = _Ear()


@dataclass(slots=True)
class Heard:
    """Answers of one send, in order."""

    answers: list[Answer] = field(default_factory=list)

    def failure(self) -> Answer | None:
        """The last exchange that failed."""
        return next((answer for answer in reversed(self.answers) if answer.is_failure), None)


@contextmanager
def listen() -> Iterator[Heard]:
    """Note the HTTP exchanges of this thread."""
    heard = Heard()
    _ear.answers = heard.answers
    try:
        yield heard
    finally:
        _ear.answers = None


def error_of(answer: Answer) -> DeliveryError:
    """The failure that an exchange means, without the address."""
    if answer.error is not None:
        return _connection_error(answer.error)
    remedy = REMEDIES.get(answer.status, "")
    reason = f"HTTP {answer.status}" + (f": {remedy}" if remedy else "")
    return DeliveryError(
        reason,
        permanent=answer.status in PERMANENT,
        unknown=answer.status in UNKNOWN,
        retry_after=answer.retry_after,
    )


def _connection_error(error: Exception) -> DeliveryError:
    text = repr(error)
    if isinstance(error, requests.exceptions.ReadTimeout):
        return DeliveryError("no answer in time; it may have arrived", unknown=True)
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return DeliveryError("no connection in time")
    if isinstance(error, requests.exceptions.SSLError):
        return DeliveryError("the connection can not be secured: its certificate was not accepted")
    if re.search(r"NameResolution|getaddrinfo|Name or service|Temporary failure in name", text):
        return DeliveryError("its name was not found")
    if re.search(r"NewConnectionError|Connection refused|unreachable", text):
        return DeliveryError("it refuses connections")
    if isinstance(
        error, requests.exceptions.InvalidURL | requests.exceptions.MissingSchema | requests.exceptions.InvalidHeader
    ):
        return DeliveryError("its address is not valid", permanent=True)
    return DeliveryError("the connection broke; it may have arrived", unknown=True)


def retry_after(headers: Any, body: bytes, now: datetime) -> timedelta | None:
    """How long a destination asks us to wait: Retry-After in seconds or as a date, or Telegram's and Discord's `retry_after`."""
    text = str(headers.get("Retry-After") or headers.get("X-RateLimit-Reset-After") or "").strip()
    if not text:
        match = re.search(rb'"retry_after"\s*:\s*(\d{1,9}(?:\.\d{1,6})?)', body[:4096])
        text = match[1].decode() if match else ""
    if re.fullmatch(r"\d{1,12}(\.\d+)?", text):
        return timedelta(seconds=min(float(text), 86400.0 * 365))
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, IndexError, TypeError):
        return None
    return max(timedelta(0), (at if at.tzinfo else at.replace(tzinfo=UTC)) - now)


def _bounded_body(response: requests.Response) -> bytes:
    """The beginning of an answer's body; what is beyond the bounds is not read."""
    ends, body = time.monotonic() + LONGEST_ANSWER, b""
    try:
        for chunk in response.iter_content(8192):
            body += chunk
            if len(body) >= LARGEST_ANSWER or time.monotonic() > ends:
                response.close()
                break
    except (requests.RequestException, OSError):
        # The status line came, so the destination has answered; the rest is of no interest.
        response.close()
    return body[:LARGEST_ANSWER]


def _is_here(url: str) -> bool:
    """Whether an address is this machine's own, which no proxy of the environment could reach."""
    name = urlsplit(url).hostname or ""
    return name == "localhost" or name == "::1" or name.startswith("127.")


_send = requests.Session.send


def _listened(self: requests.Session, request: requests.PreparedRequest, **options: Any) -> requests.Response:
    answers = _ear.answers
    if answers is None:
        return _send(self, request, **options)
    options["stream"] = True
    if _is_here(request.url or ""):
        options["proxies"] = {}
    try:
        response = _send(self, request, **options)
    except requests.RequestException as error:
        answers.append(Answer(error=error))
        raise
    body = _bounded_body(response)
    response._content = body
    response._content_consumed = True
    wait = retry_after(response.headers, body, datetime.now(UTC)) if response.status_code in (413, 429, 503) else None
    answers.append(Answer(response.status_code, wait))
    return response


requests.Session.send = _listened  # type: ignore[method-assign]
