"""`snippetrun shell`: a shell in a page's world, as it is at a line of the page."""

from __future__ import annotations

from pathlib import Path

import click

from snippetrun import config, runner
from snippetrun.cli.group import cli, echo, with_site
from snippetrun.errors import Problem, UsageError
from snippetrun.model import Job
from snippetrun.plan import plan
from snippetrun.runner.page import MAIN_TERMINAL, opened
from snippetrun.sandbox.interface import Sandbox
from snippetrun.support.units import counted
from snippetrun.tasks import site_pages
from snippetrun.tasks.progress import ShownProgress


@cli.command()
@click.argument("place", metavar="PAGE:LINE")
@with_site
def shell(site: config.SiteConfig, place: str) -> None:
    """Open a shell in a sandbox in which the page has run up to a line.

    PAGE:LINE is a page and a line of it, such as docs/images.md:40: all commands above that line have run. Without a
    line, nothing has run yet. `exit` ends the shell, and the sandbox with it.
    """
    path, line = _place(place)
    jobs = plan(site, site_pages.read(site, [path])).jobs
    if not jobs:
        raise UsageError(Problem("nothing runs on this page", "", str(path)))
    with ShownProgress() as progress, runner.live_sandboxes(site, progress.say) as start:
        progress.begin(jobs)
        with opened(jobs[0], start, progress, line) as sandbox:
            progress.pause()
            echo(_standing(jobs[0], line, sandbox), err=True)
            from snippetrun.cli.interactive import attach  # Windows has no such terminals

            attach(sandbox, MAIN_TERMINAL)


def _standing(job: Job, line: int, sandbox: Sandbox) -> str:
    """Return where whoever gets the shell stands, and how to leave."""
    above = [(c.line, c.text) for snippet in job.page.snippets for c in snippet.commands if c.line < line]
    last = f"line {above[-1][0]} has run: {above[-1][1].split(chr(10))[0][:60]}" if above else "nothing has run yet"
    images = counted(len(sandbox.images), "image")
    return (
        f"You are in {job.page.path}; {last}\n"
        f"This is Docker {sandbox.engine_version} with {images} of its own: docker images\n"
        "To leave, type exit or press Ctrl-D: the sandbox goes, and the page and its recording stay as they are."
    )


def _place(place: str) -> tuple[Path, int]:
    path, _, line = place.rpartition(":")
    if path and line.isdecimal():
        return Path(path), int(line)
    if place.endswith((".md", ".markdown")):
        return Path(place), 0
    raise UsageError(Problem(f"{place} is no place in a page", "Write a page and a line, such as docs/images.md:40"))
