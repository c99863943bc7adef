"""`snippetrun update`: accept what comes out now."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import click

from snippetrun import config, report
from snippetrun.cli.group import (
    CHANGED_SINCE,
    EXECUTOR,
    JSON,
    PATHS,
    ask,
    cli,
    complain,
    echo,
    echo_diff,
    print_json,
    with_site,
)
from snippetrun.errors import Problem
from snippetrun.report import json_
from snippetrun.sameness.expected import ends_wrong
from snippetrun.support.units import counted
from snippetrun.tasks import update as updates
from snippetrun.tasks.progress import ShownProgress
from snippetrun.tasks.select import Selection, select


@cli.command()
@PATHS
@CHANGED_SINCE
@click.option("--force", is_flag=True, help="Also where an example comes to show something else, such as a failure.")
@EXECUTOR
@JSON
@with_site
def update(  # noqa: PLR0913 - an argument for each option
    site: config.SiteConfig,
    paths: tuple[Path, ...],
    changed_since: str | None,
    *,
    force: bool,
    executor: str,
    as_json: bool,
) -> int:
    """Run pages and accept what comes out: in the recordings, and in the output that pages have written.

    In a page only lines of output change, and only those that no longer match; wildcards and names stay wherever they
    still hold. What changed is shown as a diff. What an example is there to show stays unless you say otherwise, on a
    terminal or by --force: its exit status, that something comes out or nothing, and the words that the page quotes.
    The exit status is 1 if anything was not accepted.
    """
    site = dataclasses.replace(site, executor=executor or site.executor)
    selected = select(site, Selection(paths, changed_since))
    with ShownProgress(fails=lambda result: any(map(ends_wrong, result.failed))) as progress:

        def allow(question: Problem) -> bool:
            progress.pause()
            return force or (not as_json and ask(f"{question.where}: {question.message}. Accept that?"))

        updated = updates.update(selected.part, progress, allow=allow)
    failed = [problem for result in updated.results for problem in report.failures(result, again="check")]
    if as_json:
        rows = [dataclasses.asdict(problem) for problem in failed]
        print_json({"schema": json_.SCHEMA, "command": "update", "changed": updated.changed, "failures": rows})
    else:
        for diff in updated.diffs:
            echo_diff(diff)
        for path in updated.changed:
            echo(f"changed {path}")
    complain(failed)
    count = len(updated.changed)
    counts = f"{counted(count, 'file')} changed, {counted(len(failed), 'failure')}"
    echo(selected.note or counts, err=True)
    return 1 if failed else 0
