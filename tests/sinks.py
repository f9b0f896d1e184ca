"""Destinations that keep a ledger: HTTP and SMTP servers on loopback, in this process or one of their own.

Every message is written to the ledger, and flushed, before it is answered: what was accepted counts even where
the client never learns of it. How a destination behaves is a script of steps, one for each request, the last
one for ever: `ok`, `status 500`, `retry_after 3`, `redirect 302`, `hang`, `close`, `slow 2`, `drip`.

In tests: `with HttpSink() as sink:` … `sink.url("json", "name")`, `sink.script("name", "status 500", "ok")`,
`sink.received("name")`. For daemons: `python tests/sinks.py LEDGER`, which prints its ports; scripts are then
put by `POST /_script/NAME` with one step a line, and the ledger is read from the file.
"""

from __future__ import annotations

import json
import socket
import sys
import threading
import time
from collections import Counter, defaultdict
from dataclasses import asdict, dataclass, field
from email import message_from_bytes
from email.message import Message
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

HANG_SECONDS = 60.0


@dataclass(frozen=True)
class Received:
    """One accepted delivery. `destination` is the path's last part, or the recipient's address."""

    destination: str
    key: str
    title: str
    body: str
    at: float
    headers: dict[str, str] = field(default_factory=dict)
    path: str = ""

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


class Ledger:
    """What was accepted, in order; also in a file when one is given."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._all: list[Received] = []

    def note(self, received: Received) -> None:
        """Write down before answering."""
        with self._lock:
            self._all.append(received)
            if self._path is not None:
                with self._path.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(asdict(received), ensure_ascii=False) + "\n")

    def of(self, destination: str | None = None) -> list[Received]:
        """Deliveries to one destination, or all."""
        with self._lock:
            return [one for one in self._all if destination is None or one.destination == destination]


def read_ledger(path: Path) -> list[Received]:
    """The ledger that another process writes. A torn last line is left out."""
    if not path.exists():
        return []
    lines = path.read_text("utf-8", "replace").split("\n")
    return [Received(**json.loads(line)) for line in lines[:-1] if line]


class Scripts:
    """How each destination behaves; `ok` for those without a script."""

    def __init__(self) -> None:
        self._steps: dict[str, list[str]] = {}
        self._lock = threading.Lock()

    def put(self, destination: str, *steps: str) -> None:
        """Replace a destination's script."""
        with self._lock:
            self._steps[destination] = list(steps) or ["ok"]

    def next(self, destination: str) -> str:
        """The step for this request."""
        with self._lock:
            steps = self._steps.get(destination, ["ok"])
            return steps.pop(0) if len(steps) > 1 else steps[0]


