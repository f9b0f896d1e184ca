"""Who may ask what: host names, the token, and the headers of every answer.

Loopback alone stops neither other users of the machine nor a web page that rebinds a name to it.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path

from starlette.middleware.base import BaseHTTPMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp

COOKIE = "watcher_token"
OPEN_PATHS = frozenset({"/healthz", "/readyz", "/login", "/static/style.css"})
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def token_of(configured: str, folder: Path) -> str:
    """The configured token, or one made at first start and kept in `folder`, readable by its owner only."""
    if configured:
        return configured
    path = folder / "web-token"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(32), "ascii")
    return path.read_text("ascii").strip()


class Guard(BaseHTTPMiddleware):
    """Refuses foreign hosts and sites, asks for the token, and sets the headers."""

    def __init__(self, app: ASGIApp, token: str, hosts: Iterable[str]) -> None:
        super().__init__(app)
        self._token = token
        self._hosts = frozenset(host.lower() for host in hosts)

    async def dispatch(self, request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        """Answer, or refuse."""
        refusal = self._refusal(request)
        response = refusal if refusal is not None else await call_next(request)
        for name, value in HEADERS.items():
            response.headers[name] = value
        return response

    def _refusal(self, request: Request) -> Response | None:
        host = request.headers.get("host", "").lower()
        if host.rsplit(":", 1)[0].strip("[]") not in self._hosts:
            return PlainTextResponse("this host name is not served here; add it to web.hosts", 421)
        if request.method not in ("GET", "HEAD") and not self._is_own_site(request, host):
            return PlainTextResponse("refused: the request comes from another site", 403)
        if request.url.path in OPEN_PATHS or request.url.path.startswith("/push/") or self._is_known(request):
            return None
        if "text/html" in request.headers.get("accept", ""):
            return RedirectResponse("/login", 303)
        return PlainTextResponse("a token is needed", 401, {"WWW-Authenticate": "Bearer"})

    def _is_own_site(self, request: Request, host: str) -> bool:
        """Whether a page of ours, or no page at all, sends this. Browsers say so in Sec-Fetch-Site, older ones in Origin only."""
        site = request.headers.get("sec-fetch-site")
        if site is not None:
            return site in ("same-origin", "none")
        origin = request.headers.get("origin")
        return origin is None or origin.split("://", 1)[-1].lower() == host

    def _is_known(self, request: Request) -> bool:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        shown = given if scheme.lower() == "bearer" else request.cookies.get(COOKIE, "")
        return secrets.compare_digest(shown.encode(), self._token.encode())
