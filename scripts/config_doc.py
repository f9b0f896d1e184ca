"""Writes docs/configuration.md from the models of the configuration: `python scripts/config_doc.py > docs/configuration.md`."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from pydantic.fields import FieldInfo

from watcher.config.schema import (
    ChannelModel,
    FeedModel,
    HealthModel,
    KeepModel,
    MainModel,
    Model,
    PollingModel,
    RuleModel,
    WebModel,
)

HEAD = """# Configuration

One YAML file, `config/watcher.yaml` or what `-c` names; `watcher init` writes one, `watcher check` tells every fault in it with file,
line and remedy, `watcher schema` prints the JSON Schema by which editors complete it. Durations are written `90s`, `15m`, `6h`, `7d`, `1h30m`; sizes `500KB`,
`10MB`. Paths are relative to the file they stand in. A running daemon reads the files again when one of them changes, or on SIGHUP;
a faulty edit changes nothing and is told of in the log and by `watcher status`.

A secret is written as a reference, in any text: `${NAME}` reads an environment variable, `${file:PATH}` a file, `${credential:NAME}` a
systemd credential. Its value is shown nowhere.

Made from the models of the configuration by `scripts/config_doc.py`.
"""

SECTIONS: tuple[tuple[str, type[Model], str], ...] = (
    (
        "The file",
        MainModel,
        "`feeds`, `rules`, `vocabularies` and `channels` may also stand in files that `include` names.",
    ),
    (
        "`polling`",
        PollingModel,
        "Each feed's interval follows how it publishes, between `min` and `max`, and what its publisher asks for (`Cache-Control`, `Expires`,\n"
        "`Retry-After`, `ttl`, `skipHours`, `skipDays`, `sy:update*`). `watcher feeds health` shows the next poll and the delay to be expected.",
    ),
    (
        "`feeds`",
        FeedModel,
        "An address, or a mapping. RSS, Atom, RDF, JSON Feed and news sitemaps are told apart by what is in them.\n\n"
        "```yaml\n"
        "feeds:\n"
        "  - https://example.org/rss\n"
        "  - {url: https://example.org/atom, name: Example, tags: [government, kr], lang: ko}\n"
        "  - url: https://paper.example.org/feed\n"
        '    headers: {Authorization: "Bearer ${file:secrets/paper}"}\n'
        "    proxy: http://proxy.example.org:3128\n"
        "    full_text: true          # needs the extra: pip install 'watcher[fulltext]'\n"
        "```\n\n"
        "`full_text` fetches the page of an item that a rule matches, and reads its article beside what the feed holds.",
    ),
    ("`rules`", RuleModel, "[rules.md](rules.md) is their language; there all keys are explained."),
    (
        "`channels`",
        ChannelModel,
        "[channels.md](channels.md) has addresses, templates and what follows from each policy.",
    ),
    (
        "`health`",
        HealthModel,
        "A feed that fails, falls silent against its habit, turns into a page, is frozen or empty is told of once, and once when it is well.",
    ),
    (
        "`web`",
        WebModel,
        "Needs the extra `web`. Without this section nothing listens. With `public_url`, feeds that announce a hub are subscribed to (WebSub);\n"
        "polling goes on as the safety net.",
    ),
    ("`keep`", KeepModel, "What is older is pruned daily. Alerts that wait are never pruned."),
)


def document() -> str:
    """The whole page."""
    return "\n".join([HEAD, *(section(*each) for each in SECTIONS)])


def section(title: str, model: type[Model], prose: str) -> str:
    """A heading, what to know, and a table of the keys."""
    rows = "\n".join(rows_of(model))
    return f"## {title}\n\n{prose}\n\n| key | values | without it | |\n|---|---|---|---|\n{rows}\n"


def rows_of(model: type[Model]) -> Iterator[str]:
    """A table row for each key."""
    for name, field in model.model_fields.items():
        cells = (f"`{name}`", values(field), without(field), field.description or "")
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def values(field: FieldInfo) -> str:
    """What may stand there, in words."""
    kind, marks = bare(field.annotation), field.metadata
    choices = literals(kind)
    if choices:
        return ", ".join(f"`{choice}`" for choice in choices if choice)
    if kind is timedelta:
        return "duration"
    names = {bool: "true, false", int: "number", float: "number", str: "text", list: "list", dict: "mapping"}
    if kind is int and any("size" in str(getattr(mark, "func", "")) for mark in marks):
        return "size"
    return names.get(typing.get_origin(kind) or kind, "mapping")


def bare(kind: Any) -> Any:
    """A type without `None` and annotations."""
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        (kind,) = (each for each in typing.get_args(kind) if each is not type(None))
    return typing.get_args(kind)[0] if hasattr(kind, "__metadata__") else kind


def literals(kind: Any) -> tuple[str, ...]:
    """The choices of a `Literal`, none of anything else."""
    return typing.get_args(kind) if typing.get_origin(kind) is typing.Literal else ()


def without(field: FieldInfo) -> str:
    """What holds where the key is absent."""
    value = field.get_default(call_default_factory=True)
    if field.is_required():
        return "required"
    if isinstance(value, timedelta):
        return f"`{duration(value)}`" if value else "–"
    if values(field) == "size":
        return f"`{value // 10**6}MB`"
    if value in ("", None, [], {}) or isinstance(value, Model):
        return "–"
    if isinstance(value, list):
        return ", ".join(f"`{each}`" for each in value)
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def duration(value: timedelta) -> str:
    """A duration as it is written."""
    seconds = int(value.total_seconds())
    unit, size = next(
        (unit, size) for unit, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)) if not seconds % size
    )
    return f"{seconds // size}{unit}"


if __name__ == "__main__":
    print(document(), end="")
