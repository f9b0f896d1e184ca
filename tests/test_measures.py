"""How far the main action has come, and by what means it acts."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from watcher.facts.measures import instruments, stage
from watcher.model import INSTRUMENTS, STAGES, Entry, Feed, Item
from watcher.text import read


def item(lang: str, title: str, summary: str = "") -> Item:
    day = datetime(2025, 2, 5, tzinfo=UTC)
    return Item("i", Feed(""), Entry(title, summary), read(title), read(summary), lang, "", day, day)


STAGE = [
    ("en", "Government will create an AI fund", "planned"),
    ("en", "Ministers weigh an AI tax credit", "considered"),
    ("en", "Parliament passes AI bill", "approved"),
    ("en", "President signs AI law", "enacted"),
    ("en", "Ministry unveils AI strategy", "announced"),
    ("en", "Ministry delays AI act by a year", "delayed"),
    ("en", "Government scraps AI supercomputer", "cancelled"),
    ("en", "Auditors review AI strategy", "reviewed"),
    ("en", "State allocates 3 billion for compute", "funded"),
    ("fr", "Le gouvernement va créer un comité national de l’IA", "planned"),
    ("fr", "L’Assemblée adopte la loi sur l’IA", "approved"),
    ("fr", "La loi sur l’IA entre en vigueur", "enacted"),
    ("fr", "Le plan IA est reporté", "delayed"),
    ("de", "Kabinett beschließt KI-Strategie", "approved"),
    ("de", "Regierung will KI-Fonds auflegen", "planned"),
    ("de", "Regierung verschiebt KI-Gesetz", "delayed"),
    ("es", "El Gobierno aprueba la estrategia de IA", "approved"),
    ("es", "El Gobierno creará un fondo de IA", "planned"),
    ("pt", "Governo lança supercomputador", "launched"),
    ("pt", "Senado aprova marco da IA", "approved"),
    ("it", "Il governo stanzia un miliardo per l’IA", "funded"),
    ("it", "Il governo vuole un fondo per l’IA", "planned"),
    ("nl", "Kabinet wil AI-fonds oprichten", "planned"),
    ("sv", "Regeringen avsätter en miljard till AI", "funded"),
    ("da", "Regeringen udskyder AI-strategi", "delayed"),
    ("nb", "Stortinget vedtar KI-loven", "approved"),
    ("fi", "Hallitus hyväksyi tekoälystrategian", "approved"),
    ("pl", "Rząd przyjął strategię AI", "approved"),
    ("cs", "Vláda schválila strategii umělé inteligence", "approved"),
    ("hu", "A kormány elfogadta az MI-stratégiát", "approved"),
    ("ro", "Guvernul a adoptat strategia", "approved"),
    ("ru", "Правительство выделит 20 млрд на ИИ", "planned"),
    ("ru", "Президент подписал закон об ИИ", "enacted"),
    ("uk", "Кабмін затвердив концепцію ШІ", "approved"),
    ("el", "Η Βουλή ψήφισε το νομοσχέδιο", "approved"),
    ("tr", "Bakanlık yapay zekâ stratejisini açıkladı", "announced"),
    ("tr", "Yapay zekâ fonu kurulacak", "planned"),
    ("ar", "الحكومة تعتزم إنشاء صندوق للذكاء الاصطناعي", "planned"),
    ("ar", "مجلس الوزراء يقر استراتيجية الذكاء الاصطناعي", "approved"),
    ("he", "הממשלה אישרה תוכנית לאומית", "approved"),
    ("fa", "دولت سند ملی هوش مصنوعی را ابلاغ کرد", "enacted"),
    ("hi", "कैबिनेट ने एआई मिशन को मंजूरी दी", "approved"),
    ("id", "Pemerintah akan membentuk dana AI", "planned"),
    ("vi", "Chính phủ phê duyệt chiến lược AI", "approved"),
    ("vi", "Chính phủ sẽ lập quỹ AI", "planned"),
    ("th", "ครม. อนุมัติแผนเอไอ", "approved"),
    ("zh-Hans", "国务院印发人工智能规划", "enacted"),
    ("zh-Hans", "政府拟设立人工智能基金", "planned"),
    ("zh-Hant", "立法院三讀通過AI基本法", "enacted"),
    ("ja", "政府、AI基金を新設へ", "planned"),
    ("ja", "政府、AI計画を閣議決定", "approved"),
    ("ko", "정부, AI 기본계획 의결", "approved"),
    ("ko", "정부, AI 펀드 조성 추진", "planned"),
]


@pytest.mark.parametrize(("lang", "title", "expected"), STAGE, ids=[f"{s[0]}:{s[1][:26]}" for s in STAGE])
def test_the_stage_is_read(lang: str, title: str, expected: str) -> None:
    found = stage(item(lang, title))
    assert found is not None
    assert found.value == expected


def test_no_stage_where_none_is_stated() -> None:
    assert stage(item("en", "An essay on machines")) is None


def test_what_did_not_happen_is_no_stage() -> None:
    found = stage(item("en", "Parliament has not approved the AI bill"))
    assert found is None or found.value != "approved"


def test_the_headline_decides_over_the_summary() -> None:
    found = stage(item("en", "Ministry plans AI fund", "Last year it launched a supercomputer."))
    assert found is not None
    assert found.value == "planned"


INSTRUMENT = [
    ("en", "Low-interest loans, equity stakes and tax credits", {"loan", "equity", "tax_credit"}),
    (
        "fr",
        "un comité et un fonds, prêts à taux réduit, prises de participation",
        {"committee", "fund", "loan", "equity"},
    ),
    ("de", "Staatsfonds, Kredite und ein Rechenzentrum", {"fund", "loan", "compute"}),
    ("es", "subvenciones y un supercomputador", {"grant", "compute"}),
    ("pt", "fundo, empréstimos e bolsas", {"fund", "loan", "grant"}),
    ("it", "un disegno di legge e un'agenzia", {"law", "agency"}),
    ("nl", "een fonds en een wetsvoorstel", {"fund", "law"}),
    ("sv", "en superdator och en lag", {"compute", "law"}),
    ("fi", "rahasto ja supertietokone", {"fund", "compute"}),
    ("pl", "fundusz i ustawa", {"fund", "law"}),
    ("cs", "zákon a dotace", {"law", "grant"}),
    ("hu", "alap és törvény", {"fund", "law"}),
    ("ro", "un fond și o lege", {"fund", "law"}),
    ("ru", "фонд и суперкомпьютер", {"fund", "compute"}),
    ("uk", "фонд і закон", {"fund", "law"}),
    ("el", "νομοσχέδιο για υπερυπολογιστή", {"law", "compute"}),
    ("tr", "yasa ve kredi", {"law", "loan"}),
    ("ar", "صندوق وقانون ومجلس", {"fund", "law", "committee"}),
    ("ar", "تطلق صندوقا وطنيا وتقر قانوناً وتمنح قرضا", {"fund", "law", "loan"}),
    ("he", "קרן ומענקים", {"fund", "grant"}),
    ("fa", "صندوق و وام", {"fund", "loan"}),
    ("hi", "कोष और समिति", {"fund", "committee"}),
    ("id", "undang-undang dan pinjaman", {"law", "loan"}),
    ("vi", "quỹ và luật", {"fund", "law"}),
    ("th", "กองทุนและกฎหมาย", {"fund", "law"}),
    ("zh-Hans", "基金、贷款和委员会", {"fund", "loan", "committee"}),
    ("zh-Hant", "基金與法案", {"fund", "law"}),
    ("ja", "基金と法案、委員会", {"fund", "law", "committee"}),
    ("ko", "펀드와 대출, 위원회", {"fund", "loan", "committee"}),
]


@pytest.mark.parametrize(("lang", "text", "expected"), INSTRUMENT, ids=[f"{i[0]}:{i[1][:24]}" for i in INSTRUMENT])
def test_the_instruments_are_read(lang: str, text: str, expected: set[str]) -> None:
    assert {found.value for found in instruments(item(lang, text))} == expected


def test_money_spent_in_a_headline_is_planned_where_the_summary_says_so() -> None:
    found = stage(item("fr", "Séoul débloque 34 billions de won", "Le gouvernement va investir dans un fonds."))
    assert found is not None
    assert (found.value, found.span.field) == ("planned", "summary")


def test_the_birth_case_is_planned_with_five_instruments() -> None:
    subject = item(
        "fr",
        "La Corée du Sud réagit à DeepSeek",
        "Le gouvernement sud-coréen va créer un comité national de l’IA et investir au moins 34 billions de won, "
        "soit 169,966 milliards de yuans : prêts à taux réduit, prises de participation d'un nouveau fonds ; la loi "
        "est à modifier au parlement en mars.",
    )
    found = stage(subject)
    assert found is not None
    assert found.value == "planned"
    assert {one.value for one in instruments(subject)} >= {"committee", "fund", "loan", "equity", "law"}


def test_values_are_of_the_closed_sets_in_order() -> None:
    found = instruments(item("en", "A law, a fund, a loan and a strategy"))
    places = [INSTRUMENTS.index(one.value) for one in found]
    assert places == sorted(places)
    stated = stage(item("en", "A law was signed"))
    assert stated is not None
    assert stated.value in STAGES


def test_evidence_points_at_the_word() -> None:
    subject = item("de", "Der Bund legt einen Zukunftsfonds auf")
    (found,) = (one for one in instruments(subject) if one.value == "fund")
    assert subject.title.plain[found.span.start : found.span.end] == "fonds"
