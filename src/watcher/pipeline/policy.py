"""What of the configuration the settling of a batch needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from watcher import alerts
from watcher.alerts import ChannelPolicy


@dataclass(frozen=True, slots=True)
class Policy:
    """What of the configuration `settle` needs. `catch_up`: we were away, so what came meanwhile leaves as one digest a channel."""

    channels: tuple[ChannelPolicy, ...] = ()
    max_age: timedelta = timedelta(days=7)
    first_run: str = "digest"
    catch_up: bool = False
    gather: timedelta = alerts.GATHER
    """How long a catch-up waits for more of it."""
    counts: Mapping[str, int] = field(default_factory=dict)
    recipients: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Names in `channels` behind a channel's configured name: one for each recipient of its URL."""
    every_story: bool = False
    """Assign stories to items that no rule matched too (scan)."""
