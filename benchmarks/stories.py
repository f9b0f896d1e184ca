"""How long it takes to join a report to its story, by the number of stored items.

    python benchmarks/stories.py [ITEMS …]        default 10000 100000; 1000000 needs some 12 GB of disk and half an hour

The store is the product's own, filled with one story an item: made up, spread unevenly over sixty states and three
weeks. Then written reports, read by the product's own facts and two an event, are joined one by one: what the store
must be asked (`known`), the decision (`settle`), and writing it. Reading the report is not counted, nor the encoder.
"""

from __future__ import annotations

import hashlib
import random
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Any

from babel import Locale

from watcher import facts
from watcher.model import Entry, Feed, Match, Story, Verdict
from watcher.pipeline import Policy, lookup, read_entry, settle
from watcher.store import items
from watcher.store.codec import stamp
from watcher.store.sqlite import SqliteStore
from watcher.store.values import story_body
from watcher.stories.joining import profile_of
from watcher.stories.keys import keys_for
from watcher.stories.model import model
from watcher.stories.profile import Signature
from watcher.text import meaning

NAMES = Locale("en").territories
STATES = [code for code in sorted(NAMES) if len(code) == 2 and code.isalpha()][::4][:60]
NOW = datetime(2026, 3, 22, tzinfo=UTC)
FIRST_DAY = (datetime(2026, 3, 1, tzinfo=UTC) - datetime(2000, 1, 1, tzinfo=UTC)).days
FEED = Feed("https://news.example/feed", name="Example")
FEED_NUMBER = 1
ASKED = 200
WARM = 20


def concept_words() -> dict[str, str]:
    """Concept → an English word for it."""
    table = resources.files("watcher.stories").joinpath("data/concepts.tsv").read_text("utf-8")
    rows = (line.split("\t") for line in table.splitlines() if line and not line.startswith("#"))
    return {concept: written.split("|")[0].strip("* ") for concept, written in rows}


WORDS = concept_words()


def state_of(chance: random.Random) -> str:
    return STATES[min(int(chance.expovariate(0.12)), len(STATES) - 1)]


def made_up(number: int) -> Signature:
    """A stored report: the same for the same number."""
    chance = random.Random(number)
    names = tuple("".join(chance.choices("BKSTLMN", k=chance.randint(4, 8))) for _ in range(6))
    value = round(10 ** chance.uniform(6, 12), -5)
    chosen = chance.sample(list(WORDS), 6)
    return Signature(
        day=FIRST_DAY + chance.random() * 21,
        lang=chance.choice(("en", "fr", "ko", "ja", "de")),
        countries=(state_of(chance),),
        sums=(("USD", value, value),) if chance.random() < 0.4 else (),
        stage=chance.choice(("planned", "announced", "approved")),
        concepts=tuple(sorted(chosen)),
        lead=tuple(chosen[:2]),
        names=names,
        figures=(str(chance.randint(40, 90_000)),),
        words=tuple(f"w{chance.randint(0, 40_000)}" for _ in range(25)),
        title=tuple(f"w{chance.randint(0, 40_000)}" for _ in range(8)),
        digest=tuple(chance.getrandbits(32) for _ in range(64)),
    )


