"""From a channel's URL to its senders, by scheme. A URL is a secret: it is never shown, logged or part of an error."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Protocol

from watcher.alerts import ChannelPolicy
from watcher.channels import local, mail, services
from watcher.channels.message import Message, Service
from watcher.errors import ConfigError, Problem


class Sender(Protocol):
    """Sends one rendered message to one destination.

    `send` blocks, from one thread at a time; it returns when the destination has taken the message and raises
    DeliveryError when it has not, or may not have.
    """

    @property
    def service(self) -> Service:
        """What to render for."""

    def send(self, message: Message) -> None: ...


Opener = Callable[[str, str, float], Mapping[str, Sender]]
"""(url, name, messages per second or 0) → senders by recipient; a single one under ''. Raises ValueError with a reason free of secrets."""

_OPENERS: dict[str, Opener] = {
    "console": local.open_console,
    "file": local.open_file,
    "mailto": mail.open_mail,
    "mailtos": mail.open_mail,
    "smtp": mail.open_mail,
    "smtps": mail.open_mail,
}


def scheme_of(url: str) -> str:
    """The scheme of a channel's URL, which may be shown; empty where there is none."""
    scheme, separator, _ = url.strip().partition("://")
    return scheme.lower() if separator and scheme.replace("-", "").replace("+", "").isalnum() else ""


def open_all(url: str, policy: ChannelPolicy, *, rate: float = 0.0) -> list[tuple[ChannelPolicy, Sender]]:
    """Every destination behind a channel's URL: one recipient is one destination, so that one refusal resends to no other.

    A single recipient keeps the channel's name; several are named `channel/recipient`. Raises ConfigError.
    """
    try:
        opened = _open(url, policy.name, rate)
    except ValueError as error:
        raise ConfigError(
            [Problem("config", 0, 0, f"channel '{policy.name}': {error}", "see docs/channels.md")]
        ) from None
    if len(opened) == 1:
        return [(policy, sender) for sender in opened.values()]
    return [(replace(policy, name=f"{policy.name}/{recipient}"), sender) for recipient, sender in opened.items()]


def open(url: str, name: str) -> Sender:
    """The sender of a URL that has one recipient. Raises ConfigError."""
    return open_all(url, ChannelPolicy(name))[0][1]


def check(url: str) -> str:
    """Why a URL can not be used, without its secrets; empty if it can. Nothing is sent."""
    try:
        _open(url, "check", 0.0)
    except ValueError as error:
        return str(error)
    return ""


def _open(url: str, name: str, rate: float) -> Mapping[str, Sender]:
    scheme = scheme_of(url)
    if not scheme:
        raise ValueError("no URL of a destination; write one such as mailtos://…, slack://…, json://… or console://")
    opener = _OPENERS.get(scheme)
    if opener is not None:
        return opener(url.strip(), name, rate)
    if scheme in ("http", "https"):
        raise ValueError(f"a web address is no destination; for a webhook write json{'s' * (scheme == 'https')}://…")
    known = services.schemes()
    if scheme not in known:
        near = difflib.get_close_matches(scheme, [*known, *_OPENERS], n=1)
        hint = f"did you mean '{near[0]}://'?" if near else "Apprise knows none either"
        raise ValueError(f"no service is called '{scheme}://'; {hint}")
    return services.open_service(url.strip(), name, rate)
