"""What an alert carries of its story, so that it can be rendered later and elsewhere.

Keys of `Alert.body`, all JSON-able; a renderer takes any of them to be absent:

    title, lang, url, source, summary   of the report that caused it, plain text
    countries      [ISO 3166-1 alpha-2 or EU]
    amounts        [{text, value, currency, usd, qualifier, uncertain}], without those that restate another
    stage          one of model.STAGES, or ''
    instruments    [of model.INSTRUMENTS]
    actors, attributed_to               [name]
    ahead          [{when, what}], `when` as precise as known: 2027, 2027-03, 2027-03-14 or ''
    reports        [{publisher, lang, title, url, at}], oldest first, at most REPORTS
    report_count   how many there are
    languages      [code], in order of appearance
    first_at       ISO 8601, when the story was first seen
    why            [text that matched], at most WHY
    rules          [name]
    changes        [{kind, old, new}]
    story, revision, published
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from watcher.model import Amount, Change, Report, Story, Verdict

REPORTS = 30
WHY = 8
_SUMMARY = 1000


def body(story: Story, verdict: Verdict, changes: Sequence[Change]) -> Mapping[str, object]:
    """Everything that rendering needs, from the story as it stands and the report that moved it."""
    item, facts = verdict.item, verdict.facts
    return {
        "title": item.title.plain or story.title,
        "lang": item.lang,
        "url": item.entry.url,
        "source": item.source,
        "summary": item.summary.plain[:_SUMMARY],
        "published": _iso(item.published),
        "countries": _states(verdict) or _known(story, "countries"),
        "amounts": _sums(facts.amounts) or _known(story, "amounts"),
        "stage": facts.stage.value if facts.stage else _known_stage(story),
        "instruments": _unique(found.value for found in facts.instruments) or _known(story, "instruments"),
        "actors": _unique(found.value for found in facts.actors),
        "attributed_to": _unique(found.value for found in facts.attributed_to),
        "ahead": [{"when": ahead.when, "what": ahead.what} for ahead in facts.ahead],
        "reports": [_report(report) for report in _chosen(story.reports)],
        "report_count": _count(story),
        "languages": _unique([*(report.lang for report in story.reports), *_known(story, "langs")]),
        "first_at": _iso(story.first_at),
        "why": _unique(evidence.text for match in verdict.matches for evidence in match.evidence)[:WHY],
        "rules": sorted({match.rule for match in verdict.matches}),
        "changes": [{"kind": change.kind, "old": change.old, "new": change.new} for change in changes],
        "story": story.id,
        "revision": story.revision,
    }


def _count(story: Story) -> int:
    """How many reports there were, also those that the story no longer lists."""
    counted = story.facts.get("report_count")
    return max(len(story.reports), counted if isinstance(counted, int) else 0)


def _states(verdict: Verdict) -> list[str]:
    """The acting states; one that nothing in the text names is only told where the feed's own country is configured."""
    at_home = bool(verdict.item.feed.country)
    return _unique(found.value for found in verdict.facts.countries if found.span.end > 0 or at_home)


def _sums(amounts: Iterable[Amount]) -> list[dict[str, object]]:
    """Each sum once, the fullest way it is put: headline and summary often state the same."""
    kept: dict[tuple[Decimal, str], Amount] = {}
    for amount in amounts:
        if amount.same_as is None:
            before = kept.get((amount.value, amount.currency))
            if before is None or (amount.qualifier and not before.qualifier):
                kept[amount.value, amount.currency] = amount
    return [_amount(amount) for amount in kept.values()]


def _known(story: Story, key: str) -> list[Any]:
    """A list that the story remembers from other reports, where this one does not say."""
    value = story.facts.get(key)
    return list(value) if isinstance(value, (list, tuple)) else []


def _known_stage(story: Story) -> str:
    value = story.facts.get("stage")
    return value if isinstance(value, str) else ""


def _unique(values: Iterable[str]) -> list[str]:
    return [value for value in dict.fromkeys(values) if value]


def _chosen(reports: Sequence[Report]) -> Sequence[Report]:
    """The first reports and the latest, where there are too many."""
    if len(reports) <= REPORTS:
        return reports
    return (*reports[: REPORTS // 3], *reports[-(REPORTS - REPORTS // 3) :])


def _report(report: Report) -> dict[str, object]:
    return {
        "publisher": report.publisher,
        "lang": report.lang,
        "title": report.title,
        "url": report.url,
        "at": _iso(report.at),
    }


def _amount(amount: Amount) -> dict[str, object]:
    return {
        "text": amount.text,
        "value": _number(amount.value),
        "currency": amount.currency,
        "usd": None if amount.usd is None else _number(amount.usd),
        "qualifier": amount.qualifier,
        "uncertain": amount.uncertain,
    }


def _number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)


def _iso(at: datetime | None) -> str:
    return at.isoformat() if at else ""


def reminder(story: Story, changes: Sequence[Change]) -> Mapping[str, object]:
    """The body of an alert that no report caused: a date that the story told of is reached."""
    latest = story.reports[-1] if story.reports else None
    return {
        "title": story.title,
        "lang": latest.lang if latest else "",
        "url": latest.url if latest else "",
        "countries": _known(story, "countries"),
        "amounts": _known(story, "amounts"),
        "stage": _known_stage(story),
        "instruments": _known(story, "instruments"),
        "ahead": [],
        "reports": [_report(report) for report in _chosen(story.reports)],
        "report_count": len(story.reports),
        "languages": _unique(report.lang for report in story.reports),
        "first_at": _iso(story.first_at),
        "rules": sorted(story.rules),
        "changes": [{"kind": change.kind, "old": change.old, "new": change.new} for change in changes],
        "story": story.id,
        "revision": story.revision,
    }
