"""Items and stories in the store: what settle needs to know, and writing what it decides."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from watcher.model import Facts, ItemWrite, Known, Lookup, StoredItem, Story, Update
from watcher.store import outbox
from watcher.store.codec import clean, dump, misses_text, moment, stamp
from watcher.store.rows import Row, read_item
from watcher.store.values import read_story, story_body
from watcher.store.words import search_words

CANDIDATES_PER_KEY, NEWEST_PER_KEY = 40, 120
"""Newest stories that one blocking key may bring, and how many of its newest rows are looked at for them.

A key that many share says little, and cost must not grow; a story that is reported again and again must not hide the others.
"""


_NO_FACTS = Facts()
_NO_FACTS_WRITTEN = dump(_NO_FACTS)
"""What most items say."""


def known(connection: Any, lookup: Lookup, feed: int, *, feed_is_new: bool) -> Known:
    """What the store knows of the things that a batch of the feed of that number may touch."""
    items = _stored_items(connection, feed, lookup.identities)
    index: dict[str, tuple[str, ...]] = {}
    for key in lookup.story_keys:
        newest = _newest(connection, key, lookup, CANDIDATES_PER_KEY)
        if len(newest) == CANDIDATES_PER_KEY > len(set(newest)):
            newest = _newest(connection, key, lookup, NEWEST_PER_KEY)
        if newest:
            index[key] = tuple(dict.fromkeys(newest))[:CANDIDATES_PER_KEY]
    wanted = {story for found in index.values() for story in found} | {
        item.story for item in items.values() if item.story
    }
    return Known(items=items, stories=_Stories(connection, wanted), story_index=index, feed_is_new=feed_is_new)


def _newest(connection: Any, key: str, lookup: Lookup, count: int) -> list[str]:
    """Stories of the newest rows under a blocking key; one story may stand in several."""
    sql = "SELECT story FROM story_key WHERE key = ? AND at >= ? ORDER BY at DESC LIMIT ?"
    return [row["story"] for row in connection.execute(sql, (key, stamp(lookup.since), count)).fetchall()]


def _stored_items(connection: Any, feed: int, identities: Iterable[str]) -> dict[str, StoredItem]:
    """Items of a feed that carry one of the identity keys; an item that was pruned lives on as a tombstone."""
    rows = connection.execute(
        """SELECT identity.key, identity.item, identity.content_hash AS stone, identity.seen_at AS stone_at, item.*
           FROM json_each(?) AS asked CROSS JOIN identity LEFT JOIN item ON item.id = identity.item
           WHERE identity.key = asked.value AND identity.feed IN (0, ?) ORDER BY identity.feed""",
        (json.dumps(sorted(identities)), feed),
    ).fetchall()
    keys: dict[str, set[str]] = {}
    for row in rows:
        keys.setdefault(row["item"], set()).add(row["key"])
    return {row["key"]: _stored_item(row, frozenset(keys[row["item"]])) for row in rows}


def _stored_item(row: Any, identities: frozenset[str]) -> StoredItem:
    pruned = row["id"] is None
    return StoredItem(
        id=row["item"],
        identities=identities,
        content_hash=row["stone"] if pruned else row["content_hash"],
        version=1 if pruned else row["version"],
        story="" if pruned else row["story"],
        rules=frozenset() if pruned else frozenset(match["rule"] for match in json.loads(row["matches"])),
        published=None if pruned else moment(row["published"]),
        seen_at=datetime.fromtimestamp(row["stone_at"] if pruned else row["seen_at"], tz=UTC),
    )


class _Stories(Mapping[str, Story]):
    """Stories, each read when it is asked for, within the transaction: of the hundreds under a report's keys few are."""

    def __init__(self, connection: Any, ids: Iterable[str]) -> None:
        self._connection = connection
        self._ids = frozenset(ids)
        self._read: dict[str, Story] = {}

    def __getitem__(self, story_id: str) -> Story:
        if story_id not in self._read:
            row = self._connection.execute("SELECT * FROM story WHERE id = ?", (story_id,)).fetchone()
            if row is None:
                raise KeyError(story_id)
            self._read[story_id] = read_story(row)
        return self._read[story_id]

    def __iter__(self) -> Iterator[str]:
        return (story_id for story_id in self._ids if story_id in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def story(connection: Any, story_id: str) -> Story | None:
    """One story, following merges."""
    row = connection.execute("SELECT * FROM story WHERE id = ?", (story_id,)).fetchone()
    if row is None:
        return None
    return story(connection, row["merged_into"]) if row["merged_into"] else read_story(row)


def of_story(connection: Any, story_id: str) -> list[Row]:
    """Items of a story, in the order they came."""
    rows = connection.execute("SELECT * FROM item WHERE story = ? ORDER BY number", (story_id,)).fetchall()
    return [read_item(dict(row)) for row in rows]


def write_update(connection: Any, update: Update, now: datetime, feed: int = 0) -> None:
    """Write all that one settle decided, deliveries included. The caller holds the transaction.

    `feed` is the number of the feed whose items these are: their keys are looked for under it; under 0 by every feed.
    """
    for story in update.stories:
        connection.execute(
            """INSERT INTO story VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET title = excluded.title,
                 first_at = excluded.first_at, last_at = excluded.last_at, revision = excluded.revision,
                 merged_into = excluded.merged_into, muted_until = excluded.muted_until, body = excluded.body""",
            (
                story.id,
                clean(story.title),
                stamp(story.first_at),
                stamp(story.last_at),
                story.revision,
                story.merged_into,
                stamp(story.muted_until),
                story_body(story),
            ),
        )
    # Once all of them stand: a story may go into one that this update begins, and that is listed after it.
    for story in update.stories:
        if story.merged_into:
            connection.execute(
                """UPDATE story_key SET story = :into WHERE story = :story AND NOT EXISTS
                     (SELECT 1 FROM story_key AS other WHERE other.key = story_key.key AND other.at = story_key.at AND other.story = :into)""",
                {"into": story.merged_into, "story": story.id},
            )
            connection.execute("UPDATE item SET story = ? WHERE story = ?", (story.merged_into, story.id))
            # Its messages are the other's now: follow-ups thread with them, and wait for those not yet sent.
            connection.execute(
                "UPDATE delivery SET story = ? WHERE alert IN (SELECT key FROM alert WHERE story = ?)",
                (story.merged_into, story.id),
            )
            connection.execute("UPDATE alert SET story = ? WHERE story = ?", (story.merged_into, story.id))
    for story_id, keys in update.story_keys.items():
        connection.executemany(
            "INSERT INTO story_key VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            [(key, stamp(now), story_id) for key in sorted(keys)],
        )
    _write_items(connection, update.items, now)
    _write_identities(connection, feed, update, now)
    connection.executemany(
        "UPDATE item SET story = ? WHERE id = ?", [(story, item) for item, story in update.moved.items()]
    )
    connection.executemany(
        "UPDATE item SET last_seen_at = ? WHERE id = ?", [(stamp(now), item) for item in update.repeats]
    )
    _write_alerts(connection, update, now)


def _write_items(connection: Any, writes: Sequence[ItemWrite], now: datetime) -> None:
    """Items and the words they are found by. What an edited one said before is kept beside it."""
    at = stamp(now)
    connection.executemany(
        "INSERT INTO item_version SELECT id, version, title, summary, ? FROM item WHERE id = ? AND version < ? ON CONFLICT DO NOTHING",
        [(at, write.item_id, write.version) for write in writes if write.version > 1],
    )
    connection.executemany(
        "DELETE FROM item_search WHERE rowid = (SELECT number FROM item WHERE id = ?)",
        [(write.item_id,) for write in writes],
    )
    connection.executemany(
        """INSERT INTO item (id, feed, source, lang, title, summary, url, author, categories, published, seen_at, last_seen_at,
                             version, content_hash, fate, detail, story, matches, facts, misses)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
           ON CONFLICT (id) DO UPDATE SET lang = excluded.lang, title = excluded.title, summary = excluded.summary, url = excluded.url,
             author = excluded.author, categories = excluded.categories, published = excluded.published,
             last_seen_at = excluded.last_seen_at, version = excluded.version, content_hash = excluded.content_hash,
             fate = excluded.fate, detail = excluded.detail, story = excluded.story, matches = excluded.matches, facts = excluded.facts,
             misses = excluded.misses""",
        [_item_row(write, at) for write in writes],
    )
    connection.executemany(
        "INSERT INTO item_search (rowid, words) SELECT number, ? FROM item WHERE id = ?",
        [(search_words(write.verdict.item.title, write.verdict.item.summary), write.item_id) for write in writes],
    )


def _item_row(write: ItemWrite, at: float | None) -> tuple[Any, ...]:
    """An item's columns, in the order in which they are written."""
    item, entry = write.verdict.item, write.verdict.item.entry
    return (
        write.item_id,
        item.feed.url,
        clean(item.source),
        item.lang,
        clean(item.title.plain),
        clean(item.summary.plain),
        clean(entry.url),
        clean(entry.author),
        dump(entry.categories),
        stamp(item.published),
        at,
        at,
        write.version,
        write.content_hash,
        write.fate,
        clean(write.detail),
        write.story,
        dump([{"rule": m.rule, "score": m.score, "evidence": m.evidence} for m in write.verdict.matches]),
        dump(write.verdict.facts) if write.verdict.facts != _NO_FACTS else _NO_FACTS_WRITTEN,
        misses_text(write.verdict.misses),
    )


def _write_identities(connection: Any, feed: int, update: Update, now: datetime) -> None:
    """The keys of items, in the order in which the tree holds them, and those that turned out to name nothing."""
    at = stamp(now)
    connection.executemany(
        """INSERT INTO identity (feed, key, item, content_hash, seen_at) VALUES (?, ?, ?, ?, ?)
           ON CONFLICT (feed, key) DO UPDATE SET content_hash = excluded.content_hash""",
        sorted(
            (feed, key, write.item_id, write.content_hash, at) for write in update.items for key in write.identities
        ),
    )
    connection.executemany(
        """INSERT INTO identity (feed, key, item, content_hash, seen_at) VALUES (?, ?, '', '', ?)
           ON CONFLICT (feed, key) DO UPDATE SET item = '', content_hash = ''""",
        [(feed, key, at) for key in sorted(update.void)],
    )


def _write_alerts(connection: Any, update: Update, now: datetime) -> None:
    for alert in update.alerts:
        connection.execute(
            "INSERT INTO alert (key, kind, story, item, severity, created_at, rules, changes, body) VALUES (?,?,?,?,?,?,?,?,?) ON CONFLICT DO NOTHING",
            (
                alert.key,
                alert.kind,
                alert.story,
                alert.item,
                alert.severity,
                stamp(alert.created_at),
                dump(alert.rules),
                dump(alert.changes),
                dump(alert.body),
            ),
        )
    for delivery in update.deliveries:
        connection.execute(
            """INSERT INTO delivery (key, alert, channel, story, batch, state, due_at, planned_at, attempts, thread)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, ?) ON CONFLICT DO NOTHING""",
            (
                delivery.key,
                delivery.alert.key,
                delivery.channel,
                delivery.alert.story,
                delivery.batch,
                delivery.state,
                stamp(delivery.due_at),
                stamp(now),
                delivery.thread,
            ),
        )
    outbox.wait_for_others(connection, update.deliveries, now)
