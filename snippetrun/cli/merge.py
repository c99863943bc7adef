"""`snippetrun merge`: one report out of those of several machines."""

from __future__ import annotations

from pathlib import Path

import click

from snippetrun.cli.group import cli
from snippetrun.cli.report_options import with_reports
from snippetrun.errors import Problem, UsageError
from snippetrun.report import Report, json_
from snippetrun.report.merge import merge as merged
from snippetrun.support import bounded


@cli.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@with_reports(annotated=False)
def merge(files: tuple[Path, ...]) -> Report:
    """Make one report out of those of several machines.

    FILES are the JSON of `snippetrun check` or `run` with --shard, of all shards, or of `check --engine`, of all
    engines. The exit status is the worst of theirs, and 2 if a shard or an engine is missing or there twice, or if the
    reports are not of the same work.
    """
    twice = [file for file in files if files.count(file) > 1]
    if twice:
        raise UsageError(Problem("is named twice", "", str(twice[0])))
    return merged({str(file): _read(file) for file in files})


def _read(file: Path) -> Report:
    try:
        return json_.load(bounded.read_bytes(file).decode())
    except OSError as error:
        hint = "A machine that left no report has failed: its log says why."
        raise UsageError(Problem(f"cannot be read: {error.strerror}", hint, str(file))) from error
    except (json_.BadReportError, UnicodeDecodeError) as error:
        raise UsageError(Problem(str(error), "", str(file))) from error
