"""What a check looks at, and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from watcher.config import Settings
from watcher.errors import StoreError
from watcher.store.held import Holder


@dataclass(frozen=True, slots=True)
class Finding:
    """One check's answer; `remedy` says what to do where it is not `ok`."""

    check: str
    ok: bool
    found: str
    remedy: str = ""


@dataclass(slots=True)
class Patient:
    """What the checks look at. `rows` are the feeds as stored, `counts` the store's totals, empty without a database.

    `unread` is why the store could not be read, `size` its bytes; `network` whether others may be asked.
    """

    settings: Settings
    now: datetime
    network: bool
    rows: list[dict[str, Any]] = field(default_factory=list)
    counts: dict[str, Any] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    unread: StoreError | None = None
    size: int = 0
    running: Holder | None = None


Check = Callable[[Patient], Iterator[Finding]]
