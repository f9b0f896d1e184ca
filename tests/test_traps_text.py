"""The table of traps, held against the primitives of `watcher.text` alone.

The same table runs through the rules engine; here each expression is one term, matched as plainly as can be written.
"""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from watcher.text import ReadText, edges, fold, fold_cased, morphology, read
from watcher.text.capitals import is_own_word
from watcher.text.spellings import spellings

TABLE = Path(__file__).parent / "data" / "text_traps.tsv"


def _rows() -> list[dict[str, str]]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


ROWS = _rows()


def _open(text: str) -> str:
    """Hyphens opened, as the rule language does."""
    return text.replace("-", " ")


def _literal_holds(term: str, text: ReadText, lang: str, *, exact: bool, prefix: bool) -> bool:
    literals = [_open(fold(term))] if exact or prefix else [_open(other) for other in spellings(term)]
    for match in re.finditer(f"(?=({'|'.join(map(re.escape, literals))}))", _open(text.folded)):
        start, end = match.span(1)
        cased = _open(text.cased)
        if exact and (cased[start:end] != _open(fold_cased(term)) or is_own_word(cased, start, end, lang)):
            continue
        if prefix:
            end = max(end, max((token.end for token in text.tokens if token.start < end), default=end))
        if edges.is_whole(text.folded, start, end, lang):
            return True
    return False


def _forms_hold(words: list[str], text: ReadText, lang: str) -> bool:
    tokens = [text.folded[token.start : token.end] for token in text.tokens]
    for first in range(len(tokens) - len(words) + 1):
        pairs = zip(words, tokens[first : first + len(words)], strict=True)
        if all(
            morphology.same_word(fold(word[:-1]), token, lang) if word.endswith("~") else fold(word) == token
            for word, token in pairs
        ):
            return True
    return False


def holds(expression: str, text: ReadText, lang: str) -> bool:
    """Whether a one-term expression holds for a text."""
    if "~" in expression:
        return _forms_hold(expression.strip('"').split(), text, lang)
    exact, prefix = expression.startswith("="), expression.endswith("*")
    return _literal_holds(expression.lstrip("=").rstrip("*").strip('"'), text, lang, exact=exact, prefix=prefix)


@pytest.mark.parametrize("row", ROWS, ids=[f"{row['expr']}/{row['lang']}/{row['note']}" for row in ROWS])
def test_a_term_is_found_where_a_reader_finds_it(row: dict[str, str]) -> None:
    found = any(holds(row["expr"], read(row[field]), row["lang"]) for field in ("title", "text"))
    assert found == (row["match"] == "yes"), f"{row['expr']!r} in {row['title'] or row['text']!r}: {row['note']}"


def test_the_table_is_broad_enough() -> None:
    assert len(ROWS) >= 300
    assert len({row["lang"] for row in ROWS}) >= 20
    assert sum(row["match"] == "no" for row in ROWS) >= 100
