"""Validated models → the values that the core wants, each with the place it was written at."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from watcher.alerts import ChannelPolicy, parse_at_most, parse_digest, parse_quiet_hours
from watcher.config.schema import ChannelModel, FeedModel, PartModel, RuleModel
from watcher.config.settings import Channel, RequestOptions
from watcher.config.tree import Node
from watcher.errors import Problem
from watcher.model import Feed
from watcher.rules import (
    Line,
    OpinionSpec,
    RuleSpec,
    RuleTest,
    ScoreSpec,
    VocabularySpec,
    VocabularyTerm,
    Weight,
    Where,
)

_HTTP_URL = re.compile(r"https?://[^\s/?#]+", re.IGNORECASE)

NOBODY = "-"
"""Stands in a rule's `notify` for the empty list: the rule is stored and shown, and alerts nobody."""


@dataclass(frozen=True, slots=True)
class Part:
    """One validated file."""

    file: str
    node: Node
    model: PartModel

    def where(self, *path: str | int) -> Where:
        """The place of a value, by its path."""
        node = self.node.at(path)
        return Where(self.file, node.line, node.column)


@dataclass(frozen=True, slots=True)
class Placed:
    """A converted value with its name and place."""

    name: str
    value: Any
    file: str
    line: int
    column: int


def _placed(part: Part, name: str, value: Any, *path: str | int) -> Placed:
    where = part.where(*path)
    return Placed(name, value, where.file, where.line, where.column)


def feed(part: Part, index: int) -> Placed:
    """A subscription: (Feed, RequestOptions or None).

    A feed whose address holds references is known, stored and shown by the address as written; only requests see the whole.
    """
    model: FeedModel = (part.model.feeds or [])[index]
    place = part.node.at(("feeds", index, "url"))
    written = place.written if isinstance(place.value, str) else ""
    value = Feed(
        url=written or model.url,
        name=model.name,
        tags=frozenset(model.tags),
        lang=model.lang,
        country=model.country.upper(),
        every=model.every,
        first_run=model.first_run,
        full_text=model.full_text,
    )
    options = RequestOptions(
        model.headers, model.cookies, model.proxy, model.user_agent, address=model.url if written else ""
    )
    return _placed(part, model.url, (value, options if options != RequestOptions() else None), "feeds", index)


def feed_problems(found: Placed) -> list[Problem]:
    """What is wrong with a subscription beyond its types."""
    feed, options = found.value
    problems = []
    if not _HTTP_URL.match((options.address if options else "") or feed.url):
        hint = "write http:// or https:// and the whole address"
        problems.append(
            Problem(found.file, found.line, found.column, f"'{feed.url}' is not the address of a feed", hint)
        )
    if options is not None and options.proxy and not _HTTP_URL.match(options.proxy):
        kind = "proxy: is not the address of an HTTP proxy"  # which may hold a secret, so it is not shown
        hint = "write http://host:port; SOCKS is not spoken"
        problems.append(Problem(found.file, found.line, found.column, f"{feed.url}: {kind}", hint))
    return problems


def rule(part: Part, index: int) -> Placed:
    """A rule as its writer placed it."""
    model: RuleModel = (part.model.rules or [])[index]
    base = ("rules", index)
    value = RuleSpec(
        name=model.name,
        match=Line(model.match, part.where(*base, "match")) if model.match else None,
        all=_lines(part, model.all, *base, "all"),
        any=_lines(part, model.any, *base, "any"),
        none=_lines(part, model.none, *base, "none"),
        score=_score(part, model, *base, "score"),
        per=model.per,
        severity=model.severity,
        notify=() if model.notify is None else tuple(model.notify) or (NOBODY,),
        langs=frozenset(model.langs),
        tags=frozenset(model.tags),
        feeds=frozenset(model.feeds),
        within=model.within,
        publishers=model.publishers or 0,
        tests=tuple(
            RuleTest(
                match=test.match,
                title=test.title,
                text=test.text,
                lang=test.lang,
                source=test.source,
                tags=frozenset(test.tags),
                where=part.where(*base, "tests", number),
            )
            for number, test in enumerate(model.tests)
        ),
        where=part.where(*base),
        places={key: part.where(*base, key) for key in part.node.at(base).value},
    )
    return _placed(part, model.name, value, *base)


