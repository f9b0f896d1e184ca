"""Reads for lists, pages and the command line, on a read-only connection of their own.

Stories and feeds' states are values of `watcher.model`, loaded where they are asked for: most lists are rows.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from watcher.store.codec import stamp
from watcher.store.rows import Row, read_item, with_times
from watcher.store.schema import CONFIG_REFUSED, DISK_FULL, NETWORK_DOWN

if TYPE_CHECKING:
    from watcher.model import FeedState, Story


_KEYS_AT_ONCE = 200


class Lists(ABC):
    """Rows as plain dicts: times as ISO 8601 text, JSON columns decoded."""

    @abstractmethod
    def close(self) -> None:
        """Close the connection."""

    @abstractmethod
    def _rows(self, sql: str, **values: Any) -> list[Row]:
        """What a statement finds. Raises StoreError."""

    @abstractmethod
    def search(self, query: str, limit: int = 50) -> list[Row]:
        """Items whose folded words satisfy a query of `words.search_query`, latest first."""

    @abstractmethod
    def check(self) -> list[str]:
        """What the database finds wrong with itself; empty is sound."""

    @abstractmethod
    def size(self) -> int:
        """Bytes on disk."""

    def feeds(self) -> list[Row]:
        """Every feed that is or was subscribed to, by URL."""
        rows = self._rows("SELECT * FROM feed WHERE active = 1 ORDER BY url")
        for row in rows:
            row["history"] = json.loads(row["history"])
            del row["blocks"]
        return with_times(
            rows, "next_poll_at", "first_seen_at", "settled_at", "last_polled_at", "last_success_at", "last_new_at"
        )

    def feed_states(self) -> dict[str, FeedState]:
        """What is remembered of every feed, by URL."""
        from watcher.store.feeds import read_state

        return {row["url"]: read_state(row) for row in self._rows("SELECT * FROM feed WHERE active = 1")}

    def counts(self) -> Row:
        """How much there is of everything, what waits; why the last reload was refused, since when our network is down or the disk full ('' for not)."""
        totals = self._rows(
            """SELECT (SELECT count(*) FROM feed WHERE active = 1) AS feeds,
                      (SELECT coalesce(max(number), 0) FROM item) AS items,
                      (SELECT count(*) FROM item WHERE matches <> '[]') AS matched,
                      (SELECT count(*) FROM story WHERE merged_into = '') AS stories,
                      (SELECT count(*) FROM alert) AS alerts"""
        )[0]
        states = self._rows(
            "SELECT channel, state, count(*) AS n, min(planned_at) AS oldest FROM delivery GROUP BY channel, state"
        )
        totals["deliveries"] = with_times(states, "oldest")
        conditions = self._rows("SELECT condition, count(*) AS n FROM feed WHERE active = 1 GROUP BY condition")
        totals["feed_conditions"] = {row["condition"]: row["n"] for row in conditions}
        late = self._rows(
            "SELECT min(next_poll_at) AS due, max(last_polled_at) AS polled FROM feed WHERE active = 1 AND retired = 0"
        )[0]
        totals.update(
            with_times(
                [{"next_poll_at": late["due"], "last_polled_at": late["polled"]}], "next_poll_at", "last_polled_at"
            )[0]
        )
        for key in (CONFIG_REFUSED, NETWORK_DOWN, DISK_FULL):
            found = self._rows("SELECT value FROM meta WHERE key = :key", key=key)
            totals[key] = found[0]["value"] if found else ""
        return totals

    def stories(self, limit: int = 50, since: datetime | None = None, rule: str = "") -> list[Story]:
        """Stories, latest first, merged ones left out."""
        from watcher.store.values import read_story

        rows = self._rows(
            "SELECT * FROM story WHERE merged_into = '' AND last_at >= :since ORDER BY last_at DESC LIMIT :limit",
            since=stamp(since) or 0.0,
            limit=limit if not rule else 100_000,
        )
        stories = [read_story(row) for row in rows]
        return [story for story in stories if not rule or rule in story.rules][:limit]

    def story(self, story_id: str) -> Story | None:
        """One story, following merges."""
        from watcher.store.values import read_story

        rows = self._rows("SELECT * FROM story WHERE id = :id", id=story_id)
        if rows and rows[0]["merged_into"]:
            return self.story(rows[0]["merged_into"])
        return read_story(rows[0]) if rows else None

    def alerts(self, limit: int = 50, since: datetime | None = None) -> list[Row]:
        """Alerts, latest first, each with its deliveries."""
        rows = self._rows(
            "SELECT * FROM alert WHERE created_at >= :since ORDER BY created_at DESC, rowid DESC LIMIT :limit",
            since=stamp(since) or 0.0,
            limit=limit,
        )
        return [self._alert(row) for row in rows]

    def alert(self, key: str) -> Row | None:
        """One alert, by its key or the beginning of it."""
        rows = self._rows(
            "SELECT * FROM alert WHERE key = :key OR key LIKE :start LIMIT 2", key=key, start=key.replace("%", "") + "%"
        )
        exact = [row for row in rows if row["key"] == key]
        chosen = exact or (rows if len(rows) == 1 else [])
        return self._alert(chosen[0]) if chosen else None

    def _alert(self, row: Row) -> Row:
        row.update({name: json.loads(row[name]) for name in ("rules", "changes", "body")})
        row["deliveries"] = self.deliveries(alert=row["key"])
        return with_times([row], "created_at", "acked_at")[0]

    def deliveries(self, *, alert: str = "", state: str = "", limit: int = 1000) -> list[Row]:
        """Deliveries of one alert, or in one state."""
        rows = self._rows(
            """SELECT key, alert, channel, story, batch, state, due_at, planned_at, attempts, first_tried_at, done_at, last_error
               FROM delivery WHERE (:alert = '' OR alert = :alert) AND (:state = '' OR state = :state) ORDER BY planned_at LIMIT :limit""",
            alert=alert,
            state=state,
            limit=limit,
        )
        return with_times(rows, "due_at", "planned_at", "first_tried_at", "done_at")

    def item(self, asked: str) -> Row | None:
        """An item by id or URL, with its versions, identity keys and deliveries: the ledger of its fate."""
        rows = self._rows("SELECT * FROM item WHERE id = :asked", asked=asked) or self._rows(
            "SELECT * FROM item WHERE url = :asked AND url <> '' ORDER BY number DESC LIMIT 1",
            asked=asked,  # by item_url
        )
        if not rows:
            return None
        row = read_item(rows[0])
        row["versions"] = with_times(
            self._rows("SELECT * FROM item_version WHERE item = :id ORDER BY version", id=row["id"]), "replaced_at"
        )
        row["identities"] = [
            found["key"]
            for found in self._rows(
                """SELECT key FROM identity WHERE feed IN (0, (SELECT number FROM feed WHERE url = :feed)) AND item = :id
                   ORDER BY key""",
                feed=row["feed"],
                id=row["id"],
            )
        ]
        row["alerts"] = [
            self._alert(found)
            for found in self._rows(
                "SELECT * FROM alert WHERE item = :id OR (:story <> '' AND story = :story) ORDER BY created_at",
                id=row["id"],
                story=row["story"],
            )
        ]
        return row

    def item_of(self, keys: Sequence[tuple[str, str]]) -> Row | None:
        """As `item`, by any of these (feed, identity key); the one seen last where several are known."""
        numbers = {row["url"]: int(row["number"]) for row in self._rows("SELECT url, number FROM feed")}
        found: list[Row] = []
        for start in range(0, len(keys), _KEYS_AT_ONCE):
            asked = {f"k{i}": key for i, (_, key) in enumerate(keys[start : start + _KEYS_AT_ONCE])}
            of = [numbers.get(feed, 0) for feed, _ in keys[start : start + _KEYS_AT_ONCE]]
            rows = ", ".join(f"({number}, :k{i}), (0, :k{i})" for i, number in enumerate(of))
            found += self._rows(
                f"""WITH asked (feed, key) AS (VALUES {rows}) SELECT identity.item, identity.seen_at FROM asked CROSS JOIN identity
                    WHERE identity.feed = asked.feed AND identity.key = asked.key AND identity.item <> ''""",
                **asked,
            )
        return self.item(max(found, key=lambda row: row["seen_at"])["item"]) if found else None

    def items(self, since: datetime | None = None, until: datetime | None = None) -> Iterator[Row]:
        """Items in the order they came, for replay."""
        last = 0
        while True:
            rows = self._rows(
                "SELECT * FROM item WHERE number > :last AND seen_at >= :since AND seen_at <= :until ORDER BY number LIMIT 500",
                last=last,
                since=stamp(since) or 0.0,
                until=stamp(until) or 1e12,
            )
            if not rows:
                return
            last = rows[-1]["number"]
            yield from map(read_item, rows)

    def audit(self) -> Row:
        """The promise, counted: alerts, their deliveries by state, and what is missing.

        `lost` are alerts planned for channels that have neither a delivery nor a reason.
        """
        row = self._rows(
            """SELECT count(*) AS planned, count(*) FILTER (WHERE state = 'delivered') AS delivered,
                      count(*) FILTER (WHERE state IN ('pending', 'sending')) AS pending,
                      count(*) FILTER (WHERE state = 'held') AS held, count(*) FILTER (WHERE state = 'dead') AS dead FROM delivery"""
        )[0]
        found = {name: int(value) for name, value in row.items()}
        orphans = self._rows(
            """SELECT id FROM item WHERE fate = 'alerted' AND NOT EXISTS
                 (SELECT 1 FROM alert JOIN delivery ON delivery.alert = alert.key WHERE alert.item = item.id OR alert.story = item.story)"""
        )
        found["lost"] = (
            len(orphans) + found["planned"] - found["delivered"] - found["pending"] - found["held"] - found["dead"]
        )
        found["lost_items"] = [orphan["id"] for orphan in orphans[:20]]  # type: ignore[assignment]
        oldest = self._rows(
            "SELECT min(planned_at) AS oldest FROM delivery WHERE state IN ('pending', 'sending') AND due_at <= planned_at + 1"
        )[0]
        found.update(with_times([oldest], "oldest")[0])
        return found
