"""Random rules and items that are likely to meet, from a seed: for comparing the engine with the reference."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from random import Random

from watcher.model import Amount, Entry, Facts, Feed, Found, Item, Span
from watcher.rules import Line, RuleSpec, ScoreSpec, VocabularySpec, VocabularyTerm, Weight
from watcher.text import read

NOW = datetime(2026, 1, 1, tzinfo=UTC)
WORDS = {
    "en": ["AI", "A.I.", "ai", "said", "fund", "funds", "Fund", "intelligence", "artificial", "strategy", "strategies", "R&D", "e-mail", "5G", "GPT4", "AI2030", "it's", "café"],
    "fr": ["IA", "l'IA", "j'ai", "fonds", "intelligence", "artificielle", "stratégie", "stratégies", "naïve", "d’IA", "cafe", "souveraine"],
    "de": ["KI", "KI-Strategie", "Strategie", "Regierungsstrategie", "Strategien", "Fonds", "Chipfonds", "Straße", "Strasse"],
    "ru": ["ИИ", "стратегия", "стратегии", "искусственный", "искусственного", "интеллект", "интеллекта", "фонд", "фонда", "ёж", "еж"],
    "zh-Hans": ["人工智能", "中国", "投资", "基金", "中国AI产业", "国会", "会议", "AI"],
    "ja": ["人工知能", "AI", "インド", "インドネシア", "投資", "戦略", "を", "の", "京都", "東京都"],
    "ko": ["인공지능", "인공지능을", "AI를", "AI", "전략", "전략은", "미국", "중남미국가", "기금"],
    "ar": ["الذكاء", "بالذكاء", "والذكاء", "ذكاء", "الاصطناعي", "صندوق", "استراتيجية"],
    "tr": ["İSTANBUL", "istanbul", "ışık", "IŞIK", "yapay", "zeka", "zekâ", "stratejisi", "strateji"],
    "th": ["ปัญญาประดิษฐ์", "กองทุน", "ประเทศ"],
    "hi": ["कृत्रिम", "बुद्धिमत्ता", "कोष", "रणनीति"],
    "el": ["τεχνητή", "νοημοσύνη", "στρατηγική", "ταμείο"],
}  # fmt: skip
EVERY_WORD = sorted({word for words in WORDS.values() for word in words})
GAPS = [" "] * 12 + ["-", ", ", ". ", "", " – ", "! ", "\u200b", "’", "/", " (", "。"]
TERMS = (
    *EVERY_WORD, "strat*", "fund*", "стратег*", "인공*", "人工*", "Strategie~", "стратегия~", "фонд~", "전략~", "fund~", "strategy~",
    "=AI", "=IA", "=KI", "=ai", "=Fund", "=fund*",
)  # fmt: skip
PHRASES = (
    "artificial intelligence", "intelligence artificielle", "искусственный~ интеллект~", "искусственный интеллект",
    "artificial intel*", "KI Strategie", "인공지능~ 전략~", "الذكاء الاصطناعي", "τεχνητή νοημοσύνη", "人工智能 投资", "fund strategy~",
    "yapay zeka~", "كي الذكاء~",
)  # fmt: skip
REGEXES = (
    r"/\bstrat\w+/",
    r"/fond\w*\b/",
    r"/AI[0-9]+/",
    r"=/AI\b/",
    r"/人工.能/",
    r"/\bинтеллект\w*\b/",
    r"/f[ou]nd\s+\w/",
)
FACT_TERMS = (
    "country:KR", "country:[KR, FR]", "country:(JP OR FR)", "stage:planned", "instrument:fund", "instrument:[loan, grant]",
    "amount>=1000 USD", "amount<500 USD", "lang:fr", "lang:zh", "tag:gov", "source:Yonhap",
)  # fmt: skip


def random_item(random: Random) -> tuple[Item, Facts]:
    """A short item, mostly in one language, with some facts."""
    lang = random.choice(list(WORDS))
    title, summary = read(_text(random, lang, random.randint(1, 8))), read(_text(random, lang, random.randint(0, 20)))
    feed = Feed(
        "https://example.org/f", name="Example", tags=frozenset(random.sample(["gov", "kr", "x"], random.randint(0, 2)))
    )
    entry = Entry(title.plain, url="https://example.org/ai-fund", author="Ada Fund", categories=("AI", "fonds"))
    source = random.choice(["Yonhap", "Yonhap News", "Le Monde"])
    item = Item("i", feed, entry, title, summary, random.choice([lang, lang, lang, "en", "und"]), source, None, NOW)
    return item, _facts(random)


def _facts(random: Random) -> Facts:
    at = Span("title", 0, 1)
    amounts = [
        Amount("x", Decimal(value), "USD", Decimal(value), at, uncertain=random.random() < 0.3)
        for value in random.sample([100, 499, 500, 1000, 5000], random.randint(0, 2))
    ]
    return Facts(
        countries=tuple(Found(code, at) for code in random.sample(["KR", "FR", "JP", "US"], random.randint(0, 2))),
        amounts=tuple(amounts),
        stage=random.choice([None, Found("planned", at), Found("enacted", at)]),
        instruments=tuple(Found(name, at) for name in random.sample(["fund", "loan", "law"], random.randint(0, 2))),
    )


def _text(random: Random, lang: str, length: int) -> str:
    words = WORDS[lang] if random.random() < 0.8 else EVERY_WORD
    return "".join(random.choice(words) + random.choice(GAPS) for _ in range(length))


def random_vocabularies(random: Random) -> list[VocabularySpec]:
    """Two vocabularies, one large enough to be looked up by key; the second takes in the first."""
    terms = []
    for lang, words in WORDS.items():
        for word in random.sample(words, random.randint(0, 3)):
            terms.append(
                VocabularyTerm(word if random.random() < 0.8 else f"={word}", random.choice([lang, lang, "any"]))
            )
    terms += [VocabularyTerm(term, random.choice(["any", "ru", "en"])) for term in random.sample(PHRASES, 3)]
    small = [VocabularyTerm(random.choice(EVERY_WORD), "any") for _ in range(2)]
    return [VocabularySpec("big", tuple(terms or small)), VocabularySpec("both", (*small, VocabularyTerm("@big")))]


def random_rules(random: Random, count: int) -> list[RuleSpec]:
    """Rules of every kind; some build on earlier ones."""
    rules: list[RuleSpec] = []
    for number in range(count):
        rules.append(_rule(random, f"r{number}", [rule.name for rule in rules]))
    return rules


def _rule(random: Random, name: str, earlier: Sequence[str]) -> RuleSpec:
    kind = random.random()
    langs = frozenset(random.sample(list(WORDS), 3)) if random.random() < 0.1 else frozenset()
    tags = frozenset({"gov"}) if random.random() < 0.05 else frozenset()
    if kind < 0.75:
        return RuleSpec(name, match=Line(expression(random, 3, earlier)), langs=langs, tags=tags)
    if kind < 0.9:
        entries = [tuple(Line(_entry(random)) for _ in range(random.randint(0, 3))) for _ in range(3)]
        wanted = entries[1] if any(entries) else (Line("fund"),)
        return RuleSpec(name, all=entries[0], any=wanted, none=entries[2], langs=langs, tags=tags)
    weights = tuple(
        Weight(expression(random, 1, earlier), random.choice([-2.5, -1, 1, 2, 3.5]))
        for _ in range(random.randint(1, 12))
    )
    return RuleSpec(name, score=ScoreSpec(random.choice([1, 2, 4]), weights, random.choice([0, 0, -1, 1])))


def _entry(random: Random) -> str:
    return random.choice([*TERMS, *PHRASES, "@big", "fund NEAR/3 strategy", "title:AI"])


def expression(random: Random, depth: int, earlier: Sequence[str] = ()) -> str:
    """A random expression of the whole language."""
    if depth == 0 or random.random() < 0.2:
        return _leaf(random, earlier)
    inner = [expression(random, depth - 1, earlier) for _ in range(random.choice([2, 2, 3, 8]))]
    shape = random.random()
    if shape < 0.3:
        return "(" + random.choice([" AND ", " "]).join(inner[:3]) + ")"
    if shape < 0.5:
        return "(" + " OR ".join(inner) + ")"
    if shape < 0.6:
        return f"({inner[0]} AND NOT {inner[1]})"
    if shape < 0.65:
        return f"NOT {inner[0]}"
    if shape < 0.85:
        return _near(random)
    if shape < 0.93:
        field = random.choice(["title", "title", "summary", "author", "url", "category", "text"])
        return f"{field}:({inner[0]})" if "rule:" not in inner[0] else inner[0]
    return (
        f"SENTENCE({_word(random)} AND {_near(random)})"
        if shape < 0.96
        else f"SENTENCE({_word(random)} AND {_word(random)})"
    )


def _near(random: Random) -> str:
    operator = f" {random.choice(['NEAR', 'NEAR', 'ONEAR'])}/{random.randint(1, 8)} "
    left = _word(random) if random.random() < 0.8 else f"({_word(random)} OR {_word(random)})"
    chained = f"{operator}{_word(random)}" if random.random() < 0.15 else ""
    return f"({left}{operator}{_word(random)}{chained})"


def _word(random: Random) -> str:
    kind = random.random()
    if kind < 0.75:
        return random.choice(TERMS)
    if kind < 0.9:
        return f'"{random.choice(PHRASES)}"'
    return random.choice(["@big", "@both", *REGEXES])


def _leaf(random: Random, earlier: Sequence[str]) -> str:
    kind = random.random()
    if kind < 0.85:
        return _word(random)
    if kind < 0.95 or not earlier:
        return random.choice(FACT_TERMS)
    return f"rule:{random.choice(earlier[-30:])}"
