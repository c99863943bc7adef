"""`snippetrun adopt`: pages of the baseline come under test."""

from __future__ import annotations

from contextlib import AbstractContextManager, closing
from functools import partial
from pathlib import Path

import click

from snippetrun import config, runner
from snippetrun.cli.group import YES, agreed, cli, complain, echo, echo_diff
from snippetrun.errors import PageError
from snippetrun.extract import files
from snippetrun.model import Job
from snippetrun.sandbox.interface import Sandbox
from snippetrun.tasks import adopt as tasks
from snippetrun.tasks.progress import ShownProgress
from snippetrun.tasks.wishes import Wishes


def _skips(_context: click.Context, _option: click.Parameter, values: tuple[str, ...]) -> dict[int, str]:
    """Read `LINE=REASON`, however often it is there."""
    skips = {}
    for value in values:
        line, _, reason = value.partition("=")
        if not line.isdecimal() or not reason.strip():
            raise click.BadParameter(f"{value!r} is no LINE=REASON, such as '12=needs a GPU'")
        skips[int(line)] = reason.strip()
    return skips


def _start(sandboxes: runner.SharedSandboxes, site: config.SiteConfig, job: Job) -> AbstractContextManager[Sandbox]:
    """Start a sandbox, on an engine that is asked for only when a page needs it."""
    return sandboxes.start(site)(job)


@cli.command()
@click.argument("pages", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--skip",
    callback=_skips,
    multiple=True,
    metavar="LINE=REASON",
    help="Show the fence of this line without running it. May be given several times.",
)
@click.option("--accept", multiple=True, type=int, metavar="LINE", help="Take what came out at this line as meant.")
@YES
@click.pass_obj
def adopt(
    config_file: Path | None, pages: tuple[Path, ...], *, skip: dict[int, str], accept: tuple[int, ...], yes: bool
) -> int:
    """Run pages that are not under test yet, show the edits that make them green, and apply these when told to.

    PAGES are pages or folders. A page that is green is recorded, and taken out of the baseline. What only its author
    can settle is said with its line; then the page stays as it is, and the exit status is 1.
    """
    paths = files.find(config.load(config_file), pages)
    if (skip or accept) and len(paths) > 1:
        raise click.UsageError("--skip and --accept name lines: give one page.")
    adopted = 0
    with (
        ShownProgress() as progress,
        closing(runner.SharedSandboxes(runner.live_sandboxes, progress.say)) as sandboxes,
    ):
        for path in paths:
            site = config.load(config_file)  # the baseline has changed with the page before
            wishes = Wishes(skip, frozenset(accept), asks=not yes)
            adoption = tasks.propose(site, path, partial(_start, sandboxes, site), progress, wishes)
            complain(adoption.unsettled)
            if adoption.unsettled:
                continue
            complain(adoption.questions)
            echo_diff(adoption.file.diff or f"{config.shown_path(path)}: nothing to edit")
            if agreed(f"Put {config.shown_path(path)} under test?", yes=yes):
                try:
                    tasks.apply(site, adoption)
                except PageError as error:
                    complain(error.problems)
                    continue
                adopted += 1
    echo(f"{adopted} of {len(paths)} pages adopted", err=True)
    return int(adopted < len(paths))
