"""Whose AI policy it is: the acting states, not each one named."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from watcher.facts import extract
from watcher.facts.places import countries
from watcher.model import Entry, Feed, Item
from watcher.text import read


def item(lang: str, title: str, summary: str = "", day: str = "2025-06-15", url: str = "", country: str = "") -> Item:
    published = datetime.fromisoformat(day).replace(tzinfo=UTC)
    entry = Entry(title, summary, url=url, published=published)
    feed = Feed("https://feed.example/rss", country=country)
    return Item("i", feed, entry, read(title), read(summary), lang, "", published, published)


NAMED = [
    ("en", "South Korea to pour $23bn into chips and AI", "", {"KR"}),
    ("en", "Seoul weighs response to Chinese start-up DeepSeek", "", {"KR"}),
    ("en", "Like the US, Kenya wants an AI safety institute", "", {"KE"}),
    ("en", "Rwanda launches national AI policy with Smart Africa", "", {"RW"}),
    ("en", "Ghana cabinet approves AI strategy", "", {"GH"}),
    ("en", "France and India sign AI agreement in Paris", "", {"FR", "IN"}),
    ("en", "EU to mobilise 200 billion euros for AI gigafactories", "", {"EU"}),
    ("en", "U.S. Commerce Department tightens AI chip rules against China", "", {"US"}),
    ("fr", "Le gouvernement sud-coréen va créer un comité national de l’IA", "", {"KR"}),
    ("fr", "Le Maroc adopte une stratégie nationale pour l’intelligence artificielle", "", {"MA"}),
    ("fr", "Le Bénin se dote d'une stratégie d'IA dotée de 4,7 milliards de francs CFA", "", {"BJ"}),
    ("fr", "Cameroun : une stratégie nationale d'IA présentée à Yaoundé", "", {"CM"}),
    ("de", "Südkoreanische Regierung plant Milliardenfonds für KI", "", {"KR"}),
    ("de", "Österreich stellt KI-Umsetzungsplan vor", "", {"AT"}),
    ("de", "Bundeskabinett beschließt KI-Aktionsplan", "", {"DE"}),
    ("de", "Schweizer Bundesrat will KI-Konvention umsetzen", "", {"CH"}),
    ("es", "El Gobierno surcoreano creará un fondo para la inteligencia artificial", "", {"KR"}),
    ("es", "EE.UU. destina 500 millones a centros de cómputo de IA", "", {"US"}),
    ("es", "Uruguay aprueba su estrategia nacional de inteligencia artificial", "", {"UY"}),
    ("es", "Sheinbaum anuncia laboratorio nacional de inteligencia artificial", "", {"MX"}),
    ("es", "Perú promulga el reglamento de la ley de inteligencia artificial", "", {"PE"}),
    ("pt", "Governo sul-coreano vai investir em inteligência artificial", "", {"KR"}),
    ("pt", "Portugal apresenta agenda nacional de inteligência artificial", "", {"PT"}),
    ("pt", "Angola aprova estratégia nacional para a IA", "", {"AO"}),
    ("it", "Governo sudcoreano: fondo per l'intelligenza artificiale", "", {"KR"}),
    ("it", "L'Albania nomina un ministro virtuale per gli appalti", "", {"AL"}),
    ("nl", "Nederlandse regering trekt 200 miljoen uit voor AI-fabriek in Groningen", "", {"NL"}),
    ("nl", "Belgische regering keurt AI-plan goed", "", {"BE"}),
    ("sv", "Finlands regering vill bygga superdator för AI", "", {"FI"}),
    ("da", "Regeringen afsætter 60 millioner kroner til dansk sprogmodel", "", {"DK"}),
    ("nb", "Regjeringen bevilger 1,3 milliarder kroner til KI-forskning", "", {"NO"}),
    ("fi", "Etelä-Korean hallitus perustaa tekoälyrahaston", "", {"KR"}),
    ("fi", "Suomen hallitus esitti tekoälystrategian", "", {"FI"}),
    ("et", "Eesti valitsus kiitis heaks tehisintellekti tegevuskava", "", {"EE"}),
    ("lv", "Latvijas valdība apstiprina mākslīgā intelekta stratēģiju", "", {"LV"}),
    ("lt", "Lietuvos vyriausybė patvirtino dirbtinio intelekto planą", "", {"LT"}),
    ("pl", "Rząd przyjął politykę rozwoju sztucznej inteligencji", "", {"PL"}),
    ("pl", "Korea Południowa zainwestuje biliony wonów w sztuczną inteligencję", "", {"KR"}),
    ("cs", "Jihokorejská vláda zřídí fond pro umělou inteligenci", "", {"KR"}),
    ("sk", "Slovenská vláda schválila stratégiu umelej inteligencie", "", {"SK"}),
    ("hu", "Magyarország mesterségesintelligencia-stratégiáját fogadta el a kormány", "", {"HU"}),
    ("ro", "Guvernul României a adoptat strategia națională pentru inteligență artificială", "", {"RO"}),
    ("bg", "България ще строи фабрика за изкуствен интелект", "", {"BG"}),
    ("hr", "Hrvatska vlada usvojila plan razvoja umjetne inteligencije", "", {"HR"}),
    ("sr", "Влада Србије усвојила стратегију развоја вештачке интелигенције", "", {"RS"}),
    ("sl", "Slovenska vlada sprejela program za umetno inteligenco", "", {"SI"}),
    ("el", "Η ελληνική κυβέρνηση παρουσίασε στρατηγική για την τεχνητή νοημοσύνη", "", {"GR"}),
    ("el", "Η Κύπρος εγκρίνει εθνική στρατηγική τεχνητής νοημοσύνης", "", {"CY"}),
    ("ru", "Южнокорейское правительство создаст фонд ИИ", "", {"KR"}),
    ("ru", "Казахстан принял закон об искусственном интеллекте", "", {"KZ"}),
    ("ru", "В Узбекистане создадут дата-центр для ИИ", "", {"UZ"}),
    ("uk", "Мінцифра представила стратегію розвитку штучного інтелекту", "", {"UA"}),
    ("uk", "Південна Корея виділить трильйони вон на ШІ", "", {"KR"}),
    ("tr", "Güney Kore hükümeti yapay zekâ fonu kuracak", "", {"KR"}),
    ("tr", "Cumhurbaşkanı Erdoğan: Yapay zekâda milli hamle başlatıyoruz", "", {"TR"}),
    ("az", "Azərbaycan süni intellekt strategiyasını təsdiqlədi", "", {"AZ"}),
    ("kk", "Қазақстан жасанды интеллект туралы заң қабылдады", "", {"KZ"}),
    ("uz", "O‘zbekiston sun’iy intellekt strategiyasini tasdiqladi", "", {"UZ"}),
    ("ka", "საქართველოს მთავრობა ხელოვნური ინტელექტის სტრატეგიას ამტკიცებს", "", {"GE"}),
    ("ar", "كوريا الجنوبية تؤسس صندوقا للذكاء الاصطناعي", "", {"KR"}),
    ("ar", "قطر تعلن استراتيجية وطنية للذكاء الاصطناعي", "", {"QA"}),
    ("ar", "الحكومة المصرية تطلق النسخة الثانية من استراتيجية الذكاء الاصطناعي", "", {"EG"}),
    ("ar", "مجلس الوزراء الأردني يقر ميثاق الذكاء الاصطناعي", "", {"JO"}),
    ("fa", "دولت کره جنوبی صندوق هوش مصنوعی تاسیس می‌کند", "", {"KR"}),
    ("he", "ממשלת דרום קוריאה תקים קרן לבינה מלאכותית", "", {"KR"}),
    ("ur", "جنوبی کوریا مصنوعی ذہانت کے لیے فنڈ قائم کرے گا", "", {"KR"}),
    ("hi", "दक्षिण कोरिया एआई के लिए कोष बनाएगा", "", {"KR"}),
    ("hi", "कैबिनेट ने इंडियाएआई मिशन को मंजूरी दी", "", {"IN"}),
    ("bn", "দক্ষিণ কোরিয়ার সরকার এআই তহবিল গঠন করবে", "", {"KR"}),
    ("ta", "தென் கொரிய அரசு செயற்கை நுண்ணறிவு நிதியம் அமைக்கும்", "", {"KR"}),
    ("th", "รัฐบาลเกาหลีใต้ตั้งกองทุนปัญญาประดิษฐ์", "", {"KR"}),
    ("th", "ครม. อนุมัติแผนปฏิบัติการปัญญาประดิษฐ์แห่งชาติ", "", {"TH"}),
    ("vi", "Chính phủ Hàn Quốc lập quỹ trí tuệ nhân tạo", "", {"KR"}),
    ("vi", "Bộ KH&CN trình dự thảo chiến lược trí tuệ nhân tạo", "", {"VN"}),
    ("id", "Pemerintah Korea Selatan bentuk dana kecerdasan buatan", "", {"KR"}),
    ("id", "Komdigi susun peta jalan kecerdasan artifisial nasional", "", {"ID"}),
    ("ms", "Kerajaan lancar Pelan Tindakan AI Negara", "", {"MY"}),
    ("fil", "Inilunsad ng DOST ang estratehiya ng Pilipinas sa AI", "", {"PH"}),
    ("sw", "Serikali ya Tanzania yazindua mkakati wa akili bandia", "", {"TZ"}),
    ("zh-Hans", "韩国拟设立国家人工智能委员会", "", {"KR"}),
    ("zh-Hans", "工信部印发人工智能标准体系建设指南", "", {"CN"}),
    ("zh-Hans", "阿联酋将建全球最大人工智能园区", "", {"AE"}),
    ("zh-Hant", "行政院核定AI新十大建設 2040年產值上看15兆", "", {"TW"}),
    ("zh-Hant", "香港財政預算案撥款10億元成立人工智能研發院", "", {"HK"}),
    ("ja", "韓国政府、AI基金を新設へ", "", {"KR"}),
    ("ja", "政府、AI基本計画を閣議決定", "", {"JP"}),
    ("ja", "英、AIに20億ポンド　計算資源20倍に", "", {"GB"}),
    ("ko", "정부, 국가AI전략위원회 출범…2030년까지 100조 투자", "", {"KR"}),
    ("ko", "日 정부, AI 기본계획 각의 결정", "", {"JP"}),
    ("ko", "프랑스 정부, AI에 1090억 유로 투자 유치", "", {"FR"}),
    ("cy", "Llywodraeth y DU yn cyhoeddi parth twf AI", "", {"GB"}),
]


@pytest.mark.parametrize(("lang", "title", "summary", "expected"), NAMED, ids=[f"{n[0]}:{n[1][:28]}" for n in NAMED])
def test_the_acting_state_is_read(lang: str, title: str, summary: str, expected: set[str]) -> None:
    assert {found.value for found in countries(item(lang, title, summary))} == expected


def test_a_deal_names_both_partners() -> None:
    assert {found.value for found in countries(item("zh-Hans", "英法签署人工智能合作协议"))} == {"GB", "FR"}
    assert {found.value for found in countries(item("en", "Japan and Canada sign AI cooperation pact"))} == {"JP", "CA"}


def test_a_leader_stands_for_the_state_only_in_office() -> None:
    now = countries(item("en", "Scholz promises five billion for AI", day="2023-09-01"))
    later = countries(item("en", "Scholz reflects on AI and democracy", day="2027-09-01"))
    assert [found.value for found in now] == ["DE"]
    assert "DE" not in [found.value for found in later]


def test_the_host_tells_the_country_of_a_bare_government() -> None:
    found = countries(item("en", "Government publishes AI action plan", url="https://www.example.com.au/a"))
    assert [one.value for one in found] == ["AU"]


def test_the_feed_tells_the_country_of_a_bare_government() -> None:
    found = countries(item("es", "El Gobierno presenta la estrategia de inteligencia artificial", country="CL"))
    assert [one.value for one in found] == ["CL"]


def test_evidence_points_into_the_plain_text() -> None:
    subject = item("de", "Südkoreanische Regierung plant KI-Fonds")
    found = extract(subject).countries[0]
    assert subject.title.plain[found.span.start : found.span.end] == "Südkoreanische"


@pytest.mark.parametrize("lang", ["", "und", "xx", "eo"])
def test_a_language_without_words_is_read_as_english_or_by_script(lang: str) -> None:
    assert [found.value for found in countries(item(lang, "South Korea launches AI fund"))] == ["KR"]
    assert [found.value for found in countries(item(lang, "한국 정부, AI 펀드 조성"))] == ["KR"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\x00\ud800",
        "<b>",
        "🙂" * 50,
        "a" * 300_000,
        "韓米" * 50_000,
        "AI " * 60_000,
        "\u0301" * 500,
        "fund will " * 9_000,
    ],
    ids=["empty", "space", "surrogate", "markup", "emoji", "letters", "short forms", "words", "accents", "hits"],
)
@pytest.mark.parametrize("lang", ["", "en", "ko", "ja", "zh-Hans", "ar", "tr", "vi"])
def test_any_text_yields_facts_without_raising(lang: str, text: str) -> None:
    facts = extract(item(lang, text, text))
    assert all(found.span.start <= found.span.end for found in facts.countries)
