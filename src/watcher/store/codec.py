"""Model values ↔ JSON text, for the columns that only we read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Any

_AS_THEY_ARE = frozenset({str, int, float, bool})
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


@cache
def _fields(kind: type) -> tuple[str, ...]:
    """Names of a dataclass's fields; none for other types."""
    return tuple(field.name for field in fields(kind)) if is_dataclass(kind) else ()


def jsonable(value: Any) -> Any:
    """Dataclasses to dicts, dates to ISO 8601, Decimals to numbers, sets to sorted lists."""
    if value is None or type(value) in _AS_THEY_ARE:
        return value
    if names := _fields(type(value)):  # type: ignore[arg-type]  # a class is hashable, whatever its values are
        return {name: jsonable(getattr(value, name)) for name in names}
    if isinstance(value, Mapping):
        return {str(key): jsonable(child) for key, child in value.items()}
    if isinstance(value, (list, tuple)):
        return [jsonable(child) for child in value]
    if isinstance(value, (set, frozenset)):
        return sorted(jsonable(child) for child in value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value


def dump(value: Any) -> str:
    """JSON text; lone surrogates, which SQLite refuses, become U+FFFD."""
    return clean(_ENCODER.encode(jsonable(value)))


MAX_REASON = 240
"""Characters kept of a reason."""


def misses_text(misses: Iterable[Any] | None) -> str:
    """Why rules did not match: {reason: [rule, …]}, for most that miss do so for the same reason; '' where nobody asked."""
    if misses is None:
        return ""
    rules: dict[str, list[str]] = {}
    for miss in misses:
        reason = miss.reason if len(miss.reason) <= MAX_REASON else miss.reason[: MAX_REASON - 1] + "…"
        rules.setdefault(reason, []).append(miss.rule)
    return dump(rules)


def read_misses(text: str) -> dict[str, str] | None:
    """Back from `misses_text`: rule → reason, in order; None where nobody asked."""
    if not text:
        return None
    return {rule: reason for reason, rules in json.loads(text).items() for rule in rules}


def clean(text: str) -> str:
    """Text that every store and wire takes."""
    whole = text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
    return whole.replace("\x00", "")


def stamp(at: datetime | None) -> float | None:
    """Seconds since 1970."""
    return None if at is None else at.timestamp()


def moment(seconds: float | None) -> datetime | None:
    """Back from `stamp`."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
