"""The group, and what its commands share: the site, the pages that are meant, and how things are printed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from snippetrun import __version__, config, extract, pages
from snippetrun.errors import Problem, UsageError
from snippetrun.model import Page
from snippetrun.plan import plan

PATHS = click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document on standard output.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
@click.option(
    "-f",
    "--config-file",
    type=click.Path(path_type=Path),
    default=Path("mkdocs.yml"),
    show_default=True,
    help="The site's configuration.",
)
@click.pass_context
def cli(context: click.Context, config_file: Path) -> None:
    """Run the docker commands of Markdown pages in throwaway engines.

    A page's fenced `console` blocks run in order, in one shell, in a Docker engine that exists for that page alone.
    """
    context.obj = config_file


def with_site(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the site's configuration as its first argument."""

    @click.pass_obj
    @wraps(command)
    def called(config_file: Path, /, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - click's own
        return command(config.load(config_file), *args, **kwargs)

    return called


def read_runnable(site: config.SiteConfig, files: Iterable[Path]) -> tuple[Page, ...]:
    """Read pages of which at least one has to run; raise UsageError if none does."""
    found = pages.read_all(site, files)
    if not plan(site, found):
        skipped = any(snippet.commands for page in found for snippet in page.snippets)
        hint = (
            "Every docker command there is skipped."
            if skipped
            else "A command is a line that starts with `$ ` in a ```console fence; one of a page's must be docker's."
        )
        raise UsageError(Problem("there is nothing to run", hint))
    return found


def findings(site: config.SiteConfig, files: Iterable[Path]) -> list[Problem]:
    """Return what looks on pages as if it should run, and does not."""
    return [
        finding
        for file in files
        for finding in extract.findings(config.shown_path(file), pages.text(file), languages=site.languages)
    ]


def complain(problems: Iterable[Problem]) -> None:
    """Print problems on standard error."""
    for problem in problems:
        click.echo(str(problem), err=True)


def print_json(document: dict[str, Any]) -> None:
    """Print a JSON document on standard output."""
    click.echo(json.dumps(document, indent=2, ensure_ascii=False))
