"""Folding: one form for matching, and the way back to where each character stood.

Case, width, normal form, accents (Latin, Greek, Arabic, Hebrew), quotes, hyphens and ignorable marks are
made one; Cyrillic й and Indic marks stay, for they are letters. `A.I.` becomes AI.
"""

from __future__ import annotations

import re
from functools import cache
from unicodedata import category, combining, decimal, is_normalized, normalize

from watcher.text.scripts import script_of
from watcher.text.tables import table

Edit = tuple[int, int, str]
"""Replace the range (start, end) of a folded text."""

# All but the characters that are most of running text and that folding leaves as they are (but for case).
# Only these go through the table: four times as fast as taking every character through it.
_UNSETTLED = re.compile(
    "[^ -_a-~\u0391-\u03a9\u03b1-\u03c1\u03c3-\u03c9\u0402-\u040c\u040e-\u044f\u0452-\u045c\u045e-\u0482\u048a-\u052f\u05d0-\u05ea"
    "\u0621\u0627\u0628\u062a-\u063f\u0641-\u0647\u0900-\u0957\u0970-\u09cd\u09cf-\u09db\u0b80-\u0be5\u0e01-\u0e32\u0e34-\u0e4f\u1000-\u103f\u10d0-\u10fa"
    "\u1780-\u17b3\u17b6-\u17df\u3001\u3002\u3041-\u3096\u30a1-\u30fe\u3131-\u3163\u4e00-\u9fff\uac00-\ud7a3]+"
)
_VOICED = re.compile("([\u3041-\u3096\u309d-\u30fe]?)([\u3099\u309a])")
_ZWNJ = re.compile("\u200c+")
_ARABIC_LETTER = re.compile("[\u0620-\u06ff\u0750-\u077f\u08a0-\u08ff]")
_LETTER = "[A-Za-z\u0370-\u03ff]"
_ACRONYM_LIKELY = re.compile(r"\. ?[a-z\u0370-\u03ff](?![^\W_])")
_ACRONYM = re.compile(
    rf"(?<![\w.])(?:(?P<tight>(?:{_LETTER}\.){{2,}}(?!\w)|{_LETTER}(?:\.{_LETTER})+(?!\w|\.\w))"
    rf"|(?P<spaced>{_LETTER}\.(?: {_LETTER}\.)+(?!\w)))"
)
# "A. I. Petrov said": initials before a name, unless the whole line is in title case.
_NAME_FOLLOWS = re.compile(r" ?[A-Z\u0391-\u03a9][a-z'\u03b1-\u03c9-]+(?:$|[^\w\s]| (?![A-Z0-9]))")
_SPACES = re.compile(" {2,}")


def fold(text: str) -> str:
    """Fold a term or a text; folding twice changes nothing more."""
    base = _base(text, _FOLDED)
    if not _needs_edits(base):
        return base
    return _edited(_base(text, _CASED), base)


def fold_cased(text: str) -> str:
    """Fold all but case: same length and places as `fold`, for terms that are case-exact (`=AI`)."""
    base = _base(text, _CASED)
    if not _needs_edits(_base(text, _FOLDED)):
        return base
    return _edited(base, base)


def origins(text: str) -> tuple[list[int], list[int]]:
    """For each character of `fold(text)`, where in `text` it begins and ends."""
    if _has_clusters(text):
        cased, starts, ends = _origins_of_clusters(text)
    else:
        cased, starts, ends = _origins_of_characters(text)
    for step in _STEPS:
        edits = step(cased)
        if edits:
            starts, ends = _moved(edits, starts, ends)
            cased = _apply(edits, cased)
    return starts, ends


def keeps_places(text: str) -> bool:
    """Whether each character of a text becomes one character, if folding leaves its length as it is.

    Steps beyond single characters only shorten, but for a joiner that becomes a space.
    """
    if text.isascii():
        return True
    return not _has_clusters(text) and all(len(_CASED[ord(char)]) == 1 for char in set(text))


def _has_clusters(text: str) -> bool:
    return any(map(_joins_backward, set(text))) or not is_normalized("NFC", text)


def _origins_of_characters(text: str) -> tuple[str, list[int], list[int]]:
    """Where no character joins another: all but the unsettled ones stay as they are."""
    starts: list[int] = []
    position = 0
    cased: list[str] = []
    for run in _UNSETTLED.finditer(text):
        begin, end = run.span()
        starts.extend(range(position, begin))
        cased.append(text[position:begin])
        for place in range(begin, end):
            piece = _CASED[ord(text[place])]
            cased.append(piece)
            starts.extend([place] * len(piece))
        position = end
    starts.extend(range(position, len(text)))
    cased.append(text[position:])
    return "".join(cased), starts, [place + 1 for place in starts]


def _origins_of_clusters(text: str) -> tuple[str, list[int], list[int]]:
    """Where marks join the letters before them. About five times the cost of folding."""
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for start, end in _clusters(text):
        piece = _base(text[start:end], _CASED)
        pieces.append(piece)
        starts.extend([start] * len(piece))
        ends.extend([end] * len(piece))
    return "".join(pieces), starts, ends


def _moved(edits: list[Edit], starts: list[int], ends: list[int]) -> tuple[list[int], list[int]]:
    """Carry the origins through edits: what is put in comes from the whole of what it replaces."""
    new_starts: list[int] = []
    new_ends: list[int] = []
    position = 0
    for first, last, new in edits:
        new_starts += starts[position:first] + [starts[first]] * len(new)
        new_ends += ends[position:first] + [ends[last - 1]] * len(new)
        position = last
    return new_starts + starts[position:], new_ends + ends[position:]


