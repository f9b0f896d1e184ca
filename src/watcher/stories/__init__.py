"""Which entries are one item, which items are reports of one event, and what moves in it."""

from watcher.stories.changes import due_dates, hold_back, with_dates_told
from watcher.stories.identity import link_keys, names_of, recognise, shared
from watcher.stories.joining import assign, begin, join, signed, story_keys
from watcher.stories.keys import nominees
from watcher.stories.merging import merge, mergeable, part, should_merge
from watcher.stories.urls import canonical_url

__all__ = [
    "assign", "begin", "canonical_url", "due_dates", "hold_back", "join", "link_keys", "merge", "mergeable", "names_of", "nominees", "part", "recognise",
    "shared", "should_merge", "signed", "story_keys", "with_dates_told",
]  # fmt: skip