def written(number: int) -> Verdict:
    """A report in words, to be joined; every second one is of the same event as the one before, in other words."""
    event, wording = random.Random(-(number // 2)), random.Random(f"words {number}")
    one, two, three, four = (WORDS[concept] for concept in event.sample(list(WORDS), 4))
    name, other = (
        "".join(event.choice(pair) for pair in ("BKST", "aeio", "lmnr", "aeio", "dktz", "aeou")) for _ in "12"
    )
    state, value, people = NAMES[state_of(event)], event.randint(11, 9_900), event.randint(40, 90_000)

    def filler(count: int) -> str:
        return " ".join("".join(wording.choices("bdklmnrstaeiou", k=6)) for _ in range(count))

    entry = Entry(
        f"{state} {filler(1)} {one} {filler(1)} {two} {filler(1)} artificial intelligence, {filler(2)} {name.title()}",
        f"{filler(4)} {state} {filler(3)} {value} million dollars {filler(2)} {three}, {filler(1)} {other.title()} {name.title()}. "
        f"{filler(1).title()} {four} {filler(4)} {people} {filler(6)}.",
        url=f"https://news.example/{number}",
        guid=f"report {number}",
        published=NOW - timedelta(hours=event.randint(0, 400)),
    )  # fmt: skip
    item = read_entry(entry, FEED, NOW)
    return Verdict(item, facts.extract(item), (Match("any", 1.0, "normal", "story", (), ()),))


def story_rows(count: int) -> Iterator[tuple[Any, ...]]:
    for number in range(count):
        line = made_up(number).as_text()
        story = Story(
            f"s{number:x}",
            f"Story {number}",
            NOW,
            NOW,
            1,
            (),
            frozenset({"any"}),
            {"report_count": 1},
            profile_of([line]),
        )
        at = stamp(NOW - timedelta(hours=number % 500))
        yield story.id, story.title, at, at, 1, "", None, story_body(story)


def key_rows(count: int) -> Iterator[tuple[str, float | None, str]]:
    rarity = model().rarity
    for number in range(count):
        at, name = stamp(NOW - timedelta(hours=number % 500)), f"s{number:x}"
        yield from ((key, at, name) for key in keys_for(made_up(number), rarity))


def identity_rows(count: int) -> Iterator[tuple[int, str, str, str, float | None]]:
    for number in range(count):
        for kind in ("exact", "guid", "link", "text"):
            key = hashlib.blake2b(f"{kind}{number}".encode(), digest_size=12).hexdigest()
            yield FEED_NUMBER, f"{kind}:{key}", f"{number:016x}", key, stamp(NOW)


def fill(store: SqliteStore, count: int) -> None:
    """Stories, blocking keys and identities of so many items, in the order of each table's key."""
    db = store._connection
    db.executescript(
        "PRAGMA synchronous = OFF; PRAGMA temp_store = FILE; DROP INDEX story_key_story;"
    )
    db.execute("BEGIN")
    db.executemany("INSERT INTO story VALUES (?, ?, ?, ?, ?, ?, ?, ?)", story_rows(count))
    for table, columns, order, rows in (
        ("story_key", "key, at, story", "key, at, story", key_rows(count)),
        ("identity", "feed, key, item, content_hash, seen_at", "feed, key", identity_rows(count)),
    ):
        sort_in(db, table, columns, order, rows)
    db.execute("CREATE INDEX story_key_story ON story_key (story)")
    db.execute("COMMIT")
    db.executescript("ANALYZE; PRAGMA wal_checkpoint(TRUNCATE); PRAGMA synchronous = NORMAL;")


def sort_in(db: Any, table: str, columns: str, order: str, rows: Iterable[tuple[Any, ...]]) -> None:
    """Rows into a table without rowid, sorted first: a B-tree filled out of order is slow."""
    db.execute(f"CREATE TEMP TABLE heap ({columns})")
    db.executemany(f"INSERT INTO heap VALUES ({', '.join('?' * len(columns.split(', ')))})", rows)
    db.execute(f"INSERT OR IGNORE INTO {table} SELECT {columns} FROM heap ORDER BY {order}")
    db.execute("DROP TABLE heap")


def measure(count: int, folder: Path) -> None:
    """Fill a store with so many reports, then join others."""
    path = folder / f"{count}.db"
    store = SqliteStore(path)
    store.sync_feeds([FEED], NOW)
    begun = time.perf_counter()
    fill(store, count)
    filled, before = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    times: dict[str, list[float]] = {"ask": [], "decide": [], "write": [], "stories": [], "joined": []}
    for number in range(1, ASKED + WARM + 1):
        verdict = written(number)
        asked = lookup([verdict], NOW)
        begun = time.perf_counter()
        known = items.known(store._connection, asked, FEED_NUMBER, feed_is_new=False)
        answered = time.perf_counter()
        update = settle([verdict], known, Policy(max_age=timedelta(days=99)), NOW)
        decided = time.perf_counter()
        store.add_update(update, NOW)
        done = time.perf_counter()
        if number > WARM:
            for name, value in (("ask", answered - begun), ("decide", decided - answered), ("write", done - decided)):
                times[name].append(value * 1000)
            times["stories"].append(len({name for found in known.story_index.values() for name in found}))
            times["joined"].append(update.items[0].fate == "joined")
    store.close()
    joined = [ask + decide for ask, decide in zip(times["ask"], times["decide"], strict=True)]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{count:>9} items: join {statistics.median(joined):.2f} ms median, {sorted(joined)[int(ASKED * 0.95)]:.2f} ms p95 "
        f"(ask {statistics.median(times['ask']):.2f}, decide {statistics.median(times['decide']):.2f}), "
        f"write {statistics.median(times['write']):.2f} ms; {statistics.median(times['stories']):.0f} candidates, {sum(times['joined']) / ASKED:.0%} joined; "
        f"database {path.stat().st_size / 1e6:.0f} MB, memory {before:.0f} → {peak:.0f} MB; filled in {filled:.0f} s",
        flush=True,
    )
    path.unlink()


def main() -> None:
    meaning._encoder.cache_clear()
    meaning._encoder = lambda: None  # type: ignore[assignment]  # the encoder's 30 ms are stated by benchmarks/pipeline.py
    counts = [int(each) for each in sys.argv[1:]] or [10_000, 100_000]
    with tempfile.TemporaryDirectory() as folder:
        for count in counts:
            measure(count, Path(folder))


if __name__ == "__main__":
    main()
