"""When to ask a feed again, and what its answers say of its health. Pure: the clock and chance are arguments."""

from watcher.polling.health import NO_NETWORK, is_unasked, is_unreachable, network_down
from watcher.polling.outcomes import (
    after_failure,
    after_outage,
    after_sent_away,
    after_success,
    expected_delay,
    not_modified,
)
from watcher.polling.policy import Hints, PollingPolicy

__all__ = [
    "NO_NETWORK",
    "Hints",
    "PollingPolicy",
    "after_failure",
    "after_outage",
    "after_sent_away",
    "after_success",
    "expected_delay",
    "is_unasked",
    "is_unreachable",
    "network_down",
    "not_modified",
]
