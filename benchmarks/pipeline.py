"""Where the time of one item goes: read, facts, match, join. Medians over the labelled corpus, one core.

    python benchmarks/pipeline.py
"""

from __future__ import annotations

import json
import statistics
import time
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

from watcher import facts, stories
from watcher.config.load import pack_rules
from watcher.model import Feed, Verdict
from watcher.pipeline import Policy, lookup, read_entry, settle
from watcher.replay import Memory, entry_of
from watcher.rules import compile_rules

CORPUS = Path(__file__).parent.parent / "tests" / "corpus" / "dev.jsonl"


def main() -> None:
    """Time each step of each item, and print a table."""
    records = [json.loads(line) for line in CORPUS.read_text("utf-8").splitlines()]
    begin = time.perf_counter()
    book = compile_rules(*pack_rules("national-ai"))
    compiled = time.perf_counter() - begin
    memory, feed, policy = Memory(), Feed(url="bench:"), Policy(every_story=False)
    spent: dict[str, list[float]] = defaultdict(list)
    now = datetime.now(UTC)
    for round_number in range(2):  # the first round fills caches and is not counted
        spent.clear()
        for record in records:
            marks = [time.perf_counter()]
            item = read_entry(entry_of(record), feed, now)
            marks.append(time.perf_counter())
            found = facts.extract(item)
            marks.append(time.perf_counter())
            matches = book.match(item, found)
            marks.append(time.perf_counter())
            verdict = Verdict(item, found, matches)
            if round_number == 0 and matches:
                memory.apply(settle([verdict], memory.known(lookup([verdict], now)), policy, now), now)
            marks.append(time.perf_counter())
            if matches:
                candidates = memory.known(lookup([verdict], now)).stories
                stories.assign(verdict, candidates, now)
            marks.append(time.perf_counter())
            for name, start, end in (("read", 0, 1), ("facts", 1, 2), ("match", 2, 3), ("join (matched items)", 4, 5)):
                if name[0] != "j" or matches:
                    spent[name].append((marks[end] - marks[start]) * 1000)
            spent["read + facts + match"].append((marks[3] - marks[0]) * 1000)
    print(f"pack compiled in {compiled:.2f} s; {len(records)} items\n")
    print("| step | median ms | 95 % ms |\n|---|---|---|")
    for name, values in spent.items():
        print(f"| {name} | {statistics.median(values):.3f} | {statistics.quantiles(values, n=20)[18]:.3f} |")


if __name__ == "__main__":
    main()
