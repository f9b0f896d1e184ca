"""Stories that turn out to be one, and stories that a person told apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from watcher.model import Story
from watcher.stories.changes import merge_facts
from watcher.stories.joining import (
    compared,
    is_echo,
    kept,
    likeliest,
    lines_of,
    members_of,
    profile_of,
    shared_by,
    trimmed,
)
from watcher.stories.model import Model, model
from watcher.stories.pair import Prepared, could_meet, prepared_member
from watcher.stories.profile import read_signature

MERGE_SHARED = 4.0
"""What the latest reports of two stories must share at least, by the quick measure, to be looked at for a merge."""

MAX_MERGED = 8
"""Stories that one report may show to be one with its own; asking costs as much as joining does."""

_SIDES = ("kept", "parted")


def should_merge(one: Story, other: Story) -> bool:
    """Whether two stories turn out to be one event: one has an echo of the other, or their reports are alike on the whole."""
    known = model()
    if one.id == other.id or are_apart(one, other):
        return False
    ours, theirs = ([prepared_member(line, known.rarity) for line in lines_of(story)[-2:]] for story in (one, other))
    verdict = _part_early(ours, theirs, known)
    return are_one(members_of(one, known), members_of(other, known), known) if verdict is None else verdict


def mergeable(story: Story, candidates: Mapping[str, Story]) -> list[Story]:
    """Of a report's candidates the other stories that its story may turn out to be one with, likeliest first."""
    known = model()
    report = read_signature(lines_of(story)[-1])
    others = [each for each in candidates.values() if each.id != story.id and not each.merged_into]
    return likeliest(report, others, known, MAX_MERGED)


def are_one(ours: Sequence[Prepared], theirs: Sequence[Prepared], known: Model) -> bool:
    """Whether two sets of members are of one event. The latest of each are compared first: most stories part there."""
    verdict = _part_early(ours[-2:], theirs[-2:], known)
    if verdict is not None:
        return verdict
    least = (known.semantic_story if theirs[-1].signature.vector else known.story).merge
    scores = [known.pair_score(mine, its) for mine in compared(ours) for its in compared(theirs)]
    return sum(scores) / len(scores) > least


def _part_early(ours: Sequence[Prepared], theirs: Sequence[Prepared], known: Model) -> bool | None:
    """What the latest members alone decide about two stories; None where the others must be asked."""
    if not ours or not theirs:
        return False
    if any(is_echo(mine.signature, its.signature) for mine in ours for its in theirs):
        return True
    mine, its = ours[-1], theirs[-1]
    may_be = could_meet(mine, its) and shared_by(mine, its) >= MERGE_SHARED and known.pair_score(mine, its) >= 0
    return None if may_be else False


def merge(one: Story, other: Story) -> Story:
    """The first story with all of the second in it. What either has told is told, and what either was muted is muted."""
    members = sorted({*lines_of(one), *lines_of(other)}, key=lambda line: (read_signature(line).day, line))
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
        reports=kept(tuple(reports)),
        rules=one.rules | other.rules,
        facts=merge_facts(one.facts, other.facts, count=True),
        profile={**profile_of(trimmed(members)), **_marks_of_both(one, other)},
        told=one.told | other.told,
        muted_until=max((until for until in (one.muted_until, other.muted_until) if until), default=None),
    )


def part(old: Story, new: Story) -> tuple[Story, Story]:
    """Both stories with a mark that a person told them apart: they, and what is merged into them, are never merged by themselves."""
    return _marked(old, f"{new.id} {_SIDES[0]}"), _marked(new, f"{new.id} {_SIDES[1]}")


def _marked(story: Story, mark: str) -> Story:
    return replace(story, profile={**story.profile, "apart": [*_apart(story), mark]})


def are_apart(one: Story, other: Story) -> bool:
    """Whether a person told two stories apart."""
    return bool({_opposite(mark) for mark in _apart(one)} & set(_apart(other)))


def _apart(story: Story) -> tuple[str, ...]:
    marks = story.profile.get("apart", ())
    return tuple(map(str, marks)) if isinstance(marks, (list, tuple)) else ()


def _opposite(mark: str) -> str:
    name, _, side = mark.rpartition(" ")
    return f"{name} {_SIDES[1 - _SIDES.index(side)]}"


def _marks_of_both(one: Story, other: Story) -> dict[str, object]:
    """The marks of a story that two became. Merging by hand what was told apart takes that back."""
    both = dict.fromkeys((*_apart(one), *_apart(other)))
    marks = [mark for mark in both if _opposite(mark) not in both]
    return {"apart": marks} if marks else {}
