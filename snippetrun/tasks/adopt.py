"""Pages of the baseline, made green and put under test."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from snippetrun import runner
from snippetrun.config import SiteConfig
from snippetrun.errors import PageError, Problem
from snippetrun.model import Job, Recording
from snippetrun.recordings import Store
from snippetrun.tasks import site_pages
from snippetrun.tasks.edited_file import EditedFile, baseline_of, written
from snippetrun.tasks.trial import Trial
from snippetrun.tasks.trial_run import texts
from snippetrun.tasks.wishes import Wishes


@dataclass(frozen=True, slots=True)
class Adoption:
    """What a page takes to come under test."""

    file: EditedFile
    job: Job | None = None
    """None if nothing on the page runs."""
    recording: Recording | None = None
    """The run that is shown, with what other runs have shown to vary."""
    questions: tuple[Problem, ...] = ()
    """What an example of the page has shown, and does not show any more."""
    unsettled: tuple[Problem, ...] = ()
    """What only its author can settle; then the page stays as it is."""


def propose(
    site: SiteConfig, path: Path, start: runner.OpenSandbox, watcher: runner.Watcher, wishes: Wishes | None = None
) -> Adoption:
    """Run a page, and return the edits that make it green, or what keeps it from that. Nothing is written.

    Raises InfrastructureError if a sandbox fails.
    """
    try:
        trial = Trial(site, path, start, watcher, wishes or Wishes())
    except PageError as error:
        return Adoption(EditedFile(path, "", ""), unsettled=error.problems)
    try:
        trial.read()
        result = trial.settle()
        recording = trial.confirm(trial.accept(result)) if result else None
    except PageError as error:
        return Adoption(EditedFile(path, trial.before, trial.before), unsettled=trial.origins.error(error).problems)
    return Adoption(EditedFile(path, trial.before, trial.text), trial.job, recording, tuple(trial.questions))


def apply(site: SiteConfig, adoption: Adoption) -> None:
    """Write a page that is green, record it, and take it out of the baseline.

    If one of that fails, all is as it was. Raises PageError also if the site makes other commands of the page than its
    file has, and UsageError if MkDocs cannot read the site.
    """
    file, name = adoption.file, site.name_in_docs(str(adoption.file.path))
    names = [other for other in site.baseline.lines if other != name]
    edits = [file] if file.after != file.before else []
    edits += [baseline_of(site, names)] if name in site.baseline.lines else []
    with written(edits):
        now = replace(site, baseline=replace(site.baseline, lines=dict.fromkeys(names, 0)))
        [page] = site_pages.read(now, [file.path])
        if adoption.job and texts(page) != texts(adoption.job.page):
            hint = "Plugins make its commands. See what they make of it: snippetrun list"
            raise PageError(Problem("the site runs other commands than this file has", hint, page.path))
        if adoption.job and adoption.recording:
            Store(site).keep(adoption.job, adoption.recording, news=True)
