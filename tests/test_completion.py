"""Completion as a person has it: the script is sourced in a real shell, on a terminal, and TAB is pressed."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from terminal import Terminal, environment, with_watcher

SHELLS = {
    "bash": ["bash", "--norc", "--noprofile", "-i"],
    "zsh": ["zsh", "-f", "-i"],
}
SET_UP = {
    "bash": "source {script}",
    "zsh": "PROMPT='$ '; autoload -Uz compinit; compinit -u -D; source {script}",
}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with `watcher` on its path, and the completion script of each shell."""
    program = with_watcher(tmp_path)
    for shell in ("bash", "zsh", "fish"):
        made = subprocess.run([str(program), "completion", shell], capture_output=True, text=True, check=True)
        (tmp_path / f"watcher.{shell}").write_text(made.stdout)
    (tmp_path / "mine.yaml").touch()
    return tmp_path


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
