"""Reading: markup, folding, offsets, tokens, sentences."""

from __future__ import annotations

import html
import subprocess
import sys
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from watcher.text import edges, fold, fold_cased, folding, given_range, plain_text, read, sentence_spans
from watcher.text.language import detect
from watcher.text.morphology import prefix, same_word
from watcher.text.spellings import spellings

UNHURRIED = settings(deadline=None)
"""The first example may load the language model."""
ANY = st.text(alphabet=st.characters(codec=None, exclude_categories=()), max_size=80)
TRICKY = st.text(
    alphabet="aAİıßẞﬁée\u0301\u0308иЙй\u0306\u00ad\u200b\u200c\u0640هوشمعА.I. \tﾊﾟﾞ投資각\u1100\u1161\u11a8ُ’-—ſΣςǅ½ﷺ'İ\u0345ᾳ",
    max_size=40,
)


@pytest.mark.parametrize(
    ("markup", "plain"),
    [
        ("<p>One</p><p>two</p>", "One two"),
        ("<b>A</b>I", "AI"),
        ("a < b and c > d", "a < b and c > d"),
        ("I <3 Seoul", "I <3 Seoul"),
        ("<Company name> invests", "<Company name> invests"),
        ("&lt;p&gt;Seoul &amp;amp; Busan&lt;/p&gt;", "Seoul & Busan"),
        ("L&#8217;IA &eacute;thique", "L’IA éthique"),
        ("AT&T and R&D", "AT&T and R&D"),
        ("<script>if (a<b) {}</script>Text<style>p{}</style>", "Text"),
        ("<script>never closed", ""),
        ("<!-- note --> Text <!-- open", "Text"),
        ('<a href="x" title="a > b">link</a>', "link"),
        ("<![CDATA[<b>Bold</b> text]]>", "Bold text"),
        ("line<br/>break", "line break"),
        ("half <b", "half <b"),
        ("&#" + "1" * 5000 + ";", "&#" + "1" * 5000 + ";"),
        ("&#xD800;&#0;", "\ufffd\ufffd"),
        ("  a \n\t b\u00a0c ", "a b c"),
        ("half a pair \ud800 here", "half a pair \ufffd here"),
    ],
)
def test_markup_becomes_what_people_see(markup: str, plain: str) -> None:
    assert read(markup).plain == plain


def test_text_without_markup_keeps_its_signs() -> None:
    assert plain_text("<b> &amp; x").plain == "<b> &amp; x"


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("ＡＩ", "ai"),
        ("A.I. and A. I. and U.S.A.", "ai and ai and usa"),
        ("Straße", "strasse"),
        ("İSTANBUL ışık", "istanbul isik"),
        ("Ёлка, мой", "елка, мой"),
        ("ΝΟΜΟΣ νόμος", "νομοσ νομοσ"),
        ("الذَّكاءُ الإصطناعيّ", "الذكاء الاصطناعي"),
        ("بِینَة", "بينه"),
        ("שָׁלוֹם", "שלום"),
        ("ﾊﾞﾝｸ", "バンク"),
        ("“L’IA” – «x»", '"l\'ia" - "x"'),
        ("हिंदी क्षेत्र", "हिंदी क्षेत्र"),
        ("t\u00ado\u200bn", "ton"),
        ("٣٤ ३४ ３４", "34 34 34"),
        ("AI™ und AI®", "ai und ai®"),
        ("\u1100\u00ad\u1161", "가"),
        ("J. R. Smith", "j. r. smith"),
    ],
)
def test_folding_makes_one_form(text: str, folded: str) -> None:
    assert fold(text) == folded


