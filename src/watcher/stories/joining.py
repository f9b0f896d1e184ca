"""Which story a report belongs to, and what a story remembers of its reports."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from watcher.model import Change, Report, Story, Verdict
from watcher.stories.changes import changes_of, facts_of, merge_facts
from watcher.stories.keys import BANDS, keys_for
from watcher.stories.model import Model, model
from watcher.stories.near import bands, resemblance
from watcher.stories.pair import Prepared, could_meet, prepare, prepared_member
from watcher.stories.profile import Signature, moment, read_signature, sign

T = TypeVar("T")

MAX_MEMBERS = 8
"""Signatures a story is compared by: its first reports and its latest ones that are no echoes."""

MAX_READ = 12
"""Stories whose members are read; more candidates are ranked by their gist."""

MAX_COMPARED = 10
"""Stories compared in full; more candidates are ranked by what they share first."""

MAX_FIRST, MAX_LAST = 20, 40
"""Reports that a story keeps; of those between only the number is kept."""

ECHO = 0.7
"""Resemblance from which a report is an echo: it joins unless it speaks of another country or other sums."""

ENOUGH_WORDS = 4
"""Of a report with fewer words nothing tells that it is an echo."""

WINDOW_DAYS = 21

CROWD_DAYS = 3
"""Other stories of the same state within so many days make joining harder: there, substance must tell."""

STORY_FEATURES = (
    "one",
    "nearest",
    "mean",
    "second",
    "farthest",
    "size",
    "crowd",
    "close",
    "margin",
    "days",
    "country_rare",
)
_NEAREST = STORY_FEATURES.index("nearest")


def story_keys(verdict: Verdict) -> frozenset[str]:
    """Blocking keys of a report: stories that share one within the time window are its candidates."""
    return keys_for(_signed(verdict), model().rarity)


def assign(verdict: Verdict, candidates: Mapping[str, Story], now: datetime) -> str | None:
    """The id of the story that the report is of, or None where it begins one."""
    known, report = model(), _signed(verdict)
    members = {story.id: members_of(story, known) for story in likeliest(report, candidates.values(), known)}
    return choose(prepare(report, known.rarity), members, known)


def likeliest(report: Signature, stories: Iterable[Story], known: Model, most: int = MAX_READ) -> list[Story]:
    """Stories whose gist shares most with the report's, at most `most`: reading members costs more than this."""
    alive = [story for story in stories if not story.merged_into]
    if len(alive) <= most:
        return alive
    weights = {mark: _mark_weight(mark, known) for mark in _marks(report)}

    def shared(story: Story) -> float:
        return sum(weights[mark] for mark in weights.keys() & set(str(story.profile.get("gist", "")).split(" ")))

    return sorted(alive, key=lambda story: (-shared(story), story.id))[:most]


def _marks(signature: Signature) -> tuple[str, ...]:
    """What of a report its story's gist holds: names, concepts, figures, and bands of the sketch."""
    marks = [*("n" + name for name in signature.names), *("c" + concept for concept in signature.concepts)]
    return (
        *marks,
        *("f" + figure for figure in signature.figures),
        *("b" + band for band in bands(signature.digest)[:BANDS]),
    )


def _mark_weight(mark: str, known: Model) -> float:
    if mark[0] in "fb":
        return 3.0 if mark[0] == "f" else 8.0
    return known.rarity.of("name" if mark[0] == "n" else "concept", mark[1:])


def profile_of(lines: Sequence[str]) -> dict[str, object]:
    """A story's profile: its members' signatures, and the gist of them for ranking."""
    gist = dict.fromkeys(mark for line in lines for mark in _marks(read_signature(line)))
    return {"members": list(lines), "gist": " ".join(gist)}


def choose(report: Prepared, stories: Mapping[str, Sequence[Prepared]], known: Model) -> str | None:
    """The best of the stories (id → members) above the threshold, or None."""
    shortlist = _shortlist(report, stories)
    for story_id in shortlist:
        if any(is_echo(report.signature, member.signature) for member in stories[story_id]):
            return story_id
    if is_thin(report.signature):
        return None
    weigher = known.semantic_story if report.signature.vector else known.story
    described = describe(report, {story_id: stories[story_id] for story_id in shortlist}, known)
    scored = [
        (sum(w * v for w, v in zip(weigher.weights, values, strict=True)), story_id)
        for story_id, values in described.items()
        if values[_NEAREST] >= weigher.least
    ]
    best, found = max(scored, default=(0.0, None))
    return found if scored and best > weigher.join else None


def describe(report: Prepared, stories: Mapping[str, Sequence[Prepared]], known: Model) -> dict[str, list[float]]:
    """Features of a report with each story, in the order of STORY_FEATURES: its pairs with the members, and how crowded the place is."""
    pairs = {
        story_id: [known.pair_score(report, member) for member in compared(members)]
        for story_id, members in stories.items()
        if members
    }
    near = {
        story_id: min(abs(report.signature.day - member.signature.day) for member in stories[story_id])
        for story_id in pairs
    }
    here = [
        story_id
        for story_id in pairs
        if any(member.countries.keys() & report.countries.keys() for member in stories[story_id])
    ]
    crowd = math.log1p(sum(near[story_id] <= CROWD_DAYS for story_id in here))
    close = math.log1p(sum(near[story_id] <= 1.5 for story_id in here))
    tops = sorted((max(scores), story_id) for story_id, scores in pairs.items())
    found = {}
    for story_id, scores in pairs.items():
        ranked = sorted(scores, reverse=True)
        rival = next((top for top, other in reversed(tops) if other != story_id), -5.0)
        shared = report.countries.keys() & {country for member in stories[story_id] for country in member.countries}
        rare = max((report.countries[country] for country in shared), default=0.0)
        mean, second = sum(ranked) / len(ranked), ranked[min(1, len(ranked) - 1)]
        margin = max(-3.0, min(5.0, ranked[0] - rival))
        found[story_id] = [
            1.0, ranked[0], mean, second, ranked[-1], math.log(len(ranked)), crowd, close, margin, near[story_id] / 7, rare,
        ]  # fmt: skip
    return found


