"""What the daemon asks of a database, whichever it is: `store.sqlite` and `store.postgres` run these statements.

Not thread-safe: the owner calls it from one thread at a time. Lists read through `store.lists` on
connections of their own.
"""

from __future__ import annotations

import json
import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Any, TypeVar

from watcher.errors import StoreError
from watcher.model import Delivery, Feed, FeedState, Known, Lookup, Story, Update
from watcher.ports import Claim
from watcher.store import feeds, items, outbox
from watcher.store.codec import clean, dump, stamp
from watcher.store.rows import Row
from watcher.store.values import read_story

_T = TypeVar("_T")

NOTHING = Update()
Message = tuple[str, list[Delivery]]
"""The fencing token of a claim, and the deliveries that leave together; none where nothing is due."""

Grouped = tuple[Story, list[Row]]
"""A story with its stored items, in the order they came."""

NO_FAILURES: Mapping[str, int] = {}


class Store(ABC):
    """Opening takes the writer's lock and brings the schema up to date; `migrated` names the migrations applied."""

    migrated: list[str]
    folder: str = ""
    """Where the database's file is; '' on a server."""
    is_short: bool = False
    """Whether the disk is full, and the reserve given up or not to be had: room is left for what is owed, not for news."""

    def __init__(self) -> None:
        self._boot = f"{os.getpid()}-{os.urandom(4).hex()}"
        self._tokens = count(1)

    @abstractmethod
    def close(self) -> None:
        """Close the connection and give the lock back."""

    @abstractmethod
    def shrink(self) -> None:
        """Give freed room back to the disk."""

    def keep_room(self) -> bool:
        """Keep a reserve for a full disk, where the database is a file. False: there is no room for it."""
        return True

    def make_room(self) -> bool:
        """Give the reserve up, as the disk is full. False: there is none."""
        return False

    @abstractmethod
    def _write(self, work: Callable[[Any], _T]) -> _T:
        """Run `work` in one transaction, all or nothing; writers take turns. Raises StoreError."""

    @abstractmethod
    def _read(self, work: Callable[[Any], _T]) -> _T:
        """Run `work`, which only reads. Raises StoreError."""

    def write(self, work: Callable[[Any], _T]) -> _T:
        """Run `work` in one transaction, for the care of the store."""
        return self._write(work)

    def _token(self) -> str:
        return f"{self._boot}:{next(self._tokens)}"

    # feeds

    def sync_feeds(self, configured: Sequence[Feed], now: datetime, *, spread: bool = False) -> None:
        """Make the stored feeds those of the configuration; `spread` keeps many new ones from all being due at once."""
        self._write(lambda connection: feeds.sync(connection, configured, now, spread=spread))

    def claim_due_feeds(self, now: datetime, limit: int, lease: timedelta, *, every: bool = False) -> list[Claim]:
        """Take up to `limit` feeds that are due, or all with `every`."""
        if not every and not self._read(
            lambda c: c.execute(
                "SELECT 1 FROM feed WHERE active = 1 AND next_poll_at <= ? LIMIT 1", (stamp(now),)
            ).fetchone()
        ):
            return []
        return self._write(lambda c: feeds.claim_due(c, now, limit, lease, self._token(), every=every))

    def claim_feed(self, url: str, now: datetime, lease: timedelta) -> Claim | None:
        """Take one feed, due or not; None where it is being polled or is not subscribed to."""
        return self._write(lambda c: feeds.claim_one(c, url, now, lease, self._token()))

    def give_back_feeds(self, claims: Sequence[Claim], due_at: datetime) -> None:
        """End claims whose polls the store could not take: these feeds are due again at `due_at`."""
        self._write(lambda c: feeds.give_back(c, claims, due_at))

    def feed_state(self, url: str) -> FeedState | None:
        """What is remembered of a feed."""
        row = self._read(lambda c: c.execute("SELECT * FROM feed WHERE url = ?", (url,)).fetchone())
        return feeds.read_state(row) if row else None

    def feeds_with_push(self) -> list[FeedState]:
        """Feeds that announce a hub."""
        sql = """SELECT * FROM feed WHERE active = 1 AND history LIKE '%"push":%'"""
        states = [feeds.read_state(row) for row in self._read(lambda c: c.execute(sql).fetchall())]
        return [state for state in states if state.history.get("push") is not None]

    def save_push(self, url: str, subscription: Mapping[str, Any]) -> None:
        """Remember what was agreed with a feed's hub."""

        def work(connection: Any) -> None:
            row = connection.execute("SELECT history FROM feed WHERE url = ?", (url,)).fetchone()
            if row is not None:
                history = json.loads(row["history"]) | {"push": subscription}
                connection.execute("UPDATE feed SET history = ? WHERE url = ?", (dump(history), url))

        self._write(work)

    def release_feeds(self) -> None:
        """Leases of a dead process end: we hold the writer's lock, so nobody else polls."""
        self._write(lambda c: c.execute("UPDATE feed SET lease_until = 0, token = '' WHERE token <> ''"))

    def known_hashes(self, url: str) -> frozenset[str]:
        """Hashes of the entry blocks that the feed's last document held."""
        row = self._read(lambda c: c.execute("SELECT blocks FROM feed WHERE url = ?", (url,)).fetchone())
        return frozenset(row["blocks"].split()) if row else frozenset()

    def commit_poll(
        self,
        claim: Claim,
        lookup: Lookup,
        decide: Callable[[Known], Update],
        finish: Callable[[Update], FeedState],
        hashes: Iterable[str] | None,
        now: datetime,
    ) -> Update | None:
        """One transaction: what is known, `decide`, all that it decided, and the feed's state that `finish` makes of it.

        None: the claim was lost, and nothing is written.
        """

        def work(connection: Any) -> Update | None:
            row = connection.execute("SELECT number, settled_at FROM feed WHERE url = ?", (claim.state.url,)).fetchone()
            if row is None:
                return None
            known = items.known(connection, lookup, row["number"], feed_is_new=row["settled_at"] is None)
            update = decide(known)
            if not feeds.write_state(connection, claim, finish(update), hashes, now, settled=True):
                return None
            items.write_update(connection, update, now, row["number"])
            return update

        return self._write(work)

    def save_feeds(self, states: Sequence[tuple[Claim, FeedState]], now: datetime) -> list[bool]:
        """Polls that brought no document: only the feeds' states, in one transaction. False: the claim was lost."""
        return self._write(
            lambda c: [feeds.write_state(c, claim, state, None, now, settled=False) for claim, state in states]
        )

    def add_update(self, update: Update, now: datetime) -> None:
        """Write decisions that no poll caused: dates reached, health alerts, merges."""
        self._write(lambda c: items.write_update(c, update, now))

    # deliveries

    def recover(self, now: datetime, hold: Iterable[str] = ()) -> int:
        """After a crash: deliveries that were being sent become due again. Returns how many."""
        self.release_feeds()
        return self._write(lambda c: outbox.recover(c, now, hold))

    def claim_message(self, channel: str, now: datetime, lease: timedelta) -> Message:
        """The channel's next message, its attempt counted."""
        due = self._read(lambda c: outbox.next_due(c, channel))
        if due is None or due > now:
            return "", []
        token = self._token()
        return token, self._write(lambda c: outbox.claim_due(c, channel, now, lease, token))

    def delivered(self, keys: Sequence[str], token: str, now: datetime, receipt: str, told: Update = NOTHING) -> int:
        """These have arrived, as one message known as `receipt`; `told` is what follows from it."""
        return self._settle(keys, token, "delivered", now, told, receipt=receipt, last_error="")

    def delivered_and_next(
        self, keys: Sequence[str], token: str, now: datetime, receipt: str, told: Update, channel: str, lease: timedelta
    ) -> Message:
        """As `delivered` and then `claim_message`, in one transaction: half the syncs of a long queue."""
        fresh = self._token()

        def work(connection: Any) -> list[Delivery]:
            outbox.settle(connection, keys, token, "delivered", now, receipt=receipt, last_error="")
            if told != NOTHING:
                items.write_update(connection, told, now)
            return outbox.claim_due(connection, channel, now, lease, fresh)

        return fresh, self._write(work)

    def postponed(
        self,
        keys: Sequence[str],
        token: str,
        now: datetime,
        due_at: datetime,
        error: str,
        refusals: Mapping[str, int] = NO_FAILURES,
        told: Update = NOTHING,
    ) -> int:
        """These failed and will be tried again at `due_at`; `refusals` are, by key, final ones in a row."""
        return self._settle(keys, token, "pending", now, told, refusals, due_at=stamp(due_at), last_error=error)

    def given_up(
        self,
        keys: Sequence[str],
        token: str,
        now: datetime,
        error: str,
        refusals: Mapping[str, int] = NO_FAILURES,
        told: Update = NOTHING,
    ) -> int:
        """These are dead letters, kept and shown."""
        return self._settle(keys, token, "dead", now, told, refusals, last_error=error)

    def held(self, keys: Sequence[str], token: str, now: datetime, error: str) -> int:
        """These wait for a person."""
        return self._settle(keys, token, "held", now, last_error=error)

    def _settle(
        self,
        keys: Sequence[str],
        token: str,
        state: str,
        now: datetime,
        told: Update = NOTHING,
        refusals: Mapping[str, int] = NO_FAILURES,
        **columns: Any,
    ) -> int:
        """One transaction: the outcome, what is remembered of failures, and what is told because of it."""

        def work(connection: Any) -> int:
            outbox.note_failures(connection, refusals, token, now)
            number = outbox.settle(connection, keys, token, state, now, **columns)
            if number and told != NOTHING:
                items.write_update(connection, told, now)
            return number

        return self._write(work)

    def unclaimed(self, keys: Sequence[str], token: str, due_at: datetime) -> None:
        """Give a claim back unsent."""
        self._write(lambda c: outbox.uncount(c, keys, token, due_at))

    def tried(self, keys: Sequence[str]) -> list[outbox.Tried]:
        """What is remembered of the failures of these."""
        return self._read(lambda c: outbox.tried(c, keys))

    def last_heard(self, channel: str) -> datetime | None:
        """When a message last reached the channel."""
        return self._read(lambda c: outbox.last_heard(c, channel))

    def has_alert(self, key: str) -> bool:
        """Whether there is an alert of that key."""
        return self._read(lambda c: c.execute("SELECT 1 FROM alert WHERE key = ?", (key,)).fetchone()) is not None

    def resend(self, keys: Sequence[str], now: datetime) -> int:
        """Make deliveries due once more."""
        return self._write(lambda c: outbox.resend(c, keys, now))

    def next_due(self, channel: str) -> datetime | None:
        """When the channel next has something to send."""
        return self._read(lambda c: outbox.next_due(c, channel))

    def counts(self, since_by_channel: Mapping[str, datetime]) -> dict[str, int]:
        """Messages per channel since a moment."""
        return self._read(lambda c: outbox.recent_counts(c, dict(since_by_channel)))

    def sent_times(self, channel: str, since: datetime) -> list[datetime]:
        """When the channel's messages since a moment were sent."""
        return self._read(lambda c: outbox.sent_times(c, channel, since))

    def unacknowledged(self, channels: Sequence[str], since: datetime) -> list[tuple[Delivery, datetime]]:
        """Delivered high alerts that nobody acknowledged."""
        return self._read(lambda c: outbox.unacknowledged(c, channels, since))

    def reclock(self, now: datetime, horizon: timedelta, step: timedelta = timedelta(0)) -> None:
        """After the clock was set, by `step` where that is known: nothing waits for a time further away than anything we plan.

        What was sent lately in a time that is still to come was sent by now, for `at_most`; set ahead, days that never
        passed do not count towards giving up.
        """

        def work(connection: Any) -> None:
            feeds.reclock(connection, now, horizon)
            outbox.reclock(connection, now, horizon, step)

        self._write(work)

    # stories and single facts

    def story(self, story_id: str) -> Story | None:
        """One story, following merges."""
        return self._read(lambda c: items.story(c, story_id))

    def follow_up(self, since: datetime, decide: Callable[[Sequence[Story]], Update], now: datetime) -> Update:
        """One transaction: the stories alive since a moment that have something ahead or waiting to be said, and what `decide` makes of them."""
        sql = """SELECT * FROM story WHERE merged_into = '' AND last_at >= ?
                 AND coalesce(json_array_length(body, '$.facts.ahead'), 0) + coalesce(json_array_length(body, '$.facts.unsaid'), 0) > 0"""

        def work(connection: Any) -> Update:
            update = decide([read_story(row) for row in connection.execute(sql, (stamp(since),)).fetchall()])
            items.write_update(connection, update, now)
            return update

        return self._write(work)

    def mute_story(self, story_id: str, until: datetime) -> bool:
        """Alert nothing more of a story until then."""
        return bool(
            self._write(
                lambda c: c.execute("UPDATE story SET muted_until = ? WHERE id = ?", (stamp(until), story_id)).rowcount
            )
        )

    def regroup(self, names: Sequence[str], decide: Callable[[Sequence[Grouped]], Update], now: datetime) -> Update:
        """One transaction: stories by id, merges followed, each with its items, and what a person makes of them.

        Raises StoreError where one is not known, and whatever `decide` raises; then nothing is written.
        """

        def work(connection: Any) -> Update:
            groups = []
            for name in names:
                story = items.story(connection, name)
                if story is None:
                    raise StoreError("io", f"no story '{name}'; `watcher stories list` shows them")
                groups.append((story, items.of_story(connection, story.id)))
            update = decide(groups)
            items.write_update(connection, update, now)
            return update

        return self._write(work)

    def acknowledge(self, alert: str, now: datetime) -> int:
        """Somebody has seen this alert."""
        return int(
            self._write(
                lambda c: (
                    c.execute(
                        "UPDATE alert SET acked_at = coalesce(acked_at, ?) WHERE key = ?", (stamp(now), alert)
                    ).rowcount
                )
            )
        )

    def remember(self, key: str, value: str) -> None:
        """Keep a small fact of our own."""
        self._write(
            lambda c: c.execute(
                "INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                (key, clean(value)),
            )
        )

    def recall(self, key: str) -> str:
        """A small fact, '' when there is none."""
        row = self._read(lambda c: c.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone())
        return str(row["value"]) if row else ""
