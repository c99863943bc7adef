"""Where a report goes: to people on the terminal, to programs on standard output, to files, and to GitHub Actions."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

import click

from snippetrun import report
from snippetrun.cli.group import JSON, complain, echo, note
from snippetrun.errors import ExitStatus, FileError, Problem
from snippetrun.report import Report, engines, github, json_, junit, markdown
from snippetrun.support import atomic

_FORMATS: Mapping[str, Callable[[Report], str]] = {
    "junit": junit.text,
    "json": json_.text,
    "markdown": markdown.text,
}


@dataclass(frozen=True, slots=True)
class _File:
    """A report that was asked for."""

    form: str
    path: Path


def _parse(_context: click.Context, _option: click.Parameter, values: tuple[str, ...]) -> tuple[_File, ...]:
    """Read `FORMAT=FILE`, however often it is there."""
    files = []
    for value in values:
        form, _, path = value.partition("=")
        if form not in _FORMATS or not path:
            raise click.BadParameter(f"{value!r} is no FORMAT=FILE: there are {', '.join(_FORMATS)}")
        files.append(_File(form, Path(path)))
    return tuple(files)


def with_reports(*, annotated: bool = True, transcripts: bool = False) -> Callable[..., Any]:
    """Return a decorator for a command that makes a Report: it takes the options that say where that goes.

    With `transcripts` people get those of all pages too. Without `annotated` GitHub gets no annotations: it has them.
    """

    def decorate(command: Callable[..., Report]) -> Callable[..., Any]:
        @JSON
        @click.option(
            "--report",
            "asked",
            callback=_parse,
            multiple=True,
            metavar="FORMAT=FILE",
            help=f"Write a report to a file: {', '.join(_FORMATS)}. May be given several times.",
        )
        @click.option(
            "--no-annotations",
            is_flag=True,
            help="In GitHub Actions: leave out the annotations and the job's summary.",
        )
        @wraps(command)
        def called(
            *args: Any,  # noqa: ANN401 - click's own
            as_json: bool,
            asked: tuple[_File, ...],
            no_annotations: bool,
            **kwargs: Any,  # noqa: ANN401 - click's own
        ) -> int:
            made = command(*args, **kwargs)
            problems = _write(made, asked)
            if as_json:
                click.echo(json_.text(made), nl=False)
            else:
                _show(made, transcripts=transcripts)
            complain([*report.wrong(made), *problems])
            if os.environ.get("GITHUB_ACTIONS") == "true" and not no_annotations:
                _tell_github(made, annotated=annotated)
            for line in report.reruns(made.pages):
                echo(line, err=True)
            if made.exit_status != ExitStatus.UNUSABLE:
                echo(made.note or "\n".join(report.summaries(made)), err=True)
                note(made.untested)
            return max(made.exit_status, ExitStatus.UNUSABLE if problems else ExitStatus.GOOD)

        return called

    return decorate


def _show(made: Report, *, transcripts: bool) -> None:
    """Print for people what is no complaint: what several engines came to, and transcripts."""
    if made.elsewhere:
        echo(engines.text(made))
    for page in made.pages if transcripts else ():
        if page.environment:
            echo(report.transcript(page) + "\n")


def _write(made: Report, asked: tuple[_File, ...]) -> list[Problem]:
    """Write reports to files; return a problem for each that cannot be written."""
    problems: list[Problem] = []
    for file in asked:
        try:
            atomic.write(file.path, _FORMATS[file.form](made))
        except FileError as error:
            problems += [
                dataclasses.replace(problem, message=f"the report {problem.message}") for problem in error.problems
            ]
    return problems


def _tell_github(made: Report, *, annotated: bool) -> None:
    """Annotate the lines, and add to the summary of the job; a shard leaves that to the merged report."""
    if annotated:
        root = os.environ.get("GITHUB_WORKSPACE") or str(Path.cwd())
        here = os.path.relpath(Path.cwd(), root)
        click.echo(github.text(made, "" if here.startswith("..") else here, root), err=True, nl=False)
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if summary and made.shard is None:
        try:
            with Path(summary).open("a", encoding="utf-8") as file:
                file.write(markdown.text(made))
        except OSError as error:
            complain([Problem(f"the summary of the job cannot be written: {error.strerror}", "", summary)])
