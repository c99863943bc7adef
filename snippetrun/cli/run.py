"""`snippetrun run`: run pages, record what came out, print it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from snippetrun import runner
from snippetrun.cli.group import CHANGED_SINCE, PATHS, SHARD, cli
from snippetrun.cli.report_options import with_reports
from snippetrun.model import Mode, Result
from snippetrun.plan import Plan
from snippetrun.report import Report
from snippetrun.tasks import shards
from snippetrun.tasks.progress import ShownProgress
from snippetrun.tasks.report_on import Task, report_on
from snippetrun.tasks.select import Selection


@cli.command()
@PATHS
@CHANGED_SINCE
@SHARD
@with_reports(transcripts=True)
@click.pass_obj
def run(
    config_file: Path | None, paths: tuple[Path, ...], changed_since: str | None, shard: shards.Shard | None
) -> Report:
    """Run pages, record what came out, and print it.

    PATHS are pages or folders; without any, all pages of the site. The exit status is 1 if a command failed, 2 for
    wrong usage, also if there was nothing to run, and 3 if an engine or an image is missing.
    """
    with ShownProgress() as progress:
        return report_on(Task("run", _run), config_file, Selection(paths, changed_since, shard), progress)


def _run(work: Plan, watcher: runner.Watcher) -> Sequence[Result]:
    return runner.run(work.in_mode(Mode.RUN), watcher)
