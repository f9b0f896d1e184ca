"""Every service that Apprise knows, with the settings that make its answer true.

One instance and one recipient a destination; no redirects (a followed 302 counts as success and loses
the alert), 30 s to answer (4 s made accepted messages look failed), no retries and no threads of its
own (the outbox retries, a channel's thread sends). Texts come in the service's own markup, so that
nothing untrusted is ever converted.
"""

from __future__ import annotations

import copy
import hashlib
import logging
import threading
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from typing import Any
from urllib.parse import urlsplit

from watcher.channels.message import Message, Part, Service
from watcher.channels.secrets import Scrubber
from watcher.errors import DeliveryError

READ_TIMEOUT = 30.0
CONNECT_TIMEOUT = 10.0

_RECIPIENTS = ("targets", "channels", "rooms", "users", "topics", "groups", "devices", "chats", "emails", "phones")
"""Where Apprise's services keep recipients."""

_CLOUDS = ("notify_url", "webhook_url", "api_url")
"""Where Apprise's services keep the address of a service that is one for all."""

_REMEMBERED = 256
_SLIM = 50
"""A batch of more alerts carries less of each."""

_FORMATS = ("text", "markdown", "html")


@lru_cache(maxsize=1)
def _table() -> Mapping[str, Mapping[str, Any]]:
    return tomllib.loads((resources.files("watcher.channels") / "services.toml").read_text("utf-8"))


@lru_cache(maxsize=1)
def _apprise() -> Any:
    """The library, loaded when first needed: it takes a quarter of a second and 30 MiB."""
    import apprise

    for name in ("apprise", "urllib3", "requests"):
        logger = logging.getLogger(name)
        logger.setLevel(max(logger.level, logging.WARNING))
    # Its warnings name hosts and its debug lines hold tokens: they reach us in results, and go nowhere else.
    logging.getLogger("apprise").propagate = False
    logging.getLogger("apprise").addHandler(logging.NullHandler())
    return apprise


@lru_cache(maxsize=1)
def schemes() -> frozenset[str]:
    """Schemes of all services."""
    details = _apprise().Apprise().details(show_disabled=False)
    return frozenset(
        scheme
        for entry in details["schemas"]
        for key in ("protocols", "secure_protocols")
        for scheme in entry[key] or ()
    )


def open_service(url: str, name: str, rate: float) -> Mapping[str, ServiceSender]:
    """Senders for the recipients of an Apprise URL. Raises ValueError."""
    apprise = _apprise()
    asset = apprise.AppriseAsset(
        app_id="Watcher",
        app_desc="Watcher",
        async_mode=False,
        plugin_paths=None,
        storage_mode="memory",
        service_timeout=0,
    )
    asset.http_redirects = False
    asset.image_url_mask = asset.image_url_logo = None  # no pictures fetched from elsewhere
    instance = apprise.Apprise.instantiate(url, asset=asset, suppress_exceptions=True)
    scheme = url.partition("://")[0].lower()
    if instance is None:
        raise ValueError(f"the '{scheme}://' URL is not complete or not right")
    if int(getattr(instance, "port", None) or 0) > 65_535:
        raise ValueError(f"the '{scheme}://' URL names a port that can not be")
    _set_up(instance, rate)
    recipients = _recipients(instance)
    if len(recipients) < 2:
        return {"": ServiceSender(instance, asset, url)}
    return {
        _name(recipient): ServiceSender(_only(instance, place, recipient), asset, url)
        for place, recipient in recipients
    }


def _set_up(instance: Any, rate: float) -> None:
    instance.redirects = False
    instance.retry = 0
    instance.optional = False
    instance.socket_read_timeout = max(READ_TIMEOUT, float(instance.socket_read_timeout))
    instance.socket_connect_timeout = max(CONNECT_TIMEOUT, float(instance.socket_connect_timeout))
    if rate > 0:
        instance.request_rate_per_sec = 1.0 / rate  # despite its name: seconds between requests


def _recipients(instance: Any) -> list[tuple[str, Any]]:
    places = [(place, getattr(instance, place, None)) for place in _RECIPIENTS]
    return [
        (place, recipient) for place, found in places if isinstance(found, (list, tuple, set)) for recipient in found
    ]


def _only(instance: Any, place: str, recipient: Any) -> Any:
    """A copy that knows one recipient. Copies share nothing that changes; each has its own pace."""
    single = copy.copy(instance)
    for other in _RECIPIENTS:
        found = getattr(instance, other, None)
        if isinstance(found, (list, tuple, set)):
            setattr(single, other, type(found)([recipient] if other == place else []))
    return single


def _name(recipient: Any) -> str:
    """A name that does not tell a phone number and does not move when the list is edited."""
    return hashlib.sha256(repr(recipient).encode()).hexdigest()[:6]


