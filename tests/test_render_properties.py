"""Whatever a publisher writes and a service takes, a message is whole, within its lengths, and never empty."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html.parser import HTMLParser

from hypothesis import given, settings
from hypothesis import strategies as st

from watcher.alerts import ChannelPolicy, delivery_key
from watcher.channels import Service, feeds_out
from watcher.channels.clean import cut, link, plain
from watcher.channels.markup import escape_markdown
from watcher.channels.message import measure
from watcher.channels.render import render
from watcher.channels.speaker import languages, speaker
from watcher.model import Alert, Change, Delivery

NOW = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)

NASTY = st.sampled_from(
    [
        "@everyone",
        "<!channel>",
        "<b>",
        "</a>",
        "**",
        "`",
        "](x)",
        "\u202e",
        "\x00",
        "\ud800",
        "🇰🇷",
        "👩‍👩‍👧",
        "가",
        "${key}",
        "&amp;",
        "\n# ",
        "e\u0301",
        "\\",
    ]
)
TEXT = st.lists(st.one_of(NASTY, st.text(max_size=20)), max_size=12).map("".join)
URL = st.one_of(TEXT, TEXT.map(lambda text: f"https://example.org/{text}"))
NUMBER = st.one_of(st.integers(0, 10**20), st.floats(), TEXT, st.none(), st.booleans())
AMOUNT = st.fixed_dictionaries(
    {
        "text": TEXT,
        "value": NUMBER,
        "currency": TEXT,
        "usd": NUMBER,
        "qualifier": st.sampled_from(["", "about", "x"]),
        "uncertain": st.booleans(),
    }
)
REPORT = st.fixed_dictionaries({"publisher": TEXT, "lang": TEXT, "title": TEXT, "url": URL, "at": TEXT})
BODY = st.fixed_dictionaries(
    {},
    optional={
        "title": TEXT, "lang": TEXT, "url": URL, "source": TEXT, "summary": TEXT, "countries": st.lists(TEXT, max_size=3),
        "amounts": st.lists(AMOUNT, max_size=3), "stage": TEXT, "instruments": st.lists(TEXT, max_size=3), "first_at": TEXT,
        "attributed_to": st.lists(TEXT, max_size=3), "ahead": st.lists(st.fixed_dictionaries({"when": TEXT, "what": TEXT}), max_size=3),
        "reports": st.lists(REPORT, max_size=4), "report_count": NUMBER, "languages": st.lists(TEXT, max_size=3), "why": st.lists(TEXT, max_size=3),
    },
)  # fmt: skip
CHANGE = st.builds(Change, kind=st.sampled_from(["amount", "stage", "date", "other"]), old=TEXT, new=TEXT)
SERVICES = st.builds(
    lambda markup, body, title, unit, counts: Service("x", markup, "text", body, title, unit, title_counts=counts),
    st.sampled_from(["text", "markdown", "html", "telegram", "ansi"]),
    st.sampled_from([140, 160, 380, 500, 1000, 2000, 4096, 32768]),
    st.sampled_from([0, 50, 250]),
    st.sampled_from(["chars", "utf16", "bytes"]),
    st.booleans(),
)


@st.composite
def deliveries(draw: st.DrawFn) -> list[Delivery]:
    made = []
    batch = draw(st.sampled_from(["", "digest:x", "catch-up:x", "over-limit:x", "escalated:desk"]))
    for number in range(draw(st.integers(1, 8 if batch else 1))):
        alert = Alert(
            f"s{number}:1", draw(st.sampled_from(["new", "follow_up", "item", "health"])), f"s{number % 3}", "", tuple(draw(st.lists(TEXT, max_size=2))),
            draw(st.sampled_from(["low", "normal", "high", "odd"])), NOW, tuple(draw(st.lists(CHANGE, max_size=2))), draw(BODY),
        )  # fmt: skip
        made.append(Delivery(delivery_key(alert.key, "desk"), alert, "desk", NOW, batch))
    return made


@settings(max_examples=60, deadline=None)
@given(deliveries(), SERVICES, st.sampled_from(languages()), st.sampled_from(["", "${title:40} ${url} ${summary}"]))
def test_every_part_fits_is_not_empty_and_calls_nobody(
    made: list[Delivery], service: Service, language: str, template: str
) -> None:
    message = render(made, ChannelPolicy("desk", language=language, template=template), now=NOW, service=service)
    assert 1 <= len(message.parts) <= 10
    for part in message.parts:
        assert part.body.strip()
        taken = measure(part.title, service.unit) if service.title_counts else 0
        assert measure(part.body, service.unit) + taken <= service.body_maxlen
        assert measure(part.title, service.unit) <= service.title_maxlen
        shown = part.title + part.body
        shown.encode("utf-8")
        assert "@everyone" not in shown and "<!channel>" not in shown
        assert not re.search("[\x00\u202e]", shown)
        if service.markup in ("html", "telegram"):
            _assert_whole(part.body)


@settings(max_examples=30, deadline=None)
@given(deliveries(), st.sampled_from(languages()))
def test_mail_is_whole(made: list[Delivery], language: str) -> None:
    message = render(made, ChannelPolicy("desk", language=language), now=NOW, service=Service("mail", whole=True))
    assert message.subject.strip() and "\n" not in message.subject and len(message.subject) <= 200
    assert message.text.strip() and message.markdown.strip()
    _assert_whole(message.html)
    for href in re.findall(r'href="([^"]*)"', message.html):
        assert href.startswith(("https://", "http://"))


def _assert_whole(markup: str) -> None:
    open_tags: list[str] = []

    class Parser(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            if tag not in ("br", "meta"):
                open_tags.append(tag)

        def handle_endtag(self, tag: str) -> None:
            if tag not in ("br", "meta"):
                assert open_tags.pop() == tag

    parser = Parser()
    parser.feed(markup)
    parser.close()
    assert open_tags == []


@given(TEXT, st.integers(1, 60))
def test_a_cut_is_short_enough_and_leaves_whole_characters(text: str, limit: int) -> None:
    text = plain(text)
    shorter = cut(text, limit)
    assert len(shorter) <= limit
    assert shorter == text if len(text) <= limit else shorter.endswith("…")
    assert not shorter.removesuffix("…").endswith("\u200d")


@given(URL)
def test_a_link_is_safe_or_empty(url: str) -> None:
    safe = link(url)
    assert safe == "" or re.fullmatch(r"https?://[A-Za-z0-9._\-\[\]:]+[!-~]*", safe)
    assert not re.search(r"[\s\"'<>()`\\]", safe)
    assert link(safe) == safe


@given(TEXT)
def test_escaped_markdown_has_no_live_mark(text: str) -> None:
    escaped = re.sub(r"\\.", "", escape_markdown(plain(text)))
    assert not re.search(r"[*_`\[\]<>#|~]", escaped)


@settings(max_examples=20, deadline=None)
@given(st.lists(deliveries(), max_size=3))
def test_outputs_are_readable_whatever_they_hold(made: list[list[Delivery]]) -> None:
    alerts = [delivery.alert for some in made for delivery in some]
    entries = feeds_out.alert_entries(alerts, speaker("en"), NOW)
    for _, writer in feeds_out.FORMATS.values():
        writer(entries, feeds_out.About("Watcher"), NOW).encode("utf-8")
