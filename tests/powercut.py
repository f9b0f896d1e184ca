"""Power cuts, replayed: one `watcher once` is recorded call by call, and the disk is rebuilt as it was at each cut.

Three disks for each cut: `synced` holds only what was synced (a file's name survives with its first sync, as on ext4,
xfs and btrfs; a removal with a sync of its folder), `all` also every write that was not, `torn` the same with the last
write half done. On each of them `watcher once` runs twice. What the recorded run had sent by then counts as arrived.
"""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from crash import CONFIG, DESTINATIONS, TITLES, run, run_traced
from farm import Answer, Farm, rss
from sinks import HttpSink
from zygote import Zygote

CALLS = ("openat", "pwrite64", "ftruncate", "fdatasync", "fsync", "unlink", "rename", "sendto")
SECTOR = 512

_CALL = re.compile(r"(\d+) +(\w+)\((.*)$")
_RESUMED = re.compile(r"(\d+) +<\.\.\. (\w+) resumed>(.*)$")
_PATH = re.compile(r"^(?:AT_FDCWD|\d+)(?:<((?:\\x[0-9a-f]{2})*)>)?")
_TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')


@dataclass(frozen=True)
class Call:
    """A call that succeeded. `path` is the file's, or the descriptor's; `data` what was written or sent."""

    name: str
    path: str
    data: bytes = b""
    number: int = 0
    """Offset or length."""
    target: str = ""


@dataclass(frozen=True)
class Image:
    """A disk after a cut, and what had been sent: (destination, bulletin)."""

    cut: int
    variant: str
    files: tuple[tuple[str, bytes], ...]
    sent: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Outcome:
    """What came of an image."""

    image: Image
    lost: int
    repeats: int
    """The most that any destination got more than once."""
    codes: tuple[int, ...]


def read_trace(text: str, folder: Path) -> Iterator[Call]:
    """The calls on files of `folder`, and what was sent, in the order they ended."""
    begun: dict[str, str] = {}
    for line in text.splitlines():
        if match := _RESUMED.match(line):
            pid, name, rest = match.groups()
            whole = begun.pop(pid, "") + rest
        elif match := _CALL.match(line):
            pid, name, whole = match.groups()
            if whole.endswith(" <unfinished ...>"):
                begun[pid] = whole.removesuffix(" <unfinished ...>")
                continue
        else:
            continue
        if (call := _call(name, whole)) and (call.name == "sendto" or _is_ours(call.path, folder)):
            yield call


def _is_ours(path: str, folder: Path) -> bool:
    return path.startswith(str(folder)) and not path.endswith(("-shm", ".txt", ".yaml"))


def _call(name: str, whole: str) -> Call | None:
    arguments, _, answer = whole.rpartition(" = ")
    if answer.startswith("-1") or not arguments:
        return None
    texts = [_bytes(found) for found in _TEXT.findall(arguments)]
    described = _PATH.match(arguments)
    path = _bytes(described[1]).decode("utf-8", "replace") if described and described[1] else ""
    numbers = [int(found) for found in re.findall(r", (\d+)(?=[,)])", _TEXT.sub("", arguments))]
    match name:
        case "openat":
            return Call("create", texts[0].decode()) if "O_CREAT" in arguments and texts else None
        case "unlink":
            return Call(name, texts[0].decode())
        case "rename":
            return Call(name, texts[0].decode(), target=texts[1].decode())
        case "pwrite64":
            return Call(name, path, texts[0][: int(answer.split()[0])], numbers[-1])
        case "ftruncate":
            return Call(name, path, number=numbers[-1])
        case "fdatasync" | "fsync":
            return Call("sync", path)
        case "sendto":
            return Call(name, path or arguments[:20], texts[0] if texts else b"")
        case _:
            return None


def _bytes(escaped: str) -> bytes:
    return bytes.fromhex(escaped.replace("\\x", ""))


