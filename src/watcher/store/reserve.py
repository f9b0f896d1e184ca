"""Room kept for a full disk: a file beside the database that is given up then, so that what is owed can still be sent and written down."""

from __future__ import annotations

import os
from pathlib import Path

SIZE = 4 << 20
"""Bytes. In that much room the outcomes of thousands of messages fit, as the log is then emptied every `SHORT_CHECKPOINT` pages."""
SHORT_CHECKPOINT = 64
"""Pages after which the write-ahead log is emptied into the database while the disk is full; `CHECKPOINT` otherwise."""
CHECKPOINT = 1000
ENOUGH = 4 * SIZE
"""Bytes that must be free before the disk counts as having room again: it is not full once more in the next second."""


class Reserve:
    """The file `DATABASE.reserve`. Methods answer and never raise."""

    def __init__(self, database: Path) -> None:
        self._path = database.with_name(database.name + ".reserve")

    def is_held(self) -> bool:
        """Whether it is there, whole."""
        try:
            return self._path.stat().st_size >= SIZE
        except OSError:
            return False

    def make(self, free_bytes: int) -> bool:
        """Make it where it is not there and so much is free. Returns whether it is there."""
        if self.is_held():
            return True
        try:
            disk = os.statvfs(self._path.parent)
            if disk.f_bavail * disk.f_frsize < free_bytes:
                return False
            handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                os.posix_fallocate(handle, 0, SIZE)
            finally:
                os.close(handle)
        except OSError:
            self.give_up()
        return self.is_held()

    def give_up(self) -> bool:
        """Free its room. Returns whether there was any."""
        was_held = self.is_held()
        try:
            self._path.unlink(missing_ok=True)
        except OSError:
            return False
        return was_held
