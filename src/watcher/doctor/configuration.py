"""Checks of the configuration: what it holds, what nobody reads, what it may not mean."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from watcher.channels import senders
from watcher.doctor.finding import Check, Finding, Patient
from watcher.errors import ConfigError
from watcher.location import SEARCH_PATH
from watcher.rules import compile_rules


def rules(patient: Patient) -> Iterator[Finding]:
    """Whether the rules compile."""
    settings = patient.settings
    try:
        rulebook = compile_rules(settings.rules, settings.vocabularies)
    except ConfigError as error:
        yield Finding("rules", False, str(error.problems[0]), "`watcher check` lists every problem")
        return
    found = f"{len(settings.rules)} rules, {len(rulebook.warnings)} warnings"
    yield Finding("rules", bool(settings.rules), found, "include pack:national-ai, or write rules/mine.yaml")


def feeds(patient: Patient) -> Iterator[Finding]:
    """Whether there is anything to watch."""
    number = len(patient.settings.feeds)
    yield Finding("feeds", number > 0, f"{number} feeds", "add some under `feeds:`, or with `watcher feeds add URL`")


def channels(patient: Patient) -> Iterator[Finding]:
    """Whether anybody is told, and whether the URLs are understood."""
    found = patient.settings.channels
    remedy = "without a channel nobody hears of anything: add one under `channels:`"
    yield Finding("channels", bool(found), f"{len(found)} channels", remedy)
    for channel in found:
        if fault := senders.check(channel.url):
            name = f"channel {channel.policy.name}"
            yield Finding(name, False, fault, "see docs/channels.md for the form of its URL")


def hours(patient: Patient) -> Iterator[Finding]:
    """Channels that go by the hour of the day in UTC, on a machine that does not."""
    if not time.timezone and not time.daylight:
        return
    for channel in patient.settings.channels:
        policy = channel.policy
        if policy.timezone == "UTC" and (policy.quiet_hours or policy.digest.startswith(("daily", "weekly"))):
            found = f"its hours are in UTC, this machine's in {time.tzname[0]}"
            remedy = "give it `timezone:`, such as Europe/Paris, or Etc/UTC where that is meant"
            yield Finding(f"channel {policy.name}", False, found, remedy)


def unread_files(patient: Patient) -> Iterator[Finding]:
    """YAML files beside the configuration that no `include:` names, and other configurations: edits there do nothing."""
    settings = patient.settings
    read = {path.resolve() for path in settings.files}
    for folder in ("rules", "sources"):
        for path in sorted((settings.file.parent / folder).glob("*.y*ml")):
            if path.resolve() not in read:
                remedy = f"add {folder}/*.yaml to `include:` in {settings.file}"
                yield Finding("configuration nobody reads", False, str(path), remedy)
    found_by_itself = str(settings.file) in SEARCH_PATH
    for candidate in map(Path, SEARCH_PATH if found_by_itself else ()):
        if candidate.is_file() and candidate.resolve() not in read:
            remedy = f"{settings.file} is read in its place: remove one of them, or name the other with -c"
            yield Finding("configuration nobody reads", False, str(candidate), remedy)


def secrets(patient: Patient) -> Iterator[Finding]:
    """Secrets that others can read."""
    for warning in patient.settings.warnings:
        yield Finding("secrets", False, str(warning), warning.hint)


def contact(patient: Patient) -> Iterator[Finding]:
    """Whether publishers can tell who asks."""
    polling = patient.settings.polling
    named = bool(polling.contact or polling.user_agent)
    found = polling.contact or polling.user_agent or "no contact, which some publishers refuse"
    good = named or len(patient.settings.feeds) < 20
    yield Finding("user agent", good, found, "set polling.contact to an address or page of yours")


CHECKS: tuple[Check, ...] = (rules, feeds, channels, hours, unread_files, secrets, contact)
