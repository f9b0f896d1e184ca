"""Lengths of time as people write them."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_LONGEST = 100 * 365.25 * 86400
"""Seconds; what goes further back or ahead than a century is a slip, and dates end somewhere."""


def parse_duration(text: Any) -> timedelta:
    """`90s`, `15m`, `2h`, `7d`, `1w`, or a sum such as `1h30m`. Raises ValueError with the remedy."""
    if isinstance(text, timedelta):
        return text
    if not re.fullmatch(r"(?:\d+(?:\.\d+)?[smhdw])+", str(text).strip(), re.ASCII):
        raise ValueError(f"'{text}' is not a duration; write 30s, 15m, 2h, 7d or 1h30m")
    pairs = re.findall(r"(\d+(?:\.\d+)?)([smhdw])", str(text))
    seconds = sum(float(number) * _UNITS[unit] for number, unit in pairs)
    if seconds > _LONGEST:
        raise ValueError(f"'{text}' is longer than a century")
    return timedelta(seconds=seconds)
