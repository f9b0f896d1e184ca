"""The outbox: deliveries claimed with a lease, the attempt counted durably before anything is sent."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from watcher.model import Delivery
from watcher.store.codec import clean, moment, stamp
from watcher.store.values import read_alert

BATCH_LIMIT = 5000
"""One digest, also after weeks; the channel cuts what is too long for it and says what it left out."""
LONGEST_CATCHING_UP = timedelta(minutes=30)
FURTHEST_BATCH = timedelta(days=9)
"""A weekly digest that quiet hours hold: no batch waits longer."""

LONGEST_WINDOW = timedelta(days=8)
"""Of `at_most`: what was sent longer ago counts nowhere, and keeps the time it was written down with."""

LONGEST_SILENCE = timedelta(hours=2)
"""A start after a longer silence means that nobody was there in between."""

STAMPED_SINCE = timedelta(seconds=5)
"""So long it may take until a new clock is noticed; what was stamped in that time may be right."""

_COLUMNS = """delivery.key, delivery.alert, delivery.channel, delivery.due_at, delivery.batch, delivery.state, delivery.attempts,
  delivery.thread, delivery.first_tried_at, alert.kind, alert.story, alert.item, alert.severity, alert.created_at, alert.rules, alert.changes, alert.body"""

_OPEN = "state IN ('pending', 'sending')"


def read_delivery(row: Any) -> Delivery:
    """A delivery with its alert, from a joined row."""
    return Delivery(
        key=row["key"],
        alert=read_alert(row),
        channel=row["channel"],
        due_at=moment(row["due_at"]) or datetime.min,
        batch=row["batch"],
        state=row["state"],
        attempts=row["attempts"],
        thread=row["thread"],
    )


def recover(connection: Any, now: datetime, hold: Iterable[str]) -> int:
    """Deliveries that a dead process was sending become due again, or held on channels that ask for that. Returns how many."""
    leave_out_absence(connection, now)
    note = "the process ended while this was being sent; it may have arrived"
    done = connection.execute(
        """UPDATE delivery SET state = CASE WHEN channel IN (SELECT value FROM json_each(:hold)) THEN 'held' ELSE 'pending' END,
             due_at = CASE WHEN due_at < :now THEN due_at ELSE :now END, lease_until = 0, token = '', last_error = :note
           WHERE state = 'sending'""",
        {"hold": json.dumps(sorted(hold)), "now": stamp(now), "note": note},
    )
    return int(done.rowcount)


def wait_for_others(connection: Any, deliveries: Iterable[Delivery], now: datetime) -> None:
    """What is caught up on leaves together: the digest that waits already waits for these too, half an hour at most."""
    for channel, batch, due_at in {
        (each.channel, each.batch, each.due_at) for each in deliveries if each.batch.startswith("catch-up:")
    }:
        connection.execute(
            """UPDATE delivery SET due_at = :due WHERE channel = :channel AND batch = :batch AND state = 'pending' AND attempts = 0
                 AND due_at < :due AND planned_at >= :earliest""",
            {
                "due": stamp(due_at),
                "channel": channel,
                "batch": batch,
                "earliest": stamp(now - LONGEST_CATCHING_UP),
            },
        )


def claim_due(connection: Any, channel: str, now: datetime, lease: timedelta, token: str) -> list[Delivery]:
    """Take the next message of a channel: the oldest due delivery, with all due ones of its batch. Counts the attempt.

    A delivery waits while an earlier one of its story on this channel is still open. Queries are written so that they
    go by `delivery_due` and `delivery_story` (hence the plus): others would look at all that wait, or ever left.
    """
    at = stamp(now)
    first = connection.execute(
        f"""SELECT key, batch FROM delivery AS mine WHERE channel = :channel AND due_at <= :now AND {_OPEN}
              AND (state = 'pending' OR state = 'sending' AND lease_until <= :now)
              AND (story = '' OR NOT EXISTS (SELECT 1 FROM delivery AS other WHERE other.channel = :channel AND other.story = mine.story
                   AND other.{_OPEN} AND other.batch = '' AND (other.planned_at, other.rowid) < (mine.planned_at, mine.rowid)))
            ORDER BY due_at, planned_at, rowid LIMIT 1""",
        {"channel": channel, "now": at},
    ).fetchone()
    if first is None:
        return []
    keys = [first["key"]]
    if first["batch"]:
        rows = connection.execute(
            f"""SELECT key FROM delivery WHERE channel = ? AND batch = ? AND due_at <= ? AND {_OPEN} AND lease_until <= ?
                ORDER BY planned_at, rowid LIMIT ?""",
            (channel, first["batch"], at, at, BATCH_LIMIT),
        )
        keys = [row["key"] for row in rows.fetchall()]
    connection.execute(
        """UPDATE delivery SET state = 'sending', attempts = attempts + 1, lease_until = ?, token = ?,
             first_tried_at = coalesce(first_tried_at, ?) WHERE key IN (SELECT value FROM json_each(?))""",
        ((at or 0) + lease.total_seconds(), token, at, json.dumps(keys)),
    )
    rows = connection.execute(
        f"""SELECT {_COLUMNS}, (SELECT key FROM delivery AS told WHERE told.channel = delivery.channel AND told.story = delivery.story
                AND told.story <> '' AND told.state = 'delivered' ORDER BY +told.done_at LIMIT 1) AS told
            FROM delivery JOIN alert ON alert.key = delivery.alert
            WHERE delivery.key IN (SELECT value FROM json_each(?)) ORDER BY delivery.planned_at, delivery.rowid""",
        (json.dumps(keys),),
    )
    return [_threaded(row) for row in rows.fetchall()]


def _threaded(row: Any) -> Delivery:
    delivery = read_delivery(row)
    return delivery if delivery.thread or not row["told"] else Delivery(**{**_fields(delivery), "thread": row["told"]})


def _fields(delivery: Delivery) -> dict[str, Any]:
    return {name: getattr(delivery, name) for name in Delivery.__slots__}


def settle(connection: Any, keys: Sequence[str], token: str, state: str, now: datetime, **columns: Any) -> int:
    """Write the outcome of a send, if the claim is still ours. Returns how many rows took it."""
    if "last_error" in columns:
        columns["last_error"] = clean(columns["last_error"])[:500]
    sets = "".join(f", {name} = :{name}" for name in columns)
    done_at = ", done_at = :now" if state in ("delivered", "dead") else ""
    done = connection.execute(
        f"""UPDATE delivery SET state = :state, lease_until = 0, token = ''{done_at}{sets}
            WHERE key IN (SELECT value FROM json_each(:keys)) AND token = :token""",
        {"state": state, "now": stamp(now), "keys": json.dumps(list(keys)), "token": token, **columns},
    )
    return int(done.rowcount)


@dataclass(frozen=True, slots=True)
class Tried:
    """A delivery's failures up to now: attempts begun, final refusals in a row, since when it fails and when it failed last (None: not yet)."""

    key: str
    attempts: int
    refusals: int
    failing_since: datetime | None
    tried_at: datetime | None


