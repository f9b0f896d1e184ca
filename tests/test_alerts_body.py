"""What an alert carries of its story."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from watcher import alerts, text
from watcher.model import (
    Ahead,
    Amount,
    Change,
    Entry,
    Evidence,
    Facts,
    Feed,
    Found,
    Item,
    Match,
    Report,
    Span,
    Story,
    Verdict,
)  # fmt: skip

NOW = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)
AT = Span("title", 0, 3)


def found(*values: str) -> tuple[Found, ...]:
    return tuple(Found(value, AT) for value in values)


ENTRY = Entry("Un plan", url="https://presse.example/1", published=NOW - timedelta(hours=1))
ITEM = Item(
    "i1", Feed("https://presse.example/rss"), ENTRY, text.plain_text("Un plan"), text.plain_text("Un résumé"), "fr", "Presse", ENTRY.published, NOW
)  # fmt: skip
EVIDENCE = (Evidence("title", 0, 2, "Un", "un", "term"), Evidence("title", 3, 7, "plan", "plan", "term"))
FACTS = Facts(
    countries=found("KR", "KR", "FR"),
    amounts=(
        Amount("34 billions de won", Decimal("34000000000000"), "KRW", Decimal("23400000000.5"), AT, "at_least"),
        Amount("169,966 milliards de yuans", Decimal("169966000000"), "CNY", None, AT, same_as=0),
    ),
    stage=Found("planned", AT),
    instruments=found("fund", "loan"),
    actors=found("Corée du Sud"),
    ahead=(Ahead("2027-03", "loi modifiée", AT),),
    attributed_to=found("Bloomberg"),
)
VERDICT = Verdict(
    ITEM, FACTS, (Match("b", 1.0, "high", "story", (), EVIDENCE), Match("a", 1.0, "low", "story", (), EVIDENCE[:1]))
)
STORY = Story(
    "s1", "Le plan", NOW - timedelta(days=1), NOW, 2,
    tuple(Report(f"i{n}", f"P{n}", ("fr", "ko")[n % 2], f"T{n}", f"https://p.example/{n}", NOW) for n in range(40)),
    frozenset({"a", "b"}), {"countries": ["JP"], "stage": "approved", "report_count": 55, "langs": ["ko", "ar"], "amounts": "?"}, {},
)  # fmt: skip


def test_a_body_says_what_the_report_says_and_is_json() -> None:
    body = alerts.body(STORY, VERDICT, (Change("stage", "planned", "approved"),))
    assert json.loads(json.dumps(body)) == body
    assert (body["title"], body["lang"], body["url"], body["source"], body["summary"]) == (
        "Un plan", "fr", "https://presse.example/1", "Presse", "Un résumé",
    )  # fmt: skip
    assert (body["countries"], body["stage"], body["instruments"]) == (["KR", "FR"], "planned", ["fund", "loan"])
    (amount,) = body["amounts"]  # type: ignore[misc]
    assert amount == {
        "text": "34 billions de won", "value": 34000000000000, "currency": "KRW", "usd": 23400000000.5, "qualifier": "at_least", "uncertain": False,
    }  # fmt: skip
    assert body["ahead"] == [{"when": "2027-03", "what": "loi modifiée"}] and body["attributed_to"] == ["Bloomberg"]
    assert body["changes"] == [{"kind": "stage", "old": "planned", "new": "approved"}]
    assert (body["why"], body["rules"]) == (["Un", "plan"], ["a", "b"])
    assert (body["story"], body["revision"], body["first_at"]) == ("s1", 2, "2026-11-24T02:00:00+00:00")


def test_many_reports_are_counted_and_the_first_and_latest_listed() -> None:
    body = alerts.body(STORY, VERDICT, ())
    names = [report["publisher"] for report in body["reports"]]  # type: ignore[attr-defined]
    assert len(names) == 30 and names[:10] == [f"P{n}" for n in range(10)] and names[-1] == "P39"
    assert (body["report_count"], body["languages"]) == (55, ["fr", "ko", "ar"])


def test_where_a_report_is_silent_the_story_speaks() -> None:
    silent = replace(VERDICT, facts=Facts(), item=replace(ITEM, title=text.plain_text(""), published=None))
    body = alerts.body(STORY, silent, ())
    assert (body["title"], body["countries"], body["stage"], body["amounts"], body["published"]) == (
        "Le plan",
        ["JP"],
        "approved",
        [],
        "",
    )
    bare = alerts.body(replace(STORY, facts={}, reports=()), silent, ())
    assert (bare["countries"], bare["stage"], bare["report_count"]) == ([], "", 0)


def test_an_illness_and_its_end_are_told() -> None:
    ill = alerts.health("https://x.example/rss", "X", "failing", "HTTP 500", NOW)
    well = alerts.health("https://x.example/rss", "X", "ok", "", NOW)
    assert (ill.kind, ill.severity, ill.body["title"], ill.body["summary"]) == (
        "health",
        "normal",
        "X: failing",
        "HTTP 500",
    )
    assert (well.severity, well.body["title"]) == ("low", "X: well again") and well.key != ill.key