@dataclass
class Disk:
    """Files as written, and as they would be after a cut."""

    written: dict[str, bytes] = field(default_factory=dict)
    synced: dict[str, bytes] = field(default_factory=dict)
    removed: set[str] = field(default_factory=set)

    def take(self, call: Call, *, torn: bool = False) -> None:
        """Play one call."""
        match call.name:
            case "create":
                self.written.setdefault(call.path, b"")
            case "pwrite64":
                data = call.data[: max(1, len(call.data) // 2 // SECTOR * SECTOR)] if torn else call.data
                old = self.written.get(call.path, b"").ljust(call.number, b"\0")
                self.written[call.path] = old[: call.number] + data + old[call.number + len(data) :]
            case "ftruncate":
                self.written[call.path] = self.written.get(call.path, b"")[: call.number].ljust(call.number, b"\0")
            case "unlink":
                self.written.pop(call.path, None)
                self.removed.add(call.path)
            case "rename":
                self.written[call.target] = self.written.pop(call.path, b"")
                self.removed.add(call.path)
            case "sync" if call.path in self.written:
                self.synced[call.path] = self.written[call.path]
                self.removed.discard(call.path)
            case "sync":  # of the folder
                for path in self.removed:
                    self.synced.pop(path, None)
                self.removed.clear()

    def files(self, *, all_written: bool) -> tuple[tuple[str, bytes], ...]:
        """What is there after a cut."""
        return tuple(sorted((self.written if all_written else self.synced).items()))


def images(calls: Sequence[Call]) -> list[Image]:
    """Every different disk that a cut can leave."""
    found: dict[tuple[object, ...], Image] = {}
    disk, sent, posting = Disk(), list[tuple[str, str]](), dict[str, str]()

    def add(cut: int, variant: str, files: tuple[tuple[str, bytes], ...]) -> None:
        image = Image(cut, variant, files, tuple(sent))
        found.setdefault((image.files, image.sent), image)

    add(0, "synced", ())
    for cut, call in enumerate(calls, 1):
        if call.name == "sendto":
            if match := re.match(rb"POST /(\S+) ", call.data):
                posting[call.path] = match[1].decode().rpartition("-")[2]
            elif to := posting.pop(call.path, ""):
                sent += [(to, alert["title"]) for alert in json.loads(call.data)["alerts"]]
        elif call.name == "pwrite64":
            half = Disk(dict(disk.written), {}, set())
            half.take(call, torn=True)
            add(cut, "torn", half.files(all_written=True))
            disk.take(call)
        else:
            disk.take(call)
        add(cut, "synced", disk.files(all_written=False))
        add(cut, "all", disk.files(all_written=True))
    return list(found.values())


class PowerCut:
    """The recorded run, and its images played to the end."""

    def __init__(self, zygote: Zygote, folder: Path) -> None:
        self.folder = folder
        self._zygote = zygote
        self._farm, self._sink, self._numbers = Farm(), HttpSink(), count(1)

    def __enter__(self) -> PowerCut:
        self._farm.__enter__()
        self._sink.__enter__()
        body = rss(*TITLES)
        self._farm["/feed.xml"] = lambda request: Answer(body, etag='"v1"')
        return self

    def __exit__(self, *_: object) -> None:
        self._sink.__exit__()
        self._farm.__exit__(None, None, None)

    def _place(self, name: str) -> Path:
        """A folder with a configuration: the same feed for all, destinations of its own."""
        place = self.folder / name
        place.mkdir(parents=True)
        channels = "\n".join(
            f"  - {{name: {to}, url: '{self._sink.url('json', f'{name}-{to}')}'}}" for to in DESTINATIONS
        )
        (place / "watcher.yaml").write_text(CONFIG.format(feed=self._farm.url("/feed.xml"), channels=channels))
        return place

    def record(self) -> list[Call]:
        """Run once under strace. The paths of its files become relative to its folder."""
        place, log = self._place("recorded"), self.folder / "trace.log"
        options = ["-y", "-xx", "-s", "300000", "-e", "trace=" + ",".join(CALLS), "-o", str(log)]
        code = run_traced(self._zygote, place, "none", options)
        assert code == 0, f"the recorded run ended with {code}"
        text = log.read_text("ascii", "replace")
        return [
            Call(
                call.name,
                call.path.removeprefix(f"{place}/"),
                call.data,
                call.number,
                call.target.removeprefix(f"{place}/"),
            )
            for call in read_trace(text, place)
        ]

    def play(self, image: Image) -> Outcome:
        """Run twice on a disk, and count."""
        name = f"i{next(self._numbers)}"
        place = self._place(name)
        for path, data in image.files:
            (place / path).write_bytes(data)
        codes = tuple(run(self._zygote, place) for _ in range(2))
        shutil.rmtree(place, ignore_errors=True)
        got = {to: Counter(title for sent_to, title in image.sent if sent_to == to) for to in DESTINATIONS}
        for to in DESTINATIONS:
            got[to].update(
                alert["title"] for message in self._sink.received(f"{name}-{to}") for alert in message.json["alerts"]
            )
        lost = sum(not got[to][title] for to in DESTINATIONS for title in TITLES)
        repeats = max(sum(number - 1 for number in got[to].values() if number) for to in DESTINATIONS)
        return Outcome(image, lost, repeats, codes)

    def play_all(self, chosen: Sequence[Image], workers: int = 2) -> list[Outcome]:
        """Play these."""
        with ThreadPoolExecutor(workers) as pool:
            return list(pool.map(self.play, chosen))


def report(outcomes: Sequence[Outcome]) -> str:
    """The counts in one line."""
    variants = Counter(outcome.image.variant for outcome in outcomes)
    losing = sum(outcome.lost > 0 for outcome in outcomes)
    worst = max((outcome.repeats for outcome in outcomes), default=0)
    repeating = sum(outcome.repeats > 0 for outcome in outcomes)
    failed = sum(any(outcome.codes) for outcome in outcomes)
    return f"images={len(outcomes)} {dict(variants)} losing={losing} repeating={repeating} worst_repeat={worst} failed_runs={failed}"
