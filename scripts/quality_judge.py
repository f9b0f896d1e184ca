"""Judge the shipped pack, facts and stories on items that nothing was learned from: writes docs/quality-judge.md.

    python scripts/quality_judge.py

`tests/corpus/judge.jsonl` holds reports of other events than the rest of the corpus, by a writer who knew neither the
product nor its word lists. Never learn from it and never read its misses: it would judge no more.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from watcher.config.load import pack_rules
from watcher.evaluate import ANY_RULE, Evaluation
from watcher.replay import Scan, entry_of, verdict_json
from watcher.rules import compile_rules
from watcher.text import meaning

ROOT = Path(__file__).parents[1]
ITEMS = ROOT / "tests" / "corpus" / "judge.jsonl"
REPORT = ROOT / "docs" / "quality-judge.md"
NOW = datetime(2026, 11, 30, tzinfo=UTC)
SMALL = 8
"""Languages with fewer items are not shown."""


def judged(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Figures over all items in order of time, as `watcher eval` counts them."""
    scanning, found = Scan(compile_rules(*pack_rules("national-ai")), NOW), Evaluation()
    for row in sorted(rows, key=lambda row: str(row["published"])):
        verdict, story = scanning.judge(entry_of(row))
        found.add(row, {**verdict_json(verdict), "story": story})
    return found.report()


def report() -> list[str]:
    """The whole of docs/quality-judge.md, in lines."""
    rows = [json.loads(line) for line in ITEMS.read_text("utf-8").splitlines()]
    sizes: dict[str, int] = {}
    for row in rows:
        sizes[row["lang"]] = sizes.get(row["lang"], 0) + 1
    figures = judged(rows)
    stories = figures["stories"]
    lines = [
        "# Quality on items that nothing was learned from",
        "",
        f"Made by `python scripts/quality_judge.py` from `tests/corpus/judge.jsonl`: {len(rows)} items in {len(sizes)} languages,",
        f"{sum(row['relevant'] for row in rows)} of them relevant; reports of real events from memory and of plausible ones, by a writer who",
        "knew neither the product nor its word lists. The sentence encoder was "
        + ("there." if meaning.vector("news") is not None else "not installed."),
        "",
        "| | precision | recall | F1 |",
        "|---|---|---|---|",
        _row("relevance", figures["rules"][ANY_RULE]),
        _row("sums (value, currency)", figures["amounts"]),
        _row("acting states", figures["countries"]),
        _row("stories, B-cubed", stories),
        _row("stories of two or more", {name: stories[f"multi_{name}"] for name in ("precision", "recall", "f1")}),
        "",
        f"Relevance by language, of those with {SMALL} items or more:",
        "",
        "| language | items | precision | recall | F1 |",
        "|---|---|---|---|---|",
    ]
    for lang in sorted(sizes, key=lambda lang: (-sizes[lang], lang)):
        if sizes[lang] >= SMALL:
            lines.append(_row(f"{lang} | {sizes[lang]}", figures["languages"][lang]))
    return lines


def _row(name: str, row: Mapping[str, float]) -> str:
    return f"| {name} | {row['precision']:.3f} | {row['recall']:.3f} | {row['f1']:.3f} |"


def main() -> int:
    """Write the report and print it."""
    text = "\n".join(report()) + "\n"
    REPORT.write_text(text, "utf-8")
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
