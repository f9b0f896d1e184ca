"""`watcher init` asks on a terminal, refuses what would not work, and writes what `check` accepts."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from terminal import Terminal, with_watcher

DIALOGUE = [
    ("watcher init; echo do''ne\n", "User-Agent): "),
    ('"me" @timezone@ <me@example.org>\n', "time zone [UTC]: "),
    ("Mars/Olympus\n", "write one like Europe/Paris"),
    ("Asia/Seoul\n", "Language of alerts"),
    ("ko\n", "console://]: "),
    ("slak://x\n", "did you mean 'slack://'?"),
    ("json://127.0.0.1/hook\n", "(empty to go on): "),
    ("ftp://example.org/rss\n", "write http:// or https://"),
    ("example.org/rss\n", "(empty to go on): "),
    ("https://example.org/rss\n", "(empty to go on): "),
    ("\n", "done"),
    ('watcher check; echo "checked"":$?"\n', "checked:0"),
]


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_the_dialogue_refuses_what_would_not_work_and_writes_what_check_accepts(tmp_path: Path) -> None:
    with_watcher(tmp_path)
    terminal = Terminal(["bash", "--norc", "--noprofile", "-i"], tmp_path)
    try:
        shown = [terminal.type(keys, awaited) for keys, awaited in DIALOGUE]
    finally:
        terminal.close()
    assert "ok: 2 feeds, 3 rules, 1 channels" in shown[-1]
    written = (tmp_path / "config/watcher.yaml").read_text("utf-8")
    assert 'contact: "\\"me\\" @timezone@ <me@example.org>"' in written
    assert "timezone: Asia/Seoul" in written
    assert '  - "https://example.org/rss"' in written
