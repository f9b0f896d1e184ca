"""Inflection: whether a word of a text is a form of a term's word, for terms that say `~`.

Languages are described in languages/*.toml under [inflection]:
- `paradigms`: sets of endings that alternate on one stem ('-' is none): стратеги|я, |и, |ю. Two words are one word
  when a paradigm holds both of their endings; that is why стратег is not стратегия.
- `tail`: for languages that add suffix to suffix, what may follow the word; `stems` makes its other stems
  ([pattern, replacement]); `head` is what may precede it.
- `compound`, `links`: whether words grow together, and the sounds between them.
- `doubling`: a final consonant may be doubled before an ending (plan, planned).
- `initials`: sets of beginnings that alternate before one stem ('-' is none): Swahili classes (kituo, vituo), Celtic
  mutations (cynllun, gynllun).

How to search: put `prefix(word, lang)` into the automaton; for each hit take the token around it and ask `same_word`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from watcher.text.folding import fold
from watcher.text.language import base
from watcher.text.tables import language_table, table

_VOWEL = re.compile("[aeiouyəæø]")
_LONGEST_ENDING = 9
_COMPOUND_FROM = 4
"""Letters a word needs to be looked for inside compounds: shorter ones are in too many words by chance."""
_LONGEST_WORD = 100
"""Letters; a longer run is no word of any language, and not worth the time."""
_REST = 3
"""Letters that the rest of a compound must have."""
_SHORTEST_REST = 2
"""Letters that a stem has behind a beginning that may change: Swahili m-tu."""


@dataclass(frozen=True, slots=True)
class _Inflection:
    paradigms: tuple[frozenset[str], ...] = ()
    pairs: frozenset[tuple[str, str]] = frozenset()
    tail: re.Pattern[str] | None = None
    head: re.Pattern[str] | None = None
    stems: tuple[tuple[re.Pattern[str], str], ...] = ()
    compound: bool = False
    links: tuple[str, ...] = ()
    doubling: bool = False
    min_stem: int = 3
    proclitics: tuple[str, ...] = ()
    initials: tuple[frozenset[str], ...] = ()


@lru_cache(maxsize=1 << 14)
def same_word(term_word: str, text_word: str, lang: str) -> bool:
    """Whether `text_word` is a form of `term_word` in the language, or a compound with it.

    Both are single words, folded. Symmetric for paradigms; suffix chains and compounds go from the term to the text.
    """
    if term_word == text_word:
        return True
    if len(text_word) > _LONGEST_WORD:
        return False
    code = base(lang)
    inflection = _inflection(code)
    if code in _TRANSLITERATED:
        term_word, text_word = _latin(term_word), _latin(text_word)
        if term_word == text_word:
            return True
    if _inflects(term_word, text_word, inflection):
        return True
    if inflection.initials and _same_with_other_initial(term_word, text_word, inflection):
        return True
    if inflection.proclitics and _same_without_proclitics(term_word, text_word, inflection):
        return True
    return inflection.compound and _in_compound(term_word, text_word, inflection)


def prefix(word: str, lang: str) -> str:
    """A part of a folded word that the token of every form of it holds: its beginning, but for what may change there.

    Empty where nothing is certain. Forms in the script of the word: Serbian in Latin letters is not looked for by a
    word in Cyrillic.
    """
    start, end = lasting(word, lang)
    return word[start:end]


@lru_cache(maxsize=1 << 12)
def lasting(word: str, lang: str) -> tuple[int, int]:
    """The range of a folded word that every form of it keeps."""
    code = base(lang)
    inflection = _inflection(code)
    if code in _TRANSLITERATED and not word.isascii():
        size = len(_shared(tuple(_stems(_latin(word), inflection))))
        return 0, max((end for end in range(1, len(word) + 1) if len(_latin(word[:end])) <= size), default=1)
    bare = _bare(word, inflection)
    start = len(word) - len(bare)
    end = min(len(_shared(tuple(_stems(word, inflection)))), start + len(_shared(tuple(_stems(bare, inflection)))))
    start = max([start, *(len(beginning) for _, beginning in _beginnings(word, inflection))])
    return start, max(start, end)


@lru_cache(maxsize=1 << 12)
def forms(word: str, lang: str) -> frozenset[str]:
    """The forms of a folded word as far as they can be listed: by paradigm. Suffix chains and compounds have no list."""
    found = {word}
    for paradigm in _inflection(base(lang)).paradigms:
        for stem in _paradigm_stems(word, paradigm, _inflection(base(lang)).min_stem):
            found.update(stem + ending for ending in paradigm)
    return frozenset(found)


def _stems(word: str, inflection: _Inflection) -> Iterator[str]:
    yield word
    for paradigm in inflection.paradigms:
        yield from _paradigm_stems(word, paradigm, inflection.min_stem)
    yield from _chain_stems(word, inflection)
    if inflection.compound and word.endswith("e") and len(word) > _COMPOUND_FROM:
        yield word[:-1]


def _shared(words: tuple[str, ...]) -> str:
    """The longest common prefix."""
    first, last = min(words), max(words)
    size = 0
    while size < min(len(first), len(last)) and first[size] == last[size]:
        size += 1
    return first[:size]


def _paradigm_stems(word: str, paradigm: frozenset[str], min_stem: int) -> Iterator[str]:
    for size in range(min(_LONGEST_ENDING, len(word) - min_stem) + 1):
        if word[len(word) - size :] in paradigm:
            yield word[: len(word) - size]


def _chain_stems(word: str, inflection: _Inflection) -> Iterator[str]:
    for pattern, replacement in inflection.stems:
        stem = pattern.sub(replacement, word, count=1)
        if stem != word and len(stem) >= inflection.min_stem:
            yield stem


def _inflects(term: str, text: str, inflection: _Inflection) -> bool:
    if inflection.pairs and _share_paradigm(term, text, inflection):
        return True
    if inflection.tail is not None and _is_chain(term, text, inflection):
        return True
    return inflection.doubling and _is_doubled(term, text, inflection)


def _share_paradigm(term: str, text: str, inflection: _Inflection) -> bool:
    shared = len(_shared((term, text)))
    for stem in range(shared, inflection.min_stem - 1, -1):
        if len(term) - stem > _LONGEST_ENDING or len(text) - stem > _LONGEST_ENDING:
            break
        if (term[stem:], text[stem:]) in inflection.pairs:
            return True
    return False


def _is_chain(term: str, text: str, inflection: _Inflection) -> bool:
    tail = inflection.tail
    if tail is None or len(term) < inflection.min_stem:
        return False
    for stem in (term, *_chain_stems(term, inflection)):
        place = text.find(stem) if inflection.head is not None else 0
        if place < 0 or not text.startswith(stem, place):
            continue
        if place and not (inflection.head is not None and inflection.head.fullmatch(text, 0, place)):
            continue
        after = place + len(stem)
        if tail.fullmatch(text, after) and (stem == term or after < len(text)):
            return True
    return False


def _is_doubled(term: str, text: str, inflection: _Inflection) -> bool:
    """plan → planned: the text's word with one of its doubled consonants taken out."""
    last = len(term)
    if last < 3 or not text.startswith(term) or text[last : last + 1] != term[-1] or _VOWEL.match(term[-1]):
        return False
    single = text[:last] + text[last + 1 :]
    return _share_paradigm(term, single, inflection) or (
        inflection.tail is not None and _is_chain(term, single, inflection)
    )


