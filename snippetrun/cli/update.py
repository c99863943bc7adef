"""`snippetrun update`: accept what comes out now."""

from __future__ import annotations

from pathlib import Path

import click

from snippetrun import config, pages, report, updating
from snippetrun.cli.command import PATHS, cli, complain, read_runnable, with_site
from snippetrun.progress import ShownProgress


@cli.command()
@PATHS
@with_site
def update(site: config.SiteConfig, paths: tuple[Path, ...]) -> int:
    """Run pages and accept what comes out: in the recordings, and in the output that pages have written.

    In a page only lines of output change, and only those that no longer match; wildcards and names stay wherever they
    still hold. A command that fails is not accepted: the exit status is 1, and its page stays as it is.
    """
    found = read_runnable(site, pages.find(site, paths))
    with ShownProgress() as progress:
        updated = updating.update(site, found, progress)
    for path in updated.changed:
        click.echo(f"changed {path}")
    failed = [problem for result in updated.results for problem in report.failures(result)]
    complain(failed)
    count = len(updated.changed)
    click.echo(f"{count} {'file' if count == 1 else 'files'} changed, {len(failed)} failures", err=True)
    return 1 if failed else 0
