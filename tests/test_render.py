"""What people read: golden texts in every language, each service's format, digests, templates."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest

from watcher import alerts
from watcher.alerts import ChannelPolicy
from watcher.channels import Message, Service, templates
from watcher.channels.render import render
from watcher.channels.speaker import languages
from watcher.model import Alert, Change, Delivery

NOW = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)
GOLDEN = Path(__file__).parent / "data" / "alerts"
TEXT = Service("json", mentions=False)
MAIL = Service("mail", whole=True, mentions=False)
SLACK = Service("slack", "markdown", "markdown", 35000, 250)
TELEGRAM = Service("tgram", "telegram", "html", 4096, 0, "utf16")

BODY: dict[str, object] = {
    "title": "Le gouvernement sud-coréen va créer un comité national de l’IA et investir au moins 34 billions de won",
    "lang": "fr",
    "url": "https://www.example.org/a?b=1&c=(2)",
    "source": "Xinhua",
    "countries": ["KR"],
    "amounts": [
        {
            "text": "34 billions de won",
            "value": 34000000000000,
            "currency": "KRW",
            "usd": 23415000000,
            "qualifier": "at_least",
        }
    ],
    "stage": "planned",
    "instruments": ["fund", "committee"],
    "ahead": [{"when": "2027-03", "what": "vote au parlement"}, {"when": "2027-03-14", "what": "entrée en vigueur"}],
    "reports": [
        {
            "publisher": name,
            "lang": "ko",
            "title": f"AI 위원회 {name}",
            "url": f"https://{name.lower()}.example/1",
            "at": "2026-11-24T23:00:00+00:00",
        }
        for name in ("Yonhap", "Xinhua", "KBS", "NHK")
    ],
    "report_count": 6,
    "languages": ["ko", "fr", "zh-Hans"],
    "first_at": "2026-11-24T23:00:00+00:00",
    "attributed_to": ["Yonhap"],
    "why": ["comité national de l’IA", "investir"],
}
CHANGES = (
    Change("amount", "30000000000000 KRW", "34000000000000 KRW"),
    Change("stage", "planned", "approved"),
    Change("instrument", "", "fund, law"),
)


def alert(number: int = 1, kind: str = "new", changes: tuple[Change, ...] = (), **body: object) -> Alert:
    severity = str(body.pop("severity", "high"))
    return Alert(
        f"s{number}:1", kind, f"s{number}", f"i{number}", ("national-ai",), severity, NOW, changes, {**BODY, **body}
    )


def message(*alerts_: Alert, service: Service = TEXT, batch: str = "", thread: str = "", **policy: object) -> Message:
    channel = ChannelPolicy("desk", **policy)  # type: ignore[arg-type]
    deliveries = [
        Delivery(
            alerts.delivery_key(one.key, "desk"),
            one,
            "desk",
            NOW,
            batch or ("digest:x" if len(alerts_) > 1 else ""),
            thread=thread,
        )
        for one in alerts_
    ]
    return render(deliveries, channel, now=NOW, service=service)


def test_a_line_in_arabic_begins_at_the_right_and_foreign_names_turn_nothing_around() -> None:
    """Flags are letters from left to right to Unicode, and a number after a Latin name would be read as its own."""
    lines = message(alert(), service=MAIL, language="ar").text.splitlines()
    assert lines[0].startswith("\N{RIGHT-TO-LEFT MARK}\N{REGIONAL INDICATOR SYMBOL LETTER K}")
    assert "\N{FIRST STRONG ISOLATE}Yonhap\N{POP DIRECTIONAL ISOLATE}" in "".join(lines)
    assert "\N{FIRST STRONG ISOLATE}" not in message(alert(), service=MAIL, language="fr").text


def test_what_changed_leads_from_the_old_to_the_new_the_way_one_reads() -> None:
    changed = {lang: message(alert(changes=CHANGES[:1]), service=MAIL, language=lang).text for lang in ("ar", "en")}
    assert "\u206830 ترليون KRW\u2069 ← \u206834 ترليون KRW\u2069" in changed["ar"]
    assert "30 trillion KRW → 34 trillion KRW" in changed["en"]


@pytest.mark.parametrize("language", languages())
def test_an_alert_reads_well_in(language: str) -> None:
    made = message(alert(kind="follow_up", changes=CHANGES), service=MAIL, language=language, timezone="Europe/Paris")
    told = f"{made.subject}\n\n{made.text}\n"
    assert told == (GOLDEN / f"{language}.txt").read_text("utf-8")
    assert made.direction == ("rtl" if language == "ar" else "ltr")


def test_three_lines_tell_a_busy_person() -> None:
    lines = message(alert(), service=replace(TEXT, title_maxlen=0)).parts[0].body.split("\n")
    assert lines[0] == "🇰🇷 South Korea · at least 34 trillion KRW (≈ 23.4 billion USD) · planned · fund, committee"
    assert lines[1] == BODY["title"]
    assert lines[2] == "https://www.example.org/a?b=1&c=%282%29"
    assert (
        lines[3]
        == "Reported by Yonhap, Xinhua, KBS and 1 more · 6 reports · since Nov 24 23:00 · in Korean, French, Simplified Chinese"
    )


def test_a_follow_up_says_what_changed() -> None:
    (part,) = message(alert(kind="follow_up", changes=CHANGES)).parts
    assert part.title.startswith("Update: 🇰🇷 South Korea")
    assert part.body.startswith(
        "What changed: Sum: 30 trillion KRW → 34 trillion KRW · Stage: planned → approved · Instrument: fund, law\n"
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ((Change("instrument", "", "fund"), Change("instrument", "", "law")), "Instrument: fund, law"),
        ((Change("date", "2027-03-14", "vote"),), "Date: Mar 14, 2027 – vote"),
        ((Change("date", "2027-03", "2027-04-01"),), "Date: Mar 2027 → Apr 1, 2027"),
        ((Change("correction", "1e+16 KRW", "2500000000 EUR"),), "Correction: 10000 trillion KRW → 2.5 billion EUR"),
        ((Change("amount", "", "1.5 USD"),), "Sum: 1.5 USD"),
        (
            (Change("actor", "", "SoftBank"), Change("stage", "funded", "cancelled")),
            "Actor: SoftBank · Stage: funded → cancelled",
        ),
        ((Change("whatever_else", "a", ""),), "whatever else: a → –"),
    ],
)
def test_changes_are_said_in_words(changes: tuple[Change, ...], said: str) -> None:
    (part,) = message(alert(kind="follow_up", changes=changes)).parts
    assert part.body.split("\n")[0] == f"What changed: {said}"


def test_an_alert_without_facts_is_its_headline() -> None:
    bare = Alert("x:1", "item", "", "i", (), "low", NOW, (), {"title": "Only a headline"})
    made = message(bare)
    assert (made.subject, made.parts[0].title, made.parts[0].body) == ("Only a headline",) * 3
    empty = message(replace(bare, body={}))
    assert empty.parts[0].body == "(no title)"


def test_a_sum_in_dollars_is_not_said_twice_and_an_unsure_one_is_marked() -> None:
    dollars = {"text": "$2bn", "value": 2_000_000_000, "currency": "USD", "usd": 2_000_000_000, "qualifier": ""}
    again = {**dollars, "text": "at least $2bn", "qualifier": "at_least"}
    unsure = {"text": "2,000 millones", "value": 2_000_000_000, "currency": "MXN", "usd": None, "uncertain": True}
    title = message(alert(amounts=[unsure, dollars, again])).parts[0].title
    assert "· at least 2 billion USD, 2 billion MXN (uncertain)" in title


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("javascript:alert(1)", False),
        ("jav\tascript:alert(1)", False),
        ("https://user@evil.example/", False),
        ("http://127.0.0.1:6666\\@example.com/", False),
        ("data:text/html,x", False),
        ("//example.com/x", False),
        ("https:///x", False),
        ("https://exa mple.org/", False),
        ("https://example.org/" + "x" * 3000, False),
        ("https://example.org/a?q=1#x", True),
        ("https://xn--example-6q8a.org./", True),
        ("http://[2001:db8::1]:8080/x", True),
    ],
)
def test_only_plain_web_links_are_shown(url: str, shown: bool) -> None:
    made = message(alert(url=url), service=MAIL)
    assert (url in made.text) is shown
    assert (url in made.html) is shown


def test_a_link_that_holds_a_call_calls_nobody_and_leads_to_the_same_place() -> None:
    made = message(alert(url="https://example.org/@everyone?by=@ana"), service=TEXT)
    (part,) = made.parts
    assert "https://example.org/%40everyone?by=@ana" in part.body


PAYLOADS = [
    "@everyone look",
    "@here <!channel> <!here|x>",
    "<@U123ABC> and <@&987> and <#C1>",
    "[click](https://evil.example) ![x](y)",
    "**bold** _it_ `code` ~~s~~ # h\n- list",
    "<b>bold</b><script>alert(1)</script><img src=x onerror=y>",
    "right \u202eto left\u202c \u2066isolate\u2069",
    "nul\x00 bell\x07 esc\x1b[31m red",
    "lone \ud800 surrogate",
    "zalgo a" + "\u0301" * 50,
    "&lt;b&gt; &amp; \"quotes\" 'single'",
    "x" * 6000,
]
SERVICES = {
    "text": TEXT,
    "ntfy": Service("ntfy", "text", "text", 3900, 200, "bytes", True),
    "slack": SLACK,
    "discord": Service("discord", "markdown", "markdown", 2000, 250, title_counts=True),
    "telegram": TELEGRAM,
    "matrix": Service("matrix", "html", "html", 20000, 250),
    "sms": Service("twilio", "text", "text", 160, 0),
}


@pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES.keys())
@pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
def test_a_hostile_headline_calls_nobody_and_breaks_nothing(service: Service, payload: str) -> None:
    (part,) = message(alert(title=payload, why=[payload], attributed_to=[payload]), service=service).parts
    text = part.title + part.body
    assert part.body.strip()
    assert (
        len(part.body.encode()) <= service.body_maxlen
        if service.unit == "bytes"
        else len(part.body) <= service.body_maxlen
    )
    assert not set(text) & set("\x00\x07\x1b\u202e\u202c\u2066\u2069")
    text.encode("utf-8")
    if service.mentions:
        assert "@everyone" not in text and "@here" not in text and "<!channel" not in text and "<@U" not in text
    if service.markup in ("html", "telegram"):
        assert set(_tags(part.body)) <= {"b", "a", "br"}
    if service.markup == "markdown":
        assert not re.search(r"(?<!\\)\]\(https://evil|\*\*bold", part.body)


def _tags(markup: str) -> list[str]:
    found: list[str] = []
    open_tags: list[str] = []

    class Parser(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.append(tag)
            open_tags.append(tag)

        def handle_endtag(self, tag: str) -> None:
            assert open_tags.pop() == tag

    parser = Parser()
    parser.feed(markup)
    parser.close()
    assert open_tags == []
    return found


def test_hosts_are_shown_as_they_are_looked_up() -> None:
    (part,) = message(alert(url="https://аррle.com/é?q=“x”"), service=SLACK).parts  # Cyrillic letters
    assert "(https://xn--le-6kc8da.com/%C3%A9?q=%E2%80%9Cx%E2%80%9D) · xn--le-6kc8da.com" in part.body


def test_html_mail_is_escaped_fetches_nothing_and_fits_a_mail_client() -> None:
    made = message(
        alert(title="<script>alert(1)</script>", kind="follow_up", changes=CHANGES), service=MAIL, language="ar"
    )
    assert "<script" not in made.html and "&lt;script&gt;" in made.html
    assert 'dir="rtl"' in made.html and "max-width:600px" in made.html and "prefers-color-scheme: dark" in made.html
    assert "src=" not in made.html and "url(" not in made.html and "@import" not in made.html


def test_a_batch_tells_each_story_once_with_all_that_changed_urgent_ones_first() -> None:
    first, second = alert(1, severity="normal"), alert(2, severity="high", title="Second")
    later = replace(alert(1, "follow_up", CHANGES[:1], severity="normal", title="As it stands now"), key="s1:2")
    (part,) = message(first, second, later).parts
    assert part.title == "Digest · 2 alerts"
    assert part.body.index("Second") < part.body.index("As it stands now")
    assert part.body.count("national-ai") == 2 and "30 trillion KRW → 34 trillion KRW" in part.body


def test_a_long_batch_is_split_between_alerts() -> None:
    many = [alert(n, title=f"Headline {n} ⟦{n}⟧") for n in range(40)]
    made = message(*many, service=TELEGRAM, batch="catch-up:2026-11-25")
    assert 1 < len(made.parts) <= 10
    assert all(len(part.body) <= 4096 and part.title == "" for part in made.parts)
    assert [n for n in range(40) if f"⟦{n}⟧" in "".join(part.body for part in made.parts)] == list(range(40))
    assert made.parts[0].body.startswith("<b>What there was to catch up on · 40 alerts</b>")
    for part in made.parts:
        _tags(part.body)


def test_five_hundred_alerts_are_all_named_on_a_webhook_and_counted_on_a_pager() -> None:
    many = [alert(n, title=f"⟦{n}⟧ a headline") for n in range(500)]
    hook = message(*many, batch="over-limit:x")
    assert all(any(f"⟦{n}⟧" in part.body for part in hook.parts) for n in range(500))
    assert len(hook.facts) == 500
    pager = message(*many, batch="over-limit:x", service=SERVICES["sms"])
    assert len(pager.parts) == 10 and "more, without detail" in pager.parts[-1].body


def test_one_alert_of_a_batch_reads_as_one_alert_but_an_escalation_says_so() -> None:
    assert message(alert(), batch="digest:x").parts == message(alert()).parts
    escalated = message(alert(), batch="escalated:desk").parts[0]
    assert escalated.title.startswith("Not acknowledged elsewhere · 1 alert: 🇰🇷")


def test_ids_are_stable_and_threads_lead_to_the_first_message() -> None:
    one = message(alert(), thread="0123")
    assert (one.key, one.message_id, one.thread) == (alerts.delivery_key("s1:1", "desk"),) * 2 + ("0123",)
    a, b = alert(1), alert(2)
    assert message(a, b).key == message(b, a).key != message(a, alert(3)).key


def test_short_services_lose_detail_before_they_lose_the_headline() -> None:
    (part,) = message(alert(), service=SERVICES["sms"]).parts
    assert len(part.body) <= 160
    assert part.body.split("\n")[-1] == "https://www.example.org/a?b=1&c=%282%29"


TEMPLATE = "${flag} ${title:30} | ${amount|or:no sum} | ${country|in:(_)} ${stage|upper} $${x}\n${url}"


def test_a_template_fills_flat_placeholders_in_the_services_markup() -> None:
    (part,) = message(alert(title="A <b> ${key} @all"), template=TEMPLATE, service=TELEGRAM).parts
    assert part.body == (
        "🇰🇷 A &lt;b&gt; ${key} @\u200ball | at least 34 trillion KRW (≈ 23.4 billion USD) | (South Korea) PLANNED ${x}\n"
        "https://www.example.org/a?b=1&amp;c=%282%29"
    )


@pytest.mark.parametrize(
    ("template", "says"),
    [
        ("${titel}", "did you mean 'title'"),
        ("${title|uper}", "did you mean 'upper'"),
        ("${title.__class__}", "no placeholder 'title.__class__'"),
        ("${title:99999999999}", "a length is a number"),
        ("${title:}", "a length is a number"),
        ("${title|upper:3}", "takes no argument"),
        ("${title|or}", "takes an argument"),
        ("${title", "without its '}'"),
        ("   ", "empty"),
        ("x" * 9000, "longer than"),
    ],
)
def test_a_wrong_template_is_named_with_its_remedy(template: str, says: str) -> None:
    assert any(says in problem for problem in templates.problems(template))


def test_a_right_template_has_no_problems_and_the_output_is_capped() -> None:
    assert templates.problems(TEMPLATE) == []
    assert len(templates.fill("${title}" * 900, {"title": "x" * 5000})) == templates.LONGEST
    assert templates.fill("${title}${title|lower}", {"title": "${URL}"}) == "${URL}${url}"


def test_a_template_that_gives_nothing_falls_back_to_the_usual_text() -> None:
    (part,) = message(alert(summary=""), template="${summary}").parts
    assert str(BODY["title"]) in part.body


def test_first_seen_in_another_year_says_the_year() -> None:
    (part,) = message(alert(first_at=(NOW - timedelta(days=400)).isoformat())).parts
    assert "since Oct 21, 2025 02:00" in part.body
