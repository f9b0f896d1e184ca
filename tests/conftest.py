"""Makes the tests' own modules importable by name, and the property tests' seeds fixed: `make soak` draws anew."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parent))

import postgres  # these are found by the line above
from farm import Farm
from sinks import HttpSink

settings.register_profile("fixed", derandomize=True, deadline=None, print_blob=True)
settings.load_profile("fixed")


@pytest.fixture
def farm() -> Iterator[Farm]:
    """A server of feeds."""
    with Farm() as opened:
        yield opened


@pytest.fixture
def sink() -> Iterator[HttpSink]:
    """A receiver of messages over HTTP."""
    with HttpSink() as opened:
        yield opened


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.Server]:
    """A PostgreSQL server for all tests of this process; they are skipped where there can be none."""
    yield from postgres.served()


@pytest.fixture(params=["sqlite", "postgres"])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database, of each kind."""
    if request.param == "sqlite":
        return str(tmp_path / "watcher.db")
    server: postgres.Server = request.getfixturevalue("postgres_server")
    return server.fresh()
