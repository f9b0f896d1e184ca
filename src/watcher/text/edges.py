"""Whether a literal found in folded text stands there as a word: the rule for each script."""

from __future__ import annotations

import re
from functools import cache
from unicodedata import category

from watcher.text.language import base
from watcher.text.scripts import RUNNING, script_of
from watcher.text.tables import language_table, table

_ADDRESS = re.compile(
    r"://|^www\.|^[^@/]+@[^@/]+\.[a-z]|^[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|org|net|gov|edu|io|ai|co|eu|info)(?:/|$)"
)
_ADDRESS_REACH = 300
"""An address is looked for this far on each side of a hit."""
_LONGER_REACH = 12
"""A word that holds the hit by chance begins and ends within this many characters of it."""
_KOREAN_COMPOUND = 2
"""Syllables of a word that is looked for in compounds of known nouns."""
_BY_SCRIPT = {"arabic": "ar", "hebrew": "he"}
_LEADING_VOWELS = frozenset("เแโใไເແໂໃໄ")
_SILENCERS = frozenset("\u0e4c\u103a\u1039")
"""They make the consonant before them the end of the syllable: Thai thanthakhat, Burmese asat and virama."""
_THAI_VOWELS = frozenset("าิีึืุู่้๊๋")
"""Vowel signs and tone marks behind which a consonant may close the syllable."""
_THAI_CONSONANTS = frozenset(chr(code) for code in range(0x0E01, 0x0E2F))
_THAI_FINALS = _THAI_CONSONANTS - frozenset("ฉผฝหอฮณ")
"""Consonants that can close a syllable; ณ is also a word by itself."""
_THAI_ONLY_FINALS = frozenset("กงดบยว")
"""Those of them that no word has as a syllable of their own before a vowel that is written first, as นโยบาย and สเปน do."""
_TRAILING_SIGNS = frozenset("ะาำๅฯๆະາຳຽ")


def is_whole(folded: str, start: int, end: int, lang: str = "") -> bool:
    """Whether `folded[start:end]` is whole: not part of a longer word, an address, a handle or a file name.

    Latin, Cyrillic and the like: no letter of the same script beside it. Chinese, Japanese, Thai, Lao, Khmer,
    Burmese: anywhere, but not within a syllable or a run of katakana. Korean: particles may follow; three
    syllables and more may stand within a compound, two within one that comes apart into known nouns. Arabic, Hebrew, Persian: article, conjunction and
    prepositions may precede. Signs: `l'IA`, `AI's`, `KI-Strategie` are edges, `example.ai` is none.
    """
    if start >= end:
        return False
    code = base(lang) if lang else ""
    has_edges = has_left_edge(folded, start, end, code) and has_right_edge(folded, start, end, code)
    return (
        (has_edges or _in_korean_compound(folded, start, end))
        and not _in_address(folded, start, end)
        and not _in_longer_word(folded, start, end, code)
    )


def has_left_edge(folded: str, start: int, end: int, lang: str = "") -> bool:
    """Whether a word may begin at `start`. `lang` is a base code. Enough for `word*`."""
    if start == 0:
        return True
    script = script_of(folded[start])
    if script == "":
        return True
    before = folded[start - 1]
    beside = script_of(before)
    if beside == "":
        return _sign_before(folded, start, end, script, lang)
    if beside == "digit" or script == "digit":
        return _digits_before(folded, start, script, beside)
    if beside != script:
        return not (script == "hangul" and folded[start:end] in _particles())
    if script in RUNNING:
        return script != "katakana" and before not in _LEADING_VOWELS
    if script in _BY_SCRIPT:
        return _is_proclitic(_run_before(folded, start, script), end - start, script, lang)
    return script == "hangul" and end - start >= 3