class _Table(dict[int, str]):
    """A translation table that fills itself as characters are met."""

    def __init__(self, keep_case: bool) -> None:
        super().__init__()
        self._keep_case = keep_case

    def __missing__(self, code: int) -> str:
        cased = _cased(chr(code))
        self[code] = cased if self._keep_case else "".join(map(_lower, cased))
        return self[code]


_CASED = _Table(keep_case=True)
_FOLDED = _Table(keep_case=False)


def _base(text: str, characters: _Table) -> str:
    if not text.isascii():
        text = normalize("NFC", text)
    if characters is _FOLDED:
        text = text.lower()
    return _UNSETTLED.sub(lambda run: run[0].translate(characters), text)


def _cased(char: str) -> str:
    """One character folded but for its case, taken as far as it goes so that folding again changes nothing."""
    result = char
    for _ in range(4):
        again = "".join(map(_cased_once, result))
        if again == result:
            break
        result = again
    return result


def _cased_once(char: str) -> str:
    become = _become()
    if char in become:
        return become[char]
    kind = category(char)
    if kind == "Nd":
        return str(decimal(char))
    if kind == "Cs":
        return "\ufffd"
    if "\u3131" <= char <= "\u318e" or char in "\u3099\u309a\u200c":
        return char
    script = script_of(char)
    if kind in {"Mn", "Me"}:
        return "" if script in _BARE_SCRIPTS or (combining(char) in {220, 230} and script == "other") else char
    result = normalize("NFKC", char)
    if script in {"latin", "greek"} or result.isascii():
        result = "".join(part for part in normalize("NFD", result) if category(part) != "Mn")
    return result if len(result) > 1 or result not in become else become[result]


_BARE_SCRIPTS = frozenset({"latin", "greek", "arabic", "hebrew", "cyrillic", "syriac"})


@cache
def _become() -> dict[str, str]:
    data = table("folding")
    become = {char: target for target, chars in data["become"].items() for char in chars}
    become.update(dict.fromkeys(data["ignored"]["characters"], ""))
    become.update({chr(code): "" for code in range(0xE0100, 0xE01F0)})
    return become


def _lower(char: str) -> str:
    for lowered in (char.casefold(), char.lower()):
        if len(lowered) == 1:
            return lowered
    return char


def _needs_edits(folded: str) -> bool:
    """Whether a step beyond single characters may have something to do. Cheap, may say yes too often."""
    if "  " in folded or folded[:1] == " " or folded[-1:] == " ":
        return True
    if "." in folded and _ACRONYM_LIKELY.search(folded):
        return True
    if folded.isascii():
        return False
    return "\u3099" in folded or "\u309a" in folded or "\u200c" in folded or not is_normalized("NFC", folded)


def _edited(cased: str, text: str) -> str:
    for step in _STEPS:
        edits = step(cased)
        if edits:
            text, cased = _apply(edits, text), _apply(edits, cased)
    return text


def _apply(edits: list[Edit], text: str) -> str:
    parts: list[str] = []
    position = 0
    for start, end, new in edits:
        parts += (text[position:start], new)
        position = end
    parts.append(text[position:])
    return "".join(parts)


def _composed(text: str) -> list[Edit]:
    """What an ignorable mark kept apart comes together: Korean letters of one syllable."""
    if is_normalized("NFC", text):
        return []
    edits = []
    for start, end in _clusters(text):
        whole = normalize("NFC", text[start:end])
        if whole != text[start:end]:
            edits.append((start, end, whole))
    return edits


def _voiced(text: str) -> list[Edit]:
    """Half-width katakana bring their voicing mark as a character of its own; one that voices nothing goes."""
    edits = []
    for match in _VOICED.finditer(text):
        whole = normalize("NFC", match[0])
        if match[1] and len(whole) == 1:
            edits.append((match.start(), match.end(), whole))
        else:
            edits.append((match.start(2), match.end(2), ""))
    return edits


def _joiners(text: str) -> list[Edit]:
    """A zero-width non-joiner parts words in Arabic script (هوش‌مصنوعی) and means nothing elsewhere."""
    edits = []
    for match in _ZWNJ.finditer(text):
        start, end = match.span()
        parts = (
            start > 0 and end < len(text) and _ARABIC_LETTER.match(text[start - 1]) and _ARABIC_LETTER.match(text[end])
        )
        edits.append((start, end, " " if parts else ""))
    return edits


def _spaces(text: str) -> list[Edit]:
    edits = [(match.start(), match.end(), " ") for match in _SPACES.finditer(text)]
    if edits and edits[0][0] == 0:
        edits[0] = (0, edits[0][1], "")
    elif text[:1] == " ":
        edits.insert(0, (0, 1, ""))
    if edits and edits[-1][1] == len(text):
        edits[-1] = (edits[-1][0], len(text), "")
    elif text[-1:] == " ":
        edits.append((len(text) - 1, len(text), ""))
    return edits


def _acronyms(text: str) -> list[Edit]:
    edits = []
    for match in _ACRONYM.finditer(text):
        if match["spaced"] and _NAME_FOLLOWS.match(text, match.end()):
            continue
        for place in range(match.start(), match.end()):
            if text[place] in ". ":
                edits.append((place, place + 1, ""))
    return edits


_STEPS = (_voiced, _joiners, _composed, _spaces, _acronyms)


def _clusters(text: str) -> list[tuple[int, int]]:
    """Cut a text where normalisation can not reach across."""
    cuts = [place for place, char in enumerate(text) if place == 0 or char < "\u0300" or not _joins_backward(char)]
    return list(zip(cuts, [*cuts[1:], len(text)], strict=True)) if text else []


@cache
def _joins_backward(char: str) -> bool:
    return category(char)[0] == "M" or "\u1160" <= char <= "\u11ff" or "\ud7b0" <= char <= "\ud7ff"
