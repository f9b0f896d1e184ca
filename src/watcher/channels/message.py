"""A rendered message, and what a service can take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Service:
    """What rendering needs to know of a destination. Never holds its address.

    `markup` is what the reader's program understands: text, markdown, html, ansi (a terminal) or mail.
    `declare` is the format that the transport is told. Lengths are in `unit`: chars (code points), utf16
    (code units) or bytes (UTF-8). A `title_maxlen` of 0 means that the service has no titles.
    """

    scheme: str
    markup: str = "text"
    declare: str = "text"
    body_maxlen: int = 32768
    title_maxlen: int = 250
    unit: str = "chars"
    title_counts: bool = False
    """The title counts against the body's length."""
    whole: bool = False
    """It takes `Message.text` and `Message.html` instead of parts; elsewhere those stay empty."""
    mentions: bool = True
    """The service may turn @names in a text into calls for people, so they are broken."""


@dataclass(frozen=True, slots=True)
class Part:
    """One piece that leaves on its own. `title` is empty where the service has none; `body` never is."""

    title: str
    body: str


@dataclass(frozen=True, slots=True)
class Message:
    """What leaves for one destination: of one alert, or of a batch.

    `key` is the idempotency key: the same for every attempt. `message_id` is what is kept as receipt and names
    the message in threads; `thread` is that of the story's first message, empty for none. `parts` are in the
    service's own markup and within its limits; `subject`, `text` and `html` are whole. `facts` are JSON-able,
    one mapping for each alert.
    """

    channel: str
    key: str
    message_id: str
    thread: str
    kind: str
    severity: str
    language: str
    direction: str
    subject: str
    text: str
    html: str
    markdown: str
    parts: tuple[Part, ...]
    facts: tuple[Mapping[str, object], ...] = field(default=())


def measure(text: str, unit: str) -> int:
    """Length of `text` as a service counts it."""
    if unit == "bytes":
        return len(text.encode("utf-8", "replace"))
    if unit == "utf16":
        return len(text) + sum(1 for character in text if character > "\uffff")
    return len(text)
