"""The generated part of docs/reference/command-line.md: exit statuses, and all commands with their options.

Run it to write the page anew: make commands.
"""

from __future__ import annotations

import html
import inspect
import signal
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from snippetrun.cli.group import cli
from snippetrun.errors import ExitStatus

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "command-line.md"
BEGIN, END = "<!-- make commands -->\n\n", "<!-- end -->"


def page(text: str) -> str:
    """Return the page with the commands of now."""
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}{reference()}\n{END}{rest.partition(END)[2]}"


def reference() -> str:
    """Return what the page says of the exit statuses and of each command."""
    top = cli.make_context("snippetrun", ["list"], resilient_parsing=True)
    statuses = [(str(int(status)), status.meaning) for status in ExitStatus]
    statuses.append((", ".join(str(128 + number) for number in (signal.SIGINT, signal.SIGTERM)), "Ctrl-C; SIGTERM"))
    parts = ["## Exit statuses", _table("status", statuses), *_command(top, "All commands")]
    for name in cli.list_commands(top):
        command = cli.get_command(top, name)
        assert command
        parts += _command(click.Context(command, info_name=name, parent=top), f"`snippetrun {name}` {{ #{name} }}")
    return "\n\n".join(parts) + "\n"


def _command(context: click.Context, heading: str) -> Iterator[str]:
    command = context.command
    yield f"## {heading}"
    yield f"```text\n{command.get_usage(context).removeprefix('Usage: ')}\n```"
    for paragraph in inspect.cleandoc(command.help or "").split("\n\n"):
        yield " ".join(paragraph.split())
    if isinstance(command, click.Group):
        commands = [(name, command.get_command(context, name)) for name in command.list_commands(context)]
        helps = [(f"[`{name}`](#{name})", found.get_short_help_str(200)) for name, found in commands if found]
        yield _table("command", helps)
    yield _table("option", _options(context))


def _options(context: click.Context) -> Iterator[tuple[str, str]]:
    """Return the options as click's own help has them: how each is written, and what it does."""
    for parameter in context.command.get_params(context):
        if isinstance(parameter, click.Option) and (record := parameter.get_help_record(context)):
            yield f"<code>{html.escape(record[0])}</code>", " ".join(record[1].split())


def _table(what: str, rows: Iterable[tuple[str, str]]) -> str:
    """Return a Markdown table; in code a backslash before the bar of `[run|replay]` would be shown."""
    lines = [(what, "meaning"), ("---", "---"), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '&#124;') for cell in line)} |" for line in lines)


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text()))
