"""Why a fetch failed, as one FetchError with one sentence a person can act on."""

from __future__ import annotations

import asyncio
import os
import ssl
from datetime import timedelta
from urllib.parse import urlsplit

import aiohttp

from watcher.errors import FetchError, RefusedError
from watcher.feeds.guard import AddressRefused, refusal

_GONE_FOR_NOW = {408, 421, 425}
_LOG_IN = {401, 407}
_LOG_IN_AT = "the proxy {proxy} needs a log-in ({status}): write it as http://name:password@{proxy}"
_STATUS = {
    204: "the answer is empty (204): the address may have changed",
    400: "the server calls the request bad (400)",
    401: "needs a log-in (401): give it credentials in its headers",
    402: "needs a payment (402)",
    404: "does not exist there (404): the address may have changed",
    406: "is not offered in a form that we read (406)",
    407: "the proxy needs a log-in (407)",
    410: "is gone for good (410): remove it or find its new address; once a week it is asked whether it is back",
    451: "is withheld for legal reasons (451)",
}


def from_exception(url: str, error: BaseException, seconds: float, proxy: str = "") -> FetchError:
    """The FetchError for what the HTTP client raised. `seconds` is the whole time a fetch may take, `proxy` whom it went through."""
    host = urlsplit(url).hostname or url
    match error:
        case FetchError():
            return error
        case aiohttp.ClientConnectorError() if _is_refused_address(error.os_error):
            return refusal(url)
        case aiohttp.ClientConnectorDNSError():
            return FetchError(url, f"host name {host} can not be resolved: check its spelling, and this machine's DNS")
        case aiohttp.ClientConnectorCertificateError():
            return FetchError(url, f"certificate of {host} is not valid: {_certificate(error.certificate_error)}")
        case aiohttp.ClientSSLError():
            return FetchError(url, f"no secure connection to {host}: {_plain(error)}")
        case aiohttp.ClientProxyConnectionError():
            return FetchError(url, f"the proxy {proxy} can not be reached: {_plain(error.os_error)}")
        case aiohttp.ClientHttpProxyError() if error.status in _LOG_IN:
            return FetchError(url, _LOG_IN_AT.format(proxy=proxy, status=error.status), status=error.status)
        case aiohttp.ClientHttpProxyError():
            said = f"{error.status} {error.message[:80]}".strip()
            # Like a host that can not be reached, where it is the proxy that can not reach it.
            status = 0 if error.status >= 500 else error.status
            return FetchError(url, f"the proxy {proxy} does not connect to {host}: {said}", status=status)
        case aiohttp.ClientConnectorError():
            what = _plain(error.os_error)
            return FetchError(
                url, f"{host} can not be reached ({what}): its server is down, or the address has changed"
            )
        case aiohttp.ServerTimeoutError() | asyncio.TimeoutError():
            return FetchError(
                url, f"no complete answer within {seconds:g} s: its server is slow or hangs (polling.timeout)"
            )
        case aiohttp.ServerDisconnectedError():
            return FetchError(url, "the server closed the connection without an answer")
        case aiohttp.ClientPayloadError():
            return FetchError(url, "the answer broke off before its end: a fault of its server or on the way")
        case aiohttp.InvalidURL():
            return FetchError(url, "not a URL that can be asked for", permanent=True)
        case aiohttp.ClientResponseError():
            return FetchError(url, f"the answer is not valid HTTP: {error.message[:120]}")
        case _:
            return FetchError(url, f"connection failed: {_plain(error)}")


def from_status(url: str, status: int, challenger: str, retry_after: timedelta | None, proxy: str = "") -> FetchError:
    """The FetchError for an answer that is neither a document nor a redirect.

    `retry_after` is the wait it names, `proxy` the place of the one that passed it on, and may have written it.
    """
    error = _from_status(url, status, challenger, retry_after)
    if proxy and status == 407:
        error.reason = _LOG_IN_AT.format(proxy=proxy, status=status)
    elif proxy and not challenger:
        error.reason += f"; it was asked through the proxy {proxy}, which may be who says so"
    return error


def _from_status(url: str, status: int, challenger: str, retry_after: timedelta | None) -> FetchError:
    if challenger:
        reason = f"{challenger} asks for a proof that we are human ({status}): ask the publisher to let feed readers in"
        return RefusedError(url, reason, status=status, retry_after=retry_after)
    if status == 429:
        return RefusedError(
            url,
            "the server asks us to slow down (429): polls wait as it says; a longer `every:` helps",
            status=status,
            retry_after=retry_after,
        )
    if status == 403:
        return RefusedError(
            url,
            "the server refuses us (403): set polling.contact, or ask the publisher to let feed readers in",
            status=status,
            retry_after=retry_after,
        )
    if status >= 500:
        return FetchError(
            url,
            f"the server has a fault ({status}): the publisher must mend it",
            status=status,
            retry_after=retry_after,
        )
    reason = _STATUS.get(status, f"the server answers {status}")
    return FetchError(
        url, reason, status=status, permanent=status >= 400 and status not in _GONE_FOR_NOW, retry_after=retry_after
    )


def _is_refused_address(error: OSError) -> bool:
    # Several refused addresses come back as one plain OSError that quotes each.
    return isinstance(error, AddressRefused) or "not a public address" in str(error)


def _certificate(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message or "it can not be verified"
    return _plain(error)


def _plain(error: BaseException) -> str:
    text = str(error)
    if isinstance(error, OSError) and error.errno and error.errno > 0:
        text = os.strerror(error.errno)  # asyncio's own says which call failed
    elif isinstance(error, OSError) and error.strerror:
        text = error.strerror
    return (text or type(error).__name__)[:200]