def describe(scheme: str, instance: Any) -> Service:
    """What to render for, from our table and from what the service says of itself."""
    known = _table().get(_canonical(scheme, instance), {})
    declared = instance.resolve_format(known.get("declare", "text"))
    declare = str(getattr(declared, "value", declared))
    markup = str(known.get("markup", declare)) if declare == known.get("declare", declare) else declare
    limit = int(instance.body_maxlen) or 32768
    return Service(
        scheme=scheme,
        markup=markup if markup in ("telegram", *_FORMATS) else "text",
        declare=declare,
        body_maxlen=min(limit, int(known.get("body", limit))),
        title_maxlen=min(int(instance.title_maxlen), int(known.get("title", 1_000))),
        unit=str(known.get("unit", "chars")),
        title_counts=bool(known.get("title_counts", instance.overflow_amalgamate_title)),
        mentions=bool(known.get("mentions", True)),
    )


def _canonical(scheme: str, instance: Any) -> str:
    """The scheme under which our table knows the service."""
    for protocols in (instance.protocol, instance.secure_protocol):
        for name in (protocols,) if isinstance(protocols, str) else protocols or ():
            if name in _table():
                return str(name)
    return scheme


class ServiceSender:
    """Sends to one recipient through Apprise.

    A message in parts that failed midway goes on where it stopped, as long as the process lives.
    """

    def __init__(self, instance: Any, asset: Any, url: str) -> None:
        self.service = describe(url.partition("://")[0].lower(), instance)
        self._instance = instance
        self._apprise = _apprise().Apprise(asset=asset)
        self._apprise.add(instance)
        self._scrub = Scrubber([url])
        self._lock = threading.Lock()
        self._accepted: dict[str, int] = {}
        self._headers = dict(getattr(instance, "headers", None) or {})
        self._extras = dict(getattr(instance, "payload_extras", None) or {})

    def send(self, message: Message) -> None:
        """Send all parts in order. Raises DeliveryError at the first that is not taken."""
        with self._lock:
            done = self._accepted.pop(message.key, 0)
            for number in range(done, len(message.parts)):
                try:
                    self._send_part(message, message.parts[number], number)
                except DeliveryError:
                    self._remember(message.key, number)
                    raise

    def server(self) -> tuple[str, int, bool] | None:
        """Host, port, and whether by TLS, that messages go to; None where the service does not tell."""
        for name in _CLOUDS:
            parts = urlsplit(str(getattr(type(self._instance), name, None) or ""))
            if parts.scheme == "https" and parts.hostname and "{" not in parts.netloc:
                return parts.hostname, parts.port or 443, True
        host, is_secure = str(getattr(self._instance, "host", None) or ""), bool(self._instance.secure)
        if "." not in host and host != "localhost":
            return None
        return host, int(getattr(self._instance, "port", None) or (443 if is_secure else 80)), is_secure

    def _remember(self, key: str, accepted: int) -> None:
        if accepted:
            self._accepted[key] = accepted
            while len(self._accepted) > _REMEMBERED:
                del self._accepted[next(iter(self._accepted))]

    def _send_part(self, message: Message, part: Part, number: int) -> None:
        from watcher.channels.answers import error_of, listen

        self._label(message, number)
        kind = "warning" if message.severity == "high" else "info"
        with listen() as heard:
            result = self._apprise.notify(
                body=part.body,
                title=part.title,
                notify_type=kind,
                body_format=self.service.declare,
                interpret_escapes=False,
            )
        if result:
            return
        failure = heard.failure()
        if failure is not None:
            raise error_of(failure)
        raise DeliveryError(self._logged(result), unknown=str(result.status.name) == "TIMEOUT")

    def _logged(self, result: Any) -> str:
        """What Apprise wrote in its log, without the address."""
        texts = [str(entry.message) for one in result for entry in one.logs()] + [
            str(entry.message) for entry in result.call_logs()
        ]
        reason = self._scrub(texts[-1]) if texts else "it was not taken, and the service does not say why"
        return reason.replace("\n", " ")[:200]

    def _label(self, message: Message, number: int) -> None:
        """The key and the facts, where the service has room for them. User-given headers and fields win."""
        key = message.key if len(message.parts) == 1 else f"{message.key}-{number + 1}"
        if hasattr(self._instance, "headers"):
            self._instance.headers = {"Idempotency-Key": key, **self._headers}
        if self.service.scheme in ("json", "jsons"):
            facts = message.facts if number == 0 else ()
            if len(facts) > _SLIM:
                facts = tuple(
                    {name: fact[name] for name in fact if name not in ("reports", "summary")} for fact in facts
                )
            self._instance.payload_extras = {
                "id": key,
                "kind": message.kind,
                "severity": message.severity,
                "part": number + 1,
                "parts": len(message.parts),
                "alerts": list(facts),
                **self._extras,
            }
