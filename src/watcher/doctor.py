"""What is wrong with an installation, and how to mend it: each check is a function in `CHECKS`."""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies

from watcher.channels import senders
from watcher.config import Settings, load
from watcher.errors import ConfigError, StoreError
from watcher.location import find_config, is_server
from watcher.rules import compile_rules
from watcher.store import holder, open_lists
from watcher.store.held import Holder

ENOUGH_DISK = 500_000_000
OLDEST_CLOCK = datetime.fromisoformat("2025-01-01T00:00:00+00:00")


@dataclass(frozen=True, slots=True)
class Finding:
    """One check's answer; `remedy` says what to do where it is not `ok`."""

    check: str
    ok: bool
    found: str
    remedy: str = ""


@dataclass(slots=True)
class Patient:
    """What the checks look at. `rows` are the feeds as stored, `counts` the store's totals, empty without a database."""

    settings: Settings
    now: datetime
    network: bool
    rows: list[dict[str, Any]] = field(default_factory=list)
    counts: dict[str, Any] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    running: Holder | None = None


Check = Callable[[Patient], Iterator[Finding]]


def examine(config: str | None, now: datetime, *, network: bool = True) -> list[Finding]:
    """Run every check; without a usable configuration only those that need none."""
    findings = [_python(), _sqlite(), _encoding(), _clock_plausible(now)]
    try:
        path = find_config(config)
        settings = load(path)
    except ConfigError as error:
        first = error.problems[0]
        return [*findings, Finding("configuration", False, str(first), first.hint or "mend it, then `watcher check`")]
    findings.append(Finding("configuration", True, str(path)))
    patient = Patient(settings, now, network)
    _read_store(patient)
    for check in CHECKS:
        findings += check(patient)
    return findings


def _read_store(patient: Patient) -> None:
    try:
        patient.running = holder(patient.settings.database)
        lists = open_lists(patient.settings.database)
    except StoreError as error:
        if is_server(patient.settings.database) and error.kind != "absent":
            patient.faults = [error.reason]
        return
    try:
        patient.rows, patient.counts, patient.faults = lists.feeds(), lists.counts(), lists.check()
    except StoreError as error:
        patient.faults = [error.reason]
    finally:
        lists.close()


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding("python", sys.version_info >= (3, 11), version, "install Python 3.11 or newer")


def _sqlite() -> Finding:
    good = sqlite3.sqlite_version_info >= (3, 37)
    return Finding("sqlite", good, sqlite3.sqlite_version, "Watcher needs SQLite 3.37 or newer (strict tables)")


def _encoding() -> Finding:
    encoding = (sys.stdout.encoding or "").lower()
    return Finding(
        "text encoding",
        encoding.replace("-", "") == "utf8",
        encoding or "none",
        "set LANG=C.UTF-8, or alerts in other scripts break",
    )


def _clock_plausible(now: datetime) -> Finding:
    return Finding(
        "clock", now > OLDEST_CLOCK, now.isoformat(timespec="seconds"), "set the clock: `timedatectl set-ntp true`"
    )


def _clock_synchronised(patient: Patient) -> Iterator[Finding]:
    if not shutil.which("timedatectl"):
        return
    shown = subprocess.run(
        ["timedatectl", "show", "-p", "NTPSynchronized", "--value"],
        capture_output=True,
        text=True,
        check=False,
        timeout=10,
    )
    answer = shown.stdout.strip()
    if shown.returncode == 0 and answer:
        yield Finding(
            "clock synchronised", answer == "yes", answer, "`timedatectl set-ntp true`: dates decide what is new"
        )


def _rules(patient: Patient) -> Iterator[Finding]:
    settings = patient.settings
    try:
        rulebook = compile_rules(settings.rules, settings.vocabularies)
    except ConfigError as error:
        yield Finding("rules", False, str(error.problems[0]), "`watcher check` lists every problem")
        return
    yield Finding(
        "rules",
        bool(settings.rules),
        f"{len(settings.rules)} rules, {len(rulebook.warnings)} warnings",
        "include pack:national-ai, or write rules/mine.yaml",
    )