def _lines(part: Part, texts: list[str], *path: str | int) -> tuple[Line, ...]:
    return tuple(Line(text, part.where(*path, number)) for number, text in enumerate(texts))


def _score(part: Part, model: RuleModel, *path: str | int) -> ScoreSpec | None:
    if model.score is None:
        return None
    weights = tuple(Weight(text, weight, part.where(*path, "add", text)) for text, weight in model.score.add.items())
    opinion = None
    if (given := model.score.opinion) is not None:
        where = part.where(*path, "opinion")
        opinion = OpinionSpec(**given.model_dump(), where=where)
    return ScoreSpec(model.score.at_least, weights, model.score.base, opinion, part.where(*path))


def vocabulary(part: Part, name: str) -> Placed:
    """A named list of terms by language."""
    by_lang = (part.model.vocabularies or {})[name]
    terms = tuple(
        VocabularyTerm(text, "any" if lang == "*" else lang, part.where("vocabularies", name, lang, number))
        for lang, texts in by_lang.items()
        for number, text in enumerate(texts)
    )
    return _placed(part, name, VocabularySpec(name, terms, part.where("vocabularies", name)), "vocabularies", name)


def joined(vocabularies: list[Placed]) -> tuple[VocabularySpec, ...]:
    """Vocabularies of one name, from several files, add up: so a user extends a pack's."""
    terms: dict[str, VocabularySpec] = {}
    for found in vocabularies:
        spec: VocabularySpec = found.value
        before = terms.get(spec.name)
        terms[spec.name] = (
            spec if before is None else VocabularySpec(spec.name, before.terms + spec.terms, before.where)
        )
    return tuple(terms.values())


def channel(part: Part, index: int, problems: list[Problem]) -> Placed:
    """A destination; what its policy says wrongly goes to `problems`."""
    model: ChannelModel = (part.model.channels or [])[index]
    base = ("channels", index)

    def read(key: str, parse: Any) -> Any:
        try:
            return parse(getattr(model, key))
        except (ValueError, ZoneInfoNotFoundError) as error:
            where = part.where(*base, key)
            message = (
                str(error)
                if isinstance(error, ValueError)
                else f"'{model.timezone}' is not a time zone; write one like Europe/Paris"
            )
            problems.append(Problem(where.file, where.line, where.column, f"channels.{model.name}.{key}: {message}"))
            return parse("") if key != "timezone" else None

    read("timezone", ZoneInfo)
    read("digest", parse_digest)
    read("quiet_hours", parse_quiet_hours)
    read("at_most", parse_at_most)
    policy = ChannelPolicy(
        name=model.name,
        digest=model.digest,
        quiet_hours=model.quiet_hours,
        timezone=model.timezone,
        at_most=model.at_most,
        min_severity=model.min_severity,
        break_quiet=model.break_quiet,
        give_up=model.give_up,
        group=model.group,
        escalate_to=model.escalate.to if model.escalate else "",
        escalate_after=model.escalate.after if model.escalate else None,
        language=model.language,
        template=model.template,
        on_uncertain=model.on_uncertain,
    )
    places = {key: part.where(*base, key) for key in part.node.at(base).value}
    value = Channel(policy, model.url, part.where(*base), places, rate=read("rate", _rate))
    return _placed(part, model.name, value, *base)


def _rate(text: str) -> float:
    """Messages per second from `1/s`, `20/m` or `30/h`; 0 without one."""
    if not text:
        return 0.0
    match = re.fullmatch(r"(\d+)\s*/\s*([smh])", text)
    if not match or int(match[1]) < 1:
        raise ValueError(f"'{text}' is not a pace; write 1/s, 20/m or 30/h")
    return int(match[1]) / {"s": 1, "m": 60, "h": 3600}[match[2]]
