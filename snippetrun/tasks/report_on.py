"""A command's work, from the pages that are wanted to its report, whatever happens on the way."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from snippetrun import config, report, runner
from snippetrun.errors import ExitStatus, SnippetrunError
from snippetrun.model import Result
from snippetrun.plan import Plan
from snippetrun.report import Report, Share, engines
from snippetrun.support import git
from snippetrun.support.version import __version__
from snippetrun.tasks.select import SelectedPages, Selection, select

ALL = "all"
"""Of engines: one after the other."""


@dataclass(frozen=True, slots=True)
class Task:
    """What a command does with its pages."""

    command: str
    run: Callable[[Plan, runner.Watcher], Sequence[Result]]
    """Returns a result for each page, in their order; raises a SnippetrunError if it could not find out."""
    judge: Callable[[Plan, Sequence[Result]], Sequence[Result]] = lambda _, results: results
    """Judges results as `run` would have: those of the pages that came to their end before something failed."""
    engine: str = ""
    """The site's name of the engine that pages run on, or `all`; "" for the one that they run on anyway."""
    executor: str = ""
    """Where pages run; "" for where the site says."""


def report_on(task: Task, config_file: Path | None, selection: Selection, watcher: runner.Watcher) -> Report:
    """Do a task, on one engine or on all of the site's, and return what it came to.

    What stops it is in the report, beside the results of the pages that came to their end before: a machine in CI that
    fails us has something to say too.
    """
    reports = []
    for name in _names(config_file) if task.engine == ALL else ():
        watcher.say(f"on the engine {name}")
        reports.append(_report_on(dataclasses.replace(task, engine=name), config_file, selection, watcher))
    if reports:
        return engines.joined(reports)
    only = dataclasses.replace(task, engine="") if task.engine == ALL else task  # a site that names none has one
    return _report_on(only, config_file, selection, watcher)


def _names(config_file: Path | None) -> list[str]:
    """Return the names of the site's engines; none if that cannot be told, which a report says."""
    try:
        return [source.name for source in config.load(config_file).engines]
    except SnippetrunError:
        return []


def _report_on(task: Task, config_file: Path | None, selection: Selection, watcher: runner.Watcher) -> Report:
    began = time.monotonic()
    made = Report(task.command, (), __version__, changed_since=selection.changed_since)
    try:
        site = config.load(config_file)
        site = site.on(task.engine) if task.engine else site
        site = dataclasses.replace(site, executor=task.executor or site.executor)
        names = tuple(source.name for source in site.engines)
        made = dataclasses.replace(made, commit=git.commit(site.root), engine=site.engine.name, engines=names)
        selected = select(site, selection)
        made = _about(made, selected, selection)
        results, error = _results(task, selected.part, watcher)
    except SnippetrunError as error_:
        results, error = (), error_
    made = dataclasses.replace(
        made,
        pages=tuple(report.page(result) for result in results if result.page.snippets),
        problems=error.problems if error else (),
        seconds=time.monotonic() - began,
    )
    wrong = ExitStatus.FAILED if report.wrong(made) else ExitStatus.GOOD
    status = error.exit_status if error else wrong
    return dataclasses.replace(made, exit_status=status)


def _about(made: Report, selected: SelectedPages, selection: Selection) -> Report:
    share = None
    pages = selected.part.pages
    findings = report.in_order(chain(*(page.findings for page in pages)), (page.path for page in pages))
    if selection.shard:
        mine, whole = (tuple(page.path for page in part.pages) for part in (selected.part, selected.whole))
        share = Share(selection.shard.number, selection.shard.of, mine, whole)
    untested = sum(not page.under_test for page in pages)
    return dataclasses.replace(made, note=selected.note, findings=findings, untested=untested, shard=share)


def _results(task: Task, work: Plan, watcher: runner.Watcher) -> tuple[Sequence[Result], SnippetrunError | None]:
    results: dict[str, Result] = {}
    witness = runner.Telling(watcher, lambda result: results.update({result.page.path: result}))
    try:
        return task.run(work, witness), None
    except SnippetrunError as error:
        ended = [results.get(page.path) or runner.result(page, None, work.site.match) for page in work.pages]
        return task.judge(work, ended), error
