"""A page of the baseline, made green: it runs as if it were under test, and gets the edits that it takes.

read        lists indented, names in the place of copied ids
settled     run, and what did not end as expected gets its status or is left open; again, until all ends well
accepted    written output made to match what came out, as `update` does
confirmed   run once more: what differs then is left open in the page, and recorded as varying
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from snippetrun import extract, report, runner
from snippetrun.config import Baseline, SiteConfig
from snippetrun.errors import PageError, Problem
from snippetrun.extract import Edit, files
from snippetrun.extract.fences import read_outline
from snippetrun.extract.lines import normalised
from snippetrun.extract.reindent import reindented
from snippetrun.model import Command, CommandResult, Ending, Job, Page, Recording, Result, Snippet, Verdict
from snippetrun.plan import plan
from snippetrun.recordings import Store, joined, retyped
from snippetrun.runner.page import run_page
from snippetrun.tasks import settle, site_pages
from snippetrun.tasks.edited_file import EditedFile, baseline_of
from snippetrun.tasks.name_ids import named
from snippetrun.tasks.update import edits_of, moved_by


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the owner has said about a page; lines are those of the page as it stands."""

    skip: Mapping[int, str] = field(default_factory=dict)
    """Lines of fences that are shown and not run, with the reason."""
    accept: frozenset[int] = frozenset()
    """Lines of commands whose exit status is what it is meant to be."""


@dataclass(frozen=True, slots=True)
class Adoption:
    """What a page takes to come under test."""

    file: EditedFile
    job: Job | None = None
    """None if nothing on the page runs."""
    recording: Recording | None = None
    """The run that is shown, with what other runs have shown to vary."""
    unsettled: tuple[Problem, ...] = ()
    """What only its author can settle; then the page stays as it is."""


def propose(
    site: SiteConfig, path: Path, start: runner.OpenSandbox, watcher: runner.Watcher, wishes: Wishes | None = None
) -> Adoption:
    """Run a page, and return the edits that make it green, or what keeps it from that. Nothing is written.

    Raises InfrastructureError if a sandbox fails.
    """
    before = files.text(path)
    trial = _Trial(replace(site, baseline=Baseline()), files.name(site, path), start, watcher, wishes or Wishes())
    try:
        text = trial.readable(before)
        text, first = trial.settled(text)
        if first is None:
            return Adoption(EditedFile(path, before, text))
        text, job, recording = trial.confirmed(*trial.accepted(text, first))
        return Adoption(EditedFile(path, before, text), job, recording)
    except PageError as error:
        return Adoption(EditedFile(path, before, before), unsettled=error.problems)


def apply(site: SiteConfig, adoption: Adoption) -> None:
    """Write a page that is green, record it, and take it out of the baseline.

    Raises PageError, and all is as it was, if the site makes other commands of it than its file has.
    """
    page_file, [name] = adoption.file, [site.name_in_docs(str(adoption.file.path))]
    names = [other for other in site.baseline.lines if other != name]
    edits = [page_file] if page_file.after != page_file.before else []
    edits += [baseline_of(site, names)] if name in site.baseline.lines else []
    for edit in edits:
        edit.write()
    now = replace(site, baseline=replace(site.baseline, lines=dict.fromkeys(names, 0)))
    try:
        [page] = site_pages.read(now, [page_file.path])
        if adoption.job and _texts(page) != _texts(adoption.job.page):
            hint = "Plugins make its commands. See what they make of it: snippetrun list"
            raise PageError(Problem("the site runs other commands than this file has", hint, page.path))
    except PageError:
        for edit in edits:
            edit.undo()
        raise
    if adoption.job and adoption.recording:
        Store(site).keep(adoption.job, adoption.recording, news=True)


