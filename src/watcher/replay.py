"""Folds items through the same `judge` and `settle` as the daemon, in memory: scan, replay, eval."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any

from watcher import stories
from watcher.model import Amount, Entry, Facts, Feed, Known, Lookup, StoredItem, Story, Update, Verdict
from watcher.pipeline import CANDIDATES_PER_KEY, Policy, judge, lookup, settle
from watcher.rules import Rulebook

NEWEST_PER_KEY = 120
"""How many of the newest entries under a blocking key are looked at for stories."""


class Memory:
    """A store that forgets at the end: what `known` answers and `apply` writes, in dicts."""

    def __init__(self) -> None:
        self._items: dict[str, StoredItem] = {}
        self._stories: dict[str, Story] = {}
        self._index: dict[str, list[tuple[datetime, str]]] = {}

    def known(self, asked: Lookup) -> Known:
        """What is known of the things asked for."""
        items = {key: self._items[key] for key in asked.identities if key in self._items}
        index = {}
        for key in asked.story_keys:
            newest = [story for at, story in self._index.get(key, ())[: -NEWEST_PER_KEY - 1 : -1] if at >= asked.since]
            if newest:
                index[key] = tuple(dict.fromkeys(newest))[:CANDIDATES_PER_KEY]
        wanted = {story for ids in index.values() for story in ids} | {item.story for item in items.values()}
        found: dict[str, Story] = {}
        while wanted:
            found.update({name: self._stories[name] for name in wanted if name in self._stories})
            wanted = {
                found[name].merged_into for name in wanted if name in found and found[name].merged_into
            } - found.keys()
        return Known(items, found, index)

    def apply(self, update: Update, now: datetime) -> None:
        """Remember what was decided."""
        for write in update.items:
            item = write.verdict.item
            rules = frozenset(match.rule for match in write.verdict.matches)
            stored = StoredItem(
                write.item_id,
                write.identities,
                write.content_hash,
                write.version,
                write.story,
                rules,
                item.published,
                now,
            )
            for key in write.identities:
                self._items[key] = stored
        nothing = StoredItem("", frozenset(), "", 0, "", frozenset(), None, now)
        self._items.update(dict.fromkeys(update.void, nothing))
        for story in update.stories:
            self._stories[story.id] = story
        for story_id, keys in update.story_keys.items():
            for key in keys:
                self._index.setdefault(key, []).append((now, story_id))

    def story_of(self, item_keys: Iterable[str]) -> str:
        """The story of a stored item, by any of its identity keys; '' where it has none."""
        return next((self._items[key].story for key in item_keys if key in self._items), "")

    def current(self, story_id: str) -> str:
        """The story that this one is by now, following merges."""
        while story_id in self._stories and self._stories[story_id].merged_into:
            story_id = self._stories[story_id].merged_into
        return story_id


def tell_stories_apart(
    story: Story, rows: Sequence[Mapping[str, Any]], parted: frozenset[str], rulebook: Rulebook, now: datetime
) -> tuple[Story, Story, dict[str, frozenset[str]]]:
    """A story without some of its items, a new one of these, and the new one's keys. Both have been told already."""
    kept = [row for row in rows if row["id"] not in parted]
    moved = [row for row in rows if row["id"] in parted]
    old, _ = _story_of(kept, story.id, story, rulebook)
    base = f"s{moved[0]['id']}x"
    new, keys = _story_of(moved, f"{story.id}x" if story.id.startswith(base) else base, story, rulebook)
    old, new = stories.part(old, new)
    return old, new, {new.id: keys}


def _story_of(
    rows: Sequence[Mapping[str, Any]], story_id: str, before: Story, rulebook: Rulebook
) -> tuple[Story, frozenset[str]]:
    """A story made anew of stored items, told as far as `before` was, and its keys."""
    built: Story | None = None
    keys: frozenset[str] = frozenset()
    for row in rows:
        at = datetime.fromisoformat(row["published"] or row["seen_at"])
        verdict = judge(entry_of_row(row), Feed(url=row["feed"], name=row["source"]), rulebook, at)
        verdict = replace(verdict, item=replace(verdict.item, id=row["id"]))
        built = stories.begin(verdict, story_id, at) if built is None else stories.join(built, verdict, at)[0]
        keys |= stories.story_keys(verdict)
    assert built is not None
    reached = {"reached": before.facts["reached"]} if "reached" in before.facts else {}
    told = replace(
        built,
        revision=before.revision,
        rules=before.rules,
        told=before.told,
        muted_until=before.muted_until,
        facts={**built.facts, **reached},
        profile={**before.profile, **built.profile},
    )
    return told, keys


def entry_of_row(row: Mapping[str, Any]) -> Entry:
    """A stored item as an entry: its text is plain, so markup signs are escaped back."""
    return Entry(
        title=escape(row["title"], quote=False),
        summary=escape(row["summary"], quote=False),
        url=row["url"],
        author=row["author"],
        categories=tuple(row["categories"]),
        published=_moment(row["published"]),
        lang=row["lang"],
        source=row["source"],
        guid=row["id"],
    )


SCAN_FEED = Feed(url="scan:")


