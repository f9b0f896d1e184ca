"""How fast rules match, side by side with what popular alerters do, in one run.

    python benchmarks/rules.py [--items 200] [--rules 1000,10000,100000] [--corpus FILE.jsonl]

Items have 400 words (a character of a script without spaces counts half), put together from news items in many
languages, a few languages to an item. "find" is the part of "match" that tells which rules to look at. Rules are invented names and topics: names come from a character model of the
corpus's words, so that most never occur, topics are words of the corpus over all its frequencies; they are joined by
AND, OR, NOT, NEAR, phrases and prefixes. All figures are CPU time of one core. "match" is the engine on items already
read; reading (HTML, folding, tokens, language) is done once an item, whatever the rules, and shared with the facts. The
loops get the same texts, already without HTML. The factors in brackets compare them with "match".
"""

from __future__ import annotations

import argparse
import gc
import json
import re
import statistics
import sys
import time
import tracemalloc
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from ahocorasick_rs import AhoCorasick

from watcher.model import Entry, Facts, Feed, Item
from watcher.rules import Line, Rulebook, RuleSpec, compile_rules
from watcher.text import fold, read
from watcher.text.language import detect

ROOT = Path(__file__).parents[1]
CORPORA = (ROOT / "tests/corpus/dev.jsonl", ROOT / "../shared/corpus/dev.jsonl")
WORD = re.compile(r"[^\W\d_]{2,}")
SPACELESS = {"zh-Hans", "zh-Hant", "zh", "ja", "th", "km", "lo", "my"}
NOW = datetime(2026, 1, 1, tzinfo=UTC)
ITEM_WORDS = 400


@dataclass(frozen=True)
class Wanted:
    """A rule in parts, so that every contestant can be given the same: all of `all`, one of `any`, none of `none`."""

    expression: str
    all: tuple[str, ...]
    any: tuple[str, ...]
    none: tuple[str, ...]


