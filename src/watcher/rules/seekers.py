"""Finding one term in a field: literals, phrases whose words may vary, regular expressions."""

from __future__ import annotations

from collections.abc import Iterator

from watcher.rules.keys import MAX_KEYS, RUNS, cost, literal_key, text_keys
from watcher.rules.reading import FieldText, Hit, Reading
from watcher.rules.regex import Pattern
from watcher.rules.tree import WordText
from watcher.text import fold, fold_cased
from watcher.text.capitals import is_own_word
from watcher.text.edges import is_whole
from watcher.text.morphology import lasting, prefix, same_word
from watcher.text.scripts import RUNNING, script_of
from watcher.text.tables import table

BLANK = ("", " ")
"""What beside a word of a spaced script leaves no question: the end of the text, or a space."""


def flat(text: str) -> str:
    """A term folded as texts are, with hyphens opened: it matches with a hyphen or a space there."""
    return fold(text).replace("-", " ")


class Literal:
    """A word or phrase as it stands, whole. `exact`: with its case, or empty for any case."""

    __slots__ = ("_is_run", "exact", "keys", "literal", "sole")

    def __init__(self, text: str, folded: str, *, exact: bool) -> None:
        self.literal = folded
        self.exact = fold_cased(text).replace("-", " ") if exact else ""
        self.keys = text_keys(self.literal, whole=True)
        self._is_run = RUNS.fullmatch(folded) is not None
        self.sole = folded if self._is_run and not exact else ""

    def places(self, reading: Reading, field: FieldText) -> Iterator[Hit]:
        """All places where it stands whole."""
        literal, folded, flat_text = self.literal, field.text.folded, field.flat
        size = len(literal)
        start = flat_text.find(literal)
        while start >= 0:
            end = start + size
            if not self.exact or _is_cased(field, start, end, self.exact, reading.lang):
                apart = self._is_run and folded[start - 1 : start] in BLANK and folded[end : end + 1] in BLANK
                if apart or stands_whole(field, start, end, reading.lang):
                    yield Hit(field.name, start, end)
            start = flat_text.find(literal, start + 1)


class Prefix:
    """`word*`: words that begin so. A hit is the whole word."""

    __slots__ = ("exact", "keys", "literal")
    sole = ""

    def __init__(self, text: str, *, exact: bool) -> None:
        self.literal = flat(text)
        self.exact = fold_cased(text).replace("-", " ") if exact else ""
        self.keys = text_keys(self.literal, whole=False)

    def places(self, reading: Reading, field: FieldText) -> Iterator[Hit]:
        """All words that begin with it."""
        for start, stop in _occurrences(field.flat, self.literal):
            end = max(stop, field.token_end(stop - 1))
            if self.exact and not _is_cased(field, start, stop, self.exact, reading.lang):
                continue
            if stands_whole(field, start, end, reading.lang):
                yield Hit(field.name, start, end)


def _is_cased(field: FieldText, start: int, end: int, exact: str, lang: str) -> bool:
    """Does it stand here in this case? Capitals prove nothing of a word of the language in a line of capitals."""
    return field.cased[start:end] == exact and not is_own_word(field.cased, start, end, lang)


def _occurrences(text: str, literal: str) -> Iterator[tuple[int, int]]:
    size = len(literal)
    at = text.find(literal)
    while at >= 0:
        yield at, at + size
        at = text.find(literal, at + 1)


def stands_whole(field: FieldText, start: int, end: int, lang: str) -> bool:
    """Is this range of the field a whole word or phrase? In an address any letters beside it forbid it, nothing else."""
    if field.name != "url":
        return is_whole(field.text.folded, start, end, lang)
    text = field.flat
    before, after = text[start - 1 : start], text[end : end + 1]
    return not (before and script_of(before)) and not (after and script_of(after))


class Expression:
    """`/regex/`, on the plain text."""

    __slots__ = ("keys", "pattern")
    sole = ""

    def __init__(self, pattern: Pattern) -> None:
        self.pattern = pattern
        literal = flat(pattern.literal)
        self.keys = (literal_key(literal),) if len(literal) > 2 and literal.isalnum() else ()

    def places(self, reading: Reading, field: FieldText) -> Iterator[Hit]:
        """All matches that do not overlap; hits are the tokens that they touch."""
        return (field.hit_of_plain(start, end) for start, end in self.pattern.find(field.text.plain))