def _beginnings(word: str, inflection: _Inflection) -> Iterator[tuple[frozenset[str], str]]:
    """The sets of which the word has a beginning, with that beginning."""
    for initials in inflection.initials:
        for beginning in initials:
            if word.startswith(beginning) and len(word) - len(beginning) >= _SHORTEST_REST:
                yield initials, beginning


def _same_with_other_initial(term: str, text: str, inflection: _Inflection) -> bool:
    """kituo, vituo; cynllun, gynllun: the text's word with its beginning changed to the term's."""
    for initials, own in _beginnings(term, inflection):
        for other in initials:
            if other != own and text.startswith(other):
                changed = own + text[len(other) :]
                if changed == term or _inflects(term, changed, inflection):
                    return True
    return False


def _bare(word: str, inflection: _Inflection) -> str:
    """The word without article, conjunction and prepositions that are written onto it."""
    longest = max((part for part in inflection.proclitics if word.startswith(part)), key=len, default="")
    return word[len(longest) :] if len(word) - len(longest) >= 3 else word


def _same_without_proclitics(term: str, text: str, inflection: _Inflection) -> bool:
    for own in {term, _bare(term, inflection)}:
        for part in ("", *inflection.proclitics):
            rest = text[len(part) :]
            if (
                text.startswith(part)
                and len(rest) >= inflection.min_stem
                and (own == rest or _inflects(own, rest, inflection))
            ):
                return True
    return False