def tried(connection: Any, keys: Sequence[str]) -> list[Tried]:
    """The failures of these deliveries."""
    rows = connection.execute(
        "SELECT key, attempts, refusals, failing_since, tried_at FROM delivery WHERE key IN (SELECT value FROM json_each(?))",
        (json.dumps(list(keys)),),
    )
    return [
        Tried(row["key"], row["attempts"], row["refusals"], moment(row["failing_since"]), moment(row["tried_at"]))
        for row in rows.fetchall()
    ]


def note_failures(connection: Any, refusals: Mapping[str, int], token: str, now: datetime) -> None:
    """Write down, by key, final refusals in a row, and when it failed."""
    connection.executemany(
        """UPDATE delivery SET refusals = ?, failing_since = coalesce(failing_since, ?), tried_at = ?
           WHERE key = ? AND token = ?""",
        [(number, stamp(now), stamp(now), key, token) for key, number in refusals.items()],
    )


def leave_out_absence(connection: Any, now: datetime) -> None:
    """Days in which nothing ran do not count towards giving up: nobody tried in them.

    The last sign of life is the last failure or the last poll.
    """
    row = connection.execute(
        f"SELECT (SELECT max(tried_at) FROM delivery WHERE {_OPEN}) AS tried, (SELECT max(last_polled_at) FROM feed) AS polled"
    ).fetchone()
    alive = max(row["tried"] or 0, row["polled"] or 0)
    away = now.timestamp() - alive - LONGEST_SILENCE.total_seconds()
    if alive and away > 0:
        connection.execute(f"UPDATE delivery SET failing_since = failing_since + ? WHERE {_OPEN}", (away,))


def last_heard(connection: Any, channel: str) -> datetime | None:
    """When a message last reached the channel."""
    row = connection.execute(
        "SELECT done_at FROM delivery WHERE channel = ? AND state = 'delivered' ORDER BY done_at DESC LIMIT 1",
        (channel,),
    ).fetchone()
    return moment(row["done_at"]) if row else None


def uncount(connection: Any, keys: Sequence[str], token: str, due_at: datetime) -> None:
    """Give a claim back unsent (quiet hours began): the attempt did not happen."""
    connection.execute(
        """UPDATE delivery SET state = 'pending', attempts = attempts - 1, lease_until = 0, token = '', due_at = ?
           WHERE key IN (SELECT value FROM json_each(?)) AND token = ?""",
        (stamp(due_at), json.dumps(list(keys)), token),
    )


