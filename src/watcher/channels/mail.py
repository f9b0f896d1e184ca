"""Mail: our own sender, for what Apprise's can not do: a stable Message-ID, threads, a plain and an HTML part.

URLs are Apprise's: mailto://user:password@domain:port?smtp=HOST&from=NAME <A@B>&to=A@B,C@D&mode=insecure|starttls|ssl,
with mailtos:// for starttls; and smtp(s)://user:password@host:port?from=…&to=…
"""

from __future__ import annotations

import re
import smtplib
import ssl
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr, parseaddr
from importlib import resources
from urllib.parse import unquote, urlsplit

from watcher.channels.message import Message, Service
from watcher.errors import DeliveryError

TIMEOUT = 60.0
MODES = ("insecure", "starttls", "ssl")
_PORTS = {"insecure": 25, "starttls": 587, "ssl": 465}


@dataclass(frozen=True, slots=True)
class Server:
    """Where mail is handed in, and as whom."""

    host: str
    port: int
    mode: str
    user: str = ""
    password: str = field(default="", repr=False)
    verify: bool = True


class MailSender:
    """Sends to one recipient, one connection a message."""

    def __init__(self, server: Server, sender: tuple[str, str], recipient: tuple[str, str], name: str) -> None:
        self.service = Service("mail", whole=True, mentions=False)
        self._server = server
        self._from = sender
        self._to = recipient
        self._list = re.sub(r"[^A-Za-z0-9.-]+", "-", name).strip("-.") or "alerts"
        self._domain = _ascii_domain(sender[1])

    def knock(self, timeout: float) -> None:
        """Do all that comes before a message, and leave. Raises DeliveryError."""
        self._converse(None, timeout)

    def send(self, message: Message) -> None:
        """Hand the message in. Once the server has said 250 to it, it is sent, whatever comes after."""
        self._converse(self.compose(message, datetime.now(UTC)), TIMEOUT)

    def _converse(self, mail: EmailMessage | None, timeout: float) -> None:
        data_begun = False
        try:
            connection = self._connect(timeout)
            try:
                self._accepted(connection.mail(self._from[1], self._options(connection)), "the sender")
                self._accepted(connection.rcpt(self._to[1]), "the recipient")
                if mail is not None:
                    data_begun = True
                    self._accepted(connection.data(mail.as_bytes()), "the message")
            finally:
                _quit(connection)
        except smtplib.SMTPResponseException as error:
            raise _refused(error.smtp_code, error.smtp_error, "it") from error
        except (smtplib.SMTPException, OSError) as error:
            raise self._broken(error, data_begun) from error

    def compose(self, message: Message, now: datetime) -> EmailMessage:
        """The mail: headers for threads, filters and lists, a plain part and an HTML part."""
        mail = EmailMessage(policy=SMTP)
        mail["Subject"] = message.subject
        mail["From"] = formataddr(self._from)
        mail["To"] = formataddr(self._to)
        mail["Date"] = format_datetime(now)
        mail["Message-ID"] = f"<{message.message_id}@{self._domain}>"
        if message.thread and message.thread != message.message_id:
            mail["In-Reply-To"] = mail["References"] = f"<{message.thread}@{self._domain}>"
        mail["List-Id"] = f"<{self._list}.watcher.{self._domain}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail["X-Watcher-Key"] = message.key
        if message.severity == "high":
            mail["Importance"] = "high"
        mail.set_content(f"{message.text}\n\n-- \nWatcher {message.key[:8]}\n")
        if message.html:
            mail.add_alternative(message.html, subtype="html")
        mail["Content-Language"] = message.language  # last: setting content drops what begins with Content
        return mail

    def _connect(self, timeout: float) -> smtplib.SMTP:
        server, context = self._server, _context(self._server.verify)
        if server.mode == "ssl":
            connection: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=timeout, context=context)
        else:
            connection = smtplib.SMTP(server.host, server.port, timeout=timeout)
        try:
            connection.ehlo_or_helo_if_needed()
            if server.mode == "starttls":
                connection.starttls(context=context)
                connection.ehlo()
            if server.user:
                connection.login(server.user, server.password)
        except BaseException:
            connection.close()
            raise
        return connection

    def _options(self, connection: smtplib.SMTP) -> list[str]:
        international = not (self._from[1] + self._to[1]).isascii()
        return ["SMTPUTF8"] if international and connection.has_extn("smtputf8") else []

    def _accepted(self, answer: tuple[int, bytes], what: str) -> None:
        code, text = answer
        if not 200 <= code < 300:
            raise _refused(code, text, what)

    def _broken(self, error: Exception, data_begun: bool) -> DeliveryError:
        if isinstance(error, smtplib.SMTPNotSupportedError):
            return DeliveryError("the mail server does not offer what the URL asks for (mode or login)", permanent=True)
        if isinstance(error, ssl.SSLError):
            return DeliveryError(
                "the connection to the mail server can not be secured: its certificate was not accepted"
            )
        if data_begun:
            return DeliveryError("the mail server fell silent after the message; it may have arrived", unknown=True)
        if isinstance(error, TimeoutError):
            return DeliveryError("the mail server does not answer")
        return DeliveryError(
            f"no connection to the mail server: {getattr(error, 'strerror', None) or type(error).__name__}"
        )


