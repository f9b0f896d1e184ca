"""Destinations on this machine: the terminal, and files of JSON lines."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from watcher.channels.message import Message, Service
from watcher.errors import DeliveryError

_TERMINAL = threading.Lock()
"""Several console channels write to one terminal."""


class ConsoleSender:
    """Writes alerts to standard output, in colour on a terminal."""

    def __init__(self) -> None:
        coloured = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
        self.service = Service(
            "console", "ansi" if coloured else "text", body_maxlen=1_000_000, title_maxlen=0, mentions=False
        )

    def send(self, message: Message) -> None:
        """Print the message and an empty line."""
        text = "\n".join(part.body for part in message.parts)
        encoding = sys.stdout.encoding or "utf-8"
        shown = text.encode(encoding, "replace").decode(encoding)
        try:
            with _TERMINAL:
                print(shown, end="\n\n", flush=True)
        except OSError as error:
            raise DeliveryError(f"can not write to the console: {error.strerror}") from error


class FileSender:
    """Appends one JSON line for each alert to a file that only we can read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.service = Service("file", whole=True, mentions=False)

    def send(self, message: Message) -> None:
        """Append and sync. Each line carries the message's key, so that a repeat can be told."""
        lines = "".join(
            json.dumps(
                {"message": message.key, "channel": message.channel, **facts, "text": message.text}, ensure_ascii=False
            )
            + "\n"
            for facts in message.facts
        )
        try:
            handle = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            with os.fdopen(handle, "ab") as file:
                file.write(lines.encode("utf-8", "replace"))
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise DeliveryError(f"can not write the file: {error.strerror}") from error

    def fault(self) -> str:
        """Why nothing could be written, '' where it could; nothing is."""
        place = self._path if self._path.exists() else self._path.parent
        if not place.exists():
            return f"there is no folder {place}"
        return "" if os.access(place, os.W_OK) else f"{place} can not be written"


def open_console(url: str, name: str, rate: float) -> Mapping[str, ConsoleSender]:
    """The terminal. What stands after console:// is ignored."""
    return {"": ConsoleSender()}


def open_file(url: str, name: str, rate: float) -> Mapping[str, FileSender]:
    """file:///absolute/path.jsonl, or file://relative/path.jsonl as seen from the working directory."""
    parts = urlsplit(url)
    path = unquote(parts.netloc + parts.path)
    if not path or path.endswith("/"):
        raise ValueError("no file named; write file:///var/lib/watcher/alerts.jsonl")
    return {"": FileSender(Path(path))}
