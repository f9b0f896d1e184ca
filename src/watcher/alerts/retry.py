"""What becomes of a delivery that failed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from watcher.alerts.policy import ChannelPolicy
from watcher.errors import DeliveryError

FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(hours=1)
LONGEST_RETRY_AFTER = timedelta(hours=6)
"""A destination that asks for more is asked again after so long: a hostile Retry-After must not park it for ever."""

LONGEST_REST = timedelta(minutes=1)
"""How long an ill destination is left alone before another message probes it."""

REFUSAL_WAITS = (timedelta(seconds=5), timedelta(seconds=40))
"""Waits after a refusal that calls itself final: a service behind a proxy in mid-deploy answers 404 for a moment."""


@dataclass(frozen=True, slots=True)
class Postponed:
    """It is tried again at `due_at`."""

    due_at: datetime


@dataclass(frozen=True, slots=True)
class GivenUp:
    """It becomes a dead letter: shown, and resendable."""

    reason: str


@dataclass(frozen=True, slots=True)
class Held:
    """It may have arrived and the channel prefers to miss one over hearing it twice: shown, and resendable."""

    reason: str


def rest_after(
    error: DeliveryError, outcome: Postponed | GivenUp | Held, failures: int, now: datetime
) -> datetime | None:
    """Until when the whole channel rests, None to go on with its next message.

    `failures` are messages in a row that failed, this one included. A destination that asks for time gets it.
    One failure may be the message's own; from the second on the destination is ill, and is asked again with
    another message within a minute. A final refusal says nothing of other messages.
    """
    if error.retry_after is not None:
        return now + min(error.retry_after, LONGEST_RETRY_AFTER)
    if error.permanent or failures < 2 or not isinstance(outcome, Postponed):
        return None
    return min(outcome.due_at, now + LONGEST_REST)


def after_failure(
    attempts: int, first_due: datetime, error: DeliveryError, channel: ChannelPolicy, now: datetime, jitter: float
) -> Postponed | GivenUp | Held:
    """Decide after the `attempts`-th failed attempt (counted from 1).

    `first_due` is when it was first tried. Waits double from seconds to an hour, each shortened by up to half by
    `jitter` (0.0–1.0), and are at least what the destination asked for.
    """
    if error.unknown and channel.on_uncertain == "hold":
        return Held(error.reason)
    if error.permanent:
        if attempts > len(REFUSAL_WAITS):
            return GivenUp(error.reason)
        return Postponed(now + REFUSAL_WAITS[max(0, attempts - 1)])
    if now - first_due >= channel.give_up:
        return GivenUp(error.reason)
    wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(attempts - 1, 16)) * (1 - 0.5 * jitter)
    asked = min(error.retry_after or timedelta(0), LONGEST_RETRY_AFTER)
    return Postponed(now + max(wait, asked))
