"""Writes docs/commands.md from the commands' own help: `python scripts/commands_doc.py > docs/commands.md`."""

from __future__ import annotations

from collections.abc import Iterator

import click

from watcher.cli.main import COMMANDS, main


def pages(command: click.Command, path: str, parent: click.Context | None = None) -> Iterator[str]:
    """The help of a command and of those below it, as Markdown."""
    ctx = click.Context(command, info_name=path.split()[-1], parent=parent, max_content_width=100, terminal_width=100)
    yield f"## `{path}`\n\n```\n{command.get_help(ctx)}\n```\n"
    if isinstance(command, click.Group) and command is not main:
        for name in command.list_commands(ctx):
            child = command.get_command(ctx, name)
            assert child is not None
            yield from pages(child, f"{path} {name}", ctx)


def document() -> str:
    """The whole reference."""
    ctx = click.Context(main, info_name="watcher", max_content_width=100, terminal_width=100)
    parts = [
        "# Commands\n\nMade from the commands' own help by `scripts/commands_doc.py`. Exit codes: 0 done, 1 problems found, 2 wrong usage.\n"
    ]
    parts += pages(main, "watcher")
    for name in COMMANDS:
        command = main.get_command(ctx, name)
        assert command is not None
        parts += pages(command, f"watcher {name}", ctx)
    return "\n".join(parts)


if __name__ == "__main__":
    print(document(), end="")
