"""Which reports are of one event, and what moves in it."""

from watcher.stories.identity import content_hash, identities, recognise, shared
from watcher.stories.urls import canonical_url

__all__ = ["canonical_url", "content_hash", "identities", "recognise", "shared"]
