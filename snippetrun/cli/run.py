"""`snippetrun run`: run pages, record what came out, print it."""

from __future__ import annotations

from pathlib import Path

import click

from snippetrun.cli.group import CHANGED_SINCE, ENGINE, EXECUTOR, PATHS, SHARD, cli
from snippetrun.cli.report_options import with_reports
from snippetrun.report import Report
from snippetrun.tasks import shards
from snippetrun.tasks.progress import ShownProgress
from snippetrun.tasks.record import record
from snippetrun.tasks.report_on import Task, report_on
from snippetrun.tasks.select import Selection


@cli.command()
@PATHS
@CHANGED_SINCE
@SHARD
@ENGINE
@EXECUTOR
@with_reports(transcripts=True)
@click.pass_obj
def run(  # noqa: PLR0913, PLR0917 - an argument for each option
    config_file: Path | None,
    paths: tuple[Path, ...],
    changed_since: str | None,
    shard: shards.Shard | None,
    engine: str,
    executor: str,
) -> Report:
    """Run pages, record what came out, and print it.

    On another engine than the site's first, what does not do as its page says is recorded as well: readers are shown
    where it differs. PATHS are pages or folders; without any, all pages of the site. The exit status is 1 if a command
    failed, 2 for wrong usage, also if there was nothing to run, and 3 if an engine or an image is missing.
    """
    with ShownProgress() as progress:
        task = Task("run", record, engine=engine, executor=executor)
        return report_on(task, config_file, Selection(paths, changed_since, shard), progress)
