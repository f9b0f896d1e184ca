"""Which story a report belongs to, and what a story remembers of its reports."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache

from watcher.model import Change, Report, Story, Verdict
from watcher.stories.changes import changes_of, facts_of, merge_facts
from watcher.stories.keys import keys_for
from watcher.stories.near import resemblance
from watcher.stories.pair import Model, model, score
from watcher.stories.profile import Signature, moment, read_signature, sign

MAX_MEMBERS = 8
"""Signatures a story is compared by: its first reports and its latest ones that are no echoes."""

MAX_COMPARED = 16
"""Stories compared in full; more candidates are ranked by what they share first."""

MAX_FIRST, MAX_LAST = 20, 40
"""Reports that a story keeps; of those between only the number is kept."""

ECHO = 0.7
"""Resemblance from which a report is an echo: it joins unless it speaks of another country or other sums."""

WINDOW_DAYS = 21


def story_keys(verdict: Verdict) -> frozenset[str]:
    """Blocking keys of a report: stories that share one within the time window are its candidates."""
    return keys_for(_signed(verdict), model().rarity)


def keys_of(story: Story) -> frozenset[str]:
    """Blocking keys of all that a story is compared by."""
    return frozenset(key for member in _members(story) for key in keys_for(member, model().rarity))


def assign(verdict: Verdict, candidates: Mapping[str, Story], now: datetime) -> str | None:
    """The id of the story that the report is of, or None where it begins one."""
    report, known = _signed(verdict), model()
    best, found = known.thresholds["join"], None
    for story in _shortlist(report, candidates.values(), known):
        likeness = likeness_to(report, _members(story), known)
        if likeness > best:
            best, found = likeness, story.id
    return found


def likeness_to(report: Signature, members: Sequence[Signature], known: Model) -> float:
    """Log odds that a report is of the event that the members are of: the nearest of them and all of them, weighed."""
    if not members or min(abs(report.day - member.day) for member in members) > WINDOW_DAYS:
        return -99.0
    if any(is_echo(report, member) for member in members):
        return 99.0
    scores = [score(report, member, known) for member in members]
    nearest = known.thresholds["nearest"]
    return nearest * max(scores) + (1 - nearest) * sum(scores) / len(scores)


def is_echo(one: Signature, other: Signature) -> bool:
    """Whether two reports are one text, with nothing of substance changed in it."""
    if resemblance(one.digest, other.digest) < ECHO:
        return False
    countries_agree = not one.countries or not other.countries or bool(set(one.countries) & set(other.countries))
    return countries_agree and len(one.words) >= 4 and _numbers(one) == _numbers(other)


def _numbers(signature: Signature) -> frozenset[str]:
    return frozenset(signature.figures) | {f"{currency}{value:.4g}" for currency, value, _ in signature.sums}


def begin(verdict: Verdict, story_id: str, now: datetime) -> Story:
    """A story with its first report."""
    at = moment(verdict)
    return Story(
        id=story_id,
        title=verdict.item.title.plain,
        first_at=at,
        last_at=at,
        revision=1,
        reports=(_report(verdict),),
        rules=frozenset(match.rule for match in verdict.matches),
        facts=facts_of(verdict),
        profile={"members": [_signed(verdict).as_text()]},
    )


def join(story: Story, verdict: Verdict, now: datetime) -> tuple[Story, tuple[Change, ...]]:
    """The story with one more report (or an edited one), and the changes in it that are worth telling; an echo tells none."""
    report, members = _signed(verdict), _members(story)
    echo = any(is_echo(report, member) for member in members)
    changes = () if echo else changes_of(story, verdict)
    at = moment(verdict)
    others = tuple(each for each in story.reports if each.item_id != verdict.item.id)
    is_more = len(others) == len(story.reports)
    joined = replace(
        story,
        first_at=min(story.first_at, at),
        last_at=max(story.last_at, at),
        reports=_kept(tuple(sorted((*others, _report(verdict)), key=lambda each: (each.at, each.item_id)))),
        rules=story.rules | {match.rule for match in verdict.matches},
        facts=merge_facts(story.facts, facts_of(verdict), count=is_more),
        profile=story.profile if echo else {"members": [each.as_text() for each in _trimmed((*members, report))]},
    )
    return joined, changes


def should_merge(one: Story, other: Story) -> bool:
    """Whether two stories turn out to be one event: their reports are alike on the whole, more clearly than joining asks for."""
    known = model()
    ours, theirs = _members(one), _members(other)
    if not ours or not theirs or one.id == other.id:
        return False
    likeness = sum(likeness_to(member, ours, known) for member in theirs) / len(theirs)
    return min(likeness, 20.0) > known.thresholds["merge"]


def merge(one: Story, other: Story) -> Story:
    """The first story with all of the second in it. What either has told is told."""
    members = sorted((*_members(one), *_members(other)), key=lambda member: member.day)
    ids = {report.item_id for report in one.reports}
    reports = sorted(
        (*one.reports, *(each for each in other.reports if each.item_id not in ids)),
        key=lambda each: (each.at, each.item_id),
    )
    first = one if one.first_at <= other.first_at else other
    return replace(
        one,
        title=first.title,
        first_at=min(one.first_at, other.first_at),
        last_at=max(one.last_at, other.last_at),
        revision=max(one.revision, other.revision),
        reports=_kept(tuple(reports)),
        rules=one.rules | other.rules,
        facts=merge_facts(one.facts, other.facts, count=True),
        profile={"members": [each.as_text() for each in _trimmed(tuple(members))]},
        told=one.told | other.told,
    )


def _shortlist(report: Signature, stories: Iterable[Story], known: Model) -> list[Story]:
    """The candidates that share most with the report, at most MAX_COMPARED."""
    ranked = []
    for story in stories:
        members = _members(story)
        shared = max((_shared(report, member, known) for member in members), default=-1.0)
        ranked.append((-shared, story.id, story))
    return [story for _, _, story in sorted(ranked, key=lambda each: each[:2])[:MAX_COMPARED]]


def _shared(one: Signature, other: Signature, known: Model) -> float:
    """A quick measure for ranking candidates: rarities of what two reports share, less for days between them."""
    if one.countries and other.countries and not set(one.countries) & set(other.countries):
        return -1.0
    rarity = known.rarity
    shared = sum(rarity.of("name", name) for name in set(one.names) & set(other.names))
    shared += sum(rarity.of("concept", concept) for concept in set(one.concepts) & set(other.concepts))
    shared += 3.0 * len(set(one.figures) & set(other.figures))
    shared += 20.0 * resemblance(one.digest, other.digest)
    return shared - abs(one.day - other.day) * 0.3


@lru_cache(maxsize=4_096)
def _members_of(lines: tuple[str, ...]) -> tuple[Signature, ...]:
    return tuple(read_signature(line) for line in lines)


def _members(story: Story) -> tuple[Signature, ...]:
    lines = story.profile.get("members", ())
    return _members_of(tuple(str(line) for line in lines)) if isinstance(lines, (list, tuple)) else ()


def _trimmed(members: tuple[Signature, ...]) -> tuple[Signature, ...]:
    """The first three and the latest of the others."""
    return members if len(members) <= MAX_MEMBERS else (*members[:3], *members[-(MAX_MEMBERS - 3) :])


def _kept(reports: tuple[Report, ...]) -> tuple[Report, ...]:
    return reports if len(reports) <= MAX_FIRST + MAX_LAST else (*reports[:MAX_FIRST], *reports[-MAX_LAST:])


def _report(verdict: Verdict) -> Report:
    item = verdict.item
    credits = tuple(dict.fromkeys(found.value for found in verdict.facts.attributed_to))[:4]
    return Report(item.id, item.source, item.lang, item.title.plain, item.entry.url, moment(verdict), credits)


_LAST: list[tuple[Verdict, Signature]] = []


def _signed(verdict: Verdict) -> Signature:
    """The signature of a verdict; the last few are kept, since keys, assigning and joining each ask for it."""
    for known, signature in _LAST:
        if known is verdict:
            return signature
    signature = sign(verdict)
    _LAST.insert(0, (verdict, signature))
    del _LAST[4:]
    return signature
