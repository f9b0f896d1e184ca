"""Names to addresses, each lookup on a thread of its own.

The event loop's own threads are six on a machine with two cores: six names whose servers do not answer would hold up every
other lookup for half a minute, and the end of the process too.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult

_Infos = list[tuple[Any, Any, int, str, tuple[Any, ...]]]


class Resolver(AbstractResolver):
    """Asks the system's resolver. The HTTP client remembers answers and bounds how many lookups are under way."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Addresses of a host, in the order in which the system prefers them. Raises OSError."""
        return [
            ResolveResult(
                hostname=host,
                host=str(address[0]),
                port=int(address[1]),
                family=kind,
                proto=protocol,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for kind, _, protocol, _, address in await _looked_up(host, port, family)
            # An IPv6 address with a scope is one of this machine's own links.
            if kind == socket.AF_INET or (kind == socket.AF_INET6 and not address[3])
        ]

    async def close(self) -> None:
        """Nothing is held."""


async def _looked_up(host: str, port: int, family: socket.AddressFamily) -> _Infos:
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[_Infos] = loop.create_future()

    def tell(infos: _Infos, error: OSError | None) -> None:
        if answer.done():
            return
        if error is None:
            answer.set_result(infos)
        else:
            answer.set_exception(error)

    def ask() -> None:
        infos: _Infos = []
        failed: OSError | None = None
        try:
            infos = socket.getaddrinfo(host, port, family, socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
        except OSError as error:
            failed = error
        except UnicodeError as error:
            failed = socket.gaierror(socket.EAI_NONAME, f"no name of a host: {error}")
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(tell, infos, failed)

    threading.Thread(target=ask, name=f"lookup {host}", daemon=True).start()
    return await answer
