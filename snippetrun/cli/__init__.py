"""The `snippetrun` command: thin faces, a file for each, over the road that a page travels.

`group` is the group and what its commands share; `main` runs it.
"""

from __future__ import annotations

import sys
from typing import NoReturn

from snippetrun.support import stopping

__all__ = ["main"]


def main() -> NoReturn:
    """Run the command line; every error that a user can cause ends in one clear message."""
    try:
        with stopping.listening():
            status = _run()
            stopping.check()
    except KeyboardInterrupt:
        sys.stderr.write("stopped; nothing is left behind\n")
        status = stopping.exit_status()
    sys.exit(status)


def _run() -> int:
    # Imported here, as it takes a moment in which somebody may press Ctrl-C.
    import click

    from snippetrun.cli.group import cli, complain, echo
    from snippetrun.errors import ExitStatus, Problem, SnippetrunError

    try:
        return cli(standalone_mode=False) or ExitStatus.GOOD
    except SnippetrunError as error:
        complain(error.problems)
        return error.exit_status
    except click.ClickException as error:
        if isinstance(error, click.UsageError) and error.ctx:
            click.echo(error.ctx.get_usage(), err=True)
        echo(f"Error: {error.format_message()}", err=True)
        return ExitStatus.UNUSABLE
    except click.Abort:  # click's name for KeyboardInterrupt
        raise KeyboardInterrupt from None
    except OSError as error:  # a full disk, a folder that may not be written
        if error.filename is None and error.errno is None:
            raise
        complain([Problem(error.strerror or str(error), "", str(error.filename or ""))])
        return ExitStatus.BROKEN
