"""Whether a channel's server can be reached, found out without sending anything. URLs are secrets: no reason names one."""

from __future__ import annotations

import socket
import ssl

from watcher.channels import senders
from watcher.channels.local import FileSender
from watcher.channels.mail import MailSender
from watcher.channels.services import ServiceSender
from watcher.errors import ConfigError, DeliveryError

TIMEOUT = 8.0


def fault_of_channel(url: str) -> str:
    """Why a channel would not take a message now, in words; '' where nothing speaks against it, or where that can not be told."""
    try:
        sender = senders.open(url, "check")
    except ConfigError:
        return ""  # another check says so
    if isinstance(sender, MailSender):
        try:
            sender.knock(TIMEOUT)
        except DeliveryError as error:
            return f"its mail server: {error.reason}"
        return ""
    if isinstance(sender, FileSender):
        return sender.fault()
    if isinstance(sender, ServiceSender) and (server := sender.server()) is not None:
        host, port, is_secure = server
        fault = fault_of(host, port, is_secure)
        return f"its server {fault}" if fault else ""
    return ""


def fault_of(host: str, port: int, is_secure: bool = False) -> str:
    """Why nothing answers there, as the rest of a sentence; '' where something does."""
    try:
        with socket.create_connection((host, port), timeout=TIMEOUT) as connection:
            if is_secure:
                with ssl.create_default_context().wrap_socket(connection, server_hostname=host):
                    pass
    except (OSError, UnicodeError) as error:
        return f"does not answer: {in_words(error)}"
    return ""


def in_words(error: Exception) -> str:
    """What went wrong, short."""
    if isinstance(error, socket.gaierror):
        return "its name is not known (DNS)"
    if isinstance(error, TimeoutError):
        return f"nothing came within {TIMEOUT:.0f} s"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({error.verify_message})"
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return str(reason)
