"""`snippetrun run`: run pages, record what came out, print it."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path

import click

from snippetrun import config, pages, report, runner
from snippetrun.cli.command import JSON, PATHS, cli, complain, findings, print_json, read_runnable, with_site
from snippetrun.model import Mode
from snippetrun.progress import ShownProgress


@cli.command()
@PATHS
@JSON
@with_site
def run(site: config.SiteConfig, paths: tuple[Path, ...], *, as_json: bool) -> int:
    """Run pages, record what came out, and print it.

    PATHS are pages or folders; without any, all pages of the site. The exit status is 1 if a command failed, 2 for
    wrong usage, also if there was nothing to run, and 3 if an engine or an image is missing.
    """
    began = time.monotonic()
    files = pages.find(site, paths)
    found = read_runnable(site, files)
    with ShownProgress() as progress:
        results = runner.run(dataclasses.replace(site, mode=Mode.RUN), found, progress)
    seconds = time.monotonic() - began
    failed = [problem for result in results for problem in report.failures(result)]
    if as_json:
        print_json(report.as_json("run", results, findings=findings(site, files), seconds=seconds))
    else:
        for result in results:
            if result.recording:
                click.echo(report.transcript(result) + "\n")
    complain(failed)
    click.echo(report.summary(results, seconds), err=True)
    return 1 if failed else 0
