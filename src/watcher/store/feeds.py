"""Feeds in the store: which are due, and what is remembered between polls."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from watcher.model import Feed, FeedState
from watcher.ports import Claim
from watcher.store.codec import clean, dump, moment, stamp


def sync(connection: Any, feeds: Sequence[Feed], now: datetime, *, spread: bool) -> None:
    """Make the stored feeds those of the configuration; a feed that left keeps its history, inactive.

    With `spread`, first polls of many new feeds are spread over their first minute, in the order of the configuration.
    """
    connection.execute("CREATE TEMP TABLE IF NOT EXISTS configured (url TEXT PRIMARY KEY, name TEXT, spread REAL)")
    connection.execute("DELETE FROM configured")
    delays = [(feed.url, feed.name, min(60.0, number / 20) if spread else 0.0) for number, feed in enumerate(feeds)]
    connection.executemany("INSERT INTO configured VALUES (?, ?, ?) ON CONFLICT DO NOTHING", delays)
    connection.execute("UPDATE feed SET active = 0 WHERE active = 1 AND url NOT IN (SELECT url FROM configured)")
    connection.execute("UPDATE feed SET active = 1 WHERE active = 0 AND url IN (SELECT url FROM configured)")
    connection.execute("UPDATE feed SET name = c.name FROM configured c WHERE c.url = feed.url AND feed.name <> c.name")
    connection.execute(
        """INSERT INTO feed (url, name, next_poll_at, first_seen_at, number)
           SELECT url, name, ? + spread, ?, (SELECT coalesce(max(number), 0) FROM feed) + row_number() OVER (ORDER BY url)
           FROM configured WHERE true ON CONFLICT DO NOTHING""",
        (stamp(now), stamp(now)),
    )


def read_state(row: Any) -> FeedState:
    """A feed's memory from its row."""
    return FeedState(
        url=row["url"],
        etag=row["etag"],
        last_modified=row["last_modified"],
        body_hash=row["body_hash"],
        next_poll_at=moment(row["next_poll_at"]),
        last_polled_at=moment(row["last_polled_at"]),
        last_success_at=moment(row["last_success_at"]),
        last_new_at=moment(row["last_new_at"]),
        failures=row["failures"],
        last_error=row["last_error"],
        condition=row["condition"],
        redirect_to=row["redirect_to"],
        retired=bool(row["retired"]),
        history=json.loads(row["history"]),
    )


def claim_due(
    connection: Any, now: datetime, limit: int, lease: timedelta, token: str, *, every: bool = False
) -> list[Claim]:
    """Take up to `limit` feeds that are due (or, with `every`, all that nobody else holds), longest due first."""
    at = stamp(now)
    due = "true" if every else "next_poll_at <= :now"
    rows = connection.execute(
        f"SELECT * FROM feed WHERE active = 1 AND {due} AND (lease_until <= :now OR token = '') ORDER BY next_poll_at LIMIT :limit",
        {"now": at, "limit": limit},
    ).fetchall()
    connection.executemany(
        "UPDATE feed SET lease_until = ?, token = ? WHERE url = ?",
        [(at + lease.total_seconds() if at else 0, token, row["url"]) for row in rows],
    )
    return [Claim(read_state(row), token) for row in rows]


def claim_one(connection: Any, url: str, now: datetime, lease: timedelta, token: str) -> Claim | None:
    """Take one feed, due or not, unless somebody holds it."""
    row = connection.execute(
        "SELECT * FROM feed WHERE url = ? AND active = 1 AND (token = '' OR lease_until <= ?)", (url, stamp(now))
    ).fetchone()
    if row is None:
        return None
    until = now + lease
    connection.execute("UPDATE feed SET lease_until = ?, token = ? WHERE url = ?", (stamp(until), token, url))
    return Claim(read_state(row), token)


def give_back(connection: Any, claims: Iterable[Claim], due_at: datetime) -> None:
    """End claims whose polls brought nothing into the store: these feeds are due at `due_at`, unless somebody else has them."""
    connection.executemany(
        "UPDATE feed SET lease_until = 0, token = '', next_poll_at = ? WHERE url = ? AND token = ?",
        [(stamp(due_at), claim.state.url, claim.token) for claim in claims],
    )


def write_state(
    connection: Any, claim: Claim, state: FeedState, blocks: Iterable[str] | None, now: datetime, *, settled: bool
) -> bool:
    """Store what a poll learned and give the lease back. False: somebody else has taken the feed meanwhile."""
    done = connection.execute(
        """UPDATE feed SET etag = :etag, last_modified = :last_modified, body_hash = :body_hash, next_poll_at = :next_poll_at,
             last_polled_at = :last_polled_at, last_success_at = :last_success_at, last_new_at = :last_new_at,
             failures = :failures, last_error = :last_error, condition = :condition, redirect_to = :redirect_to,
             retired = :retired, history = coalesce(:history, history), blocks = coalesce(:blocks, blocks), lease_until = 0, token = '',
             settled_at = CASE WHEN :settled = 1 THEN coalesce(settled_at, :now) ELSE settled_at END
           WHERE url = :url AND token = :token""",
        {
            "etag": clean(state.etag),
            "last_modified": clean(state.last_modified),
            "body_hash": state.body_hash,
            "next_poll_at": stamp(state.next_poll_at) or stamp(now),
            "last_polled_at": stamp(state.last_polled_at),
            "last_success_at": stamp(state.last_success_at),
            "last_new_at": stamp(state.last_new_at),
            "failures": state.failures,
            "last_error": clean(state.last_error),
            "condition": state.condition,
            "redirect_to": clean(state.redirect_to),
            "retired": int(state.retired),
            # Most polls leave it as it was, and it is most of the row.
            "history": None if state.history is claim.state.history else dump(state.history),
            "blocks": None if blocks is None else " ".join(sorted(blocks)),
            "settled": int(settled),
            "now": stamp(now),
            "url": state.url,
            "token": claim.token,
        },
    )
    return bool(done.rowcount)


def reclock(connection: Any, now: datetime, horizon: timedelta) -> None:
    """After the clock was set: no feed waits, and no poll is under way, for longer than `horizon`."""
    at, far = stamp(now), stamp(now + horizon)
    connection.execute("UPDATE feed SET next_poll_at = ? WHERE next_poll_at > ?", (at, far))
    connection.execute("UPDATE feed SET lease_until = 0, token = '' WHERE lease_until > ?", (far,))