class HttpSink:
    """An HTTP server for webhooks of any shape. Deliveries are told apart by the last part of their path."""

    def __init__(self, ledger: Ledger | None = None, port: int = 0) -> None:
        self.ledger = ledger or Ledger()
        self.scripts = Scripts()
        self.requests: dict[str, int] = defaultdict(int)
        self._server = _Server(("127.0.0.1", port), _Handler, self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    def url(self, scheme: str, destination: str, options: str = "") -> str:
        """An Apprise URL of a destination here."""
        return f"{scheme}://127.0.0.1:{self.port}/{destination}{options}"

    def script(self, destination: str, *steps: str) -> None:
        """Say how a destination answers its next requests."""
        self.scripts.put(destination, *steps)

    def received(self, destination: str | None = None) -> list[Received]:
        """What was accepted."""
        return self.ledger.of(destination)

    def __enter__(self) -> HttpSink:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler], sink: HttpSink) -> None:
        super().__init__(address, handler)
        self.sink = sink
        self.stopping = threading.Event()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that were killed leave broken connections: no news."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        if len(body) < length:  # the sender was killed in the middle of it
            self.close_connection = True
            return
        path = urlsplit(self.path).path
        if path.startswith("/_script/"):
            self.server.sink.script(path.rpartition("/")[2], *body.decode().splitlines())
            self._answer(204)
            return
        destination = path.rstrip("/").rpartition("/")[2]
        self.server.sink.requests[destination] += 1
        step, _, argument = self.server.sink.scripts.next(destination).partition(" ")
        getattr(self, f"_{step}")(destination, body.decode("utf-8", "replace"), argument)

    do_PUT = do_POST

    def do_GET(self) -> None:
        """A followed redirect arrives here: the answer is good, the alert lost. Also Matrix's questions."""
        self.server.sink.requests["GET"] += 1
        self._answer(200, b"{}")

    def _note(self, destination: str, body: str) -> None:
        title, text = "", body
        if body.startswith("{"):
            try:
                fields = json.loads(body)
            except ValueError:
                fields = {}
            title = str(fields.get("title", ""))
            text = body
        headers = {name.lower(): value for name, value in self.headers.items()}
        key = headers.get("idempotency-key", "")
        self.server.sink.ledger.note(Received(destination, key, title, text, time.monotonic(), headers, self.path))

    def _ok(self, destination: str, body: str, _: str) -> None:
        self._note(destination, body)
        if self.path.startswith("/services/"):  # Slack says ok in words
            self._answer(200, b"ok")
            return
        self._answer(
            200,
            b'{"ok": true, "access_token": "t", "user_id": "@w:x", "home_server": "x", "room_id": "!r:x", "event_id": "$e"}',
        )

    def _status(self, destination: str, body: str, code: str) -> None:
        self._answer(int(code), b"refused")

    def _retry_after(self, destination: str, body: str, seconds: str) -> None:
        self._answer(429, b"", {"Retry-After": seconds})

    def _redirect(self, destination: str, body: str, code: str) -> None:
        self._answer(int(code or 302), b"", {"Location": "/elsewhere"})

    def _hang(self, destination: str, body: str, _: str) -> None:
        self._note(destination, body)
        self.server.stopping.wait(HANG_SECONDS)
        self.close_connection = True

    def _close(self, destination: str, body: str, _: str) -> None:
        """Takes the message and closes without a word."""
        self._note(destination, body)
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def _slow(self, destination: str, body: str, seconds: str) -> None:
        self._note(destination, body)
        self.server.stopping.wait(float(seconds))
        self._answer(200, b"ok")

    def _endless(self, destination: str, body: str, _: str) -> None:
        """Takes the message, and answers with a body that does not end."""
        self._note(destination, body)
        self.send_response(200)
        self.send_header("Content-Length", str(1 << 33))
        self.end_headers()
        while not self.server.stopping.is_set():
            self.wfile.write(b"x" * 65536)

    def _answer(self, code: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        self.send_response(code)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


class MailSink:
    """An SMTP server. A script is put by recipient: `ok`, `rcpt 550`, `data 451`, `hang`, `close` (after the message), `quit`."""

    def __init__(self, ledger: Ledger | None = None, port: int = 0, **options: Any) -> None:
        self.ledger = ledger or Ledger()
        self.scripts = Scripts()
        if "authenticator" in options:
            options |= {"auth_require_tls": False}
        self._controller = _MailServer(self, "127.0.0.1", port, options)

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._controller.bound_port

    def url(self, *recipients: str, options: str = "") -> str:
        """A mailto URL of recipients here."""
        return (
            f"mailto://127.0.0.1:{self.port}?from=watcher@example.org&to={','.join(recipients)}&mode=insecure{options}"
        )

    def script(self, recipient: str, *steps: str) -> None:
        """Say what happens to the next mails to a recipient."""
        self.scripts.put(recipient, *steps)

    def received(self, recipient: str | None = None) -> list[Received]:
        """What was accepted, one entry for each recipient."""
        return self.ledger.of(recipient)

    def mails(self, recipient: str | None = None) -> list[Message]:
        """The same, parsed."""
        return [
            message_from_bytes(one.body.encode("utf-8", "surrogateescape"), policy=default)
            for one in self.received(recipient)
        ]

    def __enter__(self) -> MailSink:
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()


class _Mailbox:
    def __init__(self, sink: MailSink) -> None:
        self._sink = sink

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        step = self._sink.scripts.next(address)
        envelope.rcpt_tos.append(address)
        kind, _, code = step.partition(" ")
        if kind == "rcpt":
            envelope.rcpt_tos.remove(address)
            return f"{code} no such mailbox"
        session.step = step  # type: ignore[attr-defined]
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        kind, _, code = str(getattr(session, "step", "ok")).partition(" ")
        if kind == "data":
            return f"{code} not now"
        content = envelope.content
        text = content.decode("utf-8", "surrogateescape") if isinstance(content, bytes) else str(content)
        headers = {
            name.lower(): str(value)
            for name, value in message_from_bytes(text.encode("utf-8", "surrogateescape"), policy=default).items()
        }
        for recipient in envelope.rcpt_tos:
            self._sink.ledger.note(
                Received(
                    recipient,
                    headers.get("x-watcher-key", ""),
                    headers.get("subject", ""),
                    text,
                    time.monotonic(),
                    headers,
                )
            )
        if kind == "close" and server.transport is not None:
            server.transport.abort()
        return "250 taken"

    async def handle_QUIT(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if str(getattr(session, "step", "")).startswith("quit"):
            return "451 no goodbye"
        return "221 Bye"


class _MailServer(Controller):
    def __init__(self, sink: MailSink, host: str, port: int, options: dict[str, Any]) -> None:
        super().__init__(_Mailbox(sink), hostname=host, port=port or _free_port(), **options)

    @property
    def bound_port(self) -> int:
        return int(self.port)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def told_titles(sink: HttpSink, name: str) -> Counter[str]:
    """How often each title arrived: by the alerts that a message says it carries."""
    whole = [one for one in sink.received(name) if one.body.endswith("}")]  # a kill may cut a request short
    return Counter(alert["title"] for received in whole for alert in received.json["alerts"])


def main() -> None:
    """Serve both until killed, writing to the ledger file that is named."""
    ledger = Ledger(Path(sys.argv[1]))
    ports = [int(port) for port in sys.argv[2:4]] or [0, 0]
    with HttpSink(ledger, ports[0]) as http, MailSink(ledger, ports[1]) as mail:
        print(json.dumps({"http": http.port, "smtp": mail.port}), flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
