"""People who are named beside the company or organisation they speak for: «Sam Altman, d'OpenAI», "OpenAI's Sam Altman"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from watcher.facts.lexicon import Hit
from watcher.facts.reading import Part
from watcher.model import Found, Span

_CAPITAL = r"[A-ZÀ-ÞĀ-ŽΑ-ΩА-ЯЁІЇЄҐ]"
_WORD = rf"{_CAPITAL}(?:\.|[\w'’-]*\w)"
_NAME = rf"(?<!\w){_WORD}(?: (?:von|van|der|de|da|bin|al|el|ben))?(?: {_WORD}){{1,2}}(?!\w)"
_LINK = r"(?:of|from|at|de|d'|d’|du|di|da|do|von|vom|bei|van|z|ze|із|з|из|av|fra|från|af|ng|dari|wa)"
_BEFORE = re.compile(rf"({_NAME}),? {_LINK} ?$")
"""A name, then a word of belonging, then the company."""
_AFTER = re.compile(
    rf"['’]s (?:chief executive|CEO|boss|head|(?:co-)?founder|president|chair(?:man)?|director) ({_NAME})"
)
"""A role and a name after their company. Without the role it may be a product: "Google's Gemini Flash"."""
_ROLE_BEFORE = re.compile(
    r"(?<!\w)(?:patron(?:ne)?|PDG|chief|head|boss|founder|CEO|jefe|presidente|fundador|capo|fondatore|Chef|Gründer|szef"
    rf"|prezes|глава|шеф|topman|baas) (?:{_LINK} ?)?$"
)
_AFTER_ROLE = re.compile(rf",? ({_NAME})")
"""A name after a role and its company: «le patron d'OpenAI, Sam Altman»."""
_KATAKANA = re.compile(r"の?([ァ-ヺー]+・[ァ-ヺー・]+)")
"""A name in parts after the company."""
_REACH = 60


def people_beside(part: Part, company: Hit, taken: list[Span]) -> Iterator[Found]:
    """Names joined to `company` in a field; what overlaps `taken`, such as a state or a body, is no person."""
    plain, span = part.text.plain, part.span(company.start, company.end)
    start = max(0, span.start - _REACH)
    lead = plain[start : span.start]
    before = _BEFORE.search(lead)
    after = _AFTER.match(plain, span.end) or _KATAKANA.match(plain, span.end)
    if after is None and _ROLE_BEFORE.search(lead):
        after = _AFTER_ROLE.match(plain, span.end)
    for match, shift in ((before, start), (after, 0)):
        if match is not None:
            place = Span(part.field, match.start(1) + shift, match.end(1) + shift)
            if not any(map(place.overlaps, taken)):
                yield Found(match[1], place, "person of a company or organisation")
