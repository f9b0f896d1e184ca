"""Who acts or is named."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from watcher.facts.actors import actors
from watcher.model import Entry, Feed, Item
from watcher.text import read


def item(lang: str, title: str, summary: str = "") -> Item:
    day = datetime(2025, 6, 15, tzinfo=UTC)
    return Item("i", Feed(""), Entry(title, summary), read(title), read(summary), lang, "", day, day)


NAMED = [
    ("en", "The Ministry of Science and ICT met OpenAI", {"Ministry of Science and ICT", "OpenAI"}),
    ("en", "The Energy Department chose Nvidia", {"Energy Department", "Nvidia"}),
    ("en", "Prime Minister Jane Doe opened the lab", {"Jane Doe"}),
    (
        "fr",
        "Le ministère de l'Économie et des Finances et Bpifrance",
        {"ministère de l'Économie et des Finances", "Bpifrance"},
    ),
    ("es", "El Ministerio de Ciencia e Innovación y SoftBank", {"Ministerio de Ciencia e Innovación", "SoftBank"}),
    ("de", "Das Bundesministerium für Forschung und Samsung", {"Bundesministerium für Forschung", "Samsung"}),
    ("ru", "Министерство цифрового развития и Сбер", {"Министерство цифрового развития", "Sber"}),
    ("cs", "Šéfové OpenAI, SoftBanku a Oraclu", {"OpenAI", "SoftBank"}),
    ("ja", "経済産業省とソフトバンクが合意", {"経済産業省", "SoftBank"}),
    ("ko", "기획재정부와 삼성전자", {"기획재정부", "Samsung"}),
    ("zh-Hans", "国家发展和改革委员会、英伟达", {"国家发展和改革委员会", "Nvidia"}),
    ("tr", "Sanayi ve Teknoloji Bakanlığı ile Huawei", {"Huawei"}),
    ("ar", "وزارة الاتصالات وإنفيديا", {"Nvidia"}),
    ("fr", "Sam Altman, d'OpenAI, est en visite à Séoul", {"Sam Altman", "OpenAI"}),
    ("fr", "Le patron d'OpenAI, Sam Altman, est à Séoul", {"Sam Altman", "OpenAI"}),
    ("en", "OpenAI's chief executive Sam Altman is in Seoul", {"Sam Altman", "OpenAI"}),
    ("ru", "Сэм Альтман из OpenAI находится с визитом", {"Сэм Альтман", "OpenAI"}),
    ("ja", "オープンAIのサム・アルトマンCEOが訪韓中", {"サム・アルトマン", "OpenAI"}),
    ("vi", "Bộ trưởng Nguyễn Văn Minh gặp Nvidia", {"Nguyễn Văn Minh", "Nvidia"}),
]


@pytest.mark.parametrize(("lang", "text", "expected"), NAMED, ids=[f"{n[0]}:{n[1][:24]}" for n in NAMED])
def test_actors_are_named(lang: str, text: str, expected: set[str]) -> None:
    assert expected <= {found.value for found in actors(item(lang, text))}


def test_a_leader_is_a_person() -> None:
    found = actors(item("en", "Starmer backs plan"))
    assert [(one.value, one.why) for one in found] == [("Starmer", "person in office")]


def test_each_actor_is_named_once() -> None:
    assert [one.value for one in actors(item("en", "Nvidia and NVIDIA", "Nvidia"))] == ["Nvidia"]


def test_running_text_is_no_body() -> None:
    assert [one.value for one in actors(item("zh-Hans", "这是谈判的一部分"))] == []


def test_products_places_and_open_ends_are_no_names() -> None:
    found = actors(
        item("en", "Google's Gemini Flash beats rivals", "The Ministry of Finance of Nvidia, South Korea of Microsoft")
    )
    assert {one.value for one in found} == {"Google", "Ministry of Finance", "Nvidia", "Microsoft"}
