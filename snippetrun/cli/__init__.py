"""The `snippetrun` command: thin faces, a file for each, over the road that a page travels.

`command` is the group and what its commands share; `main` runs it.
"""

from __future__ import annotations

import sys
from typing import NoReturn

import click

from snippetrun.cli import (  # noqa: F401 - each adds itself to the group
    check,
    clean,
    doctor,
    list_,
    merge,
    run,
    shell,
    update,
)
from snippetrun.cli.command import cli, complain, echo
from snippetrun.errors import SnippetrunError

__all__ = ["cli", "main"]


def main() -> NoReturn:
    """Run the command line; every error that a user can cause ends in one clear message."""
    try:
        sys.exit(cli(standalone_mode=False))
    except SnippetrunError as error:
        complain(error.problems)
        sys.exit(error.exit_status)
    except click.ClickException as error:
        if isinstance(error, click.UsageError) and error.ctx:
            click.echo(error.ctx.get_usage(), err=True)
        echo(f"Error: {error.format_message()}", err=True)
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        click.echo("stopped; nothing is left behind", err=True)
        sys.exit(130)
