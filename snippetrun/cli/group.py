"""The group, and what its commands share: the site, the pages that are meant, and how things are printed."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterable
from functools import wraps
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from snippetrun import config, report
from snippetrun.config.values import executor
from snippetrun.errors import ConfigError, Problem, UsageError
from snippetrun.plan import SANDBOX
from snippetrun.report import json_
from snippetrun.support.build_context import digest_of
from snippetrun.support.neutralise import neutralise
from snippetrun.support.version import __version__
from snippetrun.tasks import shards


def _shard(_context: click.Context, _option: click.Parameter, value: str | None) -> shards.Shard | None:
    try:
        return None if value is None else shards.parse(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def _engine(_context: click.Context, _option: click.Parameter, value: str | None) -> str:
    if value == "":  # such as "$NAME" where nobody has set it
        raise click.BadParameter("expects the name of an engine, or all")
    return value or ""


def _executor(_context: click.Context, _option: click.Parameter, value: str | None) -> str:
    try:
        return "" if value is None else executor(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


PATHS = click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document on standard output.")
YES = click.option("--yes", is_flag=True, help="Write without asking.")
CHANGED_SINCE = click.option(
    "--changed-since",
    metavar="REV",
    help="Only pages that have changed since this revision of the git repository.",
)
SHARD = click.option(
    "--shard",
    callback=_shard,
    metavar="I/N",
    help="Only part I of N, for one of N machines; `snippetrun merge` makes one report of all.",
)

ENGINE = click.option(
    "--engine",
    callback=_engine,
    metavar="NAME",
    help="Run on this one of the site's `engines`, or on `all`; then the report has a column for each.",
)

EXECUTOR = click.option(
    "--executor",
    callback=_executor,
    metavar="WHERE",
    help="Where pages run: `local`, or the scheduler of a Dask cluster, dask://HOST:PORT.",
)

_COMMANDS = (
    "adopt", "check", "clean", "diff", "doctor", "init", "list", "merge", "run", "serve", "shell", "status", "update",
)  # fmt: skip
_COLOURS = {"+": "green", "-": "red", "@": "cyan"}
"""By what a line of a diff starts with."""


def _print_version(context: click.Context, _option: click.Parameter, wanted: bool) -> None:  # noqa: FBT001 - click's
    if not wanted or context.resilient_parsing:
        return
    lines = [f"snippetrun {__version__}", f"sandbox {digest_of(SANDBOX)[:12]}"]
    with contextlib.suppress(ConfigError):  # there need be no site
        site = config.load(context.params.get("config_file"))
        lines.append(f"engine: that of {site.engine}; snippetrun doctor says which version that is")
    echo("\n".join(lines))
    context.exit()


class Commands(click.Group):
    """All commands, a file for each. One is imported when it is asked for: what the others import takes a while."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's
        """Return the names of all, as click does."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of a name, as click does; None if there is none."""
        if cmd_name in _COMMANDS:
            import_module(f"snippetrun.cli.{cmd_name}")  # which adds it to the group
        return super().get_command(ctx, cmd_name)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    callback=_print_version,
    help="Show the versions of snippetrun, of its sandbox, and of the site's engine, and exit.",
)
@click.option(
    "-f",
    "--config-file",
    type=click.Path(path_type=Path),
    is_eager=True,  # before --version, which names the engine of that site
    help="The site's configuration; if not said, the mkdocs.yml of this folder, or of the nearest one above it.",
)
@click.pass_context
def cli(context: click.Context, config_file: Path | None) -> None:
    """Run the docker commands of Markdown pages in throwaway engines.

    A page's fenced `console` blocks run in order, in one shell, in a Docker engine that exists for that page alone.
    """
    context.obj = config_file


def with_site(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the site's configuration as its first argument."""

    @click.pass_obj
    @wraps(command)
    def called(config_file: Path | None, /, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - click's own
        return command(config.load(config_file), *args, **kwargs)

    return called


def echo(text: str, *, err: bool = False) -> None:
    """Print a text that others have a part in, so that it can steer neither the terminal nor a CI log."""
    click.echo(neutralise(text), err=err)


def note(untested: int) -> None:
    """Say on standard error how many pages are not under test, if there are any."""
    if untested:
        echo(report.untested(untested), err=True)


def echo_diff(diff: str) -> None:
    """Print a unified diff on standard output: in colours on a terminal, and plain elsewhere."""
    for line in neutralise(diff).split("\n"):
        click.secho(line, fg=_COLOURS.get(line[:1]))


def ask(question: str) -> bool:
    """Ask whoever sits at the terminal; nobody agrees where there is none."""
    return sys.stdin.isatty() and sys.stdout.isatty() and click.confirm(neutralise(question))


def complain(problems: Iterable[Problem]) -> None:
    """Print problems on standard error."""
    coloured = not os.environ.get("NO_COLOR")  # where there is no terminal, click takes the colours away
    for problem in problems:
        click.echo(report.diagnostic(problem, coloured=coloured), err=True)


def agreed(question: str, *, yes: bool) -> bool:
    """Ask on the terminal, unless the answer is given; raise UsageError where nobody can be asked."""
    if not yes and not sys.stdin.isatty():
        raise UsageError(Problem("nothing is written, as nobody can be asked", "To write without a question: --yes"))
    return yes or click.confirm(neutralise(question), err=True)


def print_json(document: dict[str, Any]) -> None:
    """Print a JSON document on standard output."""
    click.echo(json_.text(document), nl=False)