def _in_compound(term: str, text: str, inflection: _Inflection) -> bool:
    """KI-Strategiepapier and Nationalstrategie hold Strategie; Beratung does not hold Rat."""
    if len(term) < _COMPOUND_FROM or len(text) < len(term) + _REST - 1:
        return False
    stem = _shared(tuple(_stems(term, inflection)))
    place = text.find(stem)
    while place >= 0:
        if (place == 0 or _is_first_part(text[:place])) and _ends_compound(term, text[place:], place > 0, inflection):
            return True
        place = text.find(stem, place + 1)
    return False


def _ends_compound(term: str, rest: str, has_left: bool, inflection: _Inflection) -> bool:
    if has_left and (rest == term or _inflects(term, rest, inflection)):
        return True
    heads = [term, *(stem for stem in _chain_stems(term, inflection) if len(stem) > len(term))]
    if term.endswith("e"):
        heads.append(term[:-1])
    for head in heads:
        if not rest.startswith(head):
            continue
        after = rest[len(head) :]
        if any(after.startswith(link) and _is_part(after[len(link) :]) for link in ("", *inflection.links)):
            return True
    return False


def _is_first_part(piece: str) -> bool:
    return piece not in _parts("verb_prefixes") and _is_part(piece)


def _is_part(piece: str) -> bool:
    if len(piece) < _REST:
        return piece in _parts("short_parts")
    derived = piece in _parts("not_parts") or piece.startswith(tuple(_parts("not_starts")))
    return not derived and _VOWEL.search(piece) is not None


@cache
def _parts(kind: str) -> frozenset[str]:
    return frozenset(table("morphology")[kind])


@cache
def _inflection(code: str) -> _Inflection:
    facts = language_table(code)
    data = facts.get("inflection", {})
    if "same_as" in data:
        return _inflection(data["same_as"])
    if code == "ko":
        endings = "|".join(sorted(facts["particles"], key=len, reverse=True))
        return _Inflection(tail=re.compile(f"(?:{endings})?"), min_stem=2)
    paradigms = tuple(frozenset(_parts_of(line)) for line in data.get("paradigms", ()))
    return _Inflection(
        paradigms=paradigms,
        pairs=frozenset((one, other) for paradigm in paradigms for one in paradigm for other in paradigm),
        tail=re.compile(fold(data["tail"])) if "tail" in data else None,
        head=re.compile(data["head"]) if "head" in data else None,
        stems=tuple((re.compile(fold(pattern)), fold(new)) for pattern, new in data.get("stems", ())),
        compound=data.get("compound", False),
        links=tuple(data.get("links", ())),
        doubling=data.get("doubling", False),
        min_stem=data.get("min_stem", 3),
        proclitics=tuple(facts.get("proclitics", ())),
        initials=tuple(frozenset(_parts_of(line)) for line in data.get("initials", ())),
    )


def _parts_of(line: str) -> Iterator[str]:
    return ("" if part == "-" else fold(part) for part in line.split())


_TRANSLITERATED = frozenset({"sr", "bs", "hr"})


def _latin(word: str) -> str:
    """Serbian Cyrillic in folded Latin letters."""
    return word if word.isascii() else word.translate(_cyrillic())


@cache
def _cyrillic() -> dict[int, str]:
    return {ord(char): latin for char, latin in table("morphology")["serbian"].items()}
