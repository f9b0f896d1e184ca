"""Who acts or is named: ministries and bodies, companies and organisations, people in office."""

from __future__ import annotations

import re

from watcher.facts.lexicon import Hit, uncovered
from watcher.facts.mentions import in_office
from watcher.facts.people import people_beside
from watcher.facts.publisher import own_publisher
from watcher.facts.reading import Part, Reading, read
from watcher.model import Found, Item, Span

_MOST = 16
_NAME = re.compile(
    r"[ \u00a0]?((?:[A-ZÀ-ÞĀ-ŽΑ-ΩА-ЯЁІЇЄҐӘҒҚҢӨҰҮҺЎЀ-Џ][\w'’.-]*)(?:[ -](?:[A-ZÀ-ÞĀ-ŽΑ-ΩА-ЯЁІЇЄҐӘҒҚҢӨҰҮҺЎ][\w'’.-]*|von|van|der|de|da|bin|al|el|bint)){0,3})"
)
_UPPER = "[A-ZÀ-ÞĀ-ŽΑ-ΩА-ЯЁІЇЄҐӘҒҚҢӨҰҮҺЎ]"
_LINK = "(?:of|and|for|the|de|la|les|le|du|des|et|l'|l’|d'|d’|y|e|do|da|das|dos|del|della|dello|dell'|und|für|i|w|a|og|och|и|по|та|și|pentru|&) ?"
_BODY = re.compile(rf"[ \u00a0]?((?:{_LINK}){{0,3}}{_UPPER}[\w'’&-]*(?:,? (?:{_LINK}){{0,3}}{_UPPER}[\w'’&-]*){{0,6}})")
_LONG_BODY = re.compile(rf"(?:{_BODY.pattern})|[ \u00a0]?([\w'’-]+ [\w'’-]+)")
_LOWER_CASE = frozenset(
    ["fr", "es", "pt", "it", "ro", "ca", "ru", "uk", "bg", "mk", "pl", "cs", "sk", "hr", "sr", "sl"]
)
"""Languages that write 'министерство цифрового развития' with small letters after the first."""
_HAN_BEFORE = re.compile(r"(?<![\u3400-\u9fff\u30a0-\u30ff々・\w])[A-Z]{0,3}[\u3400-\u9fff\u30a0-\u30ff々・]{1,8}$")
_NO_BODY = re.compile(r"[的一全内內外每各签簽部布]$|政$|[在是为為于將将已送把被由]")
_PERSON_BEFORE = re.compile(
    r"(?<![\u4e00-\u9fff])[\u4e00-\u9fff]{2,4}$|(?<![\u30a1-\u30ff])[\u30a1-\u30ff・ー]{2,14}$|(?<![가-힣])[가-힣]{2,6} ?$"
)
_HANGUL_BEFORE = re.compile(r"(?<![가-힣A-Za-z0-9])[가-힣A-Za-z0-9]{2,14}$")
_RUNS_ON = frozenset("署分门門长長落队隊员員下份位品委")
"""Letters after which 部, 院 or 省 was no end of a name (部署, 部分, 部長)."""
_TRAILING = re.compile(r"(?:[\s,]+(?:and|et|y|e|und|og|och|en|и|та|i|a|ve|ile|và|dan|و)?)*\s*و?$")
_OPEN_END = re.compile(
    r"(?:[\s,]+(?:of|and|for|the|de|la|les|le|du|des|et|y|e|do|da|del|della|und|für|og|och|и|и по|по|та|și|&))+$"
)
_LEADING = re.compile(r"^(?:(?:the|of|and|for|de)\b ?)+", re.IGNORECASE)
_CAPITAL = re.compile(r"(?:[A-ZÀ-ÞĀ-Ž][\w'’&-]*|of|and|for|the|de|&)(?: (?:[A-ZÀ-ÞĀ-Ž][\w'’&-]*|of|and|for|&)){0,6}$")
_SHORT_BODY = re.compile(r"[ \u00a0]?([^\s.,;:!?،؛。()«»\"]+(?: [^\s.,;:!?،؛。()«»\"]+)?)")
_CASED = frozenset(
    [
        "en",
        "fr",
        "es",
        "ca",
        "pt",
        "it",
        "ro",
        "de",
        "nl",
        "sv",
        "da",
        "nb",
        "fi",
        "et",
        "lv",
        "lt",
        "pl",
        "cs",
        "sk",
        "sl",
        "hr",
        "sr",
        "hu",
        "bg",
        "mk",
        "ru",
        "uk",
        "el",
        "tr",
        "az",
        "kk",
        "uz",
        "id",
        "ms",
        "fil",
        "sw",
        "vi",
    ]
)


def actors(item: Item) -> tuple[Found, ...]:
    """Read the bodies, companies and people that an item names, as written or by their usual name, each once."""
    return named_actors(read(item))


