"""A page that is tried as if it were under test, and edited until it is green. Nothing is written.

read        fences skipped as told, lists indented, names in the place of copied ids
settle      run; what did not end as expected gets its status, or is left open; again, until all ends well
accept      written output made to match what came out, as `update` does
confirm     run twice more: two runs show what varies; what the third still differs in is left open in the page
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
from snippetrun.extract.origins import Origins, origins
from snippetrun.extract.reindent import reindented
from snippetrun.model import Command, CommandResult, Ending, Job, Page, Recording, Result, Snippet, Verdict
from snippetrun.plan import plan
from snippetrun.recordings import joined, retyped
from snippetrun.runner.page import run_page
from snippetrun.tasks import settle
from snippetrun.tasks.name_ids import named
from snippetrun.tasks.update import edits_of, moved_by


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the owner has said about a page; lines are those of the page as it stands."""

    skip: Mapping[int, str] = field(default_factory=dict)
    """Lines of fences that are shown and not run, with the reason."""
    accept: frozenset[int] = frozenset()
    """Lines of commands whose exit status is what it is meant to be."""


class Trial:
    """A page on its way. What only its author can settle is a PageError, at a line of the text as it is by then."""

    def __init__(
        self, site: SiteConfig, path: Path, start: runner.OpenSandbox, watcher: runner.Watcher, wishes: Wishes
    ) -> None:
        """Take the page's file, whether the baseline names it or not."""
        self._site, self._path = replace(site, baseline=Baseline()), files.name(site, path)
        self._start, self._watcher, self._wishes = start, watcher, wishes
        self.before = self.text = files.text(path)
        self.page = Page(self._path, ())
        self.job: Job | None = None

    @property
    def origins(self) -> Origins:
        """Where the lines of the text, however they are indented, stand in the page as it is."""
        text, before = ([line.strip() for line in normalised(side)] for side in (self.text, self.before))
        return origins(self._path, text, before)

    def read(self) -> None:
        """Make all of the page readable."""
        fences = read_outline(normalised(self.text)).fences
        for line, reason in self._wishes.skip.items():
            opener = next((fence.line for fence in fences if fence.line <= line <= fence.end_line), 0)
            if not opener:
                raise PageError(Problem("no fence is here", "Name a line of the fence.", self._path, line))
            self.text = extract.splice(self.text, [settle.skipped(normalised(self.text), opener, reason)])
        try:
            self._plan(self.text)
        except PageError:
            moved = extract.splice(self.text, reindented(normalised(self.text)))
            if [fence.lines for fence in read_outline(normalised(moved)).fences] != [fence.lines for fence in fences]:
                raise
            self._plan(moved)
        if self.page.findings:
            raise PageError(*self.page.findings)
        self._plan(extract.splice(self.text, named(self.page, normalised(self.text))))

    def settle(self) -> Result | None:
        """Make each command end as the page says; return the run in which all did, None if nothing runs."""
        for _ in range(len(_texts(self.page)) + 1):
            if self.job is None:
                return None
            result = self._run(self.job)
            stops = [verdict for verdict in result.failed if not verdict.where]
            if not stops:
                return result
            ways = [self._settled(result, verdict) for verdict in stops]
            if not all(ways) or not self._edit([edit for way in ways for edit in way]):
                unsettled = [verdict for verdict, way in zip(stops, ways, strict=True) if not way] or stops
                raise PageError(*(self._unsettled(result, verdict) for verdict in unsettled))
        raise PageError(Problem("each run of this page ends otherwise", "Run it: snippetrun run", self._path))

    def accept(self, result: Result) -> Result:
        """Make output match what came out; return the same run, judged by that."""
        return self._accepted(result, list(edits_of(result, _of(result), self._site.match)))

    def confirm(self, first: Result) -> Recording:
        """Run the page twice more, and return its recording."""
        assert self.job  # noqa: S101 - it has run
        second = _ended(self._run(self.job))
        shown = replace(first, recording=joined(_of(first), _of(second)))
        third = _ended(self._run(replace(self.job, last=shown.recording)))
        edits = [_left_open(self.page, edit) for edit in edits_of(third, _of(third), self._site.match)]
        shown = self._accepted(shown, edits)
        third = _passed(self._moved(third, edits, shown.recording))
        return joined(_of(shown), _of(third))

    def _plan(self, text: str) -> None:
        """Take a text; raise PageError, and keep the one before, if it cannot be used."""
        page = files.parse(self._site, self._path, text)
        jobs = plan(self._site, [page]).jobs
        self.text, self.page, self.job = text, page, jobs[0] if jobs else None

    def _edit(self, edits: Sequence[Edit]) -> bool:
        """Edit the text, unless its commands would not be the same then; tell whether that was done."""
        before, commands = self.text, _texts(self.page)
        try:
            self._plan(extract.splice(self.text, edits))
        except PageError:
            return False
        if _texts(self.page) != commands:
            self._plan(before)
            return False
        return True

    def _run(self, job: Job) -> Result:
        self._watcher.say(f"running {self._path}")
        return runner.result(job.page, run_page(job, self._start, self._watcher), job.match, job.last, job.rules)

    def _settled(self, result: Result, verdict: Verdict) -> list[Edit]:
        """Return what makes a command end as expected; nothing if only its author can tell what is."""
        snippet, command, recorded = _at(result, verdict.line)
        lines = normalised(self.text)
        if recorded is None:
            return []
        if recorded.status is not None:
            meant = self._line(command) in self._wishes.accept or settle.status_is_meant(command, recorded)
            return settle.with_status(lines, snippet, command, recorded.status) if meant else []
        goes_on = recorded.ending is Ending.TIMED_OUT and not recorded.waited_for and command.text
        return settle.left_open(lines, result.page, snippet, command, recorded.output) if goes_on else []

    def _unsettled(self, result: Result, verdict: Verdict) -> Problem:
        _, command, recorded = _at(result, verdict.line)
        [problem] = [problem for problem in report.failures(result) if problem.line == verdict.line]
        line = self._line(command)
        ways = f"--skip '{line}=why' shows its fence without running it"
        if recorded and recorded.status is not None:
            ways = f"--accept {line} takes this exit status; {ways}"
        return replace(problem, hint=f"{problem.hint}\n{ways}")

    def _line(self, command: Command) -> int:
        """Return the line of a command in the page as it is."""
        return self.origins.at(command.line)[1]

    def _accepted(self, result: Result, edits: Sequence[Edit]) -> Result:
        """Edit output, and return the same run judged by that; raise PageError if it does not pass."""
        if not self._edit(edits):
            message = "what comes out cannot be written into the page: it would be read as something else"
            hint = "Write `...` for it, or use a longer fence."
            raise PageError(Problem(message, hint, self._path, edits[0].line))
        return _passed(self._moved(result, edits))

    def _moved(self, result: Result, edits: Sequence[Edit], last: Recording | None = None) -> Result:
        """Return a run of the page before these edits, judged by the page as it is now, and by the run before it."""
        assert self.job  # noqa: S101 - edits of output leave something to run
        recording, job = _of(result), self.job
        snippets = retyped(self.page, moved_by(edits, recording), job.match)
        recording = replace(recording, key=job.key, snippets=snippets)
        return runner.result(self.page, recording, job.match, last, job.rules)


