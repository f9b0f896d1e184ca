"""Names and figures that survive translation: who and how many, whatever the script.

A name is reduced to a skeleton of consonant classes, coarse enough that 오픈AI, オープンAI and OpenAI, or ألتمان, Альтман
and Altman, come out alike. Skeletons are evidence, not identity: how rare one is decides what it says.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from importlib import resources

from watcher.model import Text

MAX_NAMES = 48
MAX_FIGURES = 24
_SCRIPTS = (
    ("latin", "A-Za-z\u00aa-\u024f\u1e00-\u1eff"),
    ("greek", "\u0370-\u03ff\u1f00-\u1fff"),
    ("cyrillic", "\u0400-\u052f"),
    ("armenian", "\u0531-\u0587"),
    ("hebrew", "\u05d0-\u05ea\u05f3"),
    ("arabic", "\u0620-\u064a\u066e-\u06d3\u06fa-\u06fc"),
    ("devanagari", "\u0900-\u0963\u0971-\u097f"),
    ("bengali", "\u0980-\u09e3"),
    ("gurmukhi", "\u0a00-\u0a65\u0a70-\u0a75"),
    ("gujarati", "\u0a80-\u0ae3"),
    ("tamil", "\u0b80-\u0be5"),
    ("telugu", "\u0c00-\u0c63"),
    ("thai", "\u0e01-\u0e4e"),
    ("georgian", "\u10d0-\u10ff\u1c90-\u1cbf"),
    ("kana", "\u30a1-\u30fa\u30fc"),
    ("hangul", "\uac00-\ud7a3"),
    ("han", "\u4e00-\u9fff\u3400-\u4dbf"),
)
_RUN = re.compile("|".join(f"(?P<{name}>[{span}\u0300-\u036f]+)" for name, span in _SCRIPTS))
_CASED = ("latin", "greek", "cyrillic", "armenian")
_SILENT_R = re.compile("([aeiou])r(?=[bcdfgkmnpstvz])")
"""An r that Japanese and Korean leave unwritten: スターゲート, 스타게이트."""

_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Za-z])(?=AI\b)")
_PREFIXES = {
    "arabic": re.compile("^(?:وال|بال|كال|فال|لل|ال|و(?=...)|ب(?=....)|ل(?=....))"),
    "hebrew": re.compile("^(?:וה|שה|מה|לה|בה|ה|ו|ב|ל|מ|ש)(?=...)"),
}
_PARTICLES = re.compile(
    "(?:에서는|에게서|으로서|으로써|이라고|에서|에게|까지|부터|으로|라고|이나|보다|처럼|대통령|총리|장관|부총리|회장|대표|사장|의원|은|는|이|가|을|를|의|에|와|과|도|로|만)$"
)
_HANGUL_LEADS = ("k", "k", "n", "t", "t", "r", "m", "p", "p", "s", "s", "", "j", "j", "s", "k", "t", "p", "h")
_HANGUL_TAILS = (
    "", "k", "k", "k", "n", "n", "n", "t", "l", "l", "m", "l", "l", "l", "l", "l",
    "m", "p", "p", "t", "t", "n", "t", "t", "k", "t", "p", "",
)  # fmt: skip
_SOUNDS = (
    ("tch", "s"), ("sch", "s"), ("tsch", "s"), ("dzh", "j"), ("dj", "j"), ("ts", "s"), ("tz", "s"), ("cz", "s"), ("sz", "s"), ("ch", "s"),
    ("sh", "s"), ("zh", "j"), ("th", "t"), ("ph", "f"), ("gh", "g"), ("kh", "k"), ("ck", "k"), ("qu", "k"), ("x", "ks"), ("ng", "n"),
    ("ce", "se"), ("ci", "si"), ("cy", "si"), ("c", "k"), ("q", "k"),
)  # fmt: skip
_CLASSES = str.maketrans({**dict.fromkeys("bpfv", "B"), **dict.fromkeys("kg", "K"), **dict.fromkeys("szj", "S"), **dict.fromkeys("td", "T"),
                          **dict.fromkeys("lr", "L"), "m": "M", "n": "N", **dict.fromkeys("hwy", None), **dict.fromkeys("aeiou", "-")})  # fmt: skip


@lru_cache(maxsize=1)
def _letters() -> dict[str, dict[str, str]]:
    """data/letters.tsv: script → letter → Latin."""
    table: dict[str, dict[str, str]] = {}
    for line in resources.files(__package__).joinpath("data/letters.tsv").read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            script, pairs = line.split("\t")
            table[script] = dict(pair.split("=") for pair in pairs.split(" "))
    return table


def names(*texts: Text) -> tuple[str, ...]:
    """Skeletons of what may be names, most telling (longest) first, at most MAX_NAMES.

    In scripts with capitals only capitalised words count; elsewhere every word may be one, and rarity decides.
    """
    found: dict[str, None] = {}
    for text in texts:
        for run in _RUN.finditer(text.plain[:2000]):
            for name in _of_run(run.lastgroup or "", run[0], text.plain[run.end() : run.end() + 2]):
                found.setdefault(name)
    return tuple(sorted(found, key=lambda name: (-len(name), name))[:MAX_NAMES])


def _of_run(script: str, word: str, after: str) -> list[str]:
    word = unicodedata.normalize("NFC", word)
    if script in _CASED:
        return _cased(script, word)
    if script == "han":
        return _chinese(word)
    tail = ".AI" if after == "AI" else ""
    words = {word}
    if script in _PREFIXES:
        words.add(_PREFIXES[script].sub("", word))
    if script == "hangul":
        words.add(_PARTICLES.sub("", word))
    skeletons = {skeleton(_latin(script, each)) + tail for each in words}
    return [each for each in sorted(skeletons) if len(each) >= 3]


def _cased(script: str, word: str) -> list[str]:
    if not word[0].isupper():
        return []
    if word.isupper() and len(word) <= 5:
        return [word] if script == "latin" and len(word) >= 2 and word != "AI" else []
    parts = [_latin(script, part) if part != "AI" else part for part in _CAMEL.split(word)]
    found = []
    for each in (parts, [_SILENT_R.sub(r"\1", part) for part in parts]):
        joined = "".join(skeleton(part) if part != "AI" else ".AI" for part in each)
        found += [joined] if len(joined) >= 3 and joined not in found else []
    return found


def _chinese(run: str) -> list[str]:
    """Stretches of characters that spell foreign names, whole and by their first and last three and four."""
    table, found = _letters()["han"], set()
    for stretch in re.findall(f"[{''.join(table)}]{{2,8}}", run):
        for size in range(2, min(len(stretch), 5) + 1):
            for start in range(len(stretch) - size + 1):
                name = skeleton("".join(table[char] for char in stretch[start : start + size]))
                if len(name) >= 4 or (len(name) == 3 and size == len(stretch)):
                    found.add(name)
    return sorted(found)


def _latin(script: str, word: str) -> str:
    """A word in plain Latin letters, roughly as it sounds."""
    if script == "hangul":
        return "".join(_hangul(char) for char in word)
    if script == "latin":
        plain = (
            word.casefold().replace("ł", "l").replace("ø", "o").replace("đ", "d").replace("ı", "i").replace("ə", "a")
        )
        return "".join(char for char in unicodedata.normalize("NFD", plain) if char.isascii())
    table = _letters()[script]
    word = word.casefold()
    for pair in (key for key in table if len(key) > 1):
        word = word.replace(pair, table[pair])
    return "".join(table.get(char, char if char.isascii() else "") for char in word)


def _hangul(char: str) -> str:
    number = ord(char) - 0xAC00
    vowel = "" if (number % 588) // 28 == 18 else "a"
    return _HANGUL_LEADS[number // 588] + vowel + _HANGUL_TAILS[number % 28]


@lru_cache(maxsize=1 << 13)
def skeleton(latin: str) -> str:
    """Consonant classes of a word in Latin letters: B, K, S, T, L, M, N; equal ones in a row once, since many scripts leave vowels out; a leading vowel as 'A'."""
    for written, sounds in _SOUNDS:
        latin = latin.replace(written, sounds)
    classes = re.sub("n(?=[bp])", "m", latin).translate(_CLASSES)
    bones = re.sub(r"([A-Z])\1+", r"\1", "".join(char for char in classes if char in "BKSTLMN"))
    return ("A" if classes.startswith("-") else "") + bones


_FIGURE = re.compile(r"\d+(?:[.,\u00a0\u202f ’']\d{3})+(?!\d)|\d+(?:[.,]\d+)?")
_SCALES = (
    (re.compile(r"^\s?(?:만|万|萬)"), 10_000),
    (re.compile(r"^\s?(?:억|億|亿)"), 100_000_000),
    (re.compile(r"^[\s\u00a0]?(?:lakh|लाख|লাখ|لاکھ|ਲੱਖ|லட்ச)"), 100_000),
    (re.compile(r"^[\s\u00a0]?(?:thousand|mille\b|mil\b|тыс|тис|tausend|tusen|tuhat|tys|tisíc|bin\b|nghìn|ngàn|ribu|libo|हज़?ार|হাজার|ਹਜ਼ਾਰ|ألف|آلاف|هزار|ہزار|אלף|พัน|k\b)"), 1_000),
    (re.compile(r"^[\s\u00a0]?(?:million|millió|millió|millones|milhões|milion|mio\b|milj|млн|мільйон|миллион|triệu|juta|milyon|مليون|میلیون|ملین|מיליון|ล้าน|मिलियन|百万)"), 1_000_000),
)  # fmt: skip


def figures(*texts: str) -> tuple[str, ...]:
    """Numbers as written, scales applied, in decimal notation; years, single digits and repeats left out. At most MAX_FIGURES."""
    found: dict[str, None] = {}
    for text in texts:
        plain = "".join(
            str(unicodedata.decimal(char)) if char.isdecimal() and not char.isascii() else char for char in text[:2000]
        )
        for match in _FIGURE.finditer(plain):
            value = _value(match[0])
            for pattern, scale in _SCALES:
                if pattern.match(plain[match.end() : match.end() + 12]):
                    value *= scale
                    break
            if value >= 10 and not (1900 <= value <= 2100 and value == int(value)):
                found.setdefault(f"{value:.10g}")
    return tuple(found)[:MAX_FIGURES]


def _value(written: str) -> float:
    grouped = re.fullmatch(r"\d{1,3}(?:[.,\u00a0\u202f ’']\d{3})+", written)
    if grouped:
        return float(re.sub(r"\D", "", written))
    return float(re.sub(r"[^\d.]", "", written.replace(",", ".")) or 0)
