"""Where the time of one item goes: read, facts, match, join. Medians over the labelled corpus, one core.

    python benchmarks/pipeline.py [CORPUS.jsonl] [EVERY]

Processor time of the second of two rounds, of every EVERY-th item (1). The sentence encoder (extra `semantic`) is left out
of the table: how many items it would be asked for, and what it takes for one, stands below it.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from watcher import facts, stories
from watcher.config.load import pack_rules
from watcher.model import Feed, Verdict
from watcher.pipeline import Policy, lookup, read_entry, settle
from watcher.replay import Memory, entry_of
from watcher.rules import compile_rules
from watcher.text import language, meaning

CORPUS = Path(__file__).parent.parent / "tests" / "corpus" / "dev.jsonl"
LEAST = 15
"""So many items a language must have to be listed."""
clock = time.thread_time


def main(corpus: str = str(CORPUS), every: str = "1") -> None:
    """Time each step of each item, and print tables."""
    records = [json.loads(line) for line in Path(corpus).read_text("utf-8").splitlines()][:: int(every)]
    begin = clock()
    book = compile_rules(*pack_rules("national-ai"))
    compiled = clock() - begin
    asked: list[str] = []
    encode, meaning.vector = meaning.vector, asked.append  # type: ignore[assignment]  # answers None, as without encoder
    spent: dict[str, list[float]] = defaultdict(list)
    by_language: dict[str, list[float]] = defaultdict(list)
    memory, feed, policy, now = Memory(), Feed(url="bench:"), Policy(every_story=False), datetime.now(UTC)
    for round_number in range(2):  # the first round fills caches and is not counted
        spent.clear()
        by_language.clear()
        asked.clear()
        for record in records:
            marks = [clock()]
            item = read_entry(entry_of(record), feed, now)
            marks.append(clock())
            found = facts.extract(item)
            marks.append(clock())
            verdict = Verdict(item, found, book.match(item, found))
            marks.append(clock())
            for name, start, end in (("read", 0, 1), ("facts", 1, 2), ("match", 2, 3), ("read + facts + match", 0, 3)):
                spent[name].append((marks[end] - marks[start]) * 1000)
            by_language[item.lang].append((marks[3] - marks[0]) * 1000)
            if not verdict.matches:
                continue
            if round_number == 0:
                memory.apply(settle([verdict], memory.known(lookup([verdict], now)), policy, now), now)
            begin = clock()
            stories.assign(verdict, memory.known(lookup([verdict], now)).stories, now)
            spent["join (matched items)"].append((clock() - begin) * 1000)
        for record in records:
            begin = clock()
            language.detect(f"{record['title']}\n{record['summary'][:1000]}")
            spent["of read: language"].append((clock() - begin) * 1000)
    print(f"pack compiled in {compiled:.2f} s; {len(records)} items\n")
    table("step", spent)
    print()
    table("language", {lang: times for lang, times in sorted(by_language.items()) if len(times) >= LEAST})
    told = set(asked)
    print(f"\nsentence encoder asked for {len(told)} texts", end="")
    if told and meaning.vector("news") is not None:
        begin = time.perf_counter()
        sample = sorted(told)[:10]
        for text in sample:
            encode(text)
        print(f", {(time.perf_counter() - begin) / len(sample) * 1000:.0f} ms each", end="")
    print()


def table(head: str, rows: Mapping[str, Sequence[float]]) -> None:
    """Print medians, means and 95th percentiles, in milliseconds."""
    print(f"| {head} | median ms | mean ms | 95 % ms |\n|---|---|---|---|")
    for name, times in rows.items():
        p95 = statistics.quantiles(times, n=20)[18]
        print(f"| {name} | {statistics.median(times):.3f} | {statistics.mean(times):.3f} | {p95:.3f} |")


if __name__ == "__main__":
    main(*sys.argv[1:])