def has_right_edge(folded: str, start: int, end: int, lang: str = "") -> bool:
    """Whether a word may end at `end`. `lang` is a base code."""
    if end >= len(folded):
        return True
    script = script_of(folded[end - 1])
    if script == "":
        return True
    after = folded[end]
    beside = script_of(after)
    if beside == "":
        return _sign_after(folded, start, end, script, lang)
    if category(after)[0] == "M":
        return False
    if script in RUNNING:
        then = folded[end + 1 : end + 2]
        return (
            not (script == beside == "katakana")
            and after not in _TRAILING_SIGNS
            and (not then or then not in _SILENCERS)
            and not (script == beside == "thai" and _closes_thai_syllable(folded, end))
        )
    if beside == "digit" or script == "digit":
        return _digits_after(folded, start, end, script, beside)
    if beside != script:
        return True
    return script == "hangul" and (end - start >= 3 or _run_after(folded, end, script) in _particles())


def _closes_thai_syllable(folded: str, end: int) -> bool:
    """Whether the consonant at `end` must belong to the open syllable before it: มา is no word in มาก.

    It must where nothing of Thai follows it, and before a vowel that is written first, so begins the next syllable; there
    only for consonants that begin no syllable of their own. Elsewhere it may as well begin a word (มา|กับ), and stays one.
    """
    last = folded[end - 1]
    is_open = last in _THAI_VOWELS or (folded[end - 2 : end - 1] in _LEADING_VOWELS and last in _THAI_CONSONANTS)
    if not is_open or folded[end] not in _THAI_FINALS:
        return False
    then = folded[end + 1 : end + 2]
    if then in _LEADING_VOWELS:
        return folded[end] in _THAI_ONLY_FINALS
    return then != "." and script_of(then or " ") != "thai"


def _digits_before(folded: str, start: int, script: str, beside: str) -> bool:
    """'2025AI峰会', '100million' have an edge; 'C3AI', '3AI' and a number within a number have none."""
    if script == "digit":
        return beside != "digit" and (beside in RUNNING or beside == "hangul" or beside in {"arabic", "hebrew"})
    if script in RUNNING or script == "hangul":
        return True
    first = start
    while first > 0 and script_of(folded[first - 1]) == "digit":
        first -= 1
    joined = first > 0 and script_of(folded[first - 1]) == script
    return not joined and start - first >= 2


def _digits_after(folded: str, start: int, end: int, script: str, beside: str) -> bool:
    """'AI2030', 'AI3대', 'covid19' have an edge; 'AI2', 'AI171' (a flight), 'GPT4' and a number within a number have none."""
    if script == "digit":
        return beside not in {"digit", "latin"}
    last = end
    while last < len(folded) and script_of(folded[last]) == "digit":
        last += 1
    then = script_of(folded[last]) if last < len(folded) else ""
    if then == script:
        return False
    is_year = last - end == 4 and folded[end : end + 2] in {"19", "20"}
    return is_year or then in RUNNING or then == "hangul" or script == "hangul" or end - start >= 4


def _sign_before(folded: str, start: int, end: int, script: str, lang: str) -> bool:
    sign = folded[start - 1]
    previous = folded[start - 2] if start > 1 else ""
    joined = previous != "" and script_of(previous) not in {"", "digit"}
    if sign == "." and script == "latin":
        return previous == "." or (previous != "" and script_of(previous) not in {"", "latin"})
    if sign == "@" and script == "latin":
        return False
    if not joined:
        return True
    if sign == "'":
        return not _is_inner(sign, lang) and not (lang in {"en", ""} and folded[start:end] in _english_tails())
    if sign == '"' and script == "hebrew":
        return script_of(previous) != "hebrew" or _is_proclitic(
            _run_before(folded, start - 1, script), end - start, script, lang
        )
    return not _is_inner(sign, lang)


def _sign_after(folded: str, start: int, end: int, script: str, lang: str) -> bool:
    sign = folded[end]
    following = folded[end + 1] if end + 1 < len(folded) else ""
    joined = following != "" and script_of(following) not in {"", "digit"}
    if not joined:
        return True
    if sign == "." and script == "latin":
        return not _is_domain(folded, end)
    if sign == "'":
        if (
            folded[end - 1] == "n"
            and following == "t"
            and lang in {"en", ""}
            and not _run_after(folded, end + 2, script)
        ):
            return False
        return not _is_inner(sign, lang)
    if sign == '"' and script == "hebrew":
        return script_of(following) != "hebrew" or len(_run_after(folded, end + 1, script)) > 1
    return not _is_inner(sign, lang)