def _refused(code: int, text: bytes | str, what: str) -> DeliveryError:
    said = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
    said = re.sub(r"[\x00-\x1f\x7f]+", " ", said)[:120]
    return DeliveryError(f"the mail server refuses {what}: {code} {said}", permanent=500 <= code < 600)


def _quit(connection: smtplib.SMTP) -> None:
    try:
        connection.quit()
    except (smtplib.SMTPException, OSError):
        # The message was taken or refused before; how the server says goodbye changes nothing.
        connection.close()


_CONTEXTS: dict[bool, ssl.SSLContext] = {}


def _context(verify: bool) -> ssl.SSLContext:
    """One context for all mails: making one takes 20 ms."""
    if verify not in _CONTEXTS:
        _CONTEXTS[verify] = ssl.create_default_context() if verify else ssl._create_unverified_context()
    return _CONTEXTS[verify]


def open_mail(url: str, name: str, rate: float) -> Mapping[str, MailSender]:
    """Senders by recipient's address. Raises ValueError with what is missing, never with the URL."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError(
            "the mail URL can not be read; percent-encode special characters in user and password"
        ) from None
    options = _options(parts.query)
    host, user, password = parts.hostname or "", unquote(parts.username or ""), unquote(parts.password or "")
    user, password = options.get("user", user), options.get("pass", password)
    if not host and not options.get("smtp"):
        raise ValueError("the mail URL names no host; write mailtos://user:password@example.org?to=you@example.org")
    known = _providers().get(host.lower(), {})
    scheme = parts.scheme.lower()
    mode = (
        options.get("mode", "")
        or known.get("mode")
        or {"mailto": "insecure", "smtp": "insecure", "smtps": "ssl"}.get(scheme, "starttls")
    )
    if mode not in MODES:
        raise ValueError(f"mode={mode} is none of {', '.join(MODES)}")
    sender = _address(options.get("from", ""), user, host, options.get("name", ""))
    recipients = _recipients(options.get("to", ""), unquote(parts.path)) or ([("", sender[1])] if user else [])
    if not recipients:
        raise ValueError("the mail URL names nobody to write to; add ?to=you@example.org")
    login = user if "@" in user or not known else f"{user}@{host}"
    server = Server(
        host=options.get("smtp") or known.get("smtp") or host,
        port=port or int(known.get("port") or _PORTS[mode]),
        mode=mode,
        user=login if password else "",
        password=password,
        verify=options.get("verify", "yes").lower() not in ("no", "false", "0", "off"),
    )
    senders = {address: MailSender(server, sender, (shown, address), name) for shown, address in recipients}
    return {"": next(iter(senders.values()))} if len(senders) == 1 else senders


def _options(query: str) -> dict[str, str]:
    """What stands after the question mark. A plus is a plus: addresses have them (you+news@example.org)."""
    pairs = (pair.partition("=") for pair in query.split("&"))
    return {unquote(key).lower(): unquote(value) for key, _, value in pairs if value}


def _providers() -> Mapping[str, Mapping[str, str]]:
    """Mail services whose server has another name than their domain."""
    table = tomllib.loads((resources.files("watcher.channels") / "mail" / "providers.toml").read_text("utf-8"))
    return {domain: row for row in table["provider"] for domain in row["domains"]}


def _address(given: str, user: str, host: str, name: str) -> tuple[str, str]:
    shown, address = parseaddr(given)
    if given and "@" not in address:
        shown, address = given, ""
    if not address:
        address = user if "@" in user else f"{user or 'watcher'}@{host}"
    _valid(address, "from")
    return name or shown or "Watcher", address


def _recipients(given: str, path: str) -> list[tuple[str, str]]:
    texts = [text for text in re.split(r"[,;]\s*", given) if text.strip()] + [
        text for text in path.split("/") if text.strip()
    ]
    found = [parseaddr(text) for text in texts]
    for text, (_, address) in zip(texts, found, strict=True):
        _valid(address or text, "to")
    return found


def _valid(address: str, where: str) -> None:
    local, at, domain = address.rpartition("@")
    if not (local and at and domain) or re.search(r"[\s<>\x00-\x1f]", address):
        raise ValueError(f"the address in '{where}' is not one; write {where}=you@example.org")
    try:
        Address(addr_spec=address if address.isascii() else f"a@{_ascii_domain(address)}")
    except (ValueError, IndexError):
        raise ValueError(f"the address in '{where}' is not one; write {where}=you@example.org") from None


def _ascii_domain(address: str) -> str:
    domain = address.rpartition("@")[2]
    try:
        return domain.encode("idna").decode()
    except UnicodeError:
        return "watcher.invalid"
