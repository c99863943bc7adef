"""`snippetrun serve`: run what is edited, beside a program that shows the site."""

from __future__ import annotations

from pathlib import Path

import click

from snippetrun.cli.group import cli, complain
from snippetrun.tasks import serve as tasks
from snippetrun.tasks.progress import ShownProgress


@cli.command()
@click.argument("command", nargs=-1, required=True)
@click.pass_obj
def serve(config_file: Path | None, command: tuple[str, ...]) -> int:
    """Run pages as they are edited, beside a program that shows the site.

    COMMAND is that program, behind two dashes: `snippetrun serve -- zensical serve`. Pages that are new or have changed
    run first, and then whenever somebody saves one; the site shows what was recorded. What is wrong with a page is
    said, and ends nothing. The exit status is that of the program. `mkdocs serve` does all of this by itself.
    """
    with ShownProgress() as progress:
        return tasks.serve(config_file, command, progress, complain)
