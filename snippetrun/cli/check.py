"""`snippetrun check`: do the pages still say what is true? For CI."""

from __future__ import annotations

import time
from pathlib import Path

import click

from snippetrun import checking, config, pages, report
from snippetrun.cli.command import JSON, PATHS, cli, complain, findings, print_json, read_runnable, with_site
from snippetrun.progress import ShownProgress


@cli.command()
@PATHS
@JSON
@with_site
def check(site: config.SiteConfig, paths: tuple[Path, ...], *, as_json: bool) -> int:
    """Run pages afresh, and hold what comes out against what is written and what was recorded.

    Nothing is changed. PATHS are pages or folders; without any, all pages of the site. The exit status is 1 if a
    command failed, if its output is not what is written or recorded, or if something does not run although it looks so;
    2 for wrong usage, also if there was nothing to run; 3 if an engine, an image or a registry failed.
    """
    began = time.monotonic()
    files = pages.find(site, paths)
    noticed = findings(site, files)
    with ShownProgress() as progress:
        results = checking.check(site, read_runnable(site, files), progress)
    seconds = time.monotonic() - began
    problems = [*noticed, *(problem for result in results for problem in report.failures(result))]
    if as_json:
        print_json(report.as_json("check", results, findings=noticed, seconds=seconds))
    complain(problems)
    click.echo(report.summary(results, seconds), err=True)
    return 1 if problems else 0
