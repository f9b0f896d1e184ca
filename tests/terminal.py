"""A terminal with a shell in it, for what only happens there."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
import time
from pathlib import Path

_CONTROL = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]|\x1b[=>]|[\x07\r]")


def with_watcher(home: Path) -> Path:
    """Put the command into `bin` of a home, which `environment` has on its path."""
    program = home / "bin" / "watcher"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m watcher "$@"\n')
    program.chmod(0o755)
    return program


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
