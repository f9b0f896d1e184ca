"""Runs the application beside the daemon, in its event loop."""

from __future__ import annotations

import contextlib
import socket
from urllib.parse import urlsplit

import uvicorn

from watcher.config import Settings
from watcher.daemon.daemon import Daemon
from watcher.web.app import Pages, build
from watcher.web.guard import token_of


class _Server(uvicorn.Server):
    """Leaves signals to the daemon."""

    @contextlib.contextmanager
    def capture_signals(self):  # type: ignore[no-untyped-def]  # as uvicorn declares it
        yield


def listener_of(settings: Settings) -> socket.socket:
    """A socket at the address of `web:`. Raises OSError where it is taken or not ours."""
    assert settings.web is not None
    host, _, port = settings.web.listen.rpartition(":")
    host = host.strip("[]") or "127.0.0.1"
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, int(port)), family=family, backlog=128)


def server_of(settings: Settings, daemon: Daemon) -> uvicorn.Server:
    """A server for `web:`; `await server.serve(sockets=[listener_of(settings)])` runs it, `should_exit` ends it. Raises ValueError for a bad address."""
    assert settings.web is not None
    host, _, port = settings.web.listen.rpartition(":")
    token = token_of(settings.web.token, settings.folder)
    pages = Pages(
        settings.database, token, daemon.is_alive, daemon.counters.samples, lambda: daemon.push, daemon.is_short
    )
    public = urlsplit(settings.web.public_url).hostname
    app = build(pages, token, [*settings.web.hosts, *([public] if public else [])])
    config = uvicorn.Config(
        app,
        host=host.strip("[]") or "127.0.0.1",
        port=int(port),
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=2,
    )
    return _Server(config)