def compared(members: Sequence[Prepared]) -> Sequence[Prepared]:
    """The first two and the last four members: enough to judge by, and few enough to be quick."""
    return members if len(members) <= 6 else (*members[:2], *members[-4:])


def is_echo(one: Signature, other: Signature) -> bool:
    """Whether two reports are one text, with nothing of substance changed in it."""
    if resemblance(one.digest, other.digest) < ECHO:
        return False
    countries_agree = not one.countries or not other.countries or bool(set(one.countries) & set(other.countries))
    return countries_agree and len(one.words) >= ENOUGH_WORDS and _numbers(one) == _numbers(other)


def is_thin(signature: Signature) -> bool:
    """Whether a report says too little to be known by anything but its words: «Update», «AI briefing»."""
    return len(signature.words) < ENOUGH_WORDS and not (signature.countries or signature.sums)


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
        profile=profile_of([_signed(verdict).as_text()]),
    )


def join(story: Story, verdict: Verdict, now: datetime) -> tuple[Story, tuple[Change, ...]]:
    """The story with one more report (or an edited one), and the changes in it that are worth telling; an echo tells none."""
    report, lines = _signed(verdict), lines_of(story)
    echo = any(is_echo(report, member.signature) for member in members_of(story, model()))
    changes = () if echo else changes_of(story, verdict)
    at = moment(verdict)
    others = tuple(each for each in story.reports if each.item_id != verdict.item.id)
    is_more = len(others) == len(story.reports)
    joined = replace(
        story,
        first_at=min(story.first_at, at),
        last_at=max(story.last_at, at),
        reports=kept(tuple(sorted((*others, _report(verdict)), key=lambda each: (each.at, each.item_id)))),
        rules=story.rules | {match.rule for match in verdict.matches},
        facts=merge_facts(story.facts, facts_of(verdict), count=is_more),
        profile=story.profile if echo else {**story.profile, **profile_of(trimmed((*lines, report.as_text())))},
    )
    return joined, changes


def _shortlist(report: Prepared, stories: Mapping[str, Sequence[Prepared]]) -> list[str]:
    """Ids of the stories that share most with the report and lie within the window, at most MAX_COMPARED."""
    ranked = []
    for story_id, members in stories.items():
        shared = max((shared_by(report, member) for member in members if could_meet(report, member)), default=-1.0)
        if shared > -1.0:
            ranked.append((-shared, story_id))
    return [story_id for _, story_id in sorted(ranked)[:MAX_COMPARED]]


def shared_by(one: Prepared, other: Prepared) -> float:
    """A quick measure for ranking candidates: rarities of what two reports share, less for days between them."""
    days = abs(one.signature.day - other.signature.day)
    if days > WINDOW_DAYS:
        return -1.0
    shared = one.names.compare(other.names)[1] + one.concepts.compare(other.concepts)[1]
    shared += 3.0 * len(one.figures.keys() & other.figures.keys()) + 20.0 * resemblance(
        one.signature.digest, other.signature.digest
    )
    return max(shared - days * 0.3, 0.0)


def members_of(story: Story, known: Model) -> tuple[Prepared, ...]:
    """What a story is compared by."""
    lines = story.profile.get("members", ())
    return tuple(prepared_member(str(line), known.rarity) for line in lines) if isinstance(lines, (list, tuple)) else ()


def lines_of(story: Story) -> tuple[str, ...]:
    """The stored signatures of what a story is compared by."""
    lines = story.profile.get("members", ())
    return tuple(str(line) for line in lines) if isinstance(lines, (list, tuple)) else ()


def trimmed(members: Sequence[T]) -> list[T]:
    """The first three and the latest of the others."""
    return list(members) if len(members) <= MAX_MEMBERS else [*members[:3], *members[-(MAX_MEMBERS - 3) :]]


def kept(reports: tuple[Report, ...]) -> tuple[Report, ...]:
    """The first reports and the latest."""
    return reports if len(reports) <= MAX_FIRST + MAX_LAST else (*reports[:MAX_FIRST], *reports[-MAX_LAST:])


def _report(verdict: Verdict) -> Report:
    item = verdict.item
    credits = tuple(dict.fromkeys(found.value for found in verdict.facts.attributed_to))[:4]
    return Report(item.id, item.source, item.lang, item.title.plain, item.entry.url, moment(verdict), credits)


_LAST: list[tuple[Verdict, Signature]] = []


def signed(verdict: Verdict, *, with_meaning: bool = True) -> Verdict:
    """The verdict with its signature, so that keys, assigning and joining need not make it again."""
    return replace(verdict, signature=sign(verdict, with_meaning=with_meaning))


def _signed(verdict: Verdict) -> Signature:
    """The signature of a verdict. Of those that bear none the last few are kept, since keys, assigning and joining each ask for it."""
    if isinstance(verdict.signature, Signature):
        return verdict.signature
    for known, signature in _LAST:
        if known.facts is verdict.facts and known.item.title is verdict.item.title and moment(known) == moment(verdict):
            return signature
    signature = sign(verdict)
    _LAST.insert(0, (verdict, signature))
    del _LAST[4:]
    return signature
