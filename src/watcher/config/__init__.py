"""YAML → Settings. `load` is the one door in."""

from watcher.config.load import load
from watcher.config.settings import Channel, RequestOptions, Settings

__all__ = ["Channel", "RequestOptions", "Settings", "load"]
