"""Write facts/data/ahead/months.txt from CLDR (through Babel): `python scripts/build_months.py`."""

from __future__ import annotations

from pathlib import Path

from babel import Locale


def words(text: str) -> list[str]:
    """The words of a list written as text."""
    return text.split()


TARGET = Path(__file__).parents[1] / "src/watcher/facts/data/ahead/months.txt"
LANGUAGES = tuple(
    words(
        """
    en fr es pt it ro ca de nl sv da nb fi et lv lt pl cs sk sl hr sr sr_Latn hu bg mk ru uk be el tr az kk uz
    uz_Cyrl ka hy ar fa ur he hi mr bn ta te pa gu id ms fil sw vi th cy ga ne
    """
    )
)
INFLECTED = frozenset(
    words(
        """
    fi et lv lt pl cs sk sl hr sr hu bg mk ru uk be el tr az kk uz ka hy bn ta te hi
    """
    )
)
CUT = frozenset(
    words(
        """
    ru uk be pl cs sk hr sl lv lt fi et el
    """
    )
)
REGIONAL = {  # months of the Levant and the Maghreb, which CLDR keeps in regional locales
    "ar": [
        "كانون_الثاني جانفي",
        "شباط فيفري",
        "آذار",
        "نيسان أفريل",
        "أيار ماي",
        "حزيران جوان",
        "تموز جويلية",
        "آب أوت غشت",
        "أيلول شتنبر",
        "تشرين_الأول",
        "تشرين_الثاني نونبر",
        "كانون_الأول دجنبر",
    ],
}


def main() -> None:
    """Write the file."""
    found: dict[str, dict[int, set[str]]] = {}
    for lang in LANGUAGES:
        base = lang.split("_")[0]
        months = Locale.parse(lang).months
        wide = months["format"]["wide"]
        for number, name in wide.items():
            other = str(months["stand-alone"].get("wide", {}).get(number, ""))
            for form in (name, other if other[:2].lower() == name[:2].lower() else ""):
                form = form.strip().lower().replace(" ", "_")
                if base in ("en", "de"):  # "may" and "march" are verbs
                    found.setdefault(base, {}).setdefault(number, set()).add("=" + name)
                elif len(form) > 2 and not form[0].isdigit():
                    if base in INFLECTED and len(form) > 4:
                        form = (form[:-1] if base in CUT else form) + "*"
                    found.setdefault(base, {}).setdefault(number, set()).add(form)
        for number, names in enumerate(REGIONAL.get(lang, ()), 1):
            found[base][number].update(names.split())
    lines = ["# Month names by language from CLDR; made by scripts/build_months.py, don't edit. Unicode licence."]
    for base, numbered in sorted(found.items()):
        lines.append(f"[{base}]")
        lines += [f"{number:02d} {' '.join(sorted(names))}" for number, names in sorted(numbered.items())]
    TARGET.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
