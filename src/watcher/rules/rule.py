"""One compiled rule: its scopes, what it asks, and the rules that it builds on."""

from __future__ import annotations

from collections.abc import Iterator

from watcher.model import Quorum
from watcher.rules.conditions.core import Condition, Find, Needs, Reason
from watcher.rules.conditions.facts import is_language, language_code
from watcher.rules.keys import fact_key
from watcher.rules.likelihood import likelihood
from watcher.rules.reading import EVERYWHERE, Reading
from watcher.rules.score import Score
from watcher.rules.spec import RuleSpec
from watcher.text import fold


class Rule:
    """`builds_on` lists the rules that references lead to, each after those that it builds on itself."""

    __slots__ = ("builds_on", "condition", "feeds", "langs", "name", "quorum", "score", "spec", "tags")

    def __init__(
        self, spec: RuleSpec, condition: Condition | None, score: Score | None, builds_on: tuple[Rule, ...]
    ) -> None:
        self.spec = spec
        self.name = spec.name
        self.condition = condition
        self.score = score
        self.builds_on = builds_on
        self.langs = frozenset(language_code(lang) for lang in spec.langs)
        self.tags = frozenset(fold(tag) for tag in spec.tags)
        self.feeds = frozenset(fold(feed) for feed in spec.feeds)
        self.quorum = Quorum(spec.publishers, spec.within) if spec.within is not None and spec.publishers > 1 else None

    def decide(self, reading: Reading) -> bool:
        """Does the rule hold? Decides first, and notes, what it builds on."""
        for rule in self.builds_on:
            if rule.name not in reading.decided:
                reading.decided[rule.name] = rule._holds(reading)
        return self._holds(reading)

    def _holds(self, reading: Reading) -> bool:
        if (self.langs or self.tags or self.feeds) and self._outside(reading):
            return False
        if self.condition is not None and not self.condition.holds(reading, EVERYWHERE):
            return False
        return self.score is None or self.score.holds(reading)

    def likelihood(self, reading: Reading) -> float:
        """Match.score: 1 for a rule without weights."""
        if self.score is None:
            return 1.0
        return likelihood(self.score.margin(reading))

    def finds(self, reading: Reading) -> Iterator[Find]:
        """All that made it hold. Notes in the reading what made the rules hold that it builds on."""
        for rule in self.builds_on:
            if reading.decided[rule.name] and rule.name not in reading.found:
                reading.found[rule.name] = tuple(rule._finds(reading))
        return self._finds(reading)

    def _finds(self, reading: Reading) -> Iterator[Find]:
        if self.condition is not None:
            yield from self.condition.finds(reading, EVERYWHERE)
        if self.score is not None:
            yield from self.score.finds(reading)

    def reason(self, reading: Reading) -> Reason:
        """The smallest reason why it does not hold."""
        for rule in self.builds_on:
            if not reading.decided[rule.name] and rule.name not in reading.reasons:
                reading.reasons[rule.name] = rule._reason(reading)
            elif reading.decided[rule.name] and rule.name not in reading.found:
                reading.found[rule.name] = tuple(rule._finds(reading))
        return self._reason(reading)

    def _reason(self, reading: Reading) -> Reason:
        if outside := self._outside(reading):
            return Reason(1.0, outside)
        if self.condition is not None and not self.condition.holds(reading, EVERYWHERE):
            return self.condition.reason(reading, EVERYWHERE)
        assert self.score is not None
        return self.score.reason(reading)

    def _outside(self, reading: Reading) -> str:
        """Which scope of the rule leaves the item out; empty when none does."""
        if self.langs and not any(is_language(reading.lang, lang) for lang in self.langs):
            return f"the item is in «{reading.lang}», the rule for {', '.join(sorted(self.langs))}"
        feed = reading.item.feed
        if self.tags and self.tags.isdisjoint(fold(tag) for tag in feed.tags):
            return f"the feed has none of the tags {', '.join(sorted(self.tags))}"
        if self.feeds and self.feeds.isdisjoint((fold(feed.name), fold(feed.url))):
            return f"the item is of another feed than {', '.join(sorted(self.feeds))}"
        return ""

    def needs(self) -> Needs:
        """What an item must hold for the rule to have a chance."""
        found = list(self.condition.needs()) if self.condition is not None else []
        if self.score is not None:
            found.extend(self.score.needs())
        for field, values in (("lang", self.langs), ("tag", self.tags), ("feed", self.feeds)):
            if values:
                found.append(frozenset(fact_key(field, value) for value in values))
        return tuple(dict.fromkeys(found))
