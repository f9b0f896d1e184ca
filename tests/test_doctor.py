"""The doctor: each of the commonest faults is really made, found, and its remedy named."""

from __future__ import annotations

import gc
import os
import resource
import socket
import sqlite3
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from farm import Answer, Farm, rss
from sinks import HttpSink, MailSink
from watcher import doctor
from watcher.doctor import daemon, network, store
from watcher.store import open_store

NOW = datetime.now(UTC)


@dataclass
class World:
    """An installation that is well, for one fault to be made in it."""

    folder: Path
    farm: Farm
    sink: HttpSink
    patch: pytest.MonkeyPatch
    until_end: ExitStack
    lines: dict[str, str] = field(default_factory=dict)
    now: datetime = NOW

    @property
    def config(self) -> Path:
        return self.folder / "watcher.yaml"

    @property
    def database(self) -> Path:
        return self.folder / "watcher.db"

    def sql(self, statement: str, *values: object) -> None:
        with sqlite3.connect(self.database) as connection:
            connection.execute(statement, values)
        connection.close()

    def examine(self) -> list[doctor.Finding]:
        self.config.write_text("".join(f"{key}: {value}\n" for key, value in self.lines.items()))
        return doctor.examine(str(self.config), self.now)


@pytest.fixture
def world(tmp_path: Path, farm: Farm, sink: HttpSink, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    farm["/a.xml"] = rss("One")
    with ExitStack() as until_end:
        for name in ("http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.delenv(name, raising=False)
            monkeypatch.delenv(name.upper(), raising=False)
        monkeypatch.setenv("TZ", "UTC")
        time.tzset()
        until_end.callback(time.tzset)
        monkeypatch.setattr(daemon, "SYSTEMD", tmp_path / "no systemd here")
        made = World(tmp_path, farm, sink, monkeypatch, until_end)
        made.lines = {
            "feeds": f"['{farm.url('/a.xml')}']",
            "rules": "[{name: all, any: [one]}]",
            "channels": f"[{{name: desk, url: '{sink.url('json', 'hook')}'}}]",
            "polling": "{contact: desk@example.org, private_networks: allow}",
        }
        open_store(str(made.database)).close()
        yield made
    monkeypatch.undo()
    time.tzset()


def clock_of_1970(world: World) -> None:
    world.now = datetime(1970, 1, 1, 0, 9, tzinfo=UTC)


def clock_ten_minutes_late(world: World) -> None:
    there = format_datetime(NOW + timedelta(minutes=10), usegmt=True)
    world.farm["/a.xml"] = Answer(rss("One"), headers={"Date": there})


def name_that_does_not_exist(world: World) -> None:
    world.lines["feeds"] = "['https://feed.invalid/rss']"


def only_ipv6(world: World) -> None:
    world.patch.setattr(network, "_has_route", lambda family: family == socket.AF_INET6)


def certificates_missing(world: World) -> None:
    world.patch.setenv("SSL_CERT_FILE", str(world.folder / "gone.pem"))


def proxy_not_used(world: World) -> None:
    world.patch.setenv("https_proxy", "http://proxy.example:3128")


def proxy_that_is_not_there(world: World) -> None:
    world.lines["feeds"] = f"[{{url: '{world.farm.url('/a.xml')}', proxy: 'http://127.0.0.1:9'}}]"


def feed_that_refuses_our_user_agent(world: World) -> None:
    world.farm["/a.xml"] = [Answer(status=403), Answer(rss("One"))]


def feed_that_does_not_answer(world: World) -> None:
    world.lines["feeds"] = "['http://127.0.0.1:9/a.xml']"


def feed_refused_lately(world: World) -> None:
    world.sql(
        """INSERT INTO feed (url, first_seen_at, condition, last_error)
           VALUES ('https://x.example/', 0, 'refused', '403')"""
    )


def nobody_asks_with_a_contact(world: World) -> None:
    world.lines["polling"] = "{private_networks: allow}"
    world.lines["feeds"] = str([f"{world.farm.url('/a.xml')}?{number}" for number in range(20)])


def nearly_full_disk(world: World) -> None:
    world.patch.setattr(store, "ENOUGH_DISK", 10**18)


def folder_that_can_not_be_written(world: World) -> None:
    world.lines["database"] = "/proc/watcher/watcher.db"


def database_that_everybody_reads(world: World) -> None:
    world.database.chmod(0o644)


def database_held_by_another_program(world: World) -> None:
    other = sqlite3.connect(world.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    world.until_end.callback(other.close)


def database_that_is_none(world: World) -> None:
    world.database.write_bytes(b"not a database" * 1000)


def damaged_database(world: World) -> None:
    for suffix in ("-wal", "-shm"):
        world.database.with_name(world.database.name + suffix).unlink(missing_ok=True)
    with world.database.open("r+b") as file:
        file.seek(4096 * 3)
        file.write(b"\xff" * 4096 * 6)


def database_of_a_newer_watcher(world: World) -> None:
    world.sql("INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('watcher', 'm999', '')")


def database_of_an_older_watcher(world: World) -> None:
    world.sql("DELETE FROM _sqlite_migrations WHERE name = 'm002_failing'")


def channel_that_can_not_be_reached(world: World) -> None:
    world.lines["channels"] = "[{name: desk, url: 'json://127.0.0.1:9/secret-token'}]"


def channel_of_no_service(world: World) -> None:
    world.lines["channels"] = "[{name: desk, url: 'slak://a/b/c'}]"


def file_channel_without_a_folder(world: World) -> None:
    world.lines["channels"] = f"[{{name: desk, url: 'file://{world.folder}/nowhere/alerts'}}]"


def mail_server_that_is_not_there(world: World) -> None:
    url = "mailto://127.0.0.1:9?from=a@example.org&to=b@example.org&mode=insecure"
    world.lines["channels"] = f"[{{name: post, url: '{url}'}}]"


def mail_server_that_refuses(world: World) -> None:
    mail = world.until_end.enter_context(MailSink())
    mail.script("you@example.org", "rcpt 550")
    world.lines["channels"] = f"[{{name: post, url: '{mail.url('you@example.org')}'}}]"


def no_channel(world: World) -> None:
    del world.lines["channels"]


def dead_letters(world: World) -> None:
    world.sql("INSERT INTO alert VALUES ('s1:1', 'new', 's1', 'i1', 'high', 0.0, '[]', '[]', '{}', NULL)")
    world.sql(
        """INSERT INTO delivery (key, alert, channel, story, batch, state, due_at, planned_at, attempts)
           VALUES ('desk s1:1', 's1:1', 'desk', 's1', '', 'dead', 0.0, 0.0, 9)"""
    )


def rules_that_nobody_reads(world: World) -> None:
    (world.folder / "rules").mkdir()
    (world.folder / "rules/mine.yaml").write_text("rules: []\n")


def two_configurations(world: World) -> None:
    world.patch.chdir(world.folder)
    world.patch.setattr("watcher.location.SEARCH_PATH", ("watcher.yaml", "other.yaml"))
    world.patch.setattr("watcher.doctor.configuration.SEARCH_PATH", ("watcher.yaml", "other.yaml"))
    (world.folder / "other.yaml").write_text("feeds: []\n")
    world.patch.setattr(World, "config", Path("watcher.yaml"))


def secret_that_is_not_set(world: World) -> None:
    world.lines["channels"] = "[{name: desk, url: '${NO_SUCH_VARIABLE}'}]"


def secret_that_everybody_reads(world: World) -> None:
    (world.folder / "token").write_text("json://127.0.0.1/")
    (world.folder / "token").chmod(0o644)
    world.lines["channels"] = "[{name: desk, url: '${file:token}'}]"


def rule_that_does_not_compile(world: World) -> None:
    world.lines["rules"] = "[{name: all, match: 'a AND (b'}]"


def port_that_is_taken(world: World) -> None:
    taken = world.until_end.enter_context(socket.create_server(("127.0.0.1", 0)))
    world.lines["web"] = f"{{listen: '127.0.0.1:{taken.getsockname()[1]}'}}"


def hours_of_another_zone(world: World) -> None:
    world.patch.setenv("TZ", "Europe/Paris")
    time.tzset()
    world.lines["channels"] = f"[{{name: desk, url: '{world.sink.url('json', 'hook')}', quiet_hours: '22:00-07:00'}}]"


def service_that_is_disabled(world: World) -> None:
    program = world.folder / "bin" / "systemctl"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho disabled\nexit 1\n")
    program.chmod(0o755)
    world.patch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    world.patch.setattr(daemon, "SYSTEMD", world.folder)


def daemon_that_does_not_run(world: World) -> None:
    pass


def nothing_polled_for_days(world: World) -> None:
    world.sql(
        "INSERT INTO feed (url, first_seen_at, last_polled_at, condition) VALUES ('https://x.example/', 0, 0, 'ok')"
    )


def reload_refused(world: World) -> None:
    world.sql("INSERT INTO meta VALUES ('config_refused', 'watcher.yaml:3: unknown key')")


def too_few_files(world: World) -> None:
    world.patch.setattr(resource, "getrlimit", lambda which: (64, 64))


Made = Callable[[World], None]
FAULTS: list[tuple[Made, str, str, str]] = [
    (clock_of_1970, "clock", "1970-01-01T00:09:00", "timedatectl set-ntp true"),
    (clock_ten_minutes_late, "clock against others", "behind publishers' clocks", "set-ntp true"),
    (name_that_does_not_exist, "name look-up (DNS)", "0 of 1 names found", "/etc/resolv.conf"),
    (only_ipv6, "IPv4", "only there: 127.0.0.1", "NAT64"),
    (certificates_missing, "certificates", "gone.pem is not there", "unset SSL_CERT_FILE"),
    (proxy_not_used, "proxy", "set in the environment, and not used", "proxy_from_environment: true"),
    (proxy_that_is_not_there, "proxy", "127.0.0.1:9 does not answer: Connection refused", "does it run?"),
    (feed_that_refuses_our_user_agent, "feed http", "refuses our user agent (403)", "a user_agent that it takes"),
    (feed_that_does_not_answer, "feed http", "does not answer: Connection refused", "curl -I"),
    (feed_refused_lately, "feed https://x.example/", "refused: 403", "a user_agent of its own"),
    (nobody_asks_with_a_contact, "user agent", "no contact", "polling.contact"),
    (nearly_full_disk, "disk", "GB free", "watcher db prune"),
    (folder_that_can_not_be_written, "database folder", "/proc/watcher", "write to /proc"),
    (database_that_everybody_reads, "database permissions", "0o644", "chmod 600"),
    (database_held_by_another_program, "database lock", "another program holds a lock", "fuser"),
    (database_that_is_none, "database", "not a database", "restore a backup"),
    (damaged_database, "database", "", "restore a backup"),
    (database_of_a_newer_watcher, "database", "made by a newer Watcher (m999)", "update Watcher"),
    (database_of_an_older_watcher, "database", "made by an older Watcher", "watcher db migrate"),
    (channel_that_can_not_be_reached, "channel desk", "does not answer: Connection refused", "channels test desk"),
    (channel_of_no_service, "channel desk", "did you mean 'slack://'?", "docs/channels.md"),
    (file_channel_without_a_folder, "channel desk", "there is no folder", "channels test desk"),
    (
        mail_server_that_is_not_there,
        "channel post",
        "no connection to the mail server: Connection refused",
        "test post",
    ),
    (mail_server_that_refuses, "channel post", "refuses the recipient: 550", "channels test post"),
    (no_channel, "channels", "0 channels", "add one under `channels:`"),
    (dead_letters, "channel desk", "1 delivery dead", "alerts resend --dead"),
    (rules_that_nobody_reads, "configuration nobody reads", "rules/mine.yaml", "add rules/*.yaml to `include:`"),
    (two_configurations, "configuration nobody reads", "other.yaml", "remove one of them"),
    (secret_that_is_not_set, "configuration", "NO_SUCH_VARIABLE is not set", "${file:PATH}"),
    (secret_that_everybody_reads, "secrets", "every user can read it", "chmod 600"),
    (rule_that_does_not_compile, "rules", "is never closed", "watcher check"),
    (port_that_is_taken, "web", "Address already in use", "another program has port"),
    (hours_of_another_zone, "channel desk", "its hours are in UTC, this machine's in CET", "timezone:"),
    (service_that_is_disabled, "starts at boot", "watcher.service is disabled", "enable --now watcher"),
    (daemon_that_does_not_run, "daemon", "not running", "watcher run"),
    (nothing_polled_for_days, "last poll", "1970-01-01", "is the daemon running?"),
    (reload_refused, "last reload", "watcher.yaml:3: unknown key", "mend it"),
    (too_few_files, "open files", "limit 64", "LimitNOFILE="),
]


@pytest.mark.parametrize(("make", "check", "found", "remedy"), FAULTS, ids=[made.__name__ for made, *_ in FAULTS])
def test_a_fault_is_found_with_its_remedy(world: World, make: Made, check: str, found: str, remedy: str) -> None:
    make(world)
    faults = [finding for finding in world.examine() if not finding.ok]
    assert [f for f in faults if f.check.startswith(check) and found in f.found and remedy in f.remedy], faults
    assert "secret-token" not in str(faults)


def test_nothing_else_is_said_of_an_installation_that_is_well(world: World) -> None:
    faults = [finding for finding in world.examine() if not finding.ok]
    assert [(f.check, f.found) for f in faults if f.check != "clock synchronised"] == [("daemon", "not running")]


def test_a_large_store_is_not_read_through_and_that_is_said(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "READ_WHOLE", 1000)
    (told,) = [finding for finding in world.examine() if finding.check == "database"]
    assert told.ok
    assert "not looked through; `watcher db check` does that" in told.found


def test_a_publisher_that_never_answers_leaves_no_connection_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "TIMEOUT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as server, warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        for scheme in ("http", "https"):
            assert "does not answer" in network._head(f"{scheme}://127.0.0.1:{server.getsockname()[1]}/", "x").fault
        gc.collect()
    assert not [warning for warning in seen if issubclass(warning.category, ResourceWarning)]
