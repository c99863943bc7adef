"""A page that is tried as if it were under test, and edited until it is green. Nothing is written.

read        fences skipped as told, lists indented, names in the place of copied ids
settle      run; what did not end as expected gets its status, or is left open; again, until all ends well
accept      written output made to match what came out, as `update` does
confirm     run twice more: two runs show what varies; what the third still differs in is left open in the page
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from snippetrun import extract, runner
from snippetrun.config import Baseline, SiteConfig, image_name
from snippetrun.errors import PageError, Problem
from snippetrun.extract import Edit, files
from snippetrun.extract.fences import Fence, read_outline
from snippetrun.extract.front_matter import read_front_matter
from snippetrun.extract.lines import normalised
from snippetrun.extract.origins import Origins, origins
from snippetrun.extract.reindent import reindented
from snippetrun.model import (
    Command,
    CommandResult,
    Ending,
    Job,
    Match,
    Page,
    Recording,
    Result,
    Verdict,
)
from snippetrun.plan import plan, sources_of
from snippetrun.recordings import joined
from snippetrun.recordings.retype import retyped
from snippetrun.runner.page import run_page
from snippetrun.sameness.ending import wanted_of_hub
from snippetrun.sameness.expected import ends_wrong
from snippetrun.tasks import groundwork, settle
from snippetrun.tasks.name_ids import named
from snippetrun.tasks.page_edits import PageEdits
from snippetrun.tasks.rewrite import rewritten
from snippetrun.tasks.trial_run import at_line, ended, failures, moved, passed, recording_of, texts
from snippetrun.tasks.wishes import Wishes


class Trial:
    """A page on its way. What only its author can settle is a PageError, at a line of the text as it is by then."""

    def __init__(
        self, site: SiteConfig, path: Path, start: runner.OpenSandbox, watcher: runner.Watcher, wishes: Wishes
    ) -> None:
        """Take the page's file, whether the baseline names it or not; raise PageError if it has no text."""
        self._site, self._path = replace(site, baseline=Baseline()), files.name(site, path)
        self._sources = sources_of(site)
        self._images = {image.name for image in site.images}
        self._start, self._watcher, self._wishes = start, watcher, wishes
        self.before = self.text = files.text(path)
        self.questions: list[Problem] = []
        """What an example has shown, and does not show any more."""
        self.page = Page(self._path, ())
        self.job: Job | None = None

    @property
    def origins(self) -> Origins:
        """Where the lines of the text, however they are indented, stand in the page as it is."""
        text, before = ([line.strip() for line in normalised(side)] for side in (self.text, self.before))
        return origins(self._path, text, before)

    def read(self) -> None:
        """Make all of the page readable."""
        fences = self._fences(self.text)
        for line, reason in self._wishes.skip.items():
            opener = next((fence.line for fence in fences if fence.line <= line <= fence.end_line), 0)
            if not opener:
                raise PageError(Problem("no fence is here", "Name a line of the fence.", self._path, line))
            self.text = extract.splice(self.text, [settle.skipped(normalised(self.text), opener, reason)])
        try:
            self._plan(self.text)
        except PageError:
            moved = extract.splice(self.text, reindented(normalised(self.text)))
            if [fence.lines for fence in self._fences(moved)] != [fence.lines for fence in fences]:
                raise
            self._plan(moved)
        unrun = {finding.line for finding in self.page.findings}
        self._plan(extract.splice(self.text, settle.prompted(self._fences(self.text), unrun, self._site.prompts)))
        if self.page.findings:
            raise PageError(*self.page.findings)
        self._plan(extract.splice(self.text, named(self.page, normalised(self.text))))
        if nowhere := self._wishes.accept and self._wishes.accept - self._lines_that_run():
            hint = "Name the line of a command, or one of its output."
            raise PageError(
                *(Problem(f"--accept {line}: nothing runs there", hint, self._path) for line in sorted(nowhere))
            )

    def settle(self) -> Result | None:
        """Make each command end as the page says; return the run in which all did, None if nothing runs."""
        for _ in range(len(texts(self.page)) + 1):
            if self.job is None:
                return None
            result = self._run(self.job)
            stops = [verdict for verdict in result.failed if ends_wrong(verdict)]
            if not stops:
                return result
            # Settle one failure per run: those below it may be its consequences.
            edits = self._settled(result, stops[0])
            made = self._make_missing(result, stops[0]) or self._name_rows(result, stops[0])
            if not made and not (edits and self._edit(edits)):
                unsettled = [verdict for verdict in stops[1:] if not self._settled(result, verdict)]
                raise PageError(*(self._unsettled(result, verdict) for verdict in [stops[0], *unsettled]))
        raise PageError(Problem("each run of this page ends otherwise", "Run it: snippetrun run", self._path))

    def accept(self, result: Result) -> Result:
        """Make output match what came out; return the same run, judged by that."""
        return passed(self._judged(self._accepted(result)))

    def _accepted(self, result: Result, above: float = math.inf) -> Recording:
        """Make the output of commands above a line match what came out; return the run, moved along."""
        refused: list[Problem] = []

        def allow(question: Problem) -> bool:
            line = self.origins.at(question.line)[1]
            if not (self._wishes.asks or self._is_agreed(question.line)):
                hint = f"If that is right: --accept {line}. If not, change the page."
                refused.append(replace(question, hint=hint))
                return False
            self.questions.append(replace(question, hint="", line=line))
            return True

        edits = PageEdits(self._site, result, self.text, allow, above)
        for (at, number), why in () if refused else edits.refused.items():
            verdict = result.verdicts[at][number]
            refused.append(Problem(verdict.message, why, self._path, verdict.line))
        if refused:
            raise PageError(*refused)
        self._plan(edits.text)
        return edits.moved

    def confirm(self, first: Result) -> Recording:
        """Run the page twice more, and return its recording."""
        assert self.job  # noqa: S101 - it has run
        second = ended(self._run(self.job))
        shown = replace(first, recording=joined(recording_of(first), recording_of(second)))
        third = ended(self._run(replace(self.job, last=shown.recording)))
        edits = list(self._varying(third))
        if not self._edit(edits):
            raise PageError(*failures(third))
        shown = passed(self._judged(moved(recording_of(shown), edits)))
        third = passed(self._judged(moved(recording_of(third), edits), shown.recording))
        return joined(recording_of(shown), recording_of(third))

    def _fences(self, text: str) -> tuple[Fence, ...]:
        return read_outline(normalised(text), self._site.renderer).fences

    def _lines_that_run(self) -> set[int]:
        """Return the lines of commands, and of what is written under them, in the page as it is."""
        running = (snippet for snippet in self.page.snippets if snippet.options.skip is None)
        return {line for snippet in running for command in snippet.commands for line in self._lines_of(command)}

    def _lines_of(self, command: Command) -> set[int]:
        """Return the lines of a command, of its output and of its exit status in the page as it is."""
        lines = normalised(self.text)
        return {self.origins.at(number)[1] for number in settle.numbers_of(lines, command)}

    def _is_agreed(self, line: int) -> bool:
        """Tell whether the owner takes what came out of the command that a line belongs to as meant."""
        lines, commands = normalised(self.text), (c for snippet in self.page.snippets for c in snippet.commands)
        at = next((command for command in commands if line in settle.numbers_of(lines, command)), None)
        return at is not None and bool(self._lines_of(at) & self._wishes.accept)

    def _plan(self, text: str) -> None:
        """Take a text; raise PageError, and keep the one before, if it cannot be used."""
        page = files.parse(self._site, self._path, text)
        jobs = plan(self._site, [page], self._sources).jobs
        self.text, self.page, self.job = text, page, jobs[0] if jobs else None

    def _edit(self, edits: Sequence[Edit], added: str = "") -> bool:
        """Edit the text, unless its commands would be others then, but for one `added`; tell whether that was done."""
        before, commands = self.text, texts(self.page)
        try:
            self._plan(extract.splice(self.text, edits))
        except PageError:
            return False
        now = texts(self.page)
        if added and added in now:  # a fence that goes on has a command without text
            now.remove(added)
        if now != commands:
            self._plan(before)
            return False
        return True

    def _make_missing(self, result: Result, verdict: Verdict) -> bool:
        """Make what a command lacks above it, where that is clear; tell whether that was done."""
        snippet, command, recorded = at_line(result, verdict.line)
        if recorded is None or recorded.status is None or self._is_meant(command, recorded):
            return False
        maker = groundwork.missing(result.page, command, recorded.output, self._images)
        edits = groundwork.hidden_above(normalised(self.text), result.page, snippet, maker, self._site.dialect)
        return bool(maker and edits) and self._edit(edits, maker)

    def _name_rows(self, result: Result, verdict: Verdict) -> bool:
        """Write what came out where output should have said what a command's names are; tell whether that was done."""
        recorded = at_line(result, verdict.line)[2]
        if recorded is None or recorded.ending is not Ending.NOT_RUN or recorded.fault:
            return False
        before = self.text
        self._accepted(result, verdict.line)
        return self.text != before

    def _is_meant(self, command: Command, recorded: CommandResult) -> bool:
        """Tell whether a command is to fail as it did, as the owner has said or the page shows."""
        return self._is_agreed(command.line) or settle.status_is_meant(command, recorded)

    def _run(self, job: Job) -> Result:
        self._watcher.say(f"running {self._path}")
        return runner.result(job.page, run_page(job, self._start, self._watcher), job.match, job.last, job.rules)

    def _settled(self, result: Result, verdict: Verdict) -> list[Edit]:
        """Return what makes a command end as expected; nothing if only its author can tell what is."""
        snippet, command, recorded = at_line(result, verdict.line)
        lines = normalised(self.text)
        if recorded is None:
            return []
        if recorded.status and image_name(wanted_of_hub(recorded.output)) in self._images:
            return settle.with_hub(read_front_matter(self._path, lines))
        if recorded.status is not None:
            if self._is_meant(command, recorded):
                return settle.with_status(lines, snippet, command, recorded.status, self._site.prompts)
            fences = self._fences(self.text)
            file = settle.with_file(lines, fences, command, recorded.output)
            return file or settle.tried_again(lines, snippet, command, recorded.status)
        if recorded.waited_for:
            return settle.left(lines, result.page, snippet)
        goes_on = recorded.ending is Ending.TIMED_OUT and command.text
        return settle.left_open(lines, result.page, snippet, command, recorded.output) if goes_on else []

    def _unsettled(self, result: Result, verdict: Verdict) -> Problem:
        _, command, recorded = at_line(result, verdict.line)
        [problem] = [problem for problem in failures(result) if problem.line == verdict.line]
        line = self._line(command)
        ways = f"--skip '{line}=why' shows its fence without running it"
        if recorded and recorded.status is not None:
            ways = f"--accept {line} takes this exit status; {ways}"
        return replace(problem, hint=f"{problem.hint}\n{ways}")

    def _line(self, command: Command) -> int:
        """Return the line of a command in the page as it is."""
        return self.origins.at(command.line)[1]

    def _varying(self, result: Result) -> Iterator[Edit]:
        """Yield edits that leave open, by `...`, the output that is not what is written."""
        for (at, number), parts in rewritten(self.page, recording_of(result), self._site.match):
            snippet = self.page.snippets[at]
            exact = (snippet.options.match or self.page.options.match or self._site.match) is Match.EXACT
            if (at, number) in result.failed_at and not exact:  # `...` is no wildcard where output is exact
                for change in (change for _, changes in parts for change in changes):
                    yield Edit(change.line, change.end_line, (f"{snippet.prefix}...",))

    def _judged(self, recording: Recording, last: Recording | None = None) -> Result:
        """Return a run whose lines are those of the page, judged by it, and by the run before it."""
        assert self.job  # noqa: S101 - edits of output leave something to run
        snippets = retyped(self.page, recording.snippets, self.job.match)
        recording = replace(recording, key=self.job.key, snippets=snippets)
        return runner.result(self.page, recording, self.job.match, last, self.job.rules)
