"""Checks of the store: can it be written, is there room, who has it, is it sound."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

from watcher.doctor.finding import Check, Finding, Patient
from watcher.errors import StoreError
from watcher.location import is_server
from watcher.store import holder, open_lists

ENOUGH_DISK = 500_000_000
READ_WHOLE = 200_000_000
"""Bytes up to which the whole database is looked through: a second or two. More is for `watcher db check`."""

_REMEDIES = {
    "older": "`watcher db migrate`; `run` and `once` do it too",
    "newer": "update Watcher, or name another database",
    "corrupt": "restore a backup made with `watcher db backup`",
    "locked": "end the program that has it open, then try again",
}


def read(patient: Patient) -> None:
    """Note in the patient what the store says of itself."""
    location = patient.settings.database
    if not is_server(location) and not Path(location).exists():
        return
    try:
        patient.running = holder(location)
        lists = open_lists(location)
    except StoreError as error:
        patient.unread = error if error.kind != "absent" else None
        return
    try:
        patient.size = lists.size()
        patient.rows, patient.counts = lists.feeds(), lists.counts()
        if is_server(location) or patient.size <= READ_WHOLE:
            patient.faults = lists.check()
    except StoreError as error:
        patient.unread = error
    finally:
        lists.close()


def folder(patient: Patient) -> Iterator[Finding]:
    """Whether the folder can be written, really, and has room."""
    wanted = patient.settings.folder
    existing = next(parent for parent in (wanted, *wanted.parents) if parent.exists())
    reason = _unwritable(existing)
    yield Finding("database folder", not reason, str(wanted) + (f": {reason}" if reason else ""),
                  f"let the user that runs Watcher write to {existing}")  # fmt: skip
    free, files = shutil.disk_usage(existing).free, os.statvfs(existing)
    yield Finding(
        "disk", free > ENOUGH_DISK, f"{free / 1e9:.1f} GB free", "make room: `watcher db prune`, or move `database:`"
    )
    if files.f_files and files.f_favail < 100:
        yield Finding(
            "disk", False, f"{files.f_favail} files can still be made", "remove files: no new one fits (inodes)"
        )


def _unwritable(folder: Path) -> str:
    try:
        with tempfile.TemporaryFile(dir=folder):
            return ""
    except OSError as error:
        return error.strerror or str(error)


def disk_full(patient: Patient) -> Iterator[Finding]:
    """Whether the daemon met a full disk."""
    since = patient.counts.get("disk_full")
    if since:
        where = patient.settings.folder
        remedy = f"remove what is not needed at {where}, or move `database:`; polls then go on by themselves"
        yield Finding("disk full", False, f"since {since}; no feed is polled, alerts that wait are still sent", remedy)


def sound(patient: Patient) -> Iterator[Finding]:
    """Whether the database can be read, fits this version and is whole."""
    database = patient.settings.database
    on_server = is_server(database)
    if patient.unread is not None:
        error = patient.unread
        other = "is the server up, and does it let this user in? try the same URL with psql"
        remedy = _REMEDIES.get(error.kind, other if on_server else f"let the user that runs Watcher read {database}")
        yield Finding("database", False, error.reason, remedy)
        return
    if not on_server and not Path(database).exists():
        yield Finding("database", True, f"{database} is made at the first start")
        return
    if patient.size > READ_WHOLE and not on_server:
        yield Finding(
            "database", True, f"{patient.size / 1e9:.1f} GB, not looked through; `watcher db check` does that"
        )
        return
    found = "; ".join(patient.faults[:3]) or f"sound, {patient.size / 1e6:.1f} MB"
    yield Finding("database", not patient.faults, found, _REMEDIES["corrupt"])


def file(patient: Patient) -> Iterator[Finding]:
    """Whether the file can be written by us, read by nobody else, and is not held by some other program."""
    path = Path(patient.settings.database)
    if is_server(patient.settings.database) or not path.exists():
        return
    mode = path.stat().st_mode & 0o777
    remedy = f"chmod 600 {path}: it shows what you watch"
    yield Finding("database permissions", not mode & 0o007, oct(mode), remedy)
    for part in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + ".lock")):
        if part.exists() and not os.access(part, os.W_OK):
            yield Finding(
                "database writable", False, f"{part} is not", f"run as the user that owns it, or chown {part}"
            )
            return
    if patient.running is None and patient.unread is None and _is_locked(path):
        found = "no daemon runs, and another program holds a lock on it"
        yield Finding("database lock", False, found, f"close it: `fuser {path}` names it")


def _is_locked(path: Path) -> bool:
    """Whether a transaction could not begin; none is."""
    connection = sqlite3.connect(path, timeout=0, isolation_level=None)
    try:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("ROLLBACK")
    except sqlite3.OperationalError as error:
        return "locked" in str(error)
    finally:
        connection.close()
    return False


CHECKS: tuple[Check, ...] = (folder, disk_full, sound, file)
