"""What a reload swaps in: feeds, rules, policies and the channels that are ready to send."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from watcher.alerts import ChannelPolicy
from watcher.model import Feed
from watcher.pipeline import Policy
from watcher.polling import PollingPolicy
from watcher.ports import Sender
from watcher.rules import Rulebook


@dataclass(frozen=True, slots=True)
class Destination:
    """A channel ready to send: its policy and one sender for each recipient behind its URL."""

    policy: ChannelPolicy
    sender: Sender


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a reload may change, swapped in whole."""

    feeds: Mapping[str, Feed]
    rulebook: Rulebook
    policy: Policy
    polling: PollingPolicy
    destinations: Mapping[str, Destination]
    health_channel: str = ""

    def polling_of(self, url: str) -> PollingPolicy:
        """How often to ask a feed; one that is no longer watched goes by what holds for all."""
        feed = self.feeds.get(url)
        return self.polling.for_feed(feed) if feed else self.polling
