"""`snippetrun update`: accept what comes out now."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from snippetrun import config, report
from snippetrun.cli.group import CHANGED_SINCE, JSON, PATHS, cli, complain, echo, print_json, with_site
from snippetrun.report import json_
from snippetrun.support.units import counted
from snippetrun.tasks import update as updates
from snippetrun.tasks.progress import ShownProgress
from snippetrun.tasks.select import Selection, select


@cli.command()
@PATHS
@CHANGED_SINCE
@JSON
@with_site
def update(site: config.SiteConfig, paths: tuple[Path, ...], changed_since: str | None, *, as_json: bool) -> int:
    """Run pages and accept what comes out: in the recordings, and in the output that pages have written.

    In a page only lines of output change, and only those that no longer match; wildcards and names stay wherever they
    still hold. A command that fails is not accepted: the exit status is 1, and its page stays as it is.
    """
    selected = select(site, Selection(paths, changed_since))
    with ShownProgress() as progress:
        updated = updates.update(selected.part, progress)
    failed = [problem for result in updated.results for problem in report.failures(result)]
    if as_json:
        rows = [dataclasses.asdict(problem) for problem in failed]
        print_json({"schema": json_.SCHEMA, "command": "update", "changed": updated.changed, "failures": rows})
    else:
        for path in updated.changed:
            echo(f"changed {path}")
    complain(failed)
    count = len(updated.changed)
    counts = f"{counted(count, 'file')} changed, {counted(len(failed), 'failure')}"
    echo(selected.note or counts, err=True)
    return 1 if failed else 0
