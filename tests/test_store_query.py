"""What people search for, asked of a real full-text index."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watcher.store.query import search_query
from watcher.store.schema import STEPS
from watcher.store.words import search_words
from watcher.text import plain_text

TITLES = [
    "Parliament passes the AI fund",
    "A fund for shares",
    "The law on artificial intelligence",
    "Intelligence that is not artificial",
    "国会通过人工智能法",
    "정부, 국가AI위원회 신설",
    "Café société in Paris",
]


@pytest.fixture(scope="module")
def index() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:")
    connection.execute(next(line for line in STEPS["m001_first"].splitlines() if "item_search" in line))
    connection.executemany(
        "INSERT INTO item_search (rowid, words) VALUES (?, ?)",
        [(number, search_words(plain_text(title))) for number, title in enumerate(TITLES)],
    )
    yield connection
    connection.close()


def found(index: sqlite3.Connection, query: str) -> list[int]:
    rows = index.execute("SELECT rowid FROM item_search WHERE item_search MATCH ?", (search_query(query),))
    return sorted(row[0] for row in rows)


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("fund", [0, 1]),
        ("FUND parliament", [0]),
        ("fund AND shares", [1]),
        ("shares OR law", [1, 2]),
        ("fund (AI OR law)", [0]),
        ("(AI OR law) fund", [0]),
        ("fund NOT shares", [0]),
        ("NOT shares fund", [0]),
        ("law OR fund NOT shares", [0, 2]),
        ("fund NOT (shares OR AI)", []),
        ('"artificial intelligence"', [2]),
        ("artificial intelligence", [2, 3]),
        ("intel*", [2, 3]),
        ("law NEAR/2 artificial", [2]),
        ("law NEAR/0 artificial", []),
        ('intel* NEAR/4 "not artificial"', [3]),
        ("人工智能", [4]),
        ("人工 AND 法", [4]),
        ("AI", [0, 5]),
        ("위원회", [5]),
        ("cafe", [6]),
        ("fund – shares", [1]),
        ('fund "', [0, 1]),
        ("zyzzyva", []),
    ],
)
def test_a_search_finds(index: sqlite3.Connection, query: str, numbers: list[int]) -> None:
    assert found(index, query) == numbers


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("AND", "a word is missing before AND"),
        ("fund AND", "missing at the end"),
        ("(fund", "a \\) is missing"),
        ("fund)", "nothing is open"),
        ("NOT shares", "NOT needs a word"),
        ("–", "no word to look for"),
        ("a NEAR/3 (b OR c)", "between two words"),
        ("(" * 50 + "a" + ")" * 50, "too many"),
    ],
)
def test_a_search_that_can_not_be_read_says_why(query: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        search_query(query)


@given(
    st.lists(st.sampled_from([*'()"*–', "AND", "OR", "NOT", "NEAR/2", "NEAR", "fund", "人工", "a*", '"x y"'])).map(
        " ".join
    )
)
def test_whatever_is_asked_is_refused_with_a_reason_or_understood_by_the_index(text: str) -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE VIRTUAL TABLE item_search USING fts5(words)")
    try:
        query = search_query(text)
    except ValueError:
        return
    connection.execute("SELECT rowid FROM item_search WHERE item_search MATCH ?", (query,)).fetchall()
    connection.close()
