"""The database's shape, as migrations that only go forward.

A released migration is never edited. Tables are strict, so that a wrong type is an error, not a surprise.
`watcher.store.migrations` applies them; here is only what they say, so that a command that finds nothing to do loads no more.
"""

from __future__ import annotations

from collections.abc import Sequence

from watcher.errors import StoreError

CONFIG_REFUSED = "config_refused"
"""The store remembers under this key why the last reload was refused, for those who ask from outside; '' for not."""

NETWORK_DOWN = "network_down"
"""… and under this one since when no host answered; '' while they do."""

DISK_FULL = "disk_full"
"""… and under this one since when the disk is full; '' while it is not."""

COPIED = "copied"
"""A backup says when it was made. Whoever polls with it has been away: what was told since the copy is not known to it."""
TAKEN_UP = "copy_taken_up"
"""When that began."""

_FIRST = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE feed (
    url TEXT PRIMARY KEY,
    name TEXT NOT NULL DEFAULT '',
    active INTEGER NOT NULL DEFAULT 1,
    retired INTEGER NOT NULL DEFAULT 0,
    next_poll_at REAL NOT NULL DEFAULT 0,
    lease_until REAL NOT NULL DEFAULT 0,
    token TEXT NOT NULL DEFAULT '',
    first_seen_at REAL NOT NULL,
    settled_at REAL,
    etag TEXT NOT NULL DEFAULT '',
    last_modified TEXT NOT NULL DEFAULT '',
    body_hash TEXT NOT NULL DEFAULT '',
    last_polled_at REAL,
    last_success_at REAL,
    last_new_at REAL,
    failures INTEGER NOT NULL DEFAULT 0,
    last_error TEXT NOT NULL DEFAULT '',
    condition TEXT NOT NULL DEFAULT 'new',
    redirect_to TEXT NOT NULL DEFAULT '',
    history TEXT NOT NULL DEFAULT '{}',
    blocks TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX feed_due ON feed (next_poll_at) WHERE active = 1;

CREATE TABLE item (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    feed TEXT NOT NULL,
    source TEXT NOT NULL,
    lang TEXT NOT NULL,
    title TEXT NOT NULL,
    summary TEXT NOT NULL,
    url TEXT NOT NULL,
    author TEXT NOT NULL,
    categories TEXT NOT NULL,
    published REAL,
    seen_at REAL NOT NULL,
    last_seen_at REAL NOT NULL,
    version INTEGER NOT NULL,
    content_hash TEXT NOT NULL,
    fate TEXT NOT NULL,
    detail TEXT NOT NULL,
    story TEXT NOT NULL,
    matches TEXT NOT NULL,
    facts TEXT NOT NULL
) STRICT;
CREATE INDEX item_seen ON item (seen_at);
CREATE INDEX item_url ON item (url) WHERE url <> '';
CREATE INDEX item_story ON item (story) WHERE story <> '';
CREATE INDEX item_matched ON item (seen_at) WHERE matches <> '[]';

CREATE TABLE item_version (
    item TEXT NOT NULL REFERENCES item (id) ON DELETE CASCADE,
    version INTEGER NOT NULL,
    title TEXT NOT NULL,
    summary TEXT NOT NULL,
    replaced_at REAL NOT NULL,
    PRIMARY KEY (item, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE identity (
    key TEXT PRIMARY KEY,
    item TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    seen_at REAL NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX identity_item ON identity (item);

CREATE TABLE story (
    id TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    first_at REAL NOT NULL,
    last_at REAL NOT NULL,
    revision INTEGER NOT NULL,
    merged_into TEXT NOT NULL,
    muted_until REAL,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX story_last ON story (last_at);

CREATE TABLE story_key (
    key TEXT NOT NULL,
    at REAL NOT NULL,
    story TEXT NOT NULL REFERENCES story (id) ON DELETE CASCADE,
    PRIMARY KEY (key, at, story)
) STRICT, WITHOUT ROWID;
CREATE INDEX story_key_story ON story_key (story);

CREATE TABLE alert (
    key TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    story TEXT NOT NULL,
    item TEXT NOT NULL,
    severity TEXT NOT NULL,
    created_at REAL NOT NULL,
    rules TEXT NOT NULL,
    changes TEXT NOT NULL,
    body TEXT NOT NULL,
    acked_at REAL
) STRICT;
CREATE INDEX alert_created ON alert (created_at);
CREATE INDEX alert_story ON alert (story);

CREATE TABLE delivery (
    key TEXT PRIMARY KEY,
    alert TEXT NOT NULL REFERENCES alert (key),
    channel TEXT NOT NULL,
    story TEXT NOT NULL,
    batch TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'sending', 'delivered', 'dead', 'held')),
    due_at REAL NOT NULL,
    planned_at REAL NOT NULL,
    attempts INTEGER NOT NULL,
    lease_until REAL NOT NULL DEFAULT 0,
    token TEXT NOT NULL DEFAULT '',
    first_tried_at REAL,
    done_at REAL,
    receipt TEXT NOT NULL DEFAULT '',
    last_error TEXT NOT NULL DEFAULT '',
    thread TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX delivery_due ON delivery (channel, due_at) WHERE state IN ('pending', 'sending');
CREATE INDEX delivery_alert ON delivery (alert);
CREATE INDEX delivery_story ON delivery (channel, story);
CREATE INDEX delivery_done ON delivery (channel, done_at);

CREATE VIRTUAL TABLE item_search USING fts5(words, tokenize = "unicode61 remove_diacritics 0 categories 'L* N* Co M*'");
"""

_FAILING = """
ALTER TABLE delivery ADD COLUMN refusals INTEGER NOT NULL DEFAULT 0;
ALTER TABLE delivery ADD COLUMN failing_since REAL;
ALTER TABLE delivery ADD COLUMN tried_at REAL;
"""
"""How often in a row each delivery was refused for good and since when it fails, apart from how often it was begun."""

_ALERT_ITEM = """
CREATE INDEX alert_item ON alert (item);
"""
"""The ledger asks for alerts of an item; without it, every alert ever made was read."""

_ORDER = """
DROP INDEX delivery_due;
CREATE INDEX delivery_due ON delivery (channel, due_at, planned_at) WHERE state IN ('pending', 'sending');
CREATE INDEX delivery_sending ON delivery (channel, lease_until) WHERE state = 'sending';
"""
"""The next message of a channel is found without looking at all that wait."""

_CARE = """
CREATE INDEX item_alerted ON item (id, story) WHERE fate = 'alerted';
CREATE INDEX identity_seen ON identity (seen_at);
"""
"""The audit reads what should have been told; pruning finds old traces. Both read the whole store without."""

_MISSES = """
ALTER TABLE item ADD COLUMN misses TEXT NOT NULL DEFAULT '';
"""
"""Why the nearest rules did not match, as they were when the item was read; '' of items read before that was kept."""

_BY_FEED = """
ALTER TABLE feed ADD COLUMN number INTEGER NOT NULL DEFAULT 0;
UPDATE feed SET number = ranked.number FROM (SELECT url, row_number() OVER (ORDER BY url) AS number FROM feed) AS ranked
  WHERE ranked.url = feed.url;
CREATE TABLE trace (
    feed INTEGER NOT NULL,
    key TEXT NOT NULL,
    item TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    seen_at REAL NOT NULL,
    PRIMARY KEY (feed, key)
) STRICT, WITHOUT ROWID;
INSERT INTO trace SELECT coalesce(feed.number, 0), identity.key, identity.item, identity.content_hash, identity.seen_at
  FROM identity LEFT JOIN item ON item.id = identity.item LEFT JOIN feed ON feed.url = item.feed
  ORDER BY 1, 2;
DROP TABLE identity;
ALTER TABLE trace RENAME TO identity;
CREATE INDEX identity_seen ON identity (seen_at);
"""
"""A feed's keys stand together: a poll writes to a few pages of the tree, not to one for each key. Keys from before whose
feed can not be told (of pruned items, and those that name nothing) stand under feed 0, where every feed looks too."""

STEPS = {
    "m001_first": _FIRST,
    "m002_failing": _FAILING,
    "m003_alert_item": _ALERT_ITEM,
    "m004_care": _CARE,
    "m004_outbox_order": _ORDER,
    "m005_misses": _MISSES,
    "m006_identities_by_feed": _BY_FEED,
}
"""Statements by the migration's name, in order."""


def missing(done: Sequence[str], where: str) -> list[str]:
    """Names of the migrations that a database has not been through. Raises StoreError for one of a newer Watcher."""
    newer = [name for name in done if name not in STEPS]
    if newer:
        raise StoreError(
            "newer", f"{where} was made by a newer Watcher ({', '.join(newer)}): update, or use another database"
        )
    return [name for name in STEPS if name not in done]
