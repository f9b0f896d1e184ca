"""Whom an item credits."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from watcher.facts.attribution import attributed_to
from watcher.model import Entry, Feed, Item
from watcher.text import read


def item(lang: str, title: str, summary: str = "") -> Item:
    day = datetime(2025, 2, 5, tzinfo=UTC)
    return Item("i", Feed(""), Entry(title, summary), read(title), read(summary), lang, "", day, day)


CREDITS = [
    ("fr", "Séoul investit, selon Bloomberg", "Bloomberg"),
    ("en", "The fund is ready, according to Reuters", "Reuters"),
    ("en", "Fund ready, the Financial Times reported", "Financial Times"),
    ("de", "Laut dpa ist der Fonds bereit", "dpa"),
    ("es", "Según EFE, el fondo está listo", "EFE"),
    ("pt", "Segundo a Reuters, o fundo está pronto", "Reuters"),
    ("it", "Secondo Ansa il fondo è pronto", "ANSA"),
    ("nl", "Volgens ANP is het fonds klaar", "ANP"),
    ("pl", "Jak podaje PAP, fundusz jest gotowy", "PAP"),
    ("ru", "По данным Reuters, фонд готов", "Reuters"),
    ("ru", "Фонд готов, сообщает ТАСС", "TASS"),
    ("uk", "Фонд готовий, повідомляє Reuters", "Reuters"),
    ("tr", "Reuters'a göre fon hazır", "Reuters"),
    ("ar", "الصندوق جاهز، بحسب رويترز", "Reuters"),
    ("fa", "به گزارش رویترز صندوق آماده است", "Reuters"),
    ("he", "הקרן מוכנה, כך דיווח רויטרס", "Reuters"),
    ("hi", "रॉयटर्स के अनुसार कोष तैयार", "Reuters"),
    ("id", "Dana siap, menurut Reuters", "Reuters"),
    ("vi", "Theo Reuters, quỹ đã sẵn sàng", "Reuters"),
    ("zh-Hans", "据彭博社报道，基金已就绪", "Bloomberg"),
    ("zh-Hans", "新华社援引英国政府公报称", "Xinhua"),
    ("ja", "ロイター通信によると、基金は準備できた", "Reuters"),
    ("ko", "연합뉴스 보도에 따르면 기금이 준비됐다", "Yonhap"),
    ("ro", "Fondul e gata, scrie Bloomberg", "Bloomberg"),
    ("ko", "월스트리트저널은 양사가 부지를 두고 부딪쳤다고 전했다.", "Wall Street Journal"),
    ("zh-Hant", "金融時報指出,選址已定", "Financial Times"),
    ("ru", "Он сказал это в интервью Reuters", "Reuters"),
    ("en", "SEOUL (Reuters) - The fund is ready", "Reuters"),
    ("es", "SEÚL (AP) — El fondo está listo", "AP"),
]


@pytest.mark.parametrize(("lang", "text", "expected"), CREDITS, ids=[f"{c[0]}:{c[1][:24]}" for c in CREDITS])
def test_the_credited_medium_is_read(lang: str, text: str, expected: str) -> None:
    assert [found.value for found in attributed_to(item(lang, text))] == [expected]


def test_a_medium_that_only_occurs_is_not_credited() -> None:
    assert attributed_to(item("en", "Bloomberg terminals get an AI assistant. Nothing more.")) == ()
