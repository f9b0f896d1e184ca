"""Rows as commands and pages show them: JSON read, times in words. Light: lists start without the product's model."""

from __future__ import annotations

import json
from typing import Any

from watcher.store.codec import moment, read_misses

Row = dict[str, Any]


def read_item(row: Row) -> Row:
    """An item's row with its JSON and times read; `misses` maps rule → reason, None where that was not kept."""
    row.update({name: json.loads(row[name]) for name in ("categories", "matches", "facts")})
    row["misses"] = read_misses(row["misses"])
    return with_times([row], "published", "seen_at", "last_seen_at")[0]


def with_times(rows: list[Row], *names: str) -> list[Row]:
    """The rows with these columns as ISO 8601, None where there is no time."""
    for row in rows:
        for name in names:
            at = moment(row[name])
            row[name] = at.isoformat() if at else None
    return rows