def _texts(page: Page) -> list[str]:
    return [command.text for snippet in page.snippets for command in snippet.commands]


def _at(result: Result, line: int) -> tuple[Snippet, Command, CommandResult | None]:
    """Return the fence and the command of a line, and what came out of it; None if it could not be typed."""
    recorded = result.recording.snippets if result.recording else ()
    for index, snippet in enumerate(result.page.snippets):
        for number, command in enumerate(snippet.commands):
            if command.line == line:
                results = recorded[index] if index < len(recorded) else ()
                return snippet, command, results[number] if number < len(results) else None
    raise ValueError(f"there is no command in line {line}")


def _left_open(page: Page, edit: Edit) -> Edit:
    """Return an edit of output with `...` for its lines."""
    prefix = next(snippet.prefix for snippet in page.snippets if snippet.line < edit.line <= snippet.end_line)
    return Edit(edit.line, edit.end_line, (f"{prefix}...",))


def _of(result: Result) -> Recording:
    assert result.recording  # noqa: S101 - its page has run
    return result.recording


def _ended(result: Result) -> Result:
    """Return a result; raise PageError if one of its commands did not end as its page says."""
    if stops := {verdict.line for verdict in result.failed if not verdict.where}:
        raise PageError(*(problem for problem in report.failures(result) if problem.line in stops))
    return result


def _passed(result: Result) -> Result:
    """Return a result; raise PageError if one of its commands did not do what its page says."""
    if failures := report.failures(result):
        raise PageError(*failures)
    return result
