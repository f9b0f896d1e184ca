"""Build src/watcher/text/han.tsv: simplified Chinese characters with the traditional ones that they stand for.

    python scripts/build_han.py STCharacters.txt TSCharacters.txt

Both files are OpenCC's dictionaries (https://github.com/BYVoid/OpenCC, Apache License 2.0). A line of the result is a
simplified character, a tab, and its traditional characters, the commonest first; itself among them where it is one.
"""

from __future__ import annotations

import sys
from pathlib import Path

TARGET = Path(__file__).parents[1] / "src/watcher/text/han.tsv"
HEADER = "# Derived from the dictionaries of OpenCC (https://github.com/BYVoid/OpenCC), Apache License 2.0, by scripts/build_han.py.\n"


def pairs(path: str) -> dict[str, list[str]]:
    """A dictionary of single characters of the basic plane."""
    lines = (line.split("\t") for line in Path(path).read_text("utf-8").splitlines() if "\t" in line)
    found = {key: [char for char in value.split() if len(char) == 1 and char <= "\uffff"] for key, value in lines}
    return {key: chars for key, chars in found.items() if len(key) == 1 and key <= "\uffff" and chars}


def main() -> int:
    """Write the table."""
    traditional, simplified = pairs(sys.argv[1]), pairs(sys.argv[2])
    for char, others in simplified.items():
        listed = traditional.setdefault(others[0], [others[0]] if others[0] not in traditional else [])
        if char not in listed:
            listed.append(char)
    lines = [f"{char}\t{''.join(others)}" for char, others in sorted(traditional.items()) if others != [char]]
    TARGET.write_text(HEADER + "\n".join(lines) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
