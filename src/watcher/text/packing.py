"""Numbers as text: a scale and signed integers in base 85, as rules and data files carry vectors."""

from __future__ import annotations

import base64
import struct
from collections.abc import Sequence
from math import isfinite

_KINDS = {1: "b", 2: "h"}


def pack(values: Sequence[float], size: int = 1) -> str:
    """A scale, a space, and the numbers in steps of that scale, `size` bytes (1 or 2) each."""
    steps = 2 ** (8 * size - 1) - 1
    scale = max(map(abs, values), default=0.0) / steps or 1.0
    numbers = [round(value / scale) for value in values]
    return f"{scale:.6g} {base64.b85encode(struct.pack(f'<{len(numbers)}{_KINDS[size]}', *numbers)).decode()}"


def unpack(packed: str, size: int = 1) -> tuple[float, ...]:
    """The inverse of `pack`, each number within half a step. Raises ValueError for what is no such text."""
    scale, _, body = packed.strip().partition(" ")
    try:
        data = base64.b85decode(body)
        numbers = struct.unpack(f"<{len(data) // size}{_KINDS[size]}", data)
        values = tuple(float(scale) * number for number in numbers)
    except (ValueError, struct.error) as error:
        raise ValueError("this is no packed vector") from error
    if not all(map(isfinite, values)):
        raise ValueError("a packed vector holds finite numbers")
    return values
