"""How long it takes to find the story of a report, by the number of stored items.

    python benchmarks/stories.py [ITEMS …]        default 10000 100000; 1000000 needs some 3 GB of disk

The index of blocking keys is SQLite, as in the store: one row a key, newest forty a key within three weeks. Stored
reports are made up, spread over sixty states and three weeks; what a story is compared by is read from its line.
"""

from __future__ import annotations

import hashlib
import random
import resource
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from watcher.model import Story
from watcher.stories.joining import _likeliest, _profile, choose, members_of
from watcher.stories.keys import keys_for
from watcher.stories.model import model
from watcher.stories.pair import prepare
from watcher.stories.profile import Signature

STATES = [f"{a}{b}" for a in "ABCDEFGHIJ" for b in "KLMNOP"]
PER_KEY = 40
ASKED = 300


def made_up(number: int) -> Signature:
    """A stored report: the same for the same number."""
    chance = random.Random(number)
    concepts = sorted(model().rarity.counts["concept"])
    state = STATES[min(int(chance.expovariate(0.12)), len(STATES) - 1)]
    names = tuple("".join(chance.choices("BKSTLMN", k=chance.randint(4, 8))) for _ in range(6))
    value = round(10 ** chance.uniform(6, 12), -5)
    return Signature(
        day=9_000 + chance.random() * 21,
        lang=chance.choice(("en", "fr", "ko", "ja", "de")),
        countries=(state,),
        sums=(("USD", value, value),) if chance.random() < 0.4 else (),
        stage=chance.choice(("planned", "announced", "approved")),
        concepts=tuple(chance.sample(concepts, 6)),
        lead=tuple(chance.sample(concepts, 2)),
        names=names,
        figures=(str(chance.randint(40, 90_000)),),
        words=tuple(f"w{chance.randint(0, 40_000)}" for _ in range(25)),
        title=tuple(f"w{chance.randint(0, 40_000)}" for _ in range(8)),
        digest=tuple(chance.getrandbits(32) for _ in range(64)),
    )


def story_of(number: int) -> Story:
    """The story of one stored report."""
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return Story(str(number), "", at, at, 1, (), frozenset(), {}, _profile([made_up(number).as_text()]))


def stored(key: str) -> int:
    """A key as the index holds it."""
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=7).digest(), "big")


def rows(count: int) -> Iterable[tuple[int, float, int]]:
    rarity = model().rarity
    for number in range(count):
        signature = made_up(number)
        yield from ((stored(key), signature.day, number) for key in keys_for(signature, rarity))


def measure(count: int, folder: Path) -> None:
    """Fill an index with so many reports, then ask for the story of others."""
    database = sqlite3.connect(folder / f"{count}.db")
    database.executescript(
        "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; CREATE TABLE story_key (key, at, story);"
    )
    database.executemany("INSERT INTO story_key VALUES (?, ?, ?)", rows(count))
    database.execute("CREATE INDEX by_key ON story_key (key, at)")
    known, times, candidates = model(), [], []
    for number in range(ASKED):
        report = made_up(10_000_000 + number)
        begun = time.perf_counter()
        found: set[int] = set()
        for key in keys_for(report, known.rarity):
            newest = "SELECT story FROM story_key WHERE key = ? AND at >= ? ORDER BY at DESC LIMIT ?"
            found.update(row[0] for row in database.execute(newest, (stored(key), 9_000.0, PER_KEY)))
        looked_up = time.perf_counter() - begun
        stories = [story_of(each) for each in found]
        begun = time.perf_counter()
        compared = {story.id: members_of(story, known) for story in _likeliest(report, stories, known)}
        choose(prepare(report, known.rarity), compared, known)
        times.append(looked_up + time.perf_counter() - begun)
        candidates.append(len(found))
    size = (folder / f"{count}.db").stat().st_size / 1e6
    print(
        f"{count:>9} items: median {statistics.median(times) * 1000:.2f} ms, p95 {sorted(times)[int(ASKED * 0.95)] * 1000:.2f} ms, "
        f"candidates {statistics.median(candidates):.0f}, index {size:.0f} MB, peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB"
    )


def main() -> None:
    counts = [int(each) for each in sys.argv[1:]] or [10_000, 100_000]
    with tempfile.TemporaryDirectory() as folder:
        for count in counts:
            measure(count, Path(folder))


if __name__ == "__main__":
    main()
