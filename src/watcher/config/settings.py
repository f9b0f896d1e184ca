"""What a configuration comes to, once read and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from watcher.alerts import ChannelPolicy
from watcher.config.schema import HealthModel, KeepModel, PollingModel, WebModel
from watcher.errors import Problem
from watcher.location import kept_in
from watcher.model import Feed
from watcher.rules import RuleSpec, VocabularySpec, Where


@dataclass(frozen=True, slots=True)
class Channel:
    """A destination: its policy, and its URL, which is a secret. `rate`: fastest pace to the service, messages per second, 0 for none.

    `where` it stands in the configuration, and in `places` each of its keys.
    """

    policy: ChannelPolicy
    url: str = field(repr=False)
    where: Where
    places: Mapping[str, Where]
    rate: float = 0.0


@dataclass(frozen=True, slots=True)
class RequestOptions:
    """How one feed is asked, where that differs."""

    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    cookies: Mapping[str, str] = field(default_factory=dict, repr=False)
    proxy: str = field(default="", repr=False)
    user_agent: str = field(default="", repr=False)
    address: str = field(default="", repr=False)
    """Where the feed's own address, as written, holds references: that with these replaced."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that a person configured. `secrets` are the values that must never be shown.

    `warnings` are for every command, `notes` for who checks a configuration.
    """

    file: Path
    database: str
    polling: PollingModel
    feeds: tuple[Feed, ...]
    requests: Mapping[str, RequestOptions]
    rules: tuple[RuleSpec, ...]
    vocabularies: tuple[VocabularySpec, ...]
    channels: tuple[Channel, ...]
    web: WebModel | None
    health: HealthModel
    keep: KeepModel
    log: str
    secrets: frozenset[str] = field(repr=False)
    warnings: tuple[Problem, ...]
    notes: tuple[Problem, ...]
    files: tuple[Path, ...]

    @property
    def folder(self) -> Path:
        """Where what this installation makes for itself is kept: beside the database, where that is a file."""
        return kept_in(self.database, self.file)
