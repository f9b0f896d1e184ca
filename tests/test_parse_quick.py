"""The shortcut for plain documents gives what feedparser gives, or nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from watcher.feeds import charset, parse, quick, repair
from watcher.feeds.parsed import ParsedFeed
from watcher.model import Document

FEEDS = Path(__file__).parents[2] / "shared" / "feeds"
URL = "https://news.example/rss"


def both(body: bytes, monkeypatch: pytest.MonkeyPatch) -> tuple[ParsedFeed, ParsedFeed] | None:
    """By shortcut and by feedparser; None where the shortcut leaves it to feedparser."""
    document = Document(URL, body, final_url=URL)
    text = charset.decode(body, charset.encoding_of(body))
    root, at = parse.root_element(text[:20_000])
    if root not in ("rss", "rdf", "feed") or quick.read(repair.without_declaration(text[at:]), URL) is None:
        return None
    short = parse.parse_document(document)
    with monkeypatch.context() as patch:
        patch.setattr(quick, "read", lambda text, base: None)
        return short, parse.parse_document(document)


def corpus() -> list[Path]:
    if not FEEDS.is_dir():
        return []
    timelines = [
        sorted(folder.glob("0*"))[::25] for folder in sorted((FEEDS / "timelines").iterdir()) if folder.is_dir()
    ]
    return (
        sorted((FEEDS / "wild").glob("*.xml"))
        + sorted((FEEDS / "wild").glob("*.rdf"))
        + [p for some in timelines for p in some]
    )


@pytest.mark.skipif(not FEEDS.is_dir(), reason="the corpus is not here")
def test_over_all_documents_the_shortcut_agrees_with_feedparser(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = 0
    for path in corpus():
        if pair := both(path.read_bytes(), monkeypatch):
            taken += 1
            short, long = pair
            assert (short.entries, short.title, short.lang, short.link) == (
                long.entries,
                long.title,
                long.lang,
                long.link,
            ), path.name
            assert (short.hints, short.hub, short.self_url, short.total) == (
                long.hints,
                long.hub,
                long.self_url,
                long.total,
            ), path.name
    assert taken >= 80


ITEM = "<title>A &amp; B</title><link>https://a.example/1</link><guid>https://a.example/1</guid>"
PLAIN = [
    ITEM,
    "<title>A</title><description>&lt;p&gt;x&lt;/p&gt;</description><pubDate>Tue, 24 Nov 2026 12:00:00 +0900</pubDate>",
    "<title>A</title><category>x</category><category>x</category><category/><source url='u'>S</source>",
    "<title> A\n B </title><link>https://a.example/1</link><author>Kim</author><comments>https://a.example/c</comments><enclosure url='u' type='t' length='1'/>",
    "<title>A</title><link>/1</link><guid isPermaLink='false'>7</guid>",
    "<title>A</title><link>https://a.example/1</link><guid isPermaLink='false'>https://a.example/guid</guid>",
]
ODD = [
    "<title>A</title><title>B</title>",
    "<title>A <b>x</b></title>",
    "<title>A</title><pubDate>yesterday</pubDate>",
    "<title>A</title><author>kim@a.example (Kim)</author>",
    "<title>A</title><guid>7</guid>",
    "<title>A</title><itunes:summary xmlns:itunes='http://www.itunes.com/dtds/podcast-1.0.dtd'>x</itunes:summary>",
    "<title></title>",
    "<title>A</title><enclosure url='https://a.example/a.mp3' type='audio/mpeg' length='1'/>",
    "<title>A</title><unheard>x</unheard>",
]


def wrapped(item: str) -> bytes:
    head = "<title>T</title><link>https://a.example/</link><language>fr</language><ttl>30</ttl>"
    return f'<rss version="2.0"><channel>{head}<item>{item}</item></channel></rss>'.encode()


@pytest.mark.parametrize("item", PLAIN)
def test_plain_items_take_the_shortcut(item: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pair = both(wrapped(item), monkeypatch)
    assert pair is not None
    assert pair[0] == pair[1]


@pytest.mark.parametrize("item", ODD)
def test_odd_items_are_left_to_feedparser(item: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert both(wrapped(item), monkeypatch) is None


ATOM_HEAD = '<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="fr"><title>T</title><id>https://a.example/</id>'


@pytest.mark.parametrize(
    ("body", "is_plain"),
    [
        (f"{ATOM_HEAD}<entry><title>A</title><id>tag:a.example,2026:1</id><updated>2026-11-24T12:00:00Z</updated></entry></feed>", True),
        (f"{ATOM_HEAD}<entry><title>A</title><id>1</id></entry></feed>", False),
        (f"{ATOM_HEAD}<entry><title type='html'>A &lt;b&gt;</title><link href='/1'/><content type='html'>x</content></entry></feed>", True),
        (f"{ATOM_HEAD}<entry><title>A</title><summary>1 &lt; 2</summary><author><name>Kim</name></author></entry></feed>", True),
        (f"{ATOM_HEAD}<entry xml:lang='de'><title>A</title></entry></feed>", False),
        (f"{ATOM_HEAD}<entry><title xml:lang='de'>A</title></entry></feed>", False),
        (f"{ATOM_HEAD}<entry xml:base='/x/'><title>A</title><link href='1'/></entry></feed>", False),
        (f"{ATOM_HEAD}<entry><title type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'>A</div></title></entry></feed>", False),
        (f"{ATOM_HEAD}<entry><title>A</title><source><title>S</title></source></entry></feed>", False),
        ("<rss version='2.0' xml:lang='fr'><channel><item><title>A</title></item></channel></rss>", False),
        ("<!DOCTYPE rss><rss version='2.0'><channel><item><title>A</title></item></channel></rss>", False),
        ("<rss version='2.0'><channel><item><title>A</title></item></channel><channel/></rss>", False),
        ("<rss version='2.0'><channel><item><title>A</title></item>", False),
    ],
)  # fmt: skip
def test_other_documents(body: str, is_plain: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    pair = both(body.encode(), monkeypatch)
    assert (pair is not None) is is_plain
    if pair:
        assert pair[0] == pair[1]