class Material:
    """Words, names and texts of a corpus."""

    def __init__(self, path: Path, random: Random) -> None:
        self.random = random
        self.texts: dict[str, list[str]] = defaultdict(list)
        counts: dict[str, Counter[str]] = defaultdict(Counter)
        for line in path.read_text("utf-8").splitlines():
            item = json.loads(line)
            text = f"{item['title']}. {item['summary']}"
            self.texts[item["lang"]].append(text)
            counts[item["lang"]].update(WORD.findall(text.lower()))
        self.langs = [lang for lang, found in self.texts.items() if len(found) >= 8]
        self.words = {lang: [word for word, _ in counts[lang].most_common()] for lang in self.langs}
        self.known = {word for words in self.words.values() for word in words}
        self.follow: dict[str, dict[str, list[str]]] = {lang: _model(self.words[lang]) for lang in self.langs}

    def item(self) -> str:
        """A text of 400 words in up to three languages."""
        parts: list[str] = []
        size = 0.0
        langs = self.random.sample(self.langs, self.random.randint(1, 3))
        while size < ITEM_WORDS:
            lang = self.random.choice(langs)
            text = self.random.choice(self.texts[lang])
            parts.append(text)
            size += len(text) / 2 if lang in SPACELESS else len(text.split())
        return " ".join(parts)

    def topic(self, lang: str) -> str:
        """A word to qualify a name: one in two of the corpus, its rank spread evenly over the orders of magnitude from
        the 50th on; the others, from the long tail of the language, happen not to stand in a sample of this size."""
        words = self.words[lang]
        if self.random.random() < 0.5:
            return self.name(lang)
        spread = (
            (len(words) / 50) ** self.random.random() if len(words) > 100 else self.random.random() * len(words) / 50
        )
        return self._cut(words[min(int(50 * spread), len(words) - 1)], lang)

    def name(self, lang: str) -> str:
        """An invented word of the language; one in a hundred is a word that the corpus has once."""
        words = self.words[lang]
        if self.random.random() < 0.01:
            return self._cut(self.random.choice(words[len(words) // 2 :]), lang)
        if lang in SPACELESS:
            return "".join(self._cut(self.random.choice(words), lang)[:2] for _ in range(2))
        model, name = self.follow[lang], self.random.choice(words)[:2]
        size = self.random.randint(6, 11)
        while len(name) < size and (following := model.get(name[-2:])):
            name += self.random.choice(following)
        return name if name not in self.known else f"{name}{self.name(lang)}"

    def _cut(self, word: str, lang: str) -> str:
        """Languages without spaces: two to four characters out of the run that was taken for a word."""
        size = self.random.choice([2, 3, 4])
        if lang not in SPACELESS or len(word) <= size:
            return word
        start = self.random.randrange(len(word) - size)
        return word[start : start + size]

    def rule(self) -> Wanted:
        """One plausible rule."""
        lang = self.random.choice(self.langs)
        kind = self.random.random()
        topics = [self.topic(lang) for _ in range(5)]
        name = self.name(lang)
        if kind < 0.45:
            expression = f"{name} AND ({topics[0]} OR {topics[1]} OR {topics[2]}) NOT {topics[3]}"
            return Wanted(expression, (name,), tuple(topics[:3]), (topics[3],))
        if kind < 0.6:
            names = [name, self.name(lang), self.name(lang)]
            expression = f"({' OR '.join(names)}) AND {topics[0]} NOT ({topics[1]} OR {topics[2]})"
            return Wanted(expression, (topics[0],), tuple(names), tuple(topics[1:3]))
        if kind < 0.7:
            expression = f"{topics[0]} NEAR/10 {topics[1]} AND {topics[2]} AND {topics[3]}"
            return Wanted(expression, tuple(topics[:4]), (), ())
        if kind < 0.9:
            phrase = f"{name} {topics[0]}"
            return Wanted(f'"{phrase}" OR ({name} NEAR/5 {topics[1]})', (name,), (), ())
        return Wanted(f"{name}* AND {topics[0]} AND {topics[1]}", (name, *topics[:2]), (), ())


def _model(words: Sequence[str]) -> dict[str, list[str]]:
    follow: dict[str, list[str]] = defaultdict(list)
    for word in words:
        for index in range(len(word) - 2):
            follow[word[index : index + 2]].append(word[index + 2])
    return follow


def make_item(text: str) -> Item:
    """The text as an item, read as far as facts and rules need it."""
    plain = read(text)
    plain.tokens  # noqa: B018 - worked out at first use, and kept
    return Item(
        "i", Feed("https://example.org"), Entry(text), read(""), plain, detect(plain.plain), "Example", None, NOW
    )


def per_item(run: Callable[[Item], object], items: Sequence[Item], rounds: int = 3) -> float:
    """Microseconds of CPU an item: the median of some rounds."""
    times = []
    for _ in range(rounds):
        gc.collect()
        begun = time.process_time()
        for item in items:
            run(item)
        times.append((time.process_time() - begun) / len(items) * 1e6)
    return statistics.median(times)


def regex_loop(rules: Sequence[Wanted]) -> Callable[[Item], list[int]]:
    """One compiled expression for each part of a rule, words whole and case ignored; the first part that fails ends it."""

    def compiled(words: Sequence[str]) -> re.Pattern[str]:
        return re.compile(r"\b(?:" + "|".join(map(re.escape, words)) + r")\b", re.IGNORECASE)

    patterns = [
        (
            [compiled([word]) for word in rule.all] + ([compiled(rule.any)] if rule.any else []),
            compiled(rule.none) if rule.none else None,
        )
        for rule in rules
    ]

    def run(item: Item) -> list[int]:
        text = item.summary.plain
        return [
            number
            for number, (wanted, unwanted) in enumerate(patterns)
            if all(pattern.search(text) for pattern in wanted) and not (unwanted and unwanted.search(text))
        ]

    return run


def substring_loop(rules: Sequence[Wanted]) -> Callable[[Item], list[int]]:
    """Keywords sought with `in` in the lower-cased text, as alerters with required, wanted and filter words do."""
    lowered = [
        (tuple(w.lower() for w in rule.all), tuple(w.lower() for w in rule.any), tuple(w.lower() for w in rule.none))
        for rule in rules
    ]

    def run(item: Item) -> list[int]:
        text = item.summary.plain.lower()
        return [
            number
            for number, (needed, wanted, unwanted) in enumerate(lowered)
            if not any(word in text for word in unwanted)
            and all(word in text for word in needed)
            and (not wanted or any(word in text for word in wanted))
        ]

    return run


def plain_scan(rules: Sequence[Wanted]) -> Callable[[Item], object]:
    """Aho-Corasick over every term of every rule: all occurrences, nothing decided. The limit."""
    terms = sorted({fold(word) for rule in rules for word in (*rule.all, *rule.any, *rule.none)} - {""})
    automaton = AhoCorasick(terms)
    return lambda item: automaton.find_matches_as_indexes(item.summary.folded, overlapping=True)


def measure(count: int, wanted: Sequence[Wanted], items: Sequence[Item], reading: float) -> dict[str, str]:
    """One row of the table."""
    facts = Facts()
    rules = [RuleSpec(f"r{number}", Line(rule.expression)) for number, rule in enumerate(wanted[:count])]
    tracemalloc_on = count <= 10_000
    if tracemalloc_on:
        tracemalloc.start()
    begun = time.process_time()
    rulebook: Rulebook = compile_rules(rules)
    build = time.process_time() - begun
    memory = tracemalloc.get_traced_memory()[0] / count * 1000 / 1e6 if tracemalloc_on else None
    tracemalloc.stop()
    if tracemalloc_on:  # tracing slows building down: once more without
        begun = time.process_time()
        rulebook = compile_rules(rules)
        build = time.process_time() - begun
    engine = per_item(lambda item: rulebook.match(item, facts), items)
    finding = per_item(lambda item: rulebook.candidates(item, facts), items)
    row = {
        "rules": f"{count:,}",
        "find µs": f"{finding:,.0f}",
        "match µs": f"{engine:,.0f}",
        "read + match µs": f"{reading + engine:,.0f}",
        "candidates": f"{statistics.mean(len(rulebook.candidates(item, facts)) for item in items):.1f}",
        "matches": f"{statistics.mean(len(rulebook.match(item, facts)) for item in items):.1f}",
        "plain scan µs": f"{per_item(plain_scan(wanted[:count]), items):,.0f}",
        "build s": f"{build:.1f}",
        "MB per 1,000 rules": f"{memory:.1f}" if memory else "–",
    }
    if count <= 10_000:
        few = items[: max(3, 20_000 // count)]
        substring = per_item(substring_loop(wanted[:count]), few, 1)
        regex = per_item(regex_loop(wanted[:count]), few[: max(3, 3000 // count)], 1)
        row |= {
            "substring loop µs": f"{substring:,.0f} ({substring / engine:,.0f}×)",
            "regex loop µs": f"{regex:,.0f} ({regex / engine:,.0f}×)",
        }
    return row


def main() -> int:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--items", type=int, default=200)
    parser.add_argument("--rules", default="1000,10000,100000")
    parser.add_argument("--corpus", type=Path)
    options = parser.parse_args()
    corpus = options.corpus or next((path for path in CORPORA if path.exists()), None)
    if corpus is None:
        print("no corpus found: name one with --corpus", file=sys.stderr)
        return 2
    counts = [int(count) for count in options.rules.split(",")]
    material = Material(corpus, Random(7))
    texts = [material.item() for _ in range(options.items)]
    wanted = [material.rule() for _ in range(max(counts))]
    reading = per_item(lambda text: make_item(text), texts, 3)  # type: ignore[arg-type]
    items = [make_item(text) for text in texts]
    rows = []
    for count in counts:
        rows.append(measure(count, wanted, items, reading))
        print(json.dumps(rows[-1]), file=sys.stderr, flush=True)
    header = list(rows[1 if len(rows) > 1 else 0])
    print(
        f"{len(items)} items of {statistics.mean(len(text) for text in texts):,.0f} characters; read: {reading:,.0f} µs an item\n"
    )
    print("| " + " | ".join(header) + " |")
    print("|" + " --: |" * len(header))
    for row in rows:
        print("| " + " | ".join(row.get(name, "–") for name in header) + " |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