def _feeds_configured(patient: Patient) -> Iterator[Finding]:
    number = len(patient.settings.feeds)
    yield Finding("feeds", number > 0, f"{number} feeds", "add some under `feeds:`, or with `watcher feeds add URL`")


def _channels_configured(patient: Patient) -> Iterator[Finding]:
    channels = patient.settings.channels
    yield Finding(
        "channels",
        bool(channels),
        f"{len(channels)} channels",
        "without a channel nobody hears of anything: add one under `channels:`",
    )
    for channel in channels:
        fault = senders.check(channel.url)
        if fault:
            yield Finding(
                f"channel {channel.policy.name}", False, fault, "see docs/channels.md for the form of its URL"
            )


def _unread_files(patient: Patient) -> Iterator[Finding]:
    """YAML files beside the configuration that no `include:` names: edits there do nothing."""
    base = patient.settings.file.parent
    read = {path.resolve() for path in patient.settings.files}
    for folder in ("rules", "sources"):
        for path in sorted((base / folder).glob("*.y*ml")):
            if path.resolve() not in read:
                yield Finding(
                    "configuration nobody reads",
                    False,
                    str(path),
                    f"add {folder}/*.yaml to `include:` in {patient.settings.file}",
                )


def _database_folder(patient: Patient) -> Iterator[Finding]:
    folder = patient.settings.folder
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    writable = os.access(existing, os.W_OK)
    yield Finding("database folder", writable, str(folder), f"let the user that runs Watcher write to {existing}")
    free = shutil.disk_usage(existing).free
    yield Finding(
        "disk", free > ENOUGH_DISK, f"{free / 1e9:.1f} GB free", "make room: `watcher db prune`, or move `database:`"
    )


def _disk_full(patient: Patient) -> Iterator[Finding]:
    since = patient.counts.get("disk_full")
    if since:
        folder = patient.settings.folder
        remedy = f"remove what is not needed at {folder}, or move `database:`; polls then go on by themselves"
        yield Finding("disk full", False, f"since {since}; no feed is polled, alerts that wait are still sent", remedy)


def _database_sound(patient: Patient) -> Iterator[Finding]:
    if is_server(patient.settings.database):
        remedy = "try the same URL with psql: is the server up, and does it let this user in?"
        yield Finding("database", not patient.faults, "; ".join(patient.faults[:3]) or "sound", remedy)
        return
    path = Path(patient.settings.database)
    if not path.exists():
        yield Finding("database", True, f"{path} is made at the first start")
        return
    yield Finding(
        "database",
        not patient.faults,
        "; ".join(patient.faults[:3]) or "sound",
        "restore a backup made with `watcher db backup`",
    )
    mode = path.stat().st_mode & 0o077
    yield Finding(
        "database permissions",
        not mode & 0o007,
        oct(path.stat().st_mode & 0o777),
        f"chmod 600 {path}: it shows what you watch",
    )
    if not os.access(path, os.W_OK):
        yield Finding("database writable", False, str(path), "run as the user that owns it")


def _daemon(patient: Patient) -> Iterator[Finding]:
    running = patient.running
    yield Finding(
        "daemon",
        running is not None,
        str(running) if running else "not running",
        "`watcher run`, or `watcher systemd install`",
    )
    due = patient.counts.get("next_poll_at")
    if running and due and patient.now - datetime.fromisoformat(due) > timedelta(minutes=5):
        yield Finding(
            "polls on time", False, f"the oldest was due at {due}", "too few connections: raise polling.concurrency"
        )


def _fresh_items(patient: Patient) -> Iterator[Finding]:
    polled = patient.counts.get("last_polled_at")
    if patient.rows and polled:
        late = patient.now - datetime.fromisoformat(polled) > timedelta(days=1)
        yield Finding("last poll", not late, polled, "nothing was polled for a day: is the daemon running?")


