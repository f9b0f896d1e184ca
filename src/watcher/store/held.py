"""Who has a database: the process that writes it."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Holder:
    """A daemon's process, 0 where that is not known, and its machine, '' for this one."""

    pid: int
    host: str = ""

    @classmethod
    def ourselves(cls) -> Holder:
        """This process."""
        return cls(os.getpid(), socket.gethostname()[:40])

    @classmethod
    def named(cls, name: str) -> Holder:
        """Back from `name`; of anything else nothing is known."""
        pid, _, host = name.removeprefix("watcher ").partition("@")
        return cls(int(pid) if pid.isdecimal() else 0, host)

    @property
    def name(self) -> str:
        """What a server's administrator reads."""
        return f"watcher {self.pid}@{self.host}"

    def __str__(self) -> str:
        return f"process {self.pid or 'unknown'}" + (f" on {self.host}" if self.host else "")
