"""What becomes of a delivery that failed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from watcher.alerts.policy import ChannelPolicy
from watcher.errors import DeliveryError

FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(hours=1)
LONGEST_RETRY_AFTER = timedelta(hours=6)
"""A destination that asks for more is asked again after so long: a hostile Retry-After must not park it for ever."""

LONGEST_GAP = LONGEST_RETRY_AFTER + timedelta(hours=2)
"""Between two failures of a delivery no more time passes while somebody tries."""

LONGEST_REST = timedelta(minutes=1)
"""How long an ill destination is left alone before another message probes it."""

REFUSAL_WAITS = (timedelta(seconds=10), timedelta(minutes=5))
"""Waits after a refusal that calls itself final: a service behind a proxy in mid-deploy answers 404 for some minutes."""

REFUSALS_OF_ONE = 3
"""So many final refusals in a row may be the messages' own; from then on the destination itself is taken to be ill."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What a delivery has gone through, the failure in hand included.

    `attempts` counts every one that was begun; `refusals` are final ones in a row; `lasted` is for how long it
    was tried in vain. Days in which nobody tried are not among it: the store moves the beginning on by them.
    """

    attempts: int
    refusals: int = 0
    lasted: timedelta = timedelta(0)


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
    another message within a minute. A final refusal says nothing of other messages, until there are three in a row.
    """
    if error.retry_after is not None:
        return now + min(error.retry_after, LONGEST_RETRY_AFTER)
    if error.permanent:
        return None if failures < REFUSALS_OF_ONE else now + LONGEST_REST
    if failures < 2 or not isinstance(outcome, Postponed):
        return None
    return min(outcome.due_at, now + LONGEST_REST)


def after_one_more(
    attempts: int,
    refusals: int,
    failing_since: datetime | None,
    error: DeliveryError,
    now: datetime,
    tried_at: datetime | None = None,
) -> Trouble:
    """The trouble of a delivery with this failure in it; the attempt is counted already.

    `refusals` are those in a row before this one, `failing_since` is when it first failed, None for now, `tried_at` when
    it failed last. A gap longer than any wait is a clock that was just set, and not counted: the next failure tells.
    """
    until = tried_at if tried_at is not None and now - tried_at > LONGEST_GAP else now
    lasted = max(timedelta(0), until - failing_since) if failing_since else timedelta(0)
    return Trouble(attempts, refusals + 1 if error.permanent else 0, lasted)


def of_all(troubles: Sequence[Trouble]) -> Trouble:
    """The trouble of a message of several deliveries: each has its own chances before one is given up."""
    return Trouble(
        max(trouble.attempts for trouble in troubles),
        min(trouble.refusals for trouble in troubles),
        min(trouble.lasted for trouble in troubles),
    )


def after_failure(
    trouble: Trouble, error: DeliveryError, channel: ChannelPolicy, now: datetime, jitter: float
) -> Postponed | GivenUp | Held:
    """Decide after a failed attempt.

    Waits double from seconds to an hour, each shortened by up to half by `jitter` (0.0–1.0), and are at least
    what the destination asked for. Only final refusals in a row, or `give_up`, make a dead letter.
    """
    if error.unknown and channel.on_uncertain == "hold":
        return Held(error.reason)
    if trouble.lasted >= channel.give_up or trouble.refusals > len(REFUSAL_WAITS):
        return GivenUp(error.reason)
    asked = min(error.retry_after or timedelta(0), LONGEST_RETRY_AFTER)
    if error.permanent:
        return Postponed(now + max(REFUSAL_WAITS[max(0, trouble.refusals - 1)], asked))
    wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(trouble.attempts - 1, 16)) * (1 - 0.5 * jitter)
    return Postponed(now + max(wait, asked))
