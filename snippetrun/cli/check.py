"""`snippetrun check`: do the pages still say what is true? For CI."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import click

from snippetrun.cli.group import CHANGED_SINCE, ENGINE, EXECUTOR, PATHS, SHARD, cli
from snippetrun.cli.report_options import with_reports
from snippetrun.model import Mode
from snippetrun.report import Report
from snippetrun.tasks import check as checks
from snippetrun.tasks import shards
from snippetrun.tasks.progress import ShownProgress
from snippetrun.tasks.report_on import Task, report_on
from snippetrun.tasks.select import Selection

_TASKS = {
    Mode.RUN: Task("check", checks.check, checks.compared),
    Mode.REPLAY: Task("check", checks.replayed),
}


@cli.command()
@PATHS
@CHANGED_SINCE
@SHARD
@click.option(
    "--mode",
    type=click.Choice([mode.value for mode in _TASKS]),
    default=Mode.RUN.value,
    show_default=True,
    help="replay: run nothing, and complain of what is not as it was recorded. This needs no engine.",
)
@ENGINE
@EXECUTOR
@click.option(
    "--confirm",
    is_flag=True,
    help="Run pages until the words and lines that vary in recordings have varied. For --confirmed-by.",
)
@click.option(
    "--confirmed-by",
    type=click.Path(path_type=Path),
    metavar="REPORT",
    help="With --mode replay: also complain of recordings that this JSON report of `check` does not confirm.",
)
@with_reports()
@click.pass_obj
def check(  # noqa: PLR0913 - an argument for each option
    config_file: Path | None,
    paths: tuple[Path, ...],
    *,
    changed_since: str | None,
    shard: shards.Shard | None,
    mode: str,
    engine: str,
    executor: str,
    confirm: bool,
    confirmed_by: Path | None,
) -> Report:
    """Run pages afresh, and compare what comes out with what is written and what was recorded.

    Nothing is changed. PATHS are pages or folders; without any, all pages of the site. The exit status is 1 if a
    command failed, if its output is not what is written or recorded, or if something does not run although it looks so;
    2 for wrong usage, also if there was nothing to run; 3 if an engine, an image or a registry failed.
    """
    task = _TASKS[Mode(mode)]
    if engine and confirmed_by:
        raise click.UsageError("--confirmed-by looks at all engines by itself: leave out --engine.")
    if confirm:
        if Mode(mode) is not Mode.RUN:
            raise click.UsageError("--confirm runs pages: it is not for --mode replay.")
        task = Task("check", partial(checks.check, confirm=True), partial(checks.compared, confirm=True))
    if confirmed_by:
        if Mode(mode) is not Mode.REPLAY:
            raise click.UsageError("--confirmed-by is for --mode replay: a run believes no report.")
        task = Task("check", partial(checks.replayed, confirmed_by=confirmed_by))
    with ShownProgress() as progress:
        task = replace(task, engine=engine, executor=executor)
        return report_on(task, config_file, Selection(paths, changed_since, shard), progress)
