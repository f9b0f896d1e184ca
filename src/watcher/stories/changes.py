"""What a story says as a whole, and what of a new report moves it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from watcher.model import STAGES, Amount, Change, Story, Verdict
from watcher.stories.concepts import concepts
from watcher.stories.pair import same_sum

MAX_LISTED, MAX_TOLD = 24, 60
FOLLOW_UPS, A_DAY = 6, timedelta(hours=24)
PART = 0.5
"""A sum below this part of the known main sum is a detail, not a change, wherever it stands."""

GROWTH = 1.1
_TURNS = ("delayed", "cancelled", "reviewed")
_STEPS = {
    **dict.fromkeys(("considered", "planned", "announced", "proposed"), "ahead"),
    "approved": "approved",
    "enacted": "enacted",
    **dict.fromkeys(("launched", "funded"), "under way"),
    **{turn: turn for turn in _TURNS},
}
"""Stages that tell one step from the next."""

COMPANY = "company or organisation"
"""What `facts.actors` says of an actor that has one name in every language."""


def facts_of(verdict: Verdict) -> dict[str, Any]:
    """The facts of one report as JSON: what `merge_facts` adds up over a story."""
    item, facts = verdict.item, verdict.facts
    return {
        "report_count": 1,
        "publishers": [item.source] if item.source else [],
        "langs": [item.lang],
        "countries": _values(facts.countries),
        "amounts": [_amount(amount) for amount in facts.amounts if not amount.uncertain][:MAX_LISTED],
        "stage": facts.stage.value if facts.stage else "",
        "instruments": _values(facts.instruments),
        "actors": _values(facts.actors),
        "ahead": [{"when": ahead.when, "what": ahead.what} for ahead in facts.ahead if ahead.when][:MAX_LISTED],
        "credits": _values(facts.attributed_to),
    }


def merge_facts(ours: Mapping[str, object], theirs: Mapping[str, object], *, count: bool) -> dict[str, Any]:
    """Facts of a story with those of another report or story; lists keep their order, the later stage stands."""
    merged: dict[str, Any] = dict(ours)
    for key in ("publishers", "langs", "countries", "instruments", "ahead", "credits"):
        merged[key] = _union(ours.get(key), theirs.get(key))[:MAX_LISTED]
    # Of what a report is held against the latest stays: what fell out at the other end would be news each time.
    merged["actors"] = _union(ours.get("actors"), theirs.get("actors"))[-MAX_LISTED:]
    known = _sums(ours)
    merged["amounts"] = _main_and_latest(
        known + [each for each in _sums(theirs) if not any(same_sum(_triple(each), _triple(old)) for old in known)]
    )
    merged["stage"] = _later(str(ours.get("stage", "")), str(theirs.get("stage", "")))
    for key in ("reached", "unsaid"):
        if both := _union(ours.get(key), theirs.get(key)):
            merged[key] = both[-MAX_TOLD:]
    # Each time counts, also where one poll brought several follow-ups.
    if spoke := sorted([*_list(ours.get("spoke")), *_list(theirs.get("spoke"))]):
        merged["spoke"] = spoke[-MAX_TOLD:]
    merged["report_count"] = _number(ours.get("report_count")) + (_number(theirs.get("report_count")) if count else 0)
    return merged


def changes_of(story: Story, verdict: Verdict) -> tuple[Change, ...]:
    """What a report changes in a story: the sum, the stage, an instrument or actor of its headline. Details change nothing."""
    is_correction = "correction" in concepts(verdict.item.title)
    found = [*_of_sums(story, verdict, is_correction), *_of_stage(story, verdict)]
    for kind, values, key in (
        ("instrument", verdict.facts.instruments, "instruments"),
        ("actor", verdict.facts.actors, "actors"),
    ):
        known = story.facts.get(key)
        listed = set(known) if isinstance(known, (list, tuple)) else set()
        # Bodies and people are called otherwise in every language; companies go by one name in all of them.
        weighty = (each for each in values if kind != "actor" or each.why == COMPANY)
        for value in dict.fromkeys(each.value for each in weighty if each.span.field == "title"):
            if listed and value not in listed:
                found.append(Change(kind, "", value))
    if is_correction and not any(change.kind == "correction" for change in found):
        found.append(Change("correction", "", verdict.item.title.plain[:200]))
    return tuple(found)


def due_dates(story: Story, now: datetime) -> tuple[Change, ...]:
    """Dates that the story told of and that are reached: by their day, their month or their year."""
    told = story.facts.get("reached")
    reached = set(told) if isinstance(told, (list, tuple)) else set()
    found: dict[str, Change] = {}
    for ahead in _dicts(story.facts.get("ahead")):
        when = str(ahead.get("when", ""))
        if (
            when
            and when not in reached
            and _begin_of(when) <= now.date().isoformat()
            and _begin_of(when) > story.first_at.date().isoformat()
        ):
            found.setdefault(when, Change("date", when, str(ahead.get("what", ""))))
    return tuple(found[when] for when in sorted(found))


def with_dates_told(facts: Mapping[str, object], changes: Sequence[Change]) -> dict[str, Any]:
    """Facts that remember which dates were told, so that none is told twice."""
    return {
        **facts,
        "reached": _union(facts.get("reached"), [change.old for change in changes if change.kind == "date"])[
            -MAX_TOLD:
        ],
    }


def hold_back(story: Story, changes: Sequence[Change], now: datetime) -> tuple[Story, tuple[Change, ...]]:
    """The story, and what of its changes is to be told now: these with those held back before, or none.

    A live blog changes each minute. What it brings beyond FOLLOW_UPS a day waits, and is told together.
    """
    waiting = [
        Change(str(each["kind"]), str(each["old"]), str(each["new"])) for each in _dicts(story.facts.get("unsaid"))
    ]
    every = _condensed([*waiting, *changes])
    if not every:
        return story, ()
    spoke = [at for at in _list(story.facts.get("spoke")) if at > (now - A_DAY).isoformat()]
    if len(spoke) >= FOLLOW_UPS:
        unsaid = [{"kind": change.kind, "old": change.old, "new": change.new} for change in every]
        return replace(story, facts={**story.facts, "unsaid": unsaid}), ()
    facts = {key: value for key, value in story.facts.items() if key != "unsaid"}
    return replace(story, facts={**facts, "spoke": [*spoke, now.isoformat()]}), tuple(every)


def _condensed(changes: Sequence[Change]) -> list[Change]:
    """Changes that follow each other as one: of a sum or a stage from where it began to where it ended."""
    found: dict[tuple[str, str], Change] = {}
    for change in changes:
        key = (change.kind, "" if change.kind in ("amount", "stage") else change.old + change.new)
        first = found.pop(key, change)
        found[key] = replace(change, old=first.old)
    return [change for change in found.values() if change.old != change.new][-MAX_LISTED:]


def _begin_of(when: str) -> str:
    """The day on which a date of any precision is reached."""
    return when + "-01-01"[len(when) - 4 :] if len(when) in (4, 7) else when[:10]


def _of_sums(story: Story, verdict: Verdict, is_correction: bool) -> list[Change]:
    """A headline sum, or a larger one, that is none of those known."""
    known = [_triple(each) for each in _sums(story.facts)]
    fresh = [amount for amount in verdict.facts.amounts if not amount.uncertain]
    fresh = [amount for amount in fresh if not any(same_sum(_triple(_amount(amount)), old) for old in known)]
    if not fresh:
        return []
    largest = max(fresh, key=_size)
    if not known:
        return [Change("amount", "", _sum_text(largest))]
    main = max(known, key=lambda each: (each[2], each[1]))
    size, main_size = _size(largest), main[2] or main[1]
    in_title = largest.span.field == "title"
    if size > main_size * GROWTH or (in_title and (is_correction or size >= main_size * PART)):
        kind = "correction" if is_correction else "amount"
        return [Change(kind, f"{_figure(Decimal(repr(main[1])))} {main[0]}", _sum_text(largest))]
    return []


def _of_stage(story: Story, verdict: Verdict) -> list[Change]:
    """A headline that takes the story a step on. Outlets call one step by several words: planned, announced, proposed."""
    stage = verdict.facts.stage
    old, new = str(story.facts.get("stage", "")), stage.value if stage else ""
    if stage is None or stage.span.field != "title" or old not in _STEPS or _later(old, new) != new:
        return []
    return [] if _STEPS[old] == _STEPS[new] else [Change("stage", old, new)]


def _later(old: str, new: str) -> str:
    """The later of two stages; a turn (delayed, cancelled, reviewed) is later than any progress before it."""
    if old not in STAGES or new not in STAGES:
        return old or new
    return new if STAGES.index(new) > STAGES.index(old) or (old in _TURNS and new != old) else old


def _values(found: Sequence[Any]) -> list[str]:
    return list(dict.fromkeys(each.value for each in found))[:MAX_LISTED]


def _amount(amount: Amount) -> dict[str, Any]:
    return {
        "text": amount.text,
        "value": str(amount.value),
        "currency": amount.currency,
        "usd": None if amount.usd is None else str(amount.usd),
    }


def _sum_text(amount: Amount) -> str:
    return f"{_figure(amount.value)} {amount.currency}"


def _figure(value: Decimal) -> str:
    return str(int(value) if value == int(value) else value.normalize())


def _triple(amount: Mapping[str, Any]) -> tuple[str, float, float]:
    return str(amount.get("currency", "")), float(amount.get("value") or 0), float(amount.get("usd") or 0)


def _size(amount: Amount) -> Decimal:
    return amount.usd or amount.value


def _sums(facts: Mapping[str, object]) -> list[dict[str, Any]]:
    return _dicts(facts.get("amounts"))


def _dicts(value: object) -> list[dict[str, Any]]:
    return [dict(each) for each in value if isinstance(each, Mapping)] if isinstance(value, (list, tuple)) else []


def _main_and_latest(sums: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """At most MAX_LISTED sums in order: the largest, and the latest of the others."""
    if len(sums) <= MAX_LISTED:
        return sums
    main = max(sums, key=lambda each: (_triple(each)[2], _triple(each)[1]))
    return [main, *[each for each in sums if each is not main][-MAX_LISTED + 1 :]]


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


def _union(one: object, other: object) -> list[Any]:
    """Both lists in order, each value once."""
    found: list[Any] = []
    for each in (*_list(one), *_list(other)):
        if each not in found:
            found.append(each)
    return found


def _list(value: object) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else []
