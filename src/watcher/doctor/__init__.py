"""What is wrong with an installation, and how to mend it: each check is a function in the `CHECKS` of its module."""

from __future__ import annotations

from datetime import datetime

from watcher.config import load
from watcher.doctor import configuration, daemon, feeds, machine, network, store
from watcher.doctor.finding import Check, Finding, Patient
from watcher.errors import ConfigError
from watcher.location import find_config

__all__ = ["CHECKS", "Finding", "Patient", "examine"]

CHECKS: tuple[Check, ...] = tuple(
    check for module in (machine, configuration, store, daemon, network, feeds) for check in module.CHECKS
)
"""Every check that needs a configuration, in the order shown."""


def examine(config: str | None, now: datetime, *, network: bool = True) -> list[Finding]:
    """Run every check; without a usable configuration only those that need none."""
    findings = list(machine.bare(now))
    try:
        path = find_config(config)
        settings = load(path)
    except ConfigError as error:
        hint = "mend it, then `watcher check`"
        findings += [Finding("configuration", False, str(fault), fault.hint or hint) for fault in error.problems[:5]]
        return findings
    except OSError as error:
        remedy = "let the user that runs Watcher read it"
        return [*findings, Finding("configuration", False, f"{error.filename}: {error.strerror}", remedy)]
    findings.append(Finding("configuration", True, str(path)))
    patient = Patient(settings, now, network)
    store.read(patient)
    for check in CHECKS:
        findings += check(patient)
    return findings