def _feed_conditions(patient: Patient) -> Iterator[Finding]:
    for row in patient.rows:
        if row["condition"] in ("new", "ok"):
            continue
        remedy = _FEED_REMEDIES.get(
            row["condition"], "open it in a browser; `watcher feeds discover` finds its new address"
        )
        yield Finding(f"feed {row['url']}", False, f"{row['condition']}: {row['last_error']}", remedy)


_FEED_REMEDIES = {
    "refused": "give it a user_agent of its own, a contact under `polling:`, or a longer `every:`",
    "challenge": "it asks for a browser: try another user_agent, or another feed of the same publisher",
    "login": "give it `headers:` or `cookies:` with a secret by reference",
    "gone": "the publisher has ended it: remove it",
    "silent": "it has been quiet against its habit: look whether it moved",
    "frozen": "it no longer changes: look whether it moved",
    "misdated": "its dates can not be; Watcher goes by what it has not seen before",
}


def _deliveries(patient: Patient) -> Iterator[Finding]:
    for row in patient.counts.get("deliveries", []):
        if row["state"] in ("dead", "held"):
            yield Finding(
                f"channel {row['channel']}",
                False,
                f"{row['n']} deliveries {row['state']}",
                "`watcher alerts list`, mend it, `watcher alerts resend --dead` (or `--held`)",
            )
        if (
            row["state"] == "pending"
            and row["oldest"]
            and patient.now - datetime.fromisoformat(row["oldest"]) > timedelta(days=8)
        ):
            yield Finding(
                f"channel {row['channel']}", False, f"something waits since {row['oldest']}", "`watcher channels test`"
            )


def _names_resolve(patient: Patient) -> Iterator[Finding]:
    if not patient.network:
        return
    hosts = sorted({urlsplit(feed.url).hostname or "" for feed in patient.settings.feeds} - {""})[:5]
    failed = [host for host in hosts if not _resolves(host)]
    if hosts:
        all_failed = len(failed) == len(hosts)
        found = f"{len(hosts) - len(failed)} of {len(hosts)} names found"
        yield Finding(
            "name look-up (DNS)",
            not all_failed,
            found,
            "no name can be looked up: check /etc/resolv.conf and the network",
        )


def _resolves(host: str) -> bool:
    try:
        return bool(socket.getaddrinfo(host, None))
    except OSError:
        return False


def _proxy(patient: Patient) -> Iterator[Finding]:
    proxies = {name: value for name, value in getproxies().items() if name in ("http", "https", "all")}
    if proxies:
        used = patient.settings.polling.proxy_from_environment
        yield Finding(
            "proxy",
            used,
            "set in the environment" + ("" if used else ", and not used"),
            "set polling.proxy_from_environment: true to use it",
        )


def _open_files(patient: Patient) -> Iterator[Finding]:
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    need = patient.settings.polling.concurrency * 2 + 100
    yield Finding("open files", soft >= need, f"limit {soft}", f"raise it to {need} (LimitNOFILE=, ulimit -n)")


def _secret_files(patient: Patient) -> Iterator[Finding]:
    for warning in patient.settings.warnings:
        yield Finding("secrets", False, str(warning), warning.hint)


def _contact(patient: Patient) -> Iterator[Finding]:
    polling = patient.settings.polling
    named = bool(polling.contact or polling.user_agent)
    found = polling.contact or polling.user_agent or "no contact, which some publishers refuse"
    yield Finding(
        "user agent",
        named or len(patient.settings.feeds) < 20,
        found,
        "set polling.contact to an address or page of yours",
    )


CHECKS: tuple[Check, ...] = (
    _clock_synchronised,
    _rules,
    _feeds_configured,
    _channels_configured,
    _unread_files,
    _secret_files,
    _contact,
    _open_files,
    _database_folder,
    _disk_full,
    _database_sound,
    _daemon,
    _fresh_items,
    _deliveries,
    _names_resolve,
    _proxy,
    _feed_conditions,
)
"""Every check that needs a configuration, in the order shown."""
