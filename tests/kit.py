"""The real daemon as a process of its own, with a configuration written for it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from zygote import Forked

PLAIN = Path(__file__).parent / "plain.py"

FAST = "polling: {every: 1s, min: 1s, max: 1s, private_networks: allow, first_run: alert, per_host: 32, timeout: 5s}\n"


class Daemon:
    """`watcher run` (or another command) on a configuration in `folder`."""

    def __init__(
        self, folder: Path, feeds: Sequence[str], channels: Sequence[tuple[str, str]], rules: str, head: str = FAST
    ) -> None:
        self.folder = folder
        self.config = folder / "watcher.yaml"
        self.write(feeds, channels, rules, head)
        self.process: subprocess.Popen[bytes] | Forked | None = None
        self.log = folder / "log.txt"
        self.environ: dict[str, str] = {}
        """Beside the environment that there is."""

    def write(self, feeds: Sequence[str], channels: Sequence[tuple[str, str]], rules: str, head: str = FAST) -> None:
        """Write the configuration."""
        lines = [head, "feeds:", *(f"  - {feed}" for feed in feeds), "channels:"]
        lines += [f"  - {{name: {name}, {options}}}" for name, options in channels]
        self.config.write_text("\n".join(lines) + "\n" + rules, "utf-8")

    def command(self, *arguments: str) -> list[str]:
        """The command line."""
        return [sys.executable, str(PLAIN), "-c", str(self.config), *arguments]

    def start(self, **environ: str) -> None:
        """Start it in a process group of its own, its log appended to log.txt."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command("run"),
                stdout=log,
                stderr=log,
                start_new_session=True,
                env=os.environ | {"PYTHONUNBUFFERED": "1"} | self.environ | environ,
            )

    def kill(self) -> None:
        """SIGKILL the whole group."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the daemon alone."""
        assert self.process is not None
        self.process.send_signal(number)

    def stop(self, seconds: float = 20) -> int:
        """SIGTERM, and its exit code."""
        self.signal(signal.SIGTERM)
        assert self.process is not None
        return self.process.wait(seconds)

    def call(self, *arguments: str, given: str | None = None, timeout: float = 60) -> subprocess.CompletedProcess[str]:
        """Run another command on the same configuration."""
        return subprocess.run(
            self.command(*arguments),
            input=given,
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout,
            env=os.environ | self.environ,
        )


def wait_until(holds: Callable[[], bool], seconds: float = 20, what: str = "") -> None:
    """Wait for something to hold, or fail saying what."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():
            return
        time.sleep(0.05)
    raise AssertionError(f"did not come to pass within {seconds} s: {what}")
