"""A channel's own message text: flat placeholders with a few filters, and nothing that could run.

`${title}` `${title:80}` (cut) `${title|upper}` `${stage|or:unknown}` `${country|in: (, )}`; `$${` is a
literal `${`. Filters follow one another. Values are escaped for the channel's markup after filtering,
never read again, and the whole is capped: the text of a feed can neither add placeholders nor flood.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from watcher.channels.clean import cut

LONGEST = 8000
"""Characters of a filled-in template; the rest is cut."""

NAMES: Mapping[str, str] = {
    "title": "headline of the report",
    "lead": "country, sum, stage and instruments in one line",
    "label": "'Update:' on follow-ups, else empty",
    "flag": "flags of the countries",
    "country": "countries by name",
    "amount": "sums, with dollars",
    "stage": "how far it is",
    "instrument": "fund, law, committee …",
    "change": "what changed, old → new",
    "reported": "who reports it, since when, in which languages",
    "ahead": "what is to come",
    "said_by": "whom the report names as its source",
    "matched": "the words that matched",
    "rule": "rules that caught it",
    "severity": "low, normal or high",
    "kind": "new, follow_up, item, health, catch_up",
    "summary": "first sentences",
    "source": "publisher of the report",
    "url": "address of the report",
    "host": "its host",
    "story": "id of the story",
    "key": "key of the alert",
}

_PLACEHOLDER = re.compile(r"\$\$\{|\$\{(?P<inside>[^{}]*)\}|\$\{")


@dataclass(frozen=True, slots=True)
class _Step:
    apply: Callable[[str, str], str]
    takes: str = ""
    """'' for no argument, 'number', 'text'."""


_FILTERS: Mapping[str, _Step] = {
    "cut": _Step(lambda value, argument: cut(value, int(argument)), "number"),
    "upper": _Step(lambda value, _: value.upper()),
    "lower": _Step(lambda value, _: value.lower()),
    "or": _Step(lambda value, argument: value or argument, "text"),
    "in": _Step(lambda value, argument: argument.replace("_", value, 1) if value else "", "text"),
}


def fill(template: str, values: Mapping[str, str], escape: Callable[[str], str] = str) -> str:
    """The template with its placeholders replaced. What is wrong in it stands as written: `problems` tells before."""

    def replace(match: re.Match[str]) -> str:
        if match[0] == "$${":
            return "${"
        parsed = _parse(match["inside"] or "")
        if isinstance(parsed, str):
            return match[0]
        name, steps = parsed
        value = values.get(name, "")
        for step, argument in steps:
            value = step.apply(value, argument)
        return escape(value[:LONGEST])

    return _PLACEHOLDER.sub(replace, template)[:LONGEST].rstrip()


def problems(template: str) -> list[str]:
    """What is wrong with a template, each with its remedy; empty when it can be used."""
    found = []
    for match in _PLACEHOLDER.finditer(template):
        if match[0] == "$${":
            continue
        if match["inside"] is None:
            found.append("a '${' without its '}'; write $${ for a literal ${")
            continue
        parsed = _parse(match["inside"])
        if isinstance(parsed, str):
            found.append(parsed)
    if len(template) > LONGEST:
        found.append(f"longer than {LONGEST} characters")
    if template and not template.strip():
        found.append("empty")
    return found


def _parse(inside: str) -> tuple[str, list[tuple[_Step, str]]] | str:
    """A placeholder's name and filters, or what is wrong with it."""
    head, *filters = inside.split("|")
    name, colon, limit = head.strip().partition(":")
    if name not in NAMES:
        return f"no placeholder '{name}'{_near(name, NAMES)}"
    steps: list[tuple[_Step, str]] = []
    for text in ([f"cut:{limit}"] if colon else []) + filters:
        kind, colon, argument = text.lstrip().partition(":")
        step = _FILTERS.get(kind.strip())
        if step is None:
            return f"no filter '{kind.strip()}' in '${{{inside}}}'{_near(kind.strip(), _FILTERS)}"
        if step.takes == "number" and not (argument.strip().isdecimal() and 0 < int(argument) <= LONGEST):
            return f"'${{{inside}}}': a length is a number from 1 to {LONGEST}, such as ${{{name}:80}}"
        if bool(step.takes) != bool(colon):
            return f"'${{{inside}}}': the filter '{kind}' takes {'an argument after a colon' if step.takes else 'no argument'}"
        steps.append((step, argument))
    return name, steps


def _near(name: str, known: Mapping[str, object]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean '{near[0]}'?" if near else f"; there are {', '.join(known)}"