def named_actors(reading: Reading) -> tuple[Found, ...]:
    """The actors of an item already searched, its publisher first, then in order of appearance, at most 16."""
    found: dict[str, Found] = {}
    if publisher := own_publisher(reading):
        found[publisher.value.casefold()] = publisher
    for part in reading.parts:
        for one in sorted(_all_in(part, reading), key=lambda one: one.span.start):
            if len(one.value) > 1 and not _known(one, found):
                found[one.value.casefold()] = one
    return tuple(found.values())[:_MOST]


def _known(one: Found, found: dict[str, Found]) -> bool:
    """Whether the actor is listed already, or stands inside or around another of the same place."""
    if one.value.casefold() in found:
        return True
    return any(other.span.overlaps(one.span) for other in found.values())


def _all_in(part: Part, reading: Reading) -> list[Found]:
    day = reading.item.published.date() if reading.item.published else None
    found: list[Found] = []
    taken = [
        part.span(hit.start, hit.end) for hit in part.of("actor", "body", "state", "name", "seat", "capital", "city")
    ]
    for hit in part.of("actor"):
        found.append(Found(hit.entry.value.replace("_", " "), part.span(hit.start, hit.end), "company or organisation"))
        found += people_beside(part, hit, taken)
    for hit in part.of("leader"):
        if in_office(hit, day):
            found.append(_as_written(part, hit, "person in office"))
    for hit in part.of("body"):
        one = _as_written(part, hit, "state body or programme")
        if not one.value[0].islower() and not any(char.isdigit() for char in one.value):
            found.append(one)
    ends = part.of("actor", "leader")
    for hit in uncovered(part.of("office"), []):
        named = _office(part, hit, reading.base, ends)
        if named is not None:
            found.append(named)
    found.sort(key=lambda one: (one.span.start, -one.span.end))
    return found


def _as_written(part: Part, hit: Hit, why: str) -> Found:
    span = part.span(hit.start, hit.end)
    return Found(part.text.plain[span.start : span.end], span, why)


def _office(part: Part, hit: Hit, base: str, others: list[Hit]) -> Found | None:
    span = part.span(hit.start, hit.end)
    plain = part.text.plain
    kind = hit.entry.value
    if kind == "title":
        match = _NAME.match(plain, span.end)
        if match and base in _CASED:
            return Found(
                match[1].rstrip(".-'’"),
                Span(part.field, match.start(1), match.start(1) + len(match[1].rstrip(".-'’"))),
                "person with a title",
            )
        return None
    if kind == "titled":
        match = _PERSON_BEFORE.search(plain, max(0, span.start - 16), span.start)
        if match and not _is_place(part, match.start(), span.start):
            name = match[0].strip()
            return Found(name, Span(part.field, match.start(), match.start() + len(name)), "person with a title")
        return None
    if kind == "before":
        pattern = _LONG_BODY if base in _LOWER_CASE else _BODY if base in _CASED else _SHORT_BODY
        match = pattern.match(plain, span.end)
        if match is None:
            return None
        end = _before_others(part, hit, match.end(), others)
        end = span.end + len(_OPEN_END.sub("", plain[span.end : end]))
        if end <= span.end:
            return None
        return Found(plain[span.start : end], Span(part.field, span.start, end), "state body")
    return _closed_by(part, span.start, span.end, base)


def _is_place(part: Part, start: int, end: int) -> bool:
    """Whether what stands before a title is a state: 이탈리아 총리, 美国总统."""
    places = (part.span(hit.start, hit.end) for hit in part.of("state", "name", "seat", "capital", "city"))
    return any(map(Span(part.field, start, end).overlaps, places))


def _before_others(part: Part, hit: Hit, end: int, others: list[Hit]) -> int:
    """Where a body's name ends if an actor of its own follows it: '… et Bpifrance' is no part of the ministry."""
    for other in others:
        if other.start >= hit.end:
            begin = part.span(other.start, other.end).start
            if begin < end:
                return begin - len(_TRAILING.search(part.text.plain[:begin])[0])  # type: ignore[index]  # matches always
    return end


def _closed_by(part: Part, start: int, end: int, base: str) -> Found | None:
    """A body whose name ends in its kind: 経済産業省, 기획재정부, "Energy Department"."""
    plain = part.text.plain
    running = base in ("ko", "zh", "ja")
    pattern = {"ko": _HANGUL_BEFORE, "zh": _HAN_BEFORE, "ja": _HAN_BEFORE}.get(base, _CAPITAL)
    match = pattern.search(plain, max(0, start - 48), start if running else max(0, start - 1))
    if match is None or (running and (_NO_BODY.search(match[0]) or plain[end : end + 1] in _RUNS_ON)):
        return None
    begin = match.start()
    if not running:
        begin += len(match[0]) - len(_LEADING.sub("", match[0]))
        if begin >= start - 1:
            return None
    return Found(plain[begin:end], Span(part.field, begin, end), "state body")
