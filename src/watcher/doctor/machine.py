"""Checks of the machine: interpreter, clock, time zones, certificates, limits."""

from __future__ import annotations

import os
import shutil
import sqlite3
import ssl
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from watcher.doctor.finding import Check, Finding, Patient

OLDEST_CLOCK = datetime.fromisoformat("2025-01-01T00:00:00+00:00")


def bare(now: datetime) -> Iterator[Finding]:
    """What needs no configuration."""
    version = ".".join(map(str, sys.version_info[:3]))
    yield Finding("python", sys.version_info >= (3, 11), version, "install Python 3.11 or newer")
    good = sqlite3.sqlite_version_info >= (3, 37)
    yield Finding("sqlite", good, sqlite3.sqlite_version, "Watcher needs SQLite 3.37 or newer (strict tables)")
    encoding = (sys.stdout.encoding or "").lower()
    remedy = "set LANG=C.UTF-8, or alerts in other scripts break"
    yield Finding("text encoding", encoding.replace("-", "") == "utf8", encoding or "none", remedy)
    moment = now.isoformat(timespec="seconds")
    yield Finding("clock", now > OLDEST_CLOCK, moment, "set the clock: `timedatectl set-ntp true`")
    yield _zones()
    yield _certificates()


def _zones() -> Finding:
    try:
        ZoneInfo("Europe/Paris")
    except ZoneInfoNotFoundError:
        return Finding("time zones", False, "there is no data of time zones", "install tzdata (apt, or pip)")
    return Finding("time zones", True, "known")


def _certificates() -> Finding:
    """Authorities that HTTPS is checked by: one file, or a folder of them named by hash."""
    paths = ssl.get_default_verify_paths()
    for given in (paths.openssl_cafile_env, paths.openssl_capath_env):
        named = os.environ.get(given)
        if named and not Path(named).exists():
            return Finding("certificates", False, f"{given}={named} is not there", f"unset {given}, or mend its path")
    found = paths.cafile or (paths.capath if paths.capath and any(Path(paths.capath).glob("*.0")) else None)
    remedy = "install ca-certificates, or no HTTPS feed can be read"
    return Finding("certificates", found is not None, found or "no authority is known", remedy)


def clock_synchronised(patient: Patient) -> Iterator[Finding]:
    """What the service manager knows of the clock."""
    if not shutil.which("timedatectl"):
        return
    command = ["timedatectl", "show", "-p", "NTPSynchronized", "--value"]
    shown = subprocess.run(command, capture_output=True, text=True, check=False, timeout=10)
    answer = shown.stdout.strip()
    if shown.returncode == 0 and answer:
        remedy = "`timedatectl set-ntp true`: dates decide what is new"
        yield Finding("clock synchronised", answer == "yes", answer, remedy)


def open_files(patient: Patient) -> Iterator[Finding]:
    """Whether so many connections may be open."""
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    need = patient.settings.polling.concurrency * 2 + 100
    yield Finding("open files", soft >= need, f"limit {soft}", f"raise it to {need} (LimitNOFILE=, ulimit -n)")


CHECKS: tuple[Check, ...] = (clock_synchronised, open_files)
