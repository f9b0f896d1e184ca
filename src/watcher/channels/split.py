"""Fitting written lines into what a service takes: short of detail before short of alerts, split between alerts."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from watcher.channels.clean import cut
from watcher.channels.markup import BREAKS, Line, Span, write
from watcher.channels.message import Service, measure

Ranked = Sequence[tuple[int, Line]]


def fit(ranked: Ranked, room: int, service: Service) -> str:
    """The lines as text of at most `room`; the highest ranks are left out first, and the headline cut last. Never empty."""
    lines = list(ranked)
    while True:
        written = _written([line for _, line in lines], service)
        if measure(written, service.unit) <= room:
            return written
        worst = max(rank for rank, _ in lines)
        if worst == 0:
            return _cut_headline([line for _, line in lines], room, service)
        last = max(index for index, (rank, _) in enumerate(lines) if rank == worst)
        del lines[last]


def _cut_headline(lines: Sequence[Line], room: int, service: Service) -> str:
    """The headline cut to `room`: first without what follows it, then without its link, then shorter."""
    spans = [line[0] for line in lines if line]
    for candidate in ([(span,) for span in spans], [(Span(span.text),) for span in spans]):
        written = _written(candidate, service)
        if measure(written, service.unit) <= room:
            return written
    return longest(
        lambda length: _written([(Span(cut(span.text, length)),) for span in spans[:1]], service),
        room,
        service,
        len(spans[0].text),
    )


def longest(make: Callable[[int], str], room: int, service: Service, most: int) -> str:
    """The longest of `make(0…most)` that fits, by halving."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        if measure(make(middle), service.unit) <= room:
            low = middle
        else:
            high = middle - 1
    return make(low)


def _written(lines: Sequence[Line], service: Service) -> str:
    return write(lines, service.markup, mentions=service.mentions)


def pack(blocks: Sequence[str], room: int, service: Service) -> list[str]:
    """Blocks joined by an empty line into as few texts of at most `room` as their order allows. Each block fits alone."""
    gap = BREAKS[service.markup] * 2
    packed: list[str] = []
    for block in blocks:
        if packed and measure(packed[-1] + gap + block, service.unit) <= room:
            packed[-1] += gap + block
        else:
            packed.append(block)
    return packed
