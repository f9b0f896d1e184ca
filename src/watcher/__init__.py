"""Watcher: polls news feeds, matches national AI stories, alerts once."""

from functools import cache


@cache
def version() -> str:
    """The version that is installed; it is made of the repository's tags when the package is built."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("watcher")
    except PackageNotFoundError:
        return "0"