def entry_of(record: Mapping[str, Any]) -> Entry:
    """An entry from a scan record. Raises ValueError saying which key is wrong."""
    texts: dict[str, Any] = {}
    for key in ("title", "summary", "content", "url", "author", "lang", "source"):
        value = record.get(key)
        if value is not None and not isinstance(value, str):
            raise ValueError(f"'{key}' must be text")
        texts[key] = value or ""
    if not (texts["title"] or texts["summary"] or texts["content"]):
        raise ValueError("neither 'title' nor 'summary'")
    categories = record.get("categories") or []
    if not isinstance(categories, list):
        raise ValueError("'categories' must be a list")
    return Entry(
        **texts,
        guid=str(record.get("id", "")),
        published=_moment(record.get("published")),
        categories=tuple(map(str, categories)),
    )


def _moment(value: Any) -> datetime | None:
    """An ISO 8601 moment or day; what can not be read counts as no date."""
    if not isinstance(value, str) or not value:
        return None
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


@dataclass(slots=True)
class Scan:
    """Judges records one by one and groups them into stories. Two that turn out to be one make one name wherever it is asked later."""

    rulebook: Rulebook
    now: datetime
    memory: Memory = field(default_factory=Memory)
    every_story: bool = True
    """Also of items that no rule matched; the daemon makes no stories of these."""
    _names: dict[str, str] = field(default_factory=dict)

    def judge(self, entry: Entry, feed: Feed = SCAN_FEED) -> tuple[Verdict, str]:
        """The verdict on an entry, and its story for `name`."""
        at = entry.published if entry.published and entry.published < self.now + timedelta(days=1) else self.now
        verdict = judge(entry, feed, self.rulebook, at)
        asked = lookup([verdict], at, every_story=self.every_story)
        update = settle(
            [verdict], self.memory.known(asked), Policy(max_age=timedelta.max, every_story=self.every_story), at
        )
        self.memory.apply(update, at)
        return verdict, self.memory.story_of(asked.identities)

    def name(self, story: str) -> str | None:
        """A short name of a story, s1, s2 … in the order asked for. Final once every record is judged."""
        return self._names.setdefault(self.memory.current(story), f"s{len(self._names) + 1}") if story else None

    def line(self, record: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
        """The output line for a record but for its story, which comes beside it for `name`; unknown keys are kept.

        Raises ValueError for a record that is no item.
        """
        known = ("title", "summary", "content", "lang", "published", "url", "source", "author", "categories")
        verdict, story = self.judge(entry_of(record))
        kept = {key: value for key, value in record.items() if key not in known and key != "id"}
        return {"id": record.get("id"), **kept, **verdict_json(verdict)}, story


def verdict_json(verdict: Verdict) -> dict[str, Any]:
    """A verdict in the words of the contract."""
    item = verdict.item
    evidence = list(dict.fromkeys(evidence for match in verdict.matches for evidence in match.evidence))
    return {
        "matched": bool(verdict.matches),
        "rules": [match.rule for match in verdict.matches],
        "score": round(max((match.score for match in verdict.matches), default=0.0), 4),
        "lang": item.lang,
        **facts_json(verdict.facts),
        "evidence": [
            {name: getattr(found, name) for name in ("field", "start", "end", "text", "term", "why")}
            for found in evidence
        ],
    }


def _amounts_json(amounts: Sequence[Amount]) -> list[dict[str, Any]]:
    """Certain sums, each once: what the summary says again is left out; `same_as` counts in this list."""
    listed: list[dict[str, Any]] = []
    places: dict[int, int] = {}
    for index, amount in enumerate(amounts):
        same = amount.same_as
        if amount.uncertain or (same is not None and _is_repeated(amount, amounts[same])):
            continue
        places[index] = len(listed)
        listed.append(
            {
                "text": amount.text,
                "value": _number(amount.value),
                "currency": amount.currency,
                "usd": None if amount.usd is None else round(float(amount.usd)),
                **({"qualifier": amount.qualifier} if amount.qualifier else {}),
                **({"same_as": places[same]} if same is not None and same in places else {}),
            }
        )
    return listed


def _is_repeated(amount: Amount, first: Amount) -> bool:
    return not first.uncertain and (amount.value, amount.currency) == (first.value, first.currency)


def facts_json(found: Facts) -> dict[str, Any]:
    """Facts in the words of the contract; uncertain sums are marked."""
    return {
        "countries": [country.value for country in found.countries],
        "amounts": _amounts_json(found.amounts),
        "stage": found.stage.value if found.stage else None,
        "instruments": [instrument.value for instrument in found.instruments],
        "actors": [actor.value for actor in found.actors],
        "ahead": [{"when": ahead.when, "what": ahead.what} for ahead in found.ahead],
        "attributed_to": [medium.value for medium in found.attributed_to],
        **(
            {"uncertain_amounts": uncertain}
            if (uncertain := [amount.text for amount in found.amounts if amount.uncertain])
            else {}
        ),
    }


def _number(value: Any) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)


def read_lines(lines: Iterable[str]) -> Iterator[tuple[Any, str]]:
    """JSON Lines → (record, '') or (id if it can be told, what is wrong); empty lines are passed over."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            yield {"id": None}, f"line {number} is not JSON: {error}"
            continue
        if isinstance(record, dict):
            yield record, ""
        else:
            yield {"id": None}, f"line {number} is not a JSON object"