def resend(connection: Any, keys: Sequence[str], now: datetime) -> int:
    """Make dead, held or delivered deliveries due once more, with the same key."""
    done = connection.execute(
        """UPDATE delivery SET state = 'pending', due_at = ?, attempts = 0, refusals = 0, failing_since = NULL,
             tried_at = NULL, first_tried_at = NULL, batch = '', last_error = ''
           WHERE key IN (SELECT value FROM json_each(?)) AND state <> 'sending'""",
        (stamp(now), json.dumps(list(keys))),
    )
    return int(done.rowcount)


def next_due(connection: Any, channel: str) -> datetime | None:
    """When the channel next has something to send."""
    row = connection.execute(
        f"""SELECT min(at) AS at FROM (
              SELECT * FROM (SELECT due_at AS at FROM delivery WHERE channel = :channel AND {_OPEN} AND state = 'pending' ORDER BY due_at LIMIT 1) AS waits
              UNION ALL SELECT min(lease_until) FROM delivery WHERE channel = :channel AND state = 'sending') AS ends""",
        {"channel": channel},
    ).fetchone()
    return moment(row["at"])


def recent_counts(connection: Any, since_by_channel: dict[str, datetime]) -> dict[str, int]:
    """Messages per channel since a moment: sent ones, and those that are about to leave alone."""
    counts = {}
    for channel, since in since_by_channel.items():
        row = connection.execute(
            f"""SELECT (SELECT count(DISTINCT receipt) FROM delivery WHERE channel = :c AND state = 'delivered' AND done_at >= :since)
                     + (SELECT count(*) FROM delivery WHERE channel = :c AND {_OPEN} AND batch = '') AS messages""",
            {"c": channel, "since": stamp(since)},
        ).fetchone()
        counts[channel] = int(row["messages"])
    return counts


def sent_times(connection: Any, channel: str, since: datetime) -> list[datetime]:
    """When the channel's messages since a moment were sent, oldest first."""
    rows = connection.execute(
        "SELECT max(done_at) AS at FROM delivery WHERE channel = ? AND done_at >= ? AND state = 'delivered' GROUP BY receipt ORDER BY 1",
        (channel, stamp(since)),
    )
    return [at for row in rows.fetchall() if (at := moment(row["at"])) is not None]


def unacknowledged(connection: Any, channels: Sequence[str], since: datetime) -> list[tuple[Delivery, datetime]]:
    """Delivered high alerts that nobody acknowledged, each with the time it was delivered at."""
    rows = connection.execute(
        f"""SELECT {_COLUMNS}, delivery.done_at FROM delivery JOIN alert ON alert.key = delivery.alert
            WHERE delivery.channel IN (SELECT value FROM json_each(?)) AND delivery.state = 'delivered' AND delivery.done_at >= ?
              AND alert.severity = 'high' AND alert.acked_at IS NULL""",
        (json.dumps(list(channels)), stamp(since)),
    )
    return [(read_delivery(row), at) for row in rows.fetchall() if (at := moment(row["done_at"])) is not None]


def reclock(connection: Any, now: datetime, horizon: timedelta, step: timedelta) -> None:
    """After the clock was set by `step`: nothing waits for ever, gives up early, or counts as sent in a time to come."""
    at, far, furthest = stamp(now), stamp(now + horizon), stamp(now + max(horizon, FURTHEST_BATCH))
    connection.execute(
        """UPDATE delivery SET due_at = :now, lease_until = 0 WHERE state = 'pending'
             AND (due_at > :far AND batch = '' OR due_at > :furthest)""",
        {"now": at, "far": far, "furthest": furthest},
    )
    connection.execute("UPDATE delivery SET lease_until = ? WHERE lease_until > ? AND state = 'sending'", (at, far))
    if step < timedelta(0):
        before = now - step
        connection.execute(
            "UPDATE delivery SET done_at = :now WHERE done_at > :now AND done_at > :since AND done_at <= :before",
            {"now": at, "since": stamp(before - LONGEST_WINDOW), "before": stamp(before + STAMPED_SINCE)},
        )
    if not step:
        # At a start nobody knows how far the clock was set: what was sent in a time to come counts as sent now, and no cap is passed.
        connection.execute("UPDATE delivery SET done_at = :now WHERE done_at > :now", {"now": at})
    if step > timedelta(0):
        connection.execute(
            f"UPDATE delivery SET failing_since = failing_since + ? WHERE {_OPEN} AND failing_since < ?",
            (step.total_seconds(), stamp(now - step + STAMPED_SINCE)),
        )
    connection.execute(
        f"""UPDATE delivery SET failing_since = CASE WHEN failing_since > :now THEN :now ELSE failing_since END,
             tried_at = CASE WHEN tried_at > :now THEN :now ELSE tried_at END, first_tried_at = :now
           WHERE {_OPEN} AND first_tried_at > :now""",
        {"now": at},
    )
