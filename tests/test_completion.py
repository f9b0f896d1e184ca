"""Completion as a person has it: the script is sourced in a real shell, on a terminal, and TAB is pressed."""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

SHELLS = {
    "bash": ["bash", "--norc", "--noprofile", "-i"],
    "zsh": ["zsh", "-f", "-i"],
}
SET_UP = {
    "bash": "source {script}",
    "zsh": "PROMPT='$ '; autoload -Uz compinit; compinit -u -D; source {script}",
}
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]|\x1b[=>]|[\x07\r]")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with `watcher` on its path, and the completion script of each shell."""
    program = tmp_path / "bin" / "watcher"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m watcher "$@"\n')
    program.chmod(0o755)
    for shell in ("bash", "zsh", "fish"):
        made = subprocess.run([str(program), "completion", shell], capture_output=True, text=True, check=True)
        (tmp_path / f"watcher.{shell}").write_text(made.stdout)
    (tmp_path / "mine.yaml").touch()
    return tmp_path


def environment(home: Path) -> dict[str, str]:
    return os.environ | {"HOME": str(home), "PATH": f"{home}/bin:{os.environ['PATH']}", "TERM": "xterm", "PS1": "$ "}


class Terminal:
    """A shell on a terminal of its own."""

    def __init__(self, command: list[str], home: Path) -> None:
        ours, theirs = pty.openpty()
        self._file = ours
        self._shell = subprocess.Popen(
            command, stdin=theirs, stdout=theirs, stderr=theirs, cwd=home, env=environment(home), start_new_session=True
        )
        os.close(theirs)

    def type(self, keys: str, awaited: str, seconds: float = 30) -> str:
        """Type, and what the screen showed until `awaited` was on it."""
        os.write(self._file, keys.encode())
        shown, end = "", time.monotonic() + seconds
        while time.monotonic() < end:
            if select.select([self._file], [], [], 0.2)[0]:
                shown += os.read(self._file, 65536).decode("utf-8", "replace")
            if awaited in _CONTROL.sub("", shown):
                return _CONTROL.sub("", shown)
        raise AssertionError(f"«{awaited}» never came: {_CONTROL.sub('', shown)!r}")

    def close(self) -> None:
        """End the shell."""
        self._shell.kill()
        self._shell.wait()
        os.close(self._file)


@pytest.fixture(params=list(SHELLS))
def terminal(request: pytest.FixtureRequest, home: Path) -> Iterator[Terminal]:
    """A shell that has sourced its script."""
    shell = request.param
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    opened = Terminal(SHELLS[shell], home)
    opened.type(SET_UP[shell].format(script=home / f"watcher.{shell}") + "; echo set''up\n", "setup")
    yield opened
    opened.close()


def test_tab_completes_commands_options_and_files(terminal: Terminal) -> None:
    terminal.type("watcher chec\t", "watcher check ")
    terminal.type("--no-te\t", "--no-tests")
    terminal.type("\x15watcher feeds disc\t", "watcher feeds discover")
    terminal.type("\x15watcher -c min\t", "watcher -c mine.yaml")
    terminal.type("\x15watcher completion f\t", "watcher completion fish")


@pytest.mark.skipif(shutil.which("fish") is None, reason="fish is not installed")
@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("watcher chec", "check"),
        ("watcher check --no-te", "--no-tests"),
        ("watcher feeds disc", "discover"),
        ("watcher completion f", "fish"),
        ("watcher -c min", "mine.yaml"),
    ],
)
def test_fish_offers_commands_options_and_files(home: Path, typed: str, offered: str) -> None:
    script = f"source {home}/watcher.fish; complete -C '{typed}'"
    shown = subprocess.run(
        ["fish", "--no-config", "-c", script],
        capture_output=True,
        text=True,
        check=True,
        cwd=home,
        env=environment(home),
    )
    assert [line.split("\t")[0].strip() for line in shown.stdout.splitlines()] == [offered]
