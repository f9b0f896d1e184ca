"""Documents of every kind, in small: formats, encodings, links, dates, and what is no feed."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from watcher.errors import ParseError
from watcher.feeds import trim
from watcher.feeds.dates import moment
from watcher.feeds.parse import parse_document
from watcher.feeds.parsed import ParsedFeed
from watcher.model import Document, Entry

URL = "https://news.example/feeds/rss"


def parse(body: str | bytes, known: frozenset[str] = frozenset(), charset: str = "", url: str = URL) -> ParsedFeed:
    data = body.encode() if isinstance(body, str) else body
    return parse_document(Document(url, data, charset=charset, final_url=url), known)


def one(item: str, head: str = "", root: str = 'rss version="2.0"') -> Entry:
    (entry,) = parse(
        f"<{root}><channel><title>T</title>{head}<item>{item}</item></channel></{root.split()[0]}>"
    ).entries
    return entry


def refused(body: str | bytes, url: str = URL) -> ParseError:
    with pytest.raises(ParseError) as caught:
        parse(body, url=url)
    return caught.value


ATOM = '<feed xmlns="http://www.w3.org/2005/Atom"{0}><title>T</title>{1}</feed>'


@pytest.mark.parametrize(
    ("body", "title"),
    [
        ('<rss version="0.91"><channel><item><title>A</title></item></channel></rss>', "A"),
        ('<rss version="2.0"><channel><item><title><![CDATA[A & B]]></title></item></channel></rss>', "A & B"),
        ('<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">'
         "<channel><title>T</title></channel><item><title>A</title></item></rdf:RDF>", "A"),
        (ATOM.format("", "<entry><title>A</title></entry>"), "A"),
        (ATOM.format("", '<entry><title type="text">A &lt;b&gt;</title></entry>'), "A &lt;b&gt;"),
        (ATOM.format("", '<entry><title type="html">A &amp;amp; &lt;b>B&lt;/b></title></entry>'), "A &amp; <b>B</b>"),
        ('{"version":"https://jsonfeed.org/version/1.1","title":"T","items":[{"id":"1","title":"A < B"}]}', "A &lt; B"),
        ('{"rss":{"version":"2.0","channel":{"title":"T","item":[{"title":"A"}]}}}', "A"),
        ('<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">'
         "<url><loc>https://news.example/a</loc><news:news><news:title>A &amp; B</news:title></news:news></url></urlset>", "A &amp; B"),
    ],
)  # fmt: skip
def test_every_format_gives_its_entry(body: str, title: str) -> None:
    (entry,) = parse(body).entries
    assert entry.title == title


def test_an_rss_item_is_read_whole() -> None:
    entry = one(
        "<title>Séoul investit</title><link>https://news.example/a?utm=1</link><guid isPermaLink='false'>g-1</guid>"
        "<description>&lt;p&gt;34 billions&lt;/p&gt;</description><author>Kim</author><category>IA</category>"
        "<category>Corée</category><pubDate>Tue, 24 Nov 2026 12:00:00 +0900</pubDate>"
        '<source url="https://yna.example/rss">Yonhap</source>'
        '<content:encoded xmlns:content="http://purl.org/rss/1.0/modules/content/">&lt;p&gt;Tout&lt;/p&gt;</content:encoded>'
    )
    assert entry == Entry(
        title="Séoul investit",
        summary="<p>34 billions</p>",
        content="<p>Tout</p>",
        guid="g-1",
        url="https://news.example/a?utm=1",
        author="Kim",
        categories=("IA", "Corée"),
        published=datetime(2026, 11, 24, 3, tzinfo=UTC),
        source="Yonhap",
    )


@pytest.mark.parametrize("extra", ["", "<odd xmlns='urn:odd'>x</odd>"])
def test_plain_text_in_atom_stays_text(extra: str) -> None:
    """With and without the shortcut for plain documents."""
    (entry,) = parse(
        ATOM.format("", f"<entry><title>A</title><summary>1 &lt; 2 &amp;amp;</summary>{extra}</entry>")
    ).entries
    assert entry.summary == "1 &lt; 2 &amp;amp;"


def test_a_json_item_is_read_whole() -> None:
    item = {
        "id": 7, "url": "/a", "title": "A", "summary": "S", "content_html": "<p>C</p>", "tags": ["x"], "language": "ko",
        "date_published": "2026-11-24T12:00:00+09:00", "authors": [{"name": "Kim"}, {"name": "Lee"}],
    }  # fmt: skip
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": "T", "language": "ko", "items": [item],
            "hubs": [{"type": "WebSub", "url": "https://hub.example/"}]}  # fmt: skip
    parsed = parse(json.dumps(feed))
    assert (parsed.title, parsed.lang, parsed.hub) == ("T", "ko", "https://hub.example/")
    assert parsed.entries[0] == Entry(
        title="A", summary="S", content="<p>C</p>", guid="7", url="https://news.example/a", author="Kim, Lee", categories=("x",),
        published=datetime(2026, 11, 24, 3, tzinfo=UTC), lang="ko",
    )  # fmt: skip


def test_a_sitemap_item_is_read_whole() -> None:
    (entry,) = parse(
        '<urlset xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"><url><loc>https://news.example/a</loc><news:news>'
        "<news:publication><news:name>The Desk</news:name><news:language>en</news:language></news:publication>"
        "<news:publication_date>2026-11-24T12:00:00Z</news:publication_date><news:title>A</news:title>"
        "<news:keywords>AI, fund</news:keywords></news:news></url></urlset>"
    ).entries
    assert entry == Entry(
        title="A", guid="https://news.example/a", url="https://news.example/a", categories=("AI", "fund"),
        published=datetime(2026, 11, 24, 12, tzinfo=UTC), lang="en", source="The Desk",
    )  # fmt: skip


def test_what_the_document_says_of_its_rhythm() -> None:
    head = (
        "<ttl>90</ttl><skipHours><hour>0</hour><hour>24</hour><hour>3</hour></skipHours><skipDays><day>Sunday</day></skipDays>"
        '<sy:updatePeriod xmlns:sy="http://purl.org/rss/1.0/modules/syndication/">daily</sy:updatePeriod>'
        '<sy:updateFrequency xmlns:sy="http://purl.org/rss/1.0/modules/syndication/">4</sy:updateFrequency>'
        '<atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="hub" href="https://hub.example/"/>'
        '<atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="self" href="https://news.example/self"/>'
        "<language>fr-CA</language><link>https://news.example/</link>"
    )
    parsed = parse(f'<rss version="2.0"><channel><title>T</title>{head}</channel></rss>')
    assert parsed.hints is not None
    assert (parsed.hints.ttl, parsed.hints.period) == (timedelta(minutes=90), timedelta(hours=6))
    assert (parsed.hints.skip_hours, parsed.hints.skip_days) == (frozenset({0, 3}), frozenset({6}))
    assert (parsed.hub, parsed.self_url) == ("https://hub.example/", "https://news.example/self")
    assert (parsed.lang, parsed.link) == ("fr-CA", "https://news.example/")


KOREAN = "인공지능 위원회"
RUSSIAN = "Правительство создаст комитет по искусственному интеллекту и вложит миллиарды рублей"
JAPANESE = "政府は人工知能の国家戦略を発表し、基金に一兆円を投じると述べた"


@pytest.mark.parametrize(
    ("title", "encoding", "declared", "charset"),
    [
        (KOREAN, "utf-8", "utf-8", ""), (KOREAN, "utf-8", "iso-8859-1", ""), (KOREAN, "utf-8", "", "iso-8859-1"),
        (KOREAN, "euc-kr", "euc-kr", ""), (KOREAN, "cp949", "ks_c_5601-1987", ""), (KOREAN, "euc-kr", "", "euc-kr"),
        (KOREAN, "euc-kr", "utf-8", "euc-kr"), (KOREAN, "utf-16", "utf-16", ""), (KOREAN, "utf-16-le", "", ""),
        (KOREAN, "utf-16-be", "utf-8", ""), (KOREAN, "utf-32-le", "", ""), (KOREAN, "utf-8-sig", "ascii", ""),
        (RUSSIAN, "cp1251", "windows-1251", ""), (RUSSIAN, "koi8-r", "koi8-r", ""), (RUSSIAN, "cp1251", "no-such", ""),
        (JAPANESE, "cp932", "shift_jis", ""), (JAPANESE, "euc-jp", "", ""), (JAPANESE, "iso2022_jp", "iso-2022-jp", ""),
        ("L’État investit 5 € à Orléans", "cp1252", "iso-8859-1", ""), ("Bund fördert KI – 5 €", "cp1252", "utf-8", ""),
        ("镕基 国家人工智能基金", "gb18030", "gb2312", ""), ("投資人工智慧", "big5", "big5", ""),
    ],
)  # fmt: skip
def test_the_encoding_is_what_the_bytes_prove(title: str, encoding: str, declared: str, charset: str) -> None:
    declaration = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
    text = f'{declaration}<rss version="2.0"><channel><item><title>{title}</title></item></channel></rss>'
    assert parse(text.encode(encoding), charset=charset).entries[0].title == title


def test_a_stray_byte_does_not_make_another_encoding() -> None:
    body = "<rss version='2.0'><channel><item><title>Ökonomie für Künstliche Intelligenz – Über §</title></item></channel></rss>"
    assert parse(body.encode().replace("§".encode(), b"\xa7")).entries[0].title.endswith("Über §")


@pytest.mark.parametrize("twice", ["L’État", "naïve café", "Überblick – heute"])
def test_text_encoded_twice_is_read_once(twice: str) -> None:
    assert one(f"<title>{twice.encode().decode('cp1252')}</title>").title == twice


def test_windows_punctuation_that_was_taken_for_control_characters() -> None:
    assert one("<title>L\x92IA \x96 demain</title>").title == "L’IA – demain"


@pytest.mark.parametrize(
    ("item", "head", "url"),
    [
        ("<link>https://a.example/1</link>", "", "https://a.example/1"),
        ("<link>/1</link>", "<link>https://a.example/blog/</link>", "https://a.example/1"),
        ("<link>1</link>", "", "https://news.example/feeds/1"),
        ("<guid>https://a.example/1</guid>", "", "https://a.example/1"),
        ("<guid isPermaLink='false'>https://a.example/1</guid>", "", "https://a.example/1"),
        ("<link>javascript:alert(1)</link>", "", ""),
        ("<link>https://a.example/proxy</link><feedburner:origLink xmlns:feedburner='http://rssnamespace.org/feedburner/ext/1.0'>"
         "https://a.example/1</feedburner:origLink>", "", "https://a.example/1"),
        ("<link>  https://a.example/1\n </link>", "", "https://a.example/1"),
        ("<link>http://[bad/</link>", "", ""),
    ],
)  # fmt: skip
def test_the_link_of_an_entry(item: str, head: str, url: str) -> None:
    assert one(f"<title>A</title>{item}", head).url == url


def test_an_id_is_kept_as_given() -> None:
    assert one("<guid>1234</guid>", "<link>https://a.example/</link>").guid == "1234"
    long = one(f"<guid isPermaLink='false'>{'x' * 5000}</guid>").guid
    assert len(long) <= 1000 and long != one(f"<guid isPermaLink='false'>{'x' * 5001}</guid>").guid


def test_atom_links_stand_on_their_base() -> None:
    base = ' xml:base="/blog/"'
    (entry,) = parse(
        ATOM.format(base, '<entry><title>A</title><link href="1"/><link rel="edit" href="e"/></entry>')
    ).entries
    assert entry.url == "https://news.example/blog/1"


@pytest.mark.parametrize(
    ("text", "lang", "iso"),
    [
        ("Tue, 24 Nov 2026 12:00:00 GMT", "", "2026-11-24T12:00:00"),
        ("2026-11-24T12:00:00+09:00", "", "2026-11-24T03:00:00"),
        ("2026-11-24", "", "2026-11-24T00:00:00"),
        ("2026-11-24T12:00:00.123Z", "", "2026-11-24T12:00:00"),
        ("2026/11/24 14:33:00", "", "2026-11-24T14:33:00"),
        ("24.11.2026 14:33", "de", "2026-11-24T14:33:00"),
        ("11/24/2026", "en-US", "2026-11-24T00:00:00"),
        ("2026년 11월 24일 (화)요일 06:00", "ko", "2026-11-24T06:00:00"),
        ("2026年11月24日 下午3:05", "zh", "2026-11-24T15:05:00"),
        ("mar, 24 nov 2026 12:00:00 +0100", "it", "2026-11-24T11:00:00"),
        ("Ter, 24 Fev 2026 19:38:00 -0300", "pt", "2026-02-24T22:38:00"),
        ("mardi 24 août 2026 à 10:30", "fr", "2026-08-24T10:30:00"),
        ("24 de noviembre de 2026", "es", "2026-11-24T00:00:00"),
        ("24 ноября 2026, 12:00", "ru", "2026-11-24T12:00:00"),
        ("24 listopada 2026", "pl", "2026-11-24T00:00:00"),
        ("24 Kasım 2026 Salı", "tr", "2026-11-24T00:00:00"),
        ("24 tháng 11, 2026", "vi", "2026-11-24T00:00:00"),
        ("Tuesday, November 24, 2026 04:42 PM", "hi", "2026-11-24T16:42:00"),
        ("24 พฤศจิกายน 2026", "th", "2026-11-24T00:00:00"),
        ("24 พ.ย. 2569 10:00", "th", "2026-11-24T10:00:00"),
        ("yesterday", "", None),
        ("", "", None),
        ("99.99.2026", "", None),
    ],
)
def test_dates_of_all_sorts(text: str, lang: str, iso: str | None) -> None:
    found = moment(text, lang)
    assert found == (datetime.fromisoformat(iso).replace(tzinfo=UTC) if iso else None)


LOGIN = '<html><head><title>Anmelden</title></head><body><form><input type="password"></form></body></html>'
FEED_LINK = '<link rel="alternate" type="application/rss+xml" href="/rss.xml">'


@pytest.mark.parametrize(
    ("body", "kind", "says"),
    [
        ("", "empty", "empty"),
        (" \n ", "empty", "empty"),
        ("\ufeff", "empty", "empty"),
        ("<!DOCTYPE html><html><head><title>News</title></head></html>", "html", "a web page («News»), not a feed"),
        (f"<html><head>{FEED_LINK}</head></html>", "html", "it names the feed https://news.example/rss.xml"),
        (LOGIN, "login", "credentials"),
        ("<html><title>Just a moment...</title><script src='/cdn-cgi/challenge-platform/x'></script></html>", "challenge", "bot check"),
        ("<html><title>Before you continue to the news</title></html>", "consent", "consent page"),
        ("hello", "unknown", "plain text"),
        ("/etc/passwd", "unknown", "plain text"),
        ("<note>hello</note>", "unknown", "<note>"),
        ("<opml><body/></opml>", "unknown", "feeds import"),
        ('{"a": 1}', "unknown", "JSON Feed"),
        ('{"version": "https://jsonfeed.org/version/1", "items": [', "broken", "cut off"),
        ("[" * 100_000, "broken", "JSON"),
        ("<sitemapindex><sitemap><loc>https://a.example/s.xml</loc></sitemap></sitemapindex>", "unknown", "https://a.example/s.xml"),
        ("<urlset><url><loc>https://a.example/1</loc></url></urlset>", "unknown", "news sitemaps"),
    ],
)  # fmt: skip
def test_what_is_no_feed_is_named_with_a_remedy(body: str, kind: str, says: str) -> None:
    error = refused(body)
    assert (error.kind, says in error.reason) == (kind, True), error.reason


def test_a_page_at_a_consent_address_is_known_by_it() -> None:
    page = "<html><head><title>x</title></head></html>"
    assert refused(page, url="https://consent.news.example/collect").kind == "consent"
    assert refused(page, url="https://accounts.news.example/signin?next=/rss").kind == "login"


@pytest.mark.parametrize(
    ("body", "titles"),
    [
        ("<br />\n<b>Warning</b>: mysql_connect() in /srv/x.php\n<rss version='2.0'><channel><item><title>A</title></item></channel></rss>", ["A"]),
        ("<rss version='2.0'><channel><item><title>A & B &nbsp;&euro;</title></item></channel></rss>", ["A & B \xa0€"]),
        ("<rss version='2.0'><channel><item><title>A\x06B</title></item></channel></rss>", ["AB"]),
        ("<rss version='2.0'><channel><item><title>A</title></item><item><title>B</tit", ["A"]),
        ("<rss version='2.0'><channel><item><title>A</title></item><item><foo:bar>x</foo:bar><title>B</title></item></channel></rss>", ["A", "B"]),
        ("<rss version='2.0'><channel><item><title>A</title><description><b>x<i>y</b></i></description></item></channel></rss>", ["A"]),
    ],
)  # fmt: skip
def test_broken_documents_give_what_is_whole(body: str, titles: list[str]) -> None:
    assert [entry.title.replace("&amp;", "&") for entry in parse(body).entries] == titles


def test_entities_do_not_explode_nor_reach_files() -> None:
    laughs = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 10))
    parsed = parse(
        f'<!DOCTYPE rss [<!ENTITY l0 "ha"><!ENTITY f SYSTEM "file:///etc/hostname">{laughs}]>'
        "<rss version='2.0'><channel><item><title>&l9;&f;</title></item></channel></rss>"
    )
    assert all(len(entry.title) < 100 for entry in parsed.entries)


def test_every_field_has_a_limit() -> None:
    entry = one(f"<title>{'t' * 9999}</title><description>{'d' * 99_999}</description><author>{'a' * 9999}</author>")
    assert (len(entry.title), len(entry.summary), len(entry.author)) == (1000, 65_536, 300)


ITEMS = [
    f"<item><title>{i}</title><guid>{i}</guid><description><![CDATA[</item>]]></description></item>" for i in range(9)
]
BODY = "<rss version='2.0'><channel><title>T</title>" + "\n".join(ITEMS) + "</channel></rss>"


def test_known_entries_are_not_read_again() -> None:
    everything = parse(BODY)
    assert len(everything.blocks) == everything.total == 9
    hashes = [trim.block_hash(item.encode()) for item in ITEMS]
    assert everything.blocks == frozenset(hashes)
    rest = parse(BODY, frozenset(hashes[::2]))
    assert [entry.title for entry in rest.entries] == ["1", "3", "5", "7"]
    assert (rest.total, rest.blocks, rest.title) == (9, everything.blocks, "T")
    assert parse(BODY, everything.blocks).entries == ()


def test_an_edited_entry_is_read_again_and_a_counter_is_no_edit() -> None:
    plain = "<item><title>A</title>{}</item>"
    assert trim.block_hash(plain.format("").encode()) != trim.block_hash(plain.format("<x/>").encode())
    counted = [plain.format(f"<slash:comments>{i}</slash:comments>").encode() for i in (1, 2)]
    assert trim.block_hash(counted[0]) == trim.block_hash(counted[1])


@pytest.mark.parametrize(
    "body", [b"<item><item></item>", b"</item>", b"<item><![CDATA[</item>", b"<item><!-- </item>", b"<item", b""]
)
def test_where_ends_can_not_be_told_nothing_is_cut(body: bytes) -> None:
    assert trim.cut(body, frozenset({trim.block_hash(body)})).body == body


def test_cutting_is_linear() -> None:
    for hostile in (b"<!--" * 300_000, b"<![CDATA[" * 200_000, b"<item>" * 200_000, b"<item " * 200_000):
        assert trim.cut(hostile, frozenset()).total == 0
