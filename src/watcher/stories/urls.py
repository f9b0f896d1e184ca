"""One address for one page: what publishers, feed proxies and aggregators add to a link is taken off again."""

from __future__ import annotations

import base64
import binascii
import re
from functools import lru_cache
from importlib import resources
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit

MAX_UNWRAPS = 4
"""Redirect forms nest (an alert of an AMP page in a cache); deeper than this someone is playing."""

_AMP_SEGMENT = re.compile(r"(?:/amp(?=/|$))|(?:(?<=[^/])[.\-_]amp(?=\.s?html?$|$))", re.I)
_INDEX = re.compile(r"/(?:index|default)\.(?:s?html?|php|aspx?)$", re.I)
_EMBEDDED = re.compile(r"(?:^|[/*=])(https?:/{1,2}[^/\s]+\.[^\s]+)$", re.I)
_FEEDSPORTAL = {"0A": "0", "0B": ".", "0C": "/", "0D": "?", "0E": "-", "0F": "=", "0G": "&", "0H": ",", "0I": "_", "0J": "%", "0K": "+"} | {
    "0L": "http://", "0M": "https://", "0N": ".com", "0O": ".co.uk", "0P": ";", "0Q": "|", "0R": ":", "0S": "www.", "0T": "#", "0U": "$",
    "0V": "~", "0W": "!", "0X": "(", "0Y": ")", "0Z": "Z",
}  # fmt: skip
_REDIRECT_PATH = re.compile(
    r"/(?:redirect|redir|out|click|goto|away|link|url|track|rd|l\.php|exit|leave)(?:\.\w+)?/?$", re.I
)


_SPACES = re.compile(r"\s+")
_PLAIN = re.compile(r"https?://([a-z0-9-]+(?:\.[a-z0-9-]+)+)((?:/[A-Za-z0-9/._~-]*)?)")
"""An address of a page without port, query, fragment or escapes."""
_RARE_IN_PATH = re.compile("amp|index|default", re.I)
_WRAPPING_HOSTS = ("ampproject.org", "bing-amp.com", "news.google.com", "feedsportal.com")
_SPECIAL_HOSTS = ("youtu.be", "youtube.com")


@lru_cache(maxsize=1)
def _habits() -> dict[str, frozenset[str]]:
    """The table in data/links.tsv, by kind."""
    found: dict[str, set[str]] = {}
    for line in resources.files(__package__).joinpath("data/links.tsv").read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            kind, value = line.split("\t")
            found.setdefault(kind, set()).add(value)
    return {kind: frozenset(values) for kind, values in found.items()}


@lru_cache(maxsize=512)
def canonical_url(url: str) -> str:
    """The address of the page behind a link; what is no web address comes back stripped, as given.

    Taken off: scheme, `www.`, mobile and AMP editions, default ports, tracking parameters and fragments, index files,
    trailing and doubled slashes; undone: redirects of aggregators, AMP caches and feed proxies where the address itself
    tells the target. The result is for comparing, not for opening. It is idempotent.
    """
    url = _SPACES.sub("", url)[:4000]
    if "//" not in url:
        return url
    return _of_plain(url) or _of_any(url)


def _of_plain(url: str) -> str:
    """The canonical form of an address that has nothing to take apart, as most have: half the cost; '' for all others."""
    found = _PLAIN.fullmatch(url)
    if found is None:
        return ""
    host, path = _outer_host(found[1]), found[2]
    if host.endswith(_WRAPPING_HOSTS) or host.startswith("google.") or host in _SPECIAL_HOSTS:
        return ""
    if "//" in path or _RARE_IN_PATH.search(path):
        path = _path(path)
    return f"https://{host}{path.rstrip('/')}"


def _of_any(url: str) -> str:
    for _ in range(MAX_UNWRAPS):
        inner = _unwrapped(url)
        if not inner or inner == url:
            break
        url = inner
    parts = _split(url)
    if parts is None:
        return url
    host = _host(parts)
    path = _path(parts.path)
    host, path, query = _special(host, path, _query(parts.query))
    return f"https://{host}{path}" + (f"?{query}" if query else "") + _fragment(parts.fragment)


@lru_cache(maxsize=1024)
def is_page(canonical: str) -> bool:
    """Whether a canonical address looks like one article's: an id, a date, a long slug; not a home page, a section or a standing page."""
    parts = _split(canonical)
    if parts is None:
        return False
    if parts.fragment or re.search(r"\d{3}|[0-9a-f]{8}", parts.query):
        return True
    path = unquote(parts.path)
    last = path.rsplit("/", 1)[-1]
    words = [word for word in re.split(r"[-_.+ ]", last) if word]
    return bool(re.search(r"\d{5}|/\d{4}/\d{1,2}/|[0-9a-f]{8}[-/0-9a-f]*$", path)) or len(words) >= 4


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit("https:" + url if url.startswith("//") else url)
        usable = parts.scheme.lower() in ("http", "https", "feed") and parts.hostname
        _ = parts.port
    except ValueError:
        return None
    return parts if usable else None


