"""What search sees of an item is what the rules see: the same words, in every script."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from watcher.store.schema import _FIRST
from watcher.store.words import search_words
from watcher.text import plain_text

CORPUS = sorted((Path(__file__).parent / "corpus").rglob("*.jsonl"))
TEXTS = (
    "AI를 위한 예산, 국가AI위원회",
    "政府は国産AI（人工知能）に1兆円を投じる",
    "国家人工智能委员会 2026年",
    "รัฐบาลจะลงทุนใน AI",
    "transformers 🤗 diffusers 🧨, step 1⃣",
    "आर्टिफिशियल इंटेलिजेंस का राष्ट्रीय मिशन",
    "AI_lab state-of-the-art 3,5 % d'IA",
)


def terms(words: list[str]) -> list[tuple[int, int, str]]:
    """(row, place, term) of all that the index holds of these texts."""
    table = next(line for line in _FIRST.splitlines() if line.startswith("CREATE VIRTUAL TABLE item_search"))
    db = sqlite3.connect(":memory:")
    db.execute(table)
    db.execute("CREATE VIRTUAL TABLE terms USING fts5vocab(item_search, instance)")
    db.executemany("INSERT INTO item_search (rowid, words) VALUES (?, ?)", enumerate(words))
    return db.execute("SELECT doc, offset, term FROM terms ORDER BY doc, offset").fetchall()


def corpus_texts() -> list[str]:
    rows = [json.loads(line) for path in CORPUS for line in path.read_text("utf-8").splitlines()[::7]]
    return [f"{row.get('title') or ''} {row.get('summary') or ''}" for row in rows]


@pytest.mark.parametrize("texts", [list(TEXTS), corpus_texts()], ids=["scripts", "corpus"])
def test_the_index_finds_the_tokens_of_the_texts(texts: list[str]) -> None:
    read = [plain_text(text) for text in texts]
    spaced = [" ".join(text.folded[token.start : token.end] for token in text.tokens) for text in read]
    assert texts
    assert terms([search_words(text) for text in read]) == terms(spaced)
