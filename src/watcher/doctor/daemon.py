"""Checks of the service: does the daemon run, start at boot, keep up, deliver; is its page's port free."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from watcher.doctor.finding import Check, Finding, Patient

SYSTEMD = Path("/run/systemd/system")
"""Is there where systemd runs."""
_START = "`watcher run`, or `watcher systemd install`"


def alive(patient: Patient) -> Iterator[Finding]:
    """Whether a daemon has the database, and polls in time."""
    running = patient.running
    yield Finding("daemon", running is not None, str(running) if running else "not running", _START)
    due = patient.counts.get("next_poll_at")
    if running and due and patient.now - datetime.fromisoformat(due) > timedelta(minutes=5):
        remedy = "too few connections: raise polling.concurrency"
        yield Finding("polls on time", False, f"the oldest was due at {due}", remedy)
    polled = patient.counts.get("last_polled_at")
    if patient.rows and polled:
        late = patient.now - datetime.fromisoformat(polled) > timedelta(days=1)
        yield Finding("last poll", not late, polled, "nothing was polled for a day: is the daemon running?")
    if refused := patient.counts.get("config_refused"):
        remedy = "mend it; until then the daemon runs by the configuration before"
        yield Finding("last reload", False, refused, remedy)


def at_boot(patient: Patient) -> Iterator[Finding]:
    """Whether systemd starts the daemon again after a boot."""
    if not shutil.which("systemctl") or not SYSTEMD.exists():
        return
    scopes = ["--user"] if os.geteuid() else []
    states = {scope: _state(scope) for scope in ("--system", *scopes)}
    state = next((found for found in states.values() if found == "enabled"), max(states.values()))
    flag = " --user" if os.geteuid() else ""
    remedy = {
        "disabled": f"`systemctl{flag} enable --now watcher`",
        "masked": f"`systemctl{flag} unmask watcher`",
    }.get(state, f"`watcher systemd install{flag}`, or start it by other means at every boot")
    yield Finding("starts at boot", state == "enabled", f"watcher.service is {state or 'not installed'}", remedy)


def _state(scope: str) -> str:
    command = ["systemctl", scope, "is-enabled", "watcher.service"]
    shown = subprocess.run(command, capture_output=True, text=True, check=False, timeout=10).stdout.strip()
    return "" if shown == "not-found" else shown


def page(patient: Patient) -> Iterator[Finding]:
    """Whether the dashboard can be served, or is."""
    web = patient.settings.web
    if web is None:
        return
    if any(importlib.util.find_spec(name) is None for name in ("starlette", "uvicorn")):
        yield Finding("web", False, "the extra `web` is not installed", "pip install 'watcher[web]'")
        return
    host, _, port = web.listen.rpartition(":")
    host = host.strip("[]") or "127.0.0.1"
    try:
        if patient.running is None:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            socket.create_server((host, int(port)), family=family).close()
        else:
            socket.create_connection((host, int(port)), timeout=5).close()
    except (OSError, ValueError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        remedy = f"another program has port {port}: stop it, or give `web: {{listen: …}}` another"
        yield Finding("web", False, f"{web.listen}: {reason}", remedy)
        return
    yield Finding("web", True, f"{web.listen} {'answers' if patient.running else 'is free'}")


def deliveries(patient: Patient) -> Iterator[Finding]:
    """What did not reach its channel."""
    for row in patient.counts.get("deliveries", []):
        name, number = f"channel {row['channel']}", row["n"]
        if row["state"] in ("dead", "held"):
            remedy = f"`watcher alerts list`, mend it, `watcher alerts resend --{row['state']}`"
            found = f"{number} {'delivery' if number == 1 else 'deliveries'} {row['state']}"
            yield Finding(name, False, found, remedy)
        waits = row["state"] == "pending" and row["oldest"]
        if waits and patient.now - datetime.fromisoformat(row["oldest"]) > timedelta(days=8):
            yield Finding(name, False, f"something waits since {row['oldest']}", "`watcher channels test`")


CHECKS: tuple[Check, ...] = (alive, at_boot, page, deliveries)