def _host(parts: SplitResult) -> str:
    port = f":{parts.port}" if parts.port not in (None, 80, 443) else ""
    return _outer_host((parts.hostname or "").rstrip(".").lower()) + port


def _outer_host(host: str) -> str:
    """A host without what names an edition of it."""
    labels = host.split(".")
    while len(labels) > 2 and labels[0] in _habits()["host"]:
        labels = labels[1:]
    if len(labels) > 3 and labels[1] in ("m", "mobile"):
        labels = [labels[0], *labels[2:]]
    return ".".join(labels)


def _path(path: str) -> str:
    path = _AMP_SEGMENT.sub("", re.sub(r"/{2,}", "/", path))
    path = _INDEX.sub("", path)
    return quote(unquote(path, errors="replace"), safe="/:@!$&'()*+,;=~-._").rstrip("/")


def _query(query: str) -> list[tuple[str, str]]:
    tracking, prefixes = _habits()["tracking"], tuple(_habits()["tracking*"])
    pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=200) if query.count("&") < 200 else []
    return sorted((k, v) for k, v in pairs if k.lower() not in tracking and not k.lower().startswith(prefixes))


def _fragment(fragment: str) -> str:
    """A fragment may tell one note of a page from the next; numbers of revisions and tracking do not."""
    if not fragment or len(fragment) <= 2 or fragment.lower().startswith(tuple(_habits()["fragment"])):
        return ""
    return "#" + fragment


def _special(host: str, path: str, query: list[tuple[str, str]]) -> tuple[str, str, str]:
    """Sites whose item is named by one parameter, or that have short hosts."""
    if host == "youtu.be":
        return "youtube.com", "/watch", urlencode({"v": path.strip("/")})
    if host == "youtube.com" and path.startswith("/shorts/"):
        return host, "/watch", urlencode({"v": path.split("/")[2]})
    if host == "youtube.com" and path == "/watch":
        query = [(k, v) for k, v in query if k == "v"]
    return host, path, urlencode(query)


def _unwrapped(url: str) -> str:
    """The address inside a redirect, a cache or a proxy form; empty where there is none."""
    parts = _split(url)
    if parts is None:
        return ""
    host = _host(parts)
    return (
        _amp_cache(host, parts.path)
        or _google_news(host, parts.path)
        or _feedsportal(host, parts.path)
        or _from_query(host, parts)
        or _from_path(host, parts)
    )


def _amp_cache(host: str, path: str) -> str:
    """cdn.ampproject.org/c/s/example.org/page, google.com/amp/s/example.org/page."""
    cached = re.match(r"/(?:amp|[cvwi]{1,2}|wp)/(s/)?([^/]+\.[^/]+/?.*)", path)
    if cached and (host.endswith(("ampproject.org", "bing-amp.com")) or host.startswith("google.")):
        return f"http{'s' if cached[1] else ''}://{cached[2]}"
    return ""


def _google_news(host: str, path: str) -> str:
    """Older article ids of Google News are base64 of a record that holds the address; newer ones tell nothing."""
    found = re.search(r"/(?:articles|read)/([\w\-]{20,})", path)
    if host != "news.google.com" or not found:
        return ""
    try:
        record = base64.urlsafe_b64decode(found[1] + "=" * (-len(found[1]) % 4))
    except (binascii.Error, ValueError):
        return ""
    inner = re.search(rb"https?://[\x21-\x7e]+", record)
    return inner[0].decode("ascii") if inner else ""


def _feedsportal(host: str, path: str) -> str:
    """The escape code of the former feedsportal.com: 0L0Swww0Bexample0N0Cpage."""
    found = re.search(r"/(0L[0-9A-Za-z]+)", path)
    if not found or not host.endswith("feedsportal.com"):
        return ""
    return re.sub(r"0[A-Z]", lambda code: _FEEDSPORTAL.get(code[0], code[0]), found[1])


def _from_query(host: str, parts: SplitResult) -> str:
    known = any(f"{host}{parts.path}".startswith(place) for place in _habits()["redirect"]) or host.startswith(
        "google."
    )
    if not known and not _REDIRECT_PATH.search(parts.path):
        return ""
    targets = _habits()["target"]
    values = [value for name, value in parse_qsl(parts.query[:4000]) if name.lower() in targets]
    return next((value for value in values if re.match(r"https?://[^/]+\.", value)), "")


def _from_path(host: str, parts: SplitResult) -> str:
    """r.search.yahoo.com/…/RU=https%3a…/RK=…, us.rd.yahoo.com/…/*http://…, web.archive.org/web/…/https://…."""
    yahoo = re.search(r"/RU=(https?[^/]+)", parts.path)
    if yahoo:
        return unquote(yahoo[1])
    found = _EMBEDDED.search(parts.path[1:])
    if not found or not (host.startswith(("rd.", "us.rd.", "web.archive.", "redirect")) or "*" in parts.path):
        return ""
    inner = re.sub(r"^(https?:)/{1,2}", r"\1//", found[1])
    return inner + (f"?{parts.query}" if parts.query else "")
