"""The whole product, pure: `judge` reads one entry, `settle` decides what becomes of a batch."""

from watcher.pipeline.judging import item_id, judge, read_entry, signed
from watcher.pipeline.policy import Policy
from watcher.pipeline.reminding import remind
from watcher.pipeline.settling import CANDIDATES_PER_KEY, lookup, settle

__all__ = [
    "CANDIDATES_PER_KEY",
    "Policy",
    "item_id",
    "judge",
    "lookup",
    "read_entry",
    "remind",
    "settle",
    "signed",
]