class Varied:
    """A phrase (or one word) some of whose words may vary: `"искусственный~ интеллект~"`, `Strategie~`, `"artificial intellig*"`.

    Forms follow `lang`, the language that the term was written for, else the language of the item. Words follow each
    other with one space or hyphen between. As it was written it matches too, by the rule for literals.
    """

    __slots__ = ("_literal", "keys", "lang", "words")
    sole = ""

    def __init__(self, words: tuple[WordText, ...], lang: str) -> None:
        self.lang = lang
        self.words = tuple(piece for word in words for piece in _pieces(word))
        keys = [key for word in self.words for key in _word_keys(word, lang)]
        self.keys = tuple(sorted(dict.fromkeys(keys), key=cost)[:MAX_KEYS])
        has_prefix = any(word.mode == "prefix" for word in self.words)
        self._literal = None if has_prefix else _literal(self.words)

    def places(self, reading: Reading, field: FieldText) -> Iterator[Hit]:
        """All places, in order."""
        lang = self.lang or reading.lang
        found = {(hit.start, hit.end) for hit in self._literal.places(reading, field)} if self._literal else set()
        for start, end in self._starts(field, lang):
            last = self._follow(field, end, lang)
            if last and self._is_whole(field, start, last, reading.lang):
                found.add((start, last))
        return (Hit(field.name, start, end) for start, end in sorted(found))

    def _starts(self, field: FieldText, lang: str) -> Iterator[tuple[int, int]]:
        first = self.words[0]
        if first.mode != "forms":
            for start, stop in _occurrences(field.flat, first.text):
                yield start, (stop if first.mode == "whole" else max(stop, field.token_end(stop - 1)))
            return
        seen = -1
        for start, _ in _occurrences(field.flat, prefix(first.text, lang)):
            index = field.token_at(start)
            if index > seen:
                seen = index
                token = field.text.tokens[index]
                end = _form_end(field, token.start, token.end, first.text, lang)
                if end:
                    yield token.start, end

    def _follow(self, field: FieldText, end: int, lang: str) -> int:
        """Where the phrase ends whose first word ends at `end`; 0 when it does not go on as it should."""
        for word in self.words[1:]:
            start = end + 1
            if field.flat[end:start] != " ":
                return 0
            if word.mode == "forms":
                index = field.token_at(start)
                token = field.text.tokens[index] if index >= 0 else None
                if token is None or token.start != start:
                    return 0
                end = _form_end(field, start, token.end, word.text, lang)
                if not end:
                    return 0
                continue
            if not field.flat.startswith(word.text, start):
                return 0
            end = start + len(word.text)
            if word.mode == "prefix":
                end = max(end, field.token_end(end - 1))
        return end

    def _is_whole(self, field: FieldText, start: int, end: int, lang: str) -> bool:
        """Forms are whole tokens; what stands as written at either end must have a word's edge there."""
        if self.words[0].mode == self.words[-1].mode == "forms":
            return True
        return stands_whole(field, start, end, lang)


def _literal(words: tuple[WordText, ...]) -> Literal:
    text = " ".join(word.text for word in words)
    return Literal(text, text, exact=False)


def _form_end(field: FieldText, start: int, end: int, word: str, lang: str) -> int:
    """The end of the token `start`–`end` when it is a form of the word, in Korean with particles; else 0."""
    token = field.flat[start:end]
    if same_word(word, token, lang):
        return end
    with_particles = script_of(word[-1]) == "hangul" and token.startswith(word)
    return end if with_particles and is_whole(token, 0, len(word), "ko") else 0


def _pieces(word: WordText) -> Iterator[WordText]:
    """The words of a hyphenated word: the mark belongs to the last. Scripts without inflection have no forms."""
    pieces = flat(word.text).split()
    for piece in pieces[:-1]:
        yield WordText(piece)
    for piece in pieces[-1:]:
        mode = "whole" if word.mode == "forms" and script_of(piece[-1]) in RUNNING else word.mode
        yield WordText(piece, mode)


def _word_keys(word: WordText, lang: str) -> tuple[str, ...]:
    if word.mode == "forms":
        ranges = [lasting(word.text, code) for code in _languages(word.text, lang)]
        kept = word.text[max(start for start, _ in ranges) : min(end for _, end in ranges)]
        return (literal_key(kept),) if kept else ()
    return text_keys(word.text, whole=word.mode == "whole")


def _languages(word: str, lang: str) -> tuple[str, ...]:
    """The languages whose inflection may be asked for: the term's own, or all that are written in its script."""
    if lang:
        return (lang,)
    choices: list[str] = table("language")["scripts"].get(script_of(word[0]), [])
    return (*choices, "und")
