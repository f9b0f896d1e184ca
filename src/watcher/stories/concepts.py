"""The concepts a text speaks of, as ids that are the same in every language."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib import resources

import ahocorasick_rs

from watcher.model import Text
from watcher.text import fold

WHOLE_BELOW = 4
"""A shorter stem of an alphabet stands only as a whole word: folding takes its accents, and then it begins too many others."""

_JOINED = re.compile("[\u0590-\u074f\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]")


@lru_cache(maxsize=1)
def _lexicon() -> tuple[ahocorasick_rs.AhoCorasick, tuple[tuple[str, bool, bool], ...]]:
    """Automaton over all stems; for each stem its concept, whether it may begin inside a word, whether it must end one."""
    stems: list[str] = []
    senses: list[tuple[str, bool, bool]] = []
    for line in resources.files(__package__).joinpath("data/concepts.tsv").read_text("utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        concept, written = line.split("\t")
        for stem in dict.fromkeys(written.split("|")):
            bare = fold(stem.strip().lstrip("*"))
            joined = bool(_JOINED.search(bare))
            if not joined and len(bare) < WHOLE_BELOW - (1 if bare.isascii() else 0):
                continue
            stems.append(bare)
            senses.append(
                (
                    concept,
                    stem.startswith("*") or joined,
                    not joined and (stem.endswith(" ") or len(bare) < WHOLE_BELOW),
                )
            )
    return ahocorasick_rs.AhoCorasick(stems), tuple(senses)


def concepts(*texts: Text) -> tuple[str, ...]:
    """Concept ids, sorted, of the texts taken together."""
    automaton, senses = _lexicon()
    found: set[str] = set()
    for text in texts:
        folded = f" {text.folded[:4000]} "
        for number, start, end in automaton.find_matches_as_indexes(folded, overlapping=True):
            concept, inside, whole = senses[number]
            if (
                concept not in found
                and (inside or not folded[start - 1].isalnum())
                and not (whole and folded[end].isalnum())
            ):
                found.add(concept)
    return tuple(sorted(found))
