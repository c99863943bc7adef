"""A run as plain data, which travels as JSON from machine to machine: the source of every other form of report.

    Report -> ReportedPage -> ReportedSnippet -> ReportedCommand

Its fields are the keys of the JSON, which docs/reference/json.md describes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from snippetrun.errors import Problem
from snippetrun.model import CommandResult, Ending, Environment, Options, Outcome, Piece, Result, Snippet, Verdict
from snippetrun.terminal.inputs import without_secret


@dataclass(frozen=True, slots=True)
class ReportedCommand:
    """One command: what was asked of it, and what became of it. What did not run has None for all that came out."""

    line: int
    """The line of its prompt."""
    command: str
    """As it stands in the page."""
    expected_status: int
    outcome: Outcome
    message: str = ""
    """What is wrong, or why it did not run."""
    hint: str = ""
    """What to type or change next."""
    where: int = 0
    """The line under the command that is not met; 0 if it is the command itself."""
    status: int | None = None
    ending: Ending | None = None
    seconds: float | None = None
    output: str | None = None
    typed: str | None = None
    """As it was typed, with the words of names in their place."""
    pieces: tuple[Piece, ...] | None = None
    output_before: str | None = None
    truncated_bytes: int = 0
    varied: bool = False
    """Whether the runs of its page did not agree in it just now, though nothing had told that it varies."""


@dataclass(frozen=True, slots=True)
class ReportedSnippet:
    """One fence."""

    line: int
    end_line: int
    language: str
    options: Options
    commands: tuple[ReportedCommand, ...]


@dataclass(frozen=True, slots=True)
class ReportedPage:
    """One page. Where nothing ran, all but its path, its title and its snippets is None."""

    path: str
    title: str
    key: str | None
    when: str | None
    boot_seconds: float | None
    seconds: float | None
    environment: Environment | None
    snippets: tuple[ReportedSnippet, ...]
    recording: str | None = None
    """The checksum of its recording, if `check` has run the page and it says the same; else None."""
    runs: int = 0
    """How often it has just run; 0 if it is replayed, or nothing ran."""

    @property
    def commands(self) -> tuple[ReportedCommand, ...]:
        """All of its commands, in order."""
        return tuple(command for snippet in self.snippets for command in snippet.commands)


@dataclass(frozen=True, slots=True)
class Share:
    """The part of the work that one of several machines has done."""

    number: int
    of: int
    pages: tuple[str, ...]
    """Its own pages, also those without a snippet, in order."""
    whole: tuple[str, ...]
    """The pages of all machines, in the order in which a single one would come to them."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a command of ours came to."""

    command: str
    """`list`, `run` or `check`."""
    pages: tuple[ReportedPage, ...]
    """Those with at least one snippet."""
    version: str
    """The version of snippetrun."""
    findings: tuple[Problem, ...] = ()
    """What looks on the pages as if it should run, and does not."""
    problems: tuple[Problem, ...] = ()
    """Why the pages, or some of them, could not be run at all."""
    note: str = ""
    """Why nothing ran although all is well; else empty."""
    seconds: float | None = None
    """How long it took; None where nothing was to run."""
    exit_status: int = 0
    commit: str | None = None
    """The commit of the checkout; None outside of one."""
    changed_since: str | None = None
    """The revision since which a page had to have changed; None if nobody asked."""
    shard: Share | None = None
    """Its part in the work of several machines; None for all of it."""


def page(result: Result) -> ReportedPage:
    """Return what a report says about a page."""
    recording = result.recording
    recorded = recording.snippets if recording else ()
    return ReportedPage(
        path=result.page.path,
        title=result.page.title,
        key=recording.key if recording else None,
        when=recording.when if recording else None,
        boot_seconds=recording.boot_seconds if recording else None,
        seconds=recording.seconds if recording else None,
        environment=recording.environment if recording else None,
        snippets=tuple(
            _snippet(
                snippet,
                result.verdicts[at],
                recorded[at] if at < len(recorded) else (),
                {number for snippet_at, number in result.varied if snippet_at == at},
            )
            for at, snippet in enumerate(result.page.snippets)
        ),
        recording=result.confirmed,
        runs=result.runs,
    )


def counts(pages: Iterable[Result | ReportedPage]) -> dict[str, int]:
    """Count pages and snippets with commands, the commands, and how those ended."""
    reported = (of if isinstance(of, ReportedPage) else page(of) for of in pages)
    shown = [of for of in reported if of.commands]
    outcomes = Counter(command.outcome for of in shown for command in of.commands)
    return {
        "pages": len(shown),
        "snippets": sum(bool(snippet.commands) for of in shown for snippet in of.snippets),
        "commands": sum(outcomes.values()),
    } | {outcome.name.lower(): outcomes[outcome] for outcome in Outcome}


def _snippet(
    snippet: Snippet, verdicts: tuple[Verdict, ...], recorded: tuple[CommandResult, ...], varied: set[int]
) -> ReportedSnippet:
    commands = tuple(
        _command(verdict, command.status, recorded[at] if at < len(recorded) else None, varied=at in varied)
        for at, (verdict, command) in enumerate(zip(verdicts, snippet.commands, strict=True))
    )
    return ReportedSnippet(snippet.line, snippet.end_line, snippet.language, snippet.options, commands)


def _without_secret(line: str) -> str:
    """Return a line of a hint; what a page has written may be a password that was to be typed."""
    return without_secret(line) if line.startswith("expected: ") else line


def _command(verdict: Verdict, expected: int, recorded: CommandResult | None, *, varied: bool) -> ReportedCommand:
    return ReportedCommand(
        line=verdict.line,
        command=verdict.command,
        expected_status=expected,
        outcome=verdict.outcome,
        message=verdict.message,
        hint="\n".join(_without_secret(line) for line in verdict.hint.split("\n")),
        where=verdict.where,
        status=recorded.status if recorded else None,
        ending=recorded.ending if recorded else None,
        seconds=recorded.seconds if recorded else None,
        output=recorded.output if recorded else None,
        typed=recorded.command if recorded else None,
        pieces=recorded.pieces if recorded else None,
        output_before=recorded.output_before if recorded else None,
        truncated_bytes=recorded.truncated_bytes if recorded else 0,
        varied=varied,
    )
