"""Random rules and items that are likely to meet, from a seed: for comparing the engine with the reference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from random import Random

from watcher.facts.places import ACTS
from watcher.model import Amount, Entry, Facts, Feed, Found, Item, Span, Text
from watcher.rules import Line, RuleSpec, ScoreSpec, VocabularySpec, VocabularyTerm, Weight
from watcher.text import read

NOW = datetime(2026, 1, 1, tzinfo=UTC)
RATES = {"USD": Decimal(1), "EUR": Decimal(2), "GBP": None}
"""Dollars for one of each; none is known for a pound."""
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
    "artificial intelligence",
    "intelligence artificielle",
    "искусственный~ интеллект~",
    "искусственный интеллект",
    "artificial intel*",
    "KI Strategie",
    "인공지능~ 전략~",
    "الذكاء الاصطناعي",
    "τεχνητή νοημοσύνη",
    "人工智能 投资",
    "fund strategy~",
    "yapay zeka~",
    "كي الذكاء~",
)
EXACT_PHRASES = ('="AI Fund"', '="KI Strategie"', '="A.I. fund"', '="artificial intelligence"')  # fmt: skip
REGEXES = (
    r"/\bstrat\w+/",
    r"/fond\w*\b/",
    r"/AI[0-9]+/",
    r"=/AI\b/",
    r"/人工.能/",
    r"/\bинтеллект\w*\b/",
    r"/f[ou]nd\s+\w/",
)
PLACED_FACTS = (
    "country:KR", "country:[KR, FR]", "stage:planned", "instrument:fund", "instrument:[loan, grant]", "actor:Samsung",
    'actor:"Ministry of Science"', "acts:leader", "acts:[body, seat]", "amount>=1000 USD", "amount<500 USD", "amount>200 EUR",
    "amount<=499 USD", "amount=250 EUR",
)  # fmt: skip
FACT_TERMS = (
    *PLACED_FACTS, "country:(JP OR FR)", "country:(KR OR NOT FR)", "lang:fr", "lang:zh", "tag:gov", "source:Yonhap", 'source:"Le Monde"',
    "feed:Example", 'feed:"https://example.org/*"', "feed:Other",
)  # fmt: skip
ACTING = tuple({part: why for why, part in ACTS.items()}.values())
"""Reasons for a state, one for each part of it that acts."""


def random_item(random: Random) -> tuple[Item, Facts]:
    """A short item, mostly in one language, with some facts."""
    lang = random.choice(list(WORDS))
    title, summary = (
        read(_text(random, lang, random.randint(1, 8))),
        read(_text(random, lang, random.choice([0, 4, 8, 12, 16, 20, 20, 20, 20, 130]))),
    )
    content = read(_text(random, lang, random.randint(1, 10))) if random.random() < 0.2 else None
    feed = Feed(
        random.choice(["https://example.org/f", "https://example.com/g"]),
        name=random.choice(["Example", "Other"]),
        tags=frozenset(random.sample(["gov", "kr", "x"], random.randint(0, 2))),
    )
    entry = Entry(title.plain, url="https://example.org/ai-fund", author="Ada Fund", categories=("AI", "fonds"))
    source = random.choice(["Yonhap", "Yonhap News", "Le Monde"])
    said = random.choice([lang, lang, lang, "en", "und"])
    item = Item("i", feed, entry, title, summary, said, source, None, NOW, content)
    return item, _facts(random, {"title": title, "summary": summary, "content": content})


def _facts(random: Random, texts: Mapping[str, Text | None]) -> Facts:
    """Facts of all kinds, each stated at some words of the texts."""

    def at() -> Span:
        stated = [(name, text) for name, text in texts.items() if text is not None and text.tokens]
        if not stated:
            return Span("title", 0, 0)
        name, text = random.choice(stated)
        first = random.randrange(len(text.tokens))
        last = min(len(text.tokens) - 1, first + random.randint(0, 2))
        return Span(name, *text.to_plain(text.tokens[first].start, text.tokens[last].end))

    def found(values: Sequence[str], whys: Sequence[str] = ("",)) -> tuple[Found, ...]:
        return tuple(Found(value, at(), random.choice(whys)) for value in random.sample(values, random.randint(0, 2)))

    currencies = random.choices(["USD", "USD", "EUR", "GBP"], k=2)
    amounts = [
        Amount(
            "x",
            Decimal(value),
            code,
            RATES[code] and Decimal(value) * RATES[code],
            at(),
            uncertain=random.random() < 0.3,
        )
        for value, code in zip(
            random.sample([100, 250, 499, 500, 1000, 5000], random.randint(0, 2)), currencies, strict=False
        )
    ]
    return Facts(
        countries=found(["KR", "FR", "JP", "US"], (*ACTING, "")),
        amounts=tuple(amounts),
        stage=random.choice([None, Found("planned", at()), Found("enacted", at())]),
        instruments=found(["fund", "loan", "law"]),
        actors=found(["Samsung", "Samsung Electronics", "Ministry of Science", "Science Ministry"]),
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
    feeds = frozenset({random.choice(["Example", "https://example.org/f"])}) if random.random() < 0.05 else frozenset()
    if kind < 0.75:
        return RuleSpec(name, match=Line(expression(random, 3, earlier)), langs=langs, tags=tags, feeds=feeds)
    if kind < 0.9:
        entries = [tuple(Line(_entry(random)) for _ in range(random.randint(0, 3))) for _ in range(3)]
        wanted = entries[1] if any(entries) else (Line("fund"),)
        return RuleSpec(name, all=entries[0], any=wanted, none=entries[2], langs=langs, tags=tags)
    weights = tuple(
        Weight(expression(random, 1, earlier), random.choice([-2.5, -1, 1, 2, 3.5]))
        for _ in range(random.randint(1, 12))
    )
    score = ScoreSpec(random.choice([1, 2, 4]), weights, random.choice([0, 0, -1, 1]))
    also = Line(expression(random, 1, earlier)) if random.random() < 0.2 else None
    return RuleSpec(name, match=also, score=score, langs=langs)


def _entry(random: Random) -> str:
    return random.choice(
        [*TERMS, *PHRASES, *REGEXES, "@big", "fund NEAR/3 strategy", "title:AI", "country:KR", '"AI" OR фонд~']
    )


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
        return _scoped(random, inner[0])
    second = random.choice([_near, _word, _word, _placed])(random)
    also = random.choice([f"AND {second}", f"NOT {second}", f"AND {second} NOT {_word(random)}", f"OR {second}"])
    return f"SENTENCE({random.choice([_word, _placed])(random)} {also})"


def _scoped(random: Random, inner: str) -> str:
    field = random.choice(
        ["title", "title", "summary", "content", "lead", "lead", "lead", "author", "url", "category", "text"]
    )
    kind = random.random()
    if kind < 0.6:
        return f"{field}:({inner})"
    if kind < 0.8:
        return f"{field}:{_placed(random)}"
    return f"{field}:[{', '.join(random.sample(PHRASES + TERMS, 3))}]"


def _placed(random: Random) -> str:
    """A fact that has a place."""
    return random.choice(PLACED_FACTS)


def _near(random: Random) -> str:
    operator = f" {random.choice(['NEAR', 'NEAR', 'ONEAR'])}/{random.randint(1, 8)} "
    left = _word(random) if random.random() < 0.8 else f"({_word(random)} OR {_word(random)})"
    right = _word(random) if random.random() < 0.8 else _placed(random)
    chained = f"{operator}{_word(random)}" if random.random() < 0.15 else ""
    both = f"({left}{operator}{right}{chained})"
    return f"({both}{operator}{both})" if random.random() < 0.05 else both


def _word(random: Random) -> str:
    kind = random.random()
    if kind < 0.75:
        return random.choice(TERMS)
    if kind < 0.88:
        return f'"{random.choice(PHRASES)}"'
    if kind < 0.9:
        return random.choice(EXACT_PHRASES)
    return random.choice(["@big", "@both", *REGEXES])


def _leaf(random: Random, earlier: Sequence[str]) -> str:
    kind = random.random()
    if kind < 0.85:
        return _word(random)
    if kind < 0.95 or not earlier:
        return random.choice(FACT_TERMS)
    return f"rule:{random.choice(earlier[-30:])}"
