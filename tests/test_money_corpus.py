"""Sums of the labelled items, where the labels are at hand."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from watcher.facts.money import amounts_of
from watcher.text import read

CORPUS = Path(__file__).parents[2] / "shared" / "corpus" / "dev.jsonl"


def four_digits(value: float) -> float:
    return float(f"{value:.4g}")


@pytest.mark.skipif(not CORPUS.exists(), reason="labelled items are not here")
def test_sums_of_the_labelled_items_are_found() -> None:
    right = wrong = missed = 0
    for line in CORPUS.read_text(encoding="utf-8").splitlines():
        item = json.loads(line)
        parts = (("title", read(item["title"])), ("summary", read(item["summary"] or "")))
        found = amounts_of(parts, item["lang"], "", date.fromisoformat(item["published"][:10]))
        got = {(four_digits(float(one.value)), one.currency) for one in found}
        wanted = {(four_digits(one["value"]), one["currency"]) for one in item["amounts"]}
        optional = {(four_digits(one["value"]), one["currency"]) for one in item.get("amounts_optional") or ()}
        right += len(got & wanted)
        wrong += len(got - wanted - optional)
        missed += len(wanted - got)
    assert 2 * right / (2 * right + wrong + missed) >= 0.97
