"""Care of the installation: doctor, database, systemd, schema, completion."""

from __future__ import annotations

import importlib.resources
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from watcher.cli.access import DURATION, json_option, writing
from watcher.cli.main import App
from watcher.cli.output import PROBLEMS, emit_json, table
from watcher.errors import WatcherError
from watcher.store import open_lists


@click.command()
@json_option
@click.option(
    "--network/--no-network",
    default=True,
    help="Also look up names, ask a few feeds, and reach channels' servers; nothing is sent.",
)
@click.pass_obj
def doctor(app: App, as_json: bool, network: bool) -> None:
    """Look for what is wrong with this installation, and say how to mend it. Exit code 1 when something is.

    \b
    watcher doctor
    watcher doctor --no-network --json
    """
    from watcher.doctor import examine

    findings = examine(app.config, datetime.now(UTC), network=network)
    if as_json:
        emit_json([{"check": f.check, "ok": f.ok, "found": f.found, "remedy": f.remedy} for f in findings])
    else:
        table(
            ("", "check", "found", "remedy"),
            [("ok" if f.ok else "FAULT", f.check, f.found, "" if f.ok else f.remedy) for f in findings],
            flexible=3,
        )
    if not all(finding.ok for finding in findings):
        sys.exit(PROBLEMS)


@click.group()
def db() -> None:
    """Care of the store."""


@db.command("backup")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.pass_obj
def db_backup(app: App, file: Path) -> None:
    """Copy the database, while the daemon runs; the copy is opened and checked before it gets its name.

    \b
    watcher db backup /backup/watcher.db
    """
    from watcher.store.care import backup

    size = backup(app.settings().database, file)
    click.echo(f"{file}: {size / 1e6:.1f} MB, checked")


@db.command("prune")
@click.option(
    "--items",
    "items_age",
    type=DURATION,
    default=None,
    help="Age of items to remove, such as 365d; default `keep: items`.",
)
@click.option(
    "--stories", "stories_age", type=DURATION, default=None, help="Age of stories to remove; default `keep: stories`."
)
@click.pass_obj
def db_prune(app: App, items_age: timedelta | None, stories_age: timedelta | None) -> None:
    """Remove old items and stories. What was seen stays known, so nothing pruned is alerted again.

    \b
    watcher db prune --items 365d --stories 730d
    """
    from watcher.store.care import Limits, prune

    keep = app.settings().keep
    now = datetime.now(UTC)
    with writing(app) as store:
        limits = Limits.of(
            now,
            keep.items if items_age is None else items_age,
            keep.stories if stories_age is None else stories_age,
        )
        removed = prune(store, limits)
    click.echo(", ".join(f"{number} {what}" for what, number in removed.items()) + " removed")


@db.command("migrate")
@click.pass_obj
def db_migrate(app: App) -> None:
    """Bring the database's schema up to date; `run` and `once` do it too.

    \b
    watcher db migrate
    """
    from watcher.store import open_store

    store = open_store(app.settings().database)
    applied = store.migrated
    store.close()
    click.echo("applied " + ", ".join(applied) if applied else "up to date")


@db.command("check")
@json_option
@click.pass_obj
def db_check(app: App, as_json: bool) -> None:
    """Look for damage. Exit code 1 when there is any.

    \b
    watcher db check
    """
    lists = open_lists(app.settings().database)
    try:
        faults, size = lists.check(), lists.size()
    finally:
        lists.close()
    if as_json:
        emit_json({"ok": not faults, "faults": faults, "bytes": size})
    else:
        click.echo("\n".join(faults) or f"sound, {size / 1e6:.1f} MB")
    if faults:
        sys.exit(PROBLEMS)


@click.group()
def systemd() -> None:
    """Run as a service of systemd."""


@systemd.command("install")
@click.option("--user", is_flag=True, help="For this user only.")
@click.option(
    "--root", default="/", type=click.Path(file_okay=False, path_type=Path), help="Install below this folder."
)
@click.option("--dry-run", is_flag=True, help="Only print what would be written.")
@click.pass_obj
def systemd_install(app: App, user: bool, root: Path, dry_run: bool) -> None:
    """Write the units (service, backup timer), check them, and say how to start them.

    \b
    watcher systemd install --dry-run
    watcher systemd install --user
    """
    if user and root != Path("/"):
        raise click.UsageError("--user writes below your home; --root is for the system's units")
    program = shutil.which("watcher") or os.path.abspath(sys.argv[0])
    if not user and Path(os.path.realpath(program)).is_relative_to(Path.home()):
        hint = (
            "the service sees no home (ProtectHome=): install it for all, such as with `pipx install --global watcher`"
        )
        click.echo(f"warning: {program} lies in {Path.home()}, and {hint}", err=True)
    folder = (
        Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "systemd/user"
        if user
        else root / "etc/systemd/system"
    )
    units = importlib.resources.files("watcher.cli").joinpath("units")
    written = []
    for unit in sorted(units.iterdir(), key=lambda found: found.name):
        is_user_unit = unit.name.startswith("user-")
        if is_user_unit != user and not (user and unit.name.endswith(".timer")):
            continue
        target = folder / unit.name.removeprefix("user-")
        text = unit.read_text("utf-8").replace("/usr/bin/watcher", program)
        if dry_run:
            click.echo(f"# {target}\n{text}")
            continue
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, "utf-8")
        except OSError as error:
            raise WatcherError(f"can not write {target}: {error.strerror}; run it as root, or with --user") from error
        written.append(str(target))
        click.echo(f"wrote {target}")
    if dry_run:
        return
    if shutil.which("systemd-analyze"):
        services = [path for path in written if path.endswith(".service")]
        checked = subprocess.run(
            ["systemd-analyze", *(["--user"] if user else []), "verify", *services],
            capture_output=True,
            text=True,
            check=False,
        )
        said = checked.stderr.strip()
        if checked.returncode and "Failed to initialize manager" in said:
            said = "systemd-analyze verify: can not check here, no systemd runs"
        click.echo(said or "systemd-analyze verify: no complaints", err=True)
    mine = "--user " if user else ""
    click.echo(
        f"next: systemctl {mine}daemon-reload && systemctl {mine}enable --now watcher.service watcher-backup.timer"
    )


@click.command()
def schema() -> None:
    """Print the JSON Schema of the configuration, for editors.

    \b
    watcher schema > watcher.schema.json
    """
    from watcher.config.schema import json_schema

    emit_json(json_schema())


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion script of a shell.

    \b
    watcher completion bash > ~/.local/share/bash-completion/completions/watcher
    watcher completion zsh > ~/.zfunc/_watcher        (with ~/.zfunc in $fpath, before compinit)
    watcher completion fish > ~/.config/fish/completions/watcher.fish
    """
    from click.shell_completion import get_completion_class

    from watcher.cli.main import main

    found = get_completion_class(shell)
    if found is None:
        raise WatcherError(f"no completion for {shell}")
    click.echo(found(main, {}, "watcher", "_WATCHER_COMPLETE").source())
