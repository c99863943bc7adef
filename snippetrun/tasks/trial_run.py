"""What a run of a page that is tried has come to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from snippetrun import report
from snippetrun.errors import PageError, Problem
from snippetrun.extract import Edit
from snippetrun.model import Command, CommandResult, Page, Recording, Result, Snippet
from snippetrun.sameness.expected import ends_wrong
from snippetrun.tasks.page_edits import moved_by


def moved(recording: Recording, edits: Sequence[Edit]) -> Recording:
    """Return a recording with its lines where edits have moved them."""
    snippets = tuple(tuple(moved_by(edits, result) for result in snippet) for snippet in recording.snippets)
    return replace(recording, snippets=snippets)


def texts(page: Page) -> list[str]:
    """Return the commands of a page as they are typed."""
    return [command.text for snippet in page.snippets for command in snippet.commands]


def at_line(result: Result, line: int) -> tuple[Snippet, Command, CommandResult | None]:
    """Return the fence and the command of a line, and what came out of it; None if it could not be typed."""
    recorded = result.recording.snippets if result.recording else ()
    for index, snippet in enumerate(result.page.snippets):
        for number, command in enumerate(snippet.commands):
            if command.line == line:
                results = recorded[index] if index < len(recorded) else ()
                return snippet, command, results[number] if number < len(results) else None
    raise ValueError(f"there is no command in line {line}")


def recording_of(result: Result) -> Recording:
    """Return what was recorded of a page that has run."""
    assert result.recording  # noqa: S101 - its page has run
    return result.recording


def ended(result: Result) -> Result:
    """Return a result; raise PageError if one of its commands did not end as its page says."""
    if stops := {verdict.line for verdict in result.failed if ends_wrong(verdict)}:
        raise PageError(*(problem for problem in failures(result) if problem.line in stops))
    return result


def failures(result: Result) -> tuple[Problem, ...]:
    """Return what failed; the page is in the baseline, and none but `adopt` runs it."""
    return report.failures(result, again="adopt")


def passed(result: Result) -> Result:
    """Return a result; raise PageError if one of its commands did not do what its page says."""
    if problems := failures(result):
        raise PageError(*problems)
    return result