@UNHURRIED
@example("\u1100\u00ad\u1161")
@example("\u1100\u200c\u1161")
@example("\u1e9e\u3099")
@example("\u3099\u3099")
@example("\ud800")
@example("\u13a0\uab70")
@given(ANY | TRICKY)
def test_folding_twice_changes_nothing_more(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@UNHURRIED
@given(ANY | TRICKY)
def test_the_cased_form_has_the_same_places(text: str) -> None:
    cased = fold_cased(text)
    assert len(cased) == len(fold(text))
    assert fold(cased) == fold(text)


@UNHURRIED
@given(
    st.lists(
        st.sampled_from(
            [
                "<b>",
                "</p>",
                "<p",
                "&",
                "&amp;",
                "amp;",
                "&lt;",
                "lt;",
                "gt;",
                "b&gt;",
                "<",
                ">",
                "x",
                " ",
                "&#38;",
                "#60;",
                "&nbsp;",
                "\u00e9",
            ]
        ),
        max_size=12,
    ).map("".join)
)
def test_plain_text_kept_and_read_again_is_the_same(markup: str) -> None:
    """The store keeps plain text; replay escapes it and reads it once more."""
    plain = read(markup).plain
    assert read(html.escape(plain, quote=False)).plain == plain


@UNHURRIED
@given(ANY | TRICKY)
def test_every_place_leads_back_to_the_plain_text(text: str) -> None:
    reading = plain_text(text)
    starts, ends = folding.origins(reading.plain)
    assert len(starts) == len(ends) == len(reading.folded)
    assert starts == sorted(starts)
    assert all(0 <= start < end <= len(reading.plain) for start, end in zip(starts, ends, strict=True))


@UNHURRIED
@given(ANY | TRICKY)
def test_a_token_in_the_plain_text_folds_to_the_token(text: str) -> None:
    reading = plain_text("Ein " + text + " Ende")
    for token in reading.tokens:
        start, end = reading.to_plain(token.start, token.end)
        assert (
            reading.folded[token.start : token.end].strip() in fold(reading.plain[start:end]).replace(".", "")
            or "." in reading.plain
        )


@UNHURRIED
@given(ANY)
def test_reading_never_fails(text: str) -> None:
    for reading in (read(text), plain_text(text)):
        reading.plain.encode()
        assert [token.end for token in reading.tokens] == sorted(token.end for token in reading.tokens)
        for token in reading.tokens:
            edges.is_whole(reading.folded, token.start, token.end, "ar")


@UNHURRIED
@given(ANY, ANY, st.sampled_from(["", "de", "ar", "sr", "fi", "ko", "he", "zh-Hans", "xx", "../x", "EN_us"]))
def test_any_words_in_any_language_have_an_answer(one: str, other: str, lang: str) -> None:
    assert detect(one, lang)
    assert same_word(one, one + other, lang) in (True, False)
    assert prefix(one + "x", lang)
    assert all(spellings(one, lang))


def test_a_run_of_a_million_letters_is_no_compound() -> None:
    assert not same_word("plan", "plan" * 250_000, "de")


def test_a_highlight_covers_what_was_folded_away() -> None:
    reading = read("Die ﬁ\u00adnal A.I. Stra\u00adße")
    assert reading.folded == "die final ai strasse"
    assert [reading.plain[slice(*reading.to_plain(token.start, token.end))] for token in reading.tokens] == [
        "Die",
        "ﬁ\u00adnal",
        "A.I",
        "Stra\u00adße",
    ]


@pytest.mark.parametrize("source", ["  a \n b\tc ", "plain", "", "one\u3000 two", " \n "])
def test_a_range_leads_back_to_the_text_as_given(source: str) -> None:
    plain = plain_text(source).plain
    for start in range(len(plain)):
        for end in range(start + 1, len(plain) + 1):
            first, last = given_range(source, start, end)
            assert " ".join(source[first:last].split()) == " ".join(plain[start:end].split())


def test_a_range_of_markup_stays_that_of_the_plain_text() -> None:
    assert given_range("<p>a  b</p>", 0, 3) == (0, 3)


def test_an_empty_range_of_the_given_text_stays_empty() -> None:
    assert given_range("  a b", 2, 2) == (4, 4)
    assert given_range("  ", 0, 1) == (2, 2)


def test_an_empty_range_stays_empty() -> None:
    reading = read("Étude")
    assert reading.to_plain(2, 2) == (2, 2)
    assert read("").to_plain(0, 0) == (0, 0)


def test_words_are_two_apart_and_characters_one() -> None:
    assert [token.place for token in read("the AI plan").tokens] == [0, 2, 4]
    assert [token.place for token in read("人工 AI 法").tokens] == [0, 1, 2, 4]
    assert [token.place for token in read("AI를 위한").tokens] == [0, 0, 2]


@pytest.mark.parametrize(
    ("text", "lang", "count"),
    [
        ("Mr. Smith met U.S. officials. They agreed on $3.5 bn. Really?", "en", 3),
        ("Am 3. März kam sie. Dann ging sie.", "de", 2),
        ("韩国政府。投资！真的？是", "zh-Hans", 4),
        ("योजना बनी। काम शुरू।", "hi", 2),
        ("هل وافقت؟ نعم. انتهى", "ar", 3),
        ("Τι είναι; Είναι νόμος.", "", 2),
        ("Am 3. März kam sie; dann ging sie.", "", 1),
        ("It was version 3. Then came more.", "en", 2),
        ("Rząd wyda 3 mld. zł na AI.", "pl", 1),
        ("В 2026 г. Россия выделит млрд руб. на ИИ. Указ подписан.", "ru", 2),
        ("no stop at all", "en", 1),
        ("They met J. Smith. He left.", "en", 2),
        ("It costs 3.5%. Prices rise.", "en", 2),
        ("Wait... What happened", "en", 2),
        ("wait... what happened", "en", 1),
    ],
)
def test_sentences_end_where_readers_say(text: str, lang: str, count: int) -> None:
    reading = read(text, lang)
    assert len(sentence_spans(reading)) == count
    assert reading.tokens[-1].sentence == count - 1


PIECES = (
    "<",
    "<a ",
    "<a '",
    '<a "',
    "<!--",
    "&",
    "&#1",
    "&amp;",
    "</script",
    "<script>",
    "a\u0301",
    "\u0301",
    "A.",
    "A. ",
    ". ",
    "  ",
    "\u200c",
    "ﾞ",
    "<p>x</p>",
    "\ud800",
    "a@b.",
    "!",
    "«",
    "<a \"'",
)


def _seconds(text: str) -> float:
    began = time.process_time()
    reading = read(text)
    assert reading.tokens is not None
    reading.to_plain(0, len(reading.folded))
    return time.process_time() - began


@pytest.mark.parametrize("piece", PIECES)
def test_hostile_text_takes_linear_time(piece: str) -> None:
    """Four times the text takes four times as long, not sixteen; short times are all noise."""
    long = min(_seconds(piece * (160_000 // len(piece))) for _ in range(2))
    if long > 0.5:
        assert long < 10 * min(_seconds(piece * (40_000 // len(piece))) for _ in range(2))


def test_a_million_characters_are_read() -> None:
    text = "".join(PIECES).replace("<script>", "").replace("<!--", "")
    assert _seconds(text * (1_000_000 // len(text))) < 120


def test_reading_does_not_load_the_language_model() -> None:
    code = "import sys; from watcher.text import read; read('x').tokens; sys.exit('py3langid' in sys.modules or 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_what_never_goes_through_the_table_needs_none() -> None:
    for code in range(0x110000):
        char = chr(code)
        if folding._UNSETTLED.match(char) is None:
            assert fold_cased(f"xx{char}xx") == f"xx{char}xx"
            assert fold(f"xx{char}xx") == f"xx{char.lower()}xx"