def _is_domain(folded: str, end: int) -> bool:
    match = _SUFFIX.match(folded, end)
    return match is not None and match[1] in _domains()


_SUFFIX = re.compile(r"\.([a-z]{2,6})(?![^\W_])")


def _is_inner(sign: str, lang: str) -> bool:
    """Whether a sign between letters belongs to the word: Ukrainian об'єкт, Uzbek sun'iy, Catalan intel·ligència."""
    return sign in language_table(lang).get("inner_signs", "") if lang else False


def _run_before(folded: str, start: int, script: str) -> str:
    first = start
    while first > 0 and start - first < 12 and script_of(folded[first - 1]) == script:
        first -= 1
    return folded[first:start]


def _run_after(folded: str, end: int, script: str) -> str:
    last = end
    while last < len(folded) and last - end < 12 and script_of(folded[last]) == script:
        last += 1
    return folded[end:last]


def _is_proclitic(prefix: str, length: int, script: str, lang: str) -> bool:
    code = lang if language_table(lang).get("proclitics") else _BY_SCRIPT[script]
    data = language_table(code)
    allowed = data.get("proclitics", ())
    if length < data.get("proclitics_from", 3):
        allowed = data.get("proclitics_short", ())
    return prefix in allowed


def _in_korean_compound(folded: str, start: int, end: int) -> bool:
    """국가정책위원회가 holds 정책: the run is made up of known nouns, the word, an ending and a particle, and of nothing else."""
    if (
        end - start != _KOREAN_COMPOUND
        or script_of(folded[start]) != "hangul"
        or script_of(folded[end - 1]) != "hangul"
    ):
        return False
    word, before, after = folded[start:end], _run_before(folded, start, "hangul"), _run_after(folded, end, "hangul")
    korean = language_table("ko")
    if word in korean["not_in_compounds"] or word + after in _particles():
        return False
    if word[0] in korean["person_endings"] and word[1:] + after in _particles():
        return False
    nouns, rest = _compound_patterns()
    return nouns.fullmatch(before) is not None and rest.fullmatch(after) is not None


@cache
def _compound_patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """What may stand before the word in a compound, and after it."""
    korean = language_table("ko")
    nouns = "|".join(sorted(korean["compound_nouns"].split(), key=len, reverse=True))
    particles = "|".join(sorted(_particles(), key=len, reverse=True))
    endings = "|".join(korean["compound_endings"])
    return re.compile(f"(?:{nouns})*"), re.compile(f"(?:{nouns})*(?:{endings})?(?:{particles})?")


def _in_address(folded: str, start: int, end: int) -> bool:
    """Within a URL or an e-mail address, unless the whole text is one."""
    if not (folded[start].isascii() and ("://" in folded or "www." in folded or "@" in folded or "/" in folded)):
        return False
    first = start
    while first > 0 and start - first < _ADDRESS_REACH and "!" <= folded[first - 1] <= "~":
        first -= 1
    last = end
    while last < len(folded) and last - end < _ADDRESS_REACH and "!" <= folded[last] <= "~":
        last += 1
    if first == 0 and last == len(folded):
        return False
    return _ADDRESS.search(folded[first:last].strip("()[]<>\"',;")) is not None


def _in_longer_word(folded: str, start: int, end: int, lang: str) -> bool:
    """Within words that hold the term by chance: 京都 in 東京都, 中国 in 发展中国家, ai in j'ai."""
    pattern = _longer_words(lang)
    if pattern is None:
        return False
    found = pattern.finditer(folded, max(0, start - _LONGER_REACH), end + _LONGER_REACH)
    return any(match.start() <= start and end <= match.end() and match[0] != folded[start:end] for match in found)


@cache
def _longer_words(lang: str) -> re.Pattern[str] | None:
    words = language_table(lang).get("not_within", ()) if lang else ()
    return re.compile("|".join(words)) if words else None


@cache
def _particles() -> frozenset[str]:
    return frozenset(language_table("ko").get("particles", ()))


@cache
def _english_tails() -> frozenset[str]:
    return frozenset(table("edges")["english_tails"])


@cache
def _domains() -> frozenset[str]:
    return frozenset(table("edges")["domains"])
