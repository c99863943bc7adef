"""Some snippets of a page: it runs as far as the last of them, and each is told of by itself.

What stands above a selected snippet runs too, as it makes the world that the snippet needs.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from dataclasses import dataclass

from snippetrun import report, runner
from snippetrun.config import SiteConfig
from snippetrun.errors import Problem
from snippetrun.model import Job, Outcome, Page, Result, Verdict
from snippetrun.plan import Sources, plan
from snippetrun.recordings import Store, StoredRecording
from snippetrun.runner.reproduced import reproduced
from snippetrun.sameness.expected import blamed_on


@dataclass(frozen=True, slots=True)
class PreparedPage:
    """A page that has been read, and can run."""

    site: SiteConfig
    page: Page
    job: Job | None
    """None if nothing on it runs."""
    compare: bool
    """Whether what comes out is held against what was recorded, too."""
    stored: StoredRecording | None
    """What was recorded, if it is to be compared and is there."""


@dataclass(frozen=True, slots=True)
class SnippetOutcome:
    """What there is to say of one snippet."""

    outcome: Outcome
    """Passed, failed or not reached."""
    problems: tuple[Problem, ...] = ()
    """What is wrong, or where the page stopped; empty if it passed."""
    seconds: float = 0.0
    """How long its own commands took."""


def prepare(site: SiteConfig, page: Page, sources: Sources | None = None, *, compare: bool) -> PreparedPage:
    """Make a page ready, and read its recording if there is to be a comparison.

    Raises PageError and RecordingError, with the lines, for what cannot be used.
    """
    jobs = plan(site, [page], sources).jobs
    compare = compare and site.recordings is not None
    stored = Store(site).read(page) if compare else None
    return PreparedPage(site, page, jobs[0] if jobs else None, compare, stored)


def run(ready: PreparedPage, selected: Collection[int], start: runner.OpenSandbox, watcher: runner.Watcher) -> Result:
    """Run a page up to the last of the selected snippets, and judge it; `selected` are their indices on the page.

    At least one of them has to run. Raises InfrastructureError if the sandbox fails.
    """
    if ready.job is None:
        raise ValueError("nothing on this page runs")
    before = runner.before(ready.page, ready.stored, ready.job.rules)
    stored = ready.stored or Store(ready.site).readable(ready.page)  # output may be pasted from it in any case
    job = dataclasses.replace(ready.job, last=stored.recording if stored else None)
    result = reproduced(job, start, watcher, before, upto=max(selected) + 1, most=ready.site.most_runs)
    return before.confirmed(before.judged(result, result.news)) if ready.compare else result


def outcome_of(result: Result, selected: Collection[int], at: int) -> SnippetOutcome:
    """Return what there is to say of one of the selected snippets, all of which were to run.

    A command that leaves no terminal for those below keeps them from being reached. If its snippet is selected, that
    tells of it. If it is not, nobody would hear of it: then the first selected one below fails in its place.
    """
    recorded = result.recording.snippets if result.recording else ()
    seconds = sum(command.seconds for snippet in recorded[at : at + 1] for command in snippet)
    if failures := _failures(result, at):
        return SnippetOutcome(Outcome.FAILED, failures, seconds)
    missed = {number: unreached for number in selected if (unreached := _unreached(result, number))}
    if at not in missed:
        return SnippetOutcome(Outcome.PASSED, (), seconds)
    blame = missed[at].message
    stop, line = next((n, v.line) for n, part in enumerate(result.verdicts) for v in part if blamed_on(v.line) == blame)
    why, message = _failures(result, stop), f"not reached: {blame}"
    path = why[-1].path
    if stop not in selected and at == min(number for number, verdict in missed.items() if verdict.message == blame):
        return SnippetOutcome(Outcome.FAILED, (Problem(message, "", path, missed[at].line), *why))
    return SnippetOutcome(Outcome.NOT_REACHED, (Problem(message, "", path, line),))


def _unreached(result: Result, at: int) -> Verdict | None:
    """Return the verdict of the first command of a snippet that was not reached."""
    return next((verdict for verdict in result.verdicts[at] if verdict.outcome is Outcome.NOT_REACHED), None)


def _failures(result: Result, at: int) -> tuple[Problem, ...]:
    """Return what is wrong with one snippet."""
    recording = result.recording
    alone = dataclasses.replace(
        result,
        page=dataclasses.replace(result.page, snippets=result.page.snippets[at : at + 1]),
        recording=recording and dataclasses.replace(recording, snippets=recording.snippets[at : at + 1]),
        verdicts=result.verdicts[at : at + 1],
    )
    return report.failures(alone)
