"""What a person reads of an alert: its facts said in their language, each in its line.

A card is made once for each alert and written as often as there are formats. Lines carry a rank: where
room is short, the highest rank goes first.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from watcher.channels.clean import cut, host, link, plain
from watcher.channels.markup import Line, Span
from watcher.channels.speaker import Speaker, number
from watcher.model import Alert, Change, Story

HEADLINE = 240
_NAMES = 3
_CHANGES = 6


@dataclass(frozen=True, slots=True)
class Report:
    """Another report of the story. `url` is safe or empty."""

    title: str
    publisher: str
    url: str


@dataclass(frozen=True, slots=True)
class Card:
    """An alert in words: plain text, clean, of bounded length, in the reader's language where it is ours.

    `lead` says country, sum, stage and instruments. Empty strings and tuples mean nothing is known.
    """

    alert: Alert
    label: str
    flags: str
    lead: str
    headline: str
    headline_language: str
    url: str
    host: str
    changes: tuple[str, ...]
    reported: str
    ahead: tuple[str, ...]
    said_by: str
    matched: str
    rules: str
    summary: str
    others: tuple[Report, ...]
    sums: str
    countries: str
    stage: str
    instruments: str

    @property
    def title(self) -> str:
        """One line that says what it is about: the facts, or the headline where there are none."""
        return self.label + " ".join(part for part in (self.flags, self.lead or self.headline) if part)

    @property
    def head(self) -> str:
        """The line above the headline; empty where there is nothing to say."""
        return (self.label + " ".join(part for part in (self.flags, self.lead) if part)).strip()


def card(alert: Alert, speaker: Speaker, now: datetime) -> Card:
    """Say `alert` in the words of `speaker`."""
    body = alert.body
    codes = [plain(code, 8).upper() for code in _texts(body.get("countries"))][:4]
    countries = speaker.listing([speaker.country(code) for code in codes])
    sums = speaker.listing([plain(speaker.sum(amount), 80) for amount in _largest(_mappings(body.get("amounts")))])
    stage = speaker.name("stages", plain(body.get("stage"))) if body.get("stage") else ""
    instruments = speaker.listing([speaker.name("instruments", code) for code in _texts(body.get("instruments"))][:4])
    url = link(body.get("url"))
    rules = speaker.listing([speaker.foreign(plain(rule, 60)) for rule in alert.rules][:6])
    return Card(
        alert=alert,
        label=speaker.word("follow_up") + speaker.colon if alert.kind == "follow_up" else "",
        flags=speaker.flags(codes),
        lead=" · ".join(part for part in (countries, sums, stage, instruments) if part),
        headline=plain(body.get("title"), HEADLINE) or plain(body.get("summary"), HEADLINE) or speaker.word("untitled"),
        headline_language=plain(body.get("lang"), 12),
        url=url,
        host=host(url) if url else "",
        changes=_changes(alert, speaker),
        reported=_reported(body, speaker, now),
        ahead=tuple(_ahead(ahead, speaker) for ahead in _mappings(body.get("ahead"))[:3]),
        said_by=speaker.listing([speaker.foreign(plain(name, 60)) for name in _texts(body.get("attributed_to"))][:3]),
        matched=speaker.listing(
            [speaker.quoted(speaker.foreign(plain(text, 60))) for text in _texts(body.get("why"))][:5]
        ),
        rules=rules,
        summary=_summary(body),
        others=_others(body, url),
        sums=sums,
        countries=countries,
        stage=stage,
        instruments=instruments,
    )


def story_card(story: Story, speaker: Speaker, now: datetime) -> Card:
    """Say a story as it stands in the words of `speaker`."""
    return card(as_alert(story), speaker, now)


def as_alert(story: Story) -> Alert:
    """A story as it stands in the form of an alert, for what says alerts in words."""
    latest = story.reports[-1] if story.reports else None
    reports = [
        {"publisher": r.publisher, "lang": r.lang, "title": r.title, "url": r.url, "at": r.at.isoformat()}
        for r in story.reports
    ]
    body: dict[str, object] = {
        **story.facts,
        "title": story.title,
        "url": latest.url if latest else "",
        "lang": latest.lang if latest else "",
        "reports": reports,
        "report_count": len(reports),
        "languages": list(dict.fromkeys(report.lang for report in story.reports if report.lang)),
        "first_at": story.first_at.isoformat(),
        "story": story.id,
        "revision": story.revision,
    }
    return Alert(
        f"story:{story.id}", "new", story.id, "", tuple(sorted(story.rules)), "normal", story.first_at, (), body
    )


def story_facts(story: Story, speaker: Speaker, now: datetime) -> list[tuple[str, str]]:
    """What is known of a story as (label, words) in the order of reading, only what is known. Labels are English."""
    said = story_card(story, speaker, now)
    sums = [plain(speaker.sum(amount), 80) for amount in _mappings(story.facts.get("amounts"))]
    actors = {name.casefold(): plain(name, 80) for name in _texts(story.facts.get("actors"))}
    lines = (
        ("States", " ".join(part for part in (said.flags, said.countries) if part)),
        ("Sums", " · ".join(dict.fromkeys(sums))),
        ("Stage", said.stage),
        ("Measures", said.instruments),
        ("Actors", speaker.listing(list(actors.values())[:8])),
        ("Ahead", " · ".join(said.ahead)),
        ("Credited to", said.said_by),
        ("Sources", said.reported),
        ("Rules", said.rules),
    )
    return [(label, words) for label, words in lines if words]


def full_lines(card: Card, speaker: Speaker, *, with_lead: bool) -> list[tuple[int, Line]]:
    """All lines of a card with their ranks, in the order of reading."""
    lines: list[tuple[int, Line]] = []
    if with_lead and card.head:
        lines.append((1, (Span(card.head, "bold"),)))
    if card.changes:
        lines.append((3, (Span(_labelled(speaker, "changed", " · ".join(card.changes))),)))
    lines.append((0, _headline(card)))
    if card.alert.kind == "health" and card.summary:
        lines.append((2, (Span(card.summary),)))
    if card.reported:
        lines.append((4, (Span(card.reported, "dim"),)))
    if card.said_by:
        lines.append((6, (Span(_labelled(speaker, "said_by", card.said_by), "dim"),)))
    lines += [(5, (Span(_labelled(speaker, "ahead", ahead)),)) for ahead in card.ahead]
    why = " · ".join(
        part
        for part in (
            card.matched and _labelled(speaker, "matched", card.matched),
            _labelled(speaker, "rule", card.rules),
        )
        if part
    )
    if card.matched or card.rules:
        lines.append((7, (Span(why, "dim"),)))
    return lines


def compact_lines(card: Card, speaker: Speaker) -> list[tuple[int, Line]]:
    """A card in two lines."""
    lines: list[tuple[int, Line]] = [(1, (Span(cut(card.head, 140), "bold"),))] if card.head else []
    return [*lines, (0, _headline(card, 140))]


def terse_lines(card: Card, speaker: Speaker) -> list[tuple[int, Line]]:
    """A card in one short line."""
    headline = speaker.foreign(cut(card.headline, 70))
    return [(0, (Span(" ".join(part for part in (card.flags, headline) if part)),))]


def _headline(card: Card, limit: int = HEADLINE) -> Line:
    """The headline, leading to the report."""
    return (Span(cut(card.headline, limit), "plain", card.url),)


def _labelled(speaker: Speaker, key: str, value: str) -> str:
    return f"{speaker.word(key)}{speaker.colon}{value}"


def _changes(alert: Alert, speaker: Speaker) -> tuple[str, ...]:
    """What moved, in words; additions of one kind stand together."""
    said: list[str] = []
    added: dict[str, list[str]] = {}
    for change in alert.changes[:_CHANGES]:
        old, new = (_value(change.kind, plain(text, 200), speaker) for text in (change.old, change.new))
        name = f"{speaker.name('changes', change.kind)}{speaker.colon}"
        if new and not old:
            said += [name] if name not in added else []
            added.setdefault(name, []).append(new)
        elif old or new:
            step = "–" if _is_reached(change) else speaker.arrow
            said.append(f"{name}{speaker.foreign(old)} {step} {speaker.foreign(new) or '–'}")
    return tuple(f"{line}{speaker.listing(added[line])}" if line in added else line for line in said)


_SUM = re.compile(r"(\d+(?:\.\d+)?(?:[eE]\+?\d+)?) ([A-Z]{3})")
_DATE = re.compile(r"\d{4}(-\d\d){0,2}")


def _is_reached(change: Change) -> bool:
    """A date that has come, with what was to happen; else a date that moved."""
    return change.kind == "date" and not _DATE.fullmatch(change.new)


def _value(kind: str, text: str, speaker: Speaker) -> str:
    """A changed value in words: stages and instruments by name, sums, countries and dates as elsewhere."""
    if kind in ("stage", "instrument"):
        return speaker.listing([speaker.name(f"{kind}s", code) for code in re.split(r",\s*", text) if code])
    if kind == "country":
        return speaker.listing([speaker.country(code) for code in re.split(r",\s*", text) if code])
    if kind == "date":
        return speaker.day(text) if _DATE.fullmatch(text) else text
    match = _SUM.fullmatch(text) if kind in ("amount", "correction") else None
    return speaker.sum({"value": match[1], "currency": match[2], "text": text}) if match else text


def _reported(body: Mapping[str, object], speaker: Speaker, now: datetime) -> str:
    reports = _mappings(body.get("reports"))
    names = list(dict.fromkeys(name for name in (plain(report.get("publisher"), 40) for report in reports) if name))
    names = names or [name for name in (plain(body.get("source"), 40),) if name]
    if not names:
        return ""
    said = speaker.listing([speaker.foreign(name) for name in names[:_NAMES]])
    if len(names) > _NAMES:
        said = speaker.count("and_more", len(names) - _NAMES, names=said)
    parts = [speaker.word("reported_by", names=said)]
    count = body.get("report_count")
    if isinstance(count, int) and count > max(1, len(names)):
        parts.append(speaker.count("reports", count))
    since = speaker.moment(body.get("first_at"), now)
    if since:
        parts.append(speaker.word("since", when=since))
    spoken = [speaker.language_name(plain(code, 12)) for code in _texts(body.get("languages"))]
    if spoken:
        shown = speaker.listing(spoken[:5]) + (" …" if len(spoken) > 5 else "")
        parts.append(speaker.word("in_languages", languages=shown))
    return " · ".join(parts)


def _ahead(ahead: Mapping[str, object], speaker: Speaker) -> str:
    when, what = speaker.day(ahead.get("when")), speaker.foreign(plain(ahead.get("what"), 140))
    return " – ".join(part for part in (when, what) if part)


def _largest(amounts: Sequence[Mapping[str, object]]) -> list[Mapping[str, object]]:
    """The two sums to show: the largest in dollars, certain ones before uncertain, each once in its fullest wording."""

    def weight(amount: Mapping[str, object]) -> tuple[bool, Decimal]:
        return (not amount.get("uncertain"), number(amount.get("usd")) or Decimal(0))

    once: dict[tuple[object, object], Mapping[str, object]] = {}
    for amount in amounts:
        same = (number(amount.get("value")), amount.get("currency") or amount.get("text"))
        if same not in once or (amount.get("qualifier") and not once[same].get("qualifier")):
            once[same] = amount
    return sorted(once.values(), key=weight, reverse=True)[:2]


def _summary(body: Mapping[str, object]) -> str:
    summary = plain(body.get("summary"), 400)
    return "" if summary == plain(body.get("title"), 400) else summary


def _others(body: Mapping[str, object], url: str) -> tuple[Report, ...]:
    found = [
        Report(plain(report.get("title"), 160), plain(report.get("publisher"), 40), link(report.get("url")))
        for report in _mappings(body.get("reports"))
    ]
    return tuple(report for report in found if report.url and report.url != url and report.title)[:10]


def _texts(value: object) -> list[str]:
    return [text for text in value if isinstance(text, str)] if isinstance(value, (list, tuple)) else []


def _mappings(value: object) -> list[Mapping[str, object]]:
    return [entry for entry in value if isinstance(entry, Mapping)] if isinstance(value, (list, tuple)) else []
