"""Checks of what polling found out about feeds."""

from __future__ import annotations

from collections.abc import Iterator

from watcher.doctor.finding import Check, Finding, Patient

SHOWN = 30
"""So many feeds are named; `watcher feeds health` lists all."""

_REMEDIES = {
    "refused": "give it a user_agent of its own, a contact under `polling:`, or a longer `every:`",
    "challenge": "it asks for a browser: try another user_agent, or another feed of the same publisher",
    "login": "give it `headers:` or `cookies:` with a secret by reference",
    "gone": "the publisher has ended it: remove it",
    "silent": "it has been quiet against its habit: look whether it moved",
    "frozen": "it no longer changes: look whether it moved",
    "misdated": "its dates can not be; Watcher goes by what it has not seen before",
}
_OTHER = "open it in a browser; `watcher feeds discover` finds its new address"


def conditions(patient: Patient) -> Iterator[Finding]:
    """Feeds that fail, fell silent, froze or turned into something else."""
    ill = [row for row in patient.rows if row["condition"] not in ("new", "ok")]
    for row in ill[:SHOWN]:
        said = f"{row['condition']}: {row['last_error']}"
        yield Finding(f"feed {row['url']}", False, said, _REMEDIES.get(row["condition"], _OTHER))
    if len(ill) > SHOWN:
        yield Finding("feeds", False, f"{len(ill) - SHOWN} more", "`watcher feeds health` lists them all")


CHECKS: tuple[Check, ...] = (conditions,)
