"""Every failure that Watcher tells apart, as one tree.

    WatcherError
    ├── ConfigError              one or more Problems in what a person wrote (file, line, column, hint)
    │   └── RuleError            a rule or vocabulary that does not compile
    ├── FetchError               a feed could not be fetched (url, permanent, retry_after)
    │   ├── RefusedError         the server says slow down or go away (429, 403, challenge page)
    │   ├── HostBusy             not asked: its host has a long line of our requests (retry_after)
    │   └── ForbiddenAddress     it points where we do not go (private network, other scheme)
    ├── ParseError               a document is not a feed (kind: html, login, empty, broken, poison)
    ├── StoreError               the database can not be used (locked, full, newer, held by another)
    └── DeliveryError            a destination did not take a message (permanent, retry_after, unknown)

An error carries facts; the sentence is made where it is shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


class WatcherError(Exception):
    """Base of all failures that Watcher raises itself."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault in a file that a person wrote. `line` and `column` count from 1; 0 is unknown."""

    file: str
    line: int
    column: int
    message: str
    hint: str = ""
    severity: str = "error"
    """`error` stops a start or reload; `warning` does not; a `note` only says how something was read."""

    def __str__(self) -> str:
        hint = f" ({self.hint})" if self.hint else ""
        kind = "" if self.severity == "error" else f"{self.severity}: "
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return f"{place}: {kind}{self.message}{hint}"

    @property
    def brief(self) -> str:
        """Place, message and remedy in one line, without the excerpt of an expression."""
        hint = f" ({self.hint})" if self.hint else ""
        return f"{self.file}:{self.line}:{self.column}: {self.message.partition(chr(10))[0]}{hint}"


def in_file(problem: Problem) -> tuple[str, int, int]:
    """Sorts problems by file and place."""
    return problem.file, problem.line, problem.column


class ConfigError(WatcherError):
    """What a person wrote can not be used; `problems` names each fault."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class RuleError(ConfigError):
    """A rule or vocabulary does not compile."""


class FetchError(WatcherError):
    """A feed could not be fetched. `permanent`: asking again soon will not help."""

    def __init__(
        self, url: str, reason: str, *, status: int = 0, permanent: bool = False, retry_after: timedelta | None = None
    ) -> None:
        super().__init__(f"{url}: {reason}")
        self.url = url
        self.reason = reason
        self.status = status
        self.permanent = permanent
        self.retry_after = retry_after


class RefusedError(FetchError):
    """The server asks to slow down (429, 403 bursts, a challenge page)."""


class HostBusy(FetchError):
    """No request went out, as the line of ours at its host is long: come back after `retry_after`. No fault of the feed."""


class ForbiddenAddress(FetchError):
    """The address is private, or its scheme is not http or https."""


class ParseError(WatcherError):
    """A document is not a feed. `kind`: html, login, challenge, empty, broken, poison, unknown; unread: nothing here could read it."""

    def __init__(self, url: str, kind: str, reason: str) -> None:
        super().__init__(f"{url}: {reason}")
        self.url = url
        self.kind = kind
        self.reason = reason


class StoreError(WatcherError):
    """The database can not be used. `kind`: absent, locked, full, older, newer, held, corrupt, io."""

    def __init__(self, kind: str, reason: str) -> None:
        super().__init__(reason)
        self.kind = kind
        self.reason = reason


class DeliveryError(WatcherError):
    """A destination did not take a message.

    `permanent`: never will. `unknown`: it may have taken it (time-out after sending).
    `reason` never holds the destination's URL, which is a secret.
    """

    def __init__(
        self, reason: str, *, permanent: bool = False, unknown: bool = False, retry_after: timedelta | None = None
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.permanent = permanent
        self.unknown = unknown
        self.retry_after = retry_after