@dataclass(frozen=True, slots=True)
class _Trial:
    """A page on its way; what cannot be settled is a PageError."""

    site: SiteConfig
    path: str
    start: runner.OpenSandbox
    watcher: runner.Watcher
    wishes: Wishes

    def readable(self, text: str) -> str:
        """Return the text so that all of it is read, with what is to be skipped, and with names for copied ids."""
        fences = read_outline(normalised(text)).fences
        for line, reason in self.wishes.skip.items():
            opener = next((fence.line for fence in fences if fence.line <= line <= fence.end_line), 0)
            if not opener:
                raise PageError(Problem("no fence is here", "Name a line of the fence.", self.path, line))
            text = extract.splice(text, [settle.skipped(normalised(text), opener, reason)])
        try:
            page = files.parse(self.site, self.path, text)
        except PageError:
            moved = extract.splice(text, reindented(normalised(text)))
            if [fence.lines for fence in read_outline(normalised(moved)).fences] != [fence.lines for fence in fences]:
                raise
            page, text = files.parse(self.site, self.path, moved), moved
        if page.findings:
            raise PageError(*page.findings)
        return extract.splice(text, named(page, normalised(text)))

    def settled(self, text: str) -> tuple[str, Result | None]:
        """Return the text so that each command ends as it says, and the run that did; None if nothing runs."""
        page, job = self._planned(text)
        lines = {command.line: command.line for command in _commands(page)}
        """Of each command, its line where the owner sees it."""
        for _ in range(len(lines) + 1) if job else ():
            result = self._run(page, job) if job else None
            stops = [verdict for verdict in result.failed if not verdict.where] if result else []
            if not result or not stops:
                return text, result
            edits, problems = list[Edit](), list[Problem]()
            for verdict in stops:
                try:
                    edits += self._edits(text, result, verdict, lines[verdict.line])
                except PageError as error:
                    problems += error.problems
            if problems:
                raise PageError(*problems)
            before, text = page, extract.splice(text, edits)
            page, job = self._planned(text)
            self._see_that_nothing_else_changed(before, page)
            lines = {new.line: lines[old.line] for old, new in zip(_commands(before), _commands(page), strict=True)}
        if not job:
            return text, None
        raise PageError(Problem("each run of this page ends otherwise", "Run it: snippetrun run", self.path))

    def accepted(self, text: str, result: Result) -> tuple[str, Result]:
        """Return the text with output that matches what came out, and the result of the same run."""
        return self._with_edits(text, result, list(edits_of(result, _of(result), self.site.match)))

    def confirmed(self, text: str, first: Result) -> tuple[str, Job, Recording]:
        """Run a page again to see what varies, and once more; return its text, and its recording.

        What still differs then is left open in the page, by `...`: some of it is another thing in every run.
        """
        page, job = self._planned(text)
        assert job  # noqa: S101 - it has run
        second = self._run(page, job)
        _see_that_it_ended(second)
        shown = replace(first, recording=joined(_of(first), _of(second)))
        third = self._run(page, replace(job, last=shown.recording))
        _see_that_it_ended(third)
        edits = [_left_open(page, edit) for edit in edits_of(third, _of(third), self.site.match)]
        text, shown = self._with_edits(text, shown, edits)
        third = self._moved(text, third, edits, shown.recording)
        _see_that_it_passed(third)
        _, job = self._planned(text)
        assert job  # noqa: S101 - as above
        return text, job, joined(_of(shown), _of(third))

    def _planned(self, text: str) -> tuple[Page, Job | None]:
        page = files.parse(self.site, self.path, text)
        jobs = plan(self.site, [page]).jobs
        return page, jobs[0] if jobs else None

    def _run(self, page: Page, job: Job) -> Result:
        self.watcher.say(f"running {page.path}")
        return runner.result(page, run_page(job, self.start, self.watcher), job.match, job.last, job.rules)

    def _edits(self, text: str, result: Result, verdict: Verdict, line: int) -> list[Edit]:
        """Return what makes a command end as expected; raise PageError if only its author can tell what is."""
        snippet, command, recorded = _at(result, verdict.line)
        lines = normalised(text)
        if (
            recorded
            and recorded.status is not None
            and (line in self.wishes.accept or settle.status_is_meant(command, recorded))
        ):
            return settle.with_status(lines, snippet, command, recorded.status)
        if recorded and recorded.ending is Ending.TIMED_OUT and not recorded.waited_for and command.text:
            return settle.left_open(lines, result.page, snippet, command, recorded.output)
        [problem] = [p for p in report.failures(result) if p.line == verdict.line]
        ways = f"--skip '{line}=why' shows its fence without running it"
        if recorded and recorded.status is not None:
            ways = f"--accept {line} takes this exit status; {ways}"
        raise PageError(replace(problem, line=line, hint=f"{problem.hint}\n{ways}"))

    def _with_edits(self, text: str, result: Result, edits: Sequence[Edit]) -> tuple[str, Result]:
        """Return the text with edits of output, and the same run judged by it; raise PageError if it does not pass."""
        after = extract.splice(text, edits)
        self._see_that_nothing_else_changed(result.page, files.parse(self.site, self.path, after))
        moved = self._moved(after, result, edits)
        _see_that_it_passed(moved)
        return after, moved

    def _moved(self, text: str, result: Result, edits: Sequence[Edit], last: Recording | None = None) -> Result:
        """Return a run of a page, judged by the page that edits have made of it, and by the run before it."""
        page, job = self._planned(text)
        assert job  # noqa: S101 - edits of output leave something to run
        recording = _of(result)
        recording = replace(recording, key=job.key, snippets=retyped(page, moved_by(edits, recording), job.match))
        return runner.result(page, recording, job.match, last, job.rules)

    def _see_that_nothing_else_changed(self, before: Page, after: Page) -> None:
        if _texts(before) != _texts(after):
            message = "what comes out cannot be written into the page: it would be read as something else"
            raise PageError(Problem(message, "Write `...` for it, or use a longer fence.", self.path))


def _commands(page: Page) -> list[Command]:
    return [command for snippet in page.snippets for command in snippet.commands]


def _texts(page: Page) -> list[str]:
    return [command.text for command in _commands(page)]


def _at(result: Result, line: int) -> tuple[Snippet, Command, CommandResult | None]:
    """Return the fence and the command of a line, and what came out of it; None if it could not be typed."""
    recorded = result.recording.snippets if result.recording else ()
    for index, snippet in enumerate(result.page.snippets):
        for number, command in enumerate(snippet.commands):
            if command.line == line:
                came = recorded[index] if index < len(recorded) else ()
                return snippet, command, came[number] if number < len(came) else None
    raise ValueError(f"there is no command in line {line}")


def _left_open(page: Page, edit: Edit) -> Edit:
    """Return an edit of output with `...` for its lines."""
    prefix = next(snippet.prefix for snippet in page.snippets if snippet.line < edit.line <= snippet.end_line)
    return Edit(edit.line, edit.end_line, (f"{prefix}...",))


def _of(result: Result) -> Recording:
    assert result.recording  # noqa: S101 - its page has run
    return result.recording


def _see_that_it_ended(result: Result) -> None:
    if stops := tuple(verdict for verdict in result.failed if not verdict.where):
        raise PageError(*(problem for problem in report.failures(result) if problem.line == stops[0].line))


def _see_that_it_passed(result: Result) -> None:
    if failures := report.failures(result):
        raise PageError(*failures)
