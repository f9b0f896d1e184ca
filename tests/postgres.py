"""A PostgreSQL server of our own for the tests, where its programs are installed: in a temporary folder, on a Unix socket."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import quote

import pytest

FAST = "-c fsync=off -c synchronous_commit=on -c full_page_writes=off -c shared_buffers=16MB -c max_connections=40"
"""A test's server need not outlive the machine."""


def programs() -> Path | None:
    """The folder of the newest server's programs from version 15, None where there is none."""
    found = [folder for folder in Path("/usr/lib/postgresql").glob("*/bin") if (folder / "initdb").exists()]
    found = [folder for folder in found if folder.parent.name.isdecimal() and int(folder.parent.name) >= 15]
    if found:
        return max(found, key=lambda folder: int(folder.parent.name))
    here = shutil.which("initdb")
    return Path(here).resolve().parent if here else None


def why_not() -> str:
    """Why there can be no server here, '' where there can."""
    if programs() is None:
        return "PostgreSQL's server is not installed"
    if os.geteuid() == 0 and shutil.which("runuser") is None:
        return "PostgreSQL does not run as root, and there is no runuser"
    return ""


class Server:
    """One server. `url` names its database, in which each test takes a schema of its own."""

    def __init__(self) -> None:
        found = programs()
        assert found is not None
        self._programs = found
        self.folder = Path(tempfile.mkdtemp(prefix="watcher-pg-"))
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres")
        self._run("initdb", "-U", "watcher", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C")
        self.start()
        self.url = self._url("postgres")
        self._schemas = 0

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = f"-k {self.folder} -c listen_addresses='' {FAST}"
        self._run("pg_ctl", "-w", "-l", str(self.folder / "log"), "-o", options, "start")

    def stop(self, how: str = "fast") -> None:
        """Stop it: `fast` ends sessions, `immediate` is a crash."""
        self._run("pg_ctl", "-w", "-m", how, "stop")

    def fresh(self) -> str:
        """The URL of an empty schema."""
        import psycopg

        self._schemas += 1
        name = f"t{os.getpid()}_{self._schemas}"
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f"CREATE SCHEMA {name}")  # type: ignore[arg-type]  # our own name
        return f"{self.url}&options={quote(f'-c search_path={name}')}"

    def restored(self, name: str) -> str:
        """Dump the database by the server's own tool, and restore it as one of this name. Returns its URL."""
        dump = self.folder / f"{name}.sql"
        self._run("createdb", "-U", "watcher", name, connected=True)
        self._run("pg_dump", "-U", "watcher", "-d", "postgres", "-f", str(dump), connected=True)
        self._run("psql", "-U", "watcher", "-q", "-v", "ON_ERROR_STOP=1", "-d", name, "-f", str(dump), connected=True)
        return self._url(name)

    def _url(self, database: str) -> str:
        return f"postgresql://watcher@/{database}?host={quote(str(self.folder), safe='')}"

    def remove(self) -> None:
        """Stop it and remove its folder."""
        self.stop("immediate")
        shutil.rmtree(self.folder)

    def _run(self, program: str, *args: str, connected: bool = False) -> None:
        """Run one of the server's programs on its folder, or `connected` to it."""
        where = ("-h", str(self.folder)) if connected else ("-D", str(self.folder / "data"))
        command: Sequence[str] = [str(self._programs / program), *where, *args]
        if os.geteuid() == 0:
            command = ["runuser", "-u", "postgres", "--", *command]
        # A server that is started keeps a pipe open: its output goes to a file.
        with (self.folder / "out").open("w") as out:
            subprocess.run(command, check=True, stdout=out, stderr=out, timeout=60, cwd="/")


def served() -> Iterator[Server]:
    """A server for as long as it is asked for; the test is skipped where there can be none."""
    if reason := why_not():
        pytest.skip(reason)
    pytest.importorskip("psycopg", reason="the extra `postgres` is not installed")
    server = Server()
    yield server
    server.remove()
