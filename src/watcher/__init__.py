"""Watcher: polls news feeds, matches national AI stories, alerts once."""

__version__ = "0.1.0"
