"""A run as plain data, which travels as JSON from machine to machine: the source of every other form of report.

    Report -> ReportedPage -> ReportedSnippet -> ReportedCommand

Its fields are the keys of the JSON, which docs/reference/json.md describes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta

from snippetrun.errors import Problem
from snippetrun.model import CommandResult, Ending, Environment, Options, Outcome, Piece, Result, Snippet, Verdict
from snippetrun.support.words import EXPECTED
from snippetrun.terminal.inputs import without_secret

Count = Annotated[int, Meta(ge=0)]
Line = Annotated[int, Meta(ge=1)]
Seconds = Annotated[float, Meta(ge=0)]


@dataclass(frozen=True, slots=True)
class ReportedCommand:
    """One command: what was asked of it, and what became of it. What did not run has None for all that came out."""

    line: Line
    """The line of its prompt."""
    command: str
    """As it stands in the page; empty where a fence goes on with the command that is open in its terminal."""
    expected_status: Annotated[int, Meta(ge=0, le=255)]
    outcome: Outcome
    """With `list`, what is not skipped is `not reached`."""
    message: str = ""
    """What is wrong, or why it did not run; else empty."""
    hint: str = ""
    """What to type or change next; else empty."""
    where: Count = 0
    """The line that is not met: one under the command, or the fence's, whose `until` is not; 0 if it is the command."""
    column: Count = 0
    """Where in that line, 1-based; 0 if it is all of it."""
    status: int | None = None
    """The exit status; None also if it has none."""
    ending: Ending | None = None
    """How the wait for it ended."""
    seconds: Seconds | None = None
    output: str | None = None
    """What was left on the terminal, with colours as SGR sequences."""
    typed: str | None = None
    """As it was typed, with the words of names in their place."""
    pieces: tuple[Piece, ...] | None = None
    """The output in pieces, with what was typed between."""
    output_before: str | None = None
    """What the command before it in its terminal, left open by its fence, still printed."""
    truncated_bytes: Count = 0
    """Bytes that were dropped because the output passed the limit."""
    varied: bool = False
    """Whether the runs of its page did not agree in it just now, though nothing had told that it varies."""
    path: str = ""
    """The file that its lines are counted in, where that is not the page: one that the page includes."""
    differs: bool = False
    """Whether it failed only as it is not as it was recorded, and has done what the page says."""


@dataclass(frozen=True, slots=True)
class ReportedSnippet:
    """One fence."""

    line: Line
    """Its opening fence."""
    end_line: Line
    """Its closing fence."""
    language: str
    """The first word of the info string."""
    options: Options
    """What its braces say."""
    commands: tuple[ReportedCommand, ...]
    """Empty for a fence that only writes a file."""


@dataclass(frozen=True, slots=True)
class ReportedPage:
    """One page. Where nothing ran, all but its path, its title and its snippets is None."""

    path: str
    """As the user types it."""
    title: str
    """Its first heading."""
    key: str | None
    """Hex SHA-256 of all that decides what comes out."""
    when: str | None
    """ISO 8601, UTC."""
    boot_seconds: Seconds | None
    """From asking for the sandbox until its engine answered."""
    seconds: Seconds | None
    """The whole page, with its start and the seconds of its commands in it, of one run."""
    environment: Environment | None
    snippets: tuple[ReportedSnippet, ...]
    recording: str | None = None
    """The checksum of its recording, if `check` has run the page and it says the same; else None."""
    runs: Count = 0
    """How often it has just run; 0 if it is replayed, or nothing ran."""

    @property
    def commands(self) -> tuple[ReportedCommand, ...]:
        """All of its commands, in order."""
        return tuple(command for snippet in self.snippets for command in snippet.commands)


@dataclass(frozen=True, slots=True)
class Share:
    """The part of the work that one of several machines has done."""

    number: Line
    of: Line
    pages: tuple[str, ...]
    """Its own pages, also those without a snippet, in order."""
    whole: tuple[str, ...]
    """The pages of all machines, in the order in which a single one would come to them."""


@dataclass(frozen=True, slots=True)
class ReportedEngine:
    """What a command came to on another of the site's engines."""

    name: str
    """The site's name of it."""
    pages: tuple[ReportedPage, ...]
    """Those with at least one snippet."""
    problems: tuple[Problem, ...]
    """Why the pages, or some of them, could not be run at all."""
    seconds: Seconds | None
    """How long it took."""
    exit_status: Annotated[int, Meta(ge=0, le=3)]
    """That of the command on this engine alone."""


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
    untested: Count = 0
    """How many of the pages are not under test yet, as the site's baseline names them."""
    seconds: Seconds | None = None
    """How long it took, of merged reports all together; None where nothing was to run."""
    exit_status: Annotated[int, Meta(ge=0, le=3)] = 0
    """That of the command, of merged reports the worst."""
    commit: str | None = None
    """The commit of the checkout; None outside of one."""
    changed_since: str | None = None
    """The revision since which a page had to have changed; None if nobody asked."""
    shard: Share | None = None
    """Its part in the work of several machines; None for all of it."""
    engine: str = ""
    """The site's name of the engine that the pages ran on; empty for a site that names none."""
    engines: tuple[str, ...] = ()
    """The names of all of its engines; recordings are of the first."""
    elsewhere: tuple[ReportedEngine, ...] = ()
    """What it came to on the others, in the same order, if they were asked for."""


@dataclass(frozen=True, slots=True)
class Summary:
    """How many there are."""

    pages: Count
    """With at least one command."""
    snippets: Count
    """With at least one command."""
    commands: Count
    passed: Count
    failed: Count
    skipped: Count
    not_reached: Count
    stale: Count
    differs: Count


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


def in_order(findings: Iterable[Problem], pages: Iterable[str]) -> tuple[Problem, ...]:
    """Return findings in the order of the pages; those in files that pages include come last, and each once."""
    positions = {path: position for position, path in enumerate(pages)}
    last = len(positions)

    def place(finding: Problem) -> tuple[int, str, int, int]:
        return positions.get(finding.path, last), finding.path, finding.line, finding.column

    return tuple(sorted(dict.fromkeys(findings), key=place))


def counts(pages: Iterable[Result | ReportedPage]) -> Summary:
    """Count pages and snippets with commands, the commands, and how those ended."""
    reported = (of if isinstance(of, ReportedPage) else page(of) for of in pages)
    shown = [of for of in reported if of.commands]
    outcomes = Counter(command.outcome for of in shown for command in of.commands)
    return Summary(
        pages=len(shown),
        snippets=sum(bool(snippet.commands) for of in shown for snippet in of.snippets),
        commands=sum(outcomes.values()),
        **{outcome.name.lower(): outcomes[outcome] for outcome in Outcome},
    )


def _snippet(
    snippet: Snippet, verdicts: tuple[Verdict, ...], recorded: tuple[CommandResult, ...], varied: set[int]
) -> ReportedSnippet:
    commands = tuple(
        _command(snippet, verdict, command.status, recorded[at] if at < len(recorded) else None, varied=at in varied)
        for at, (verdict, command) in enumerate(zip(verdicts, snippet.commands, strict=True))
    )
    return ReportedSnippet(snippet.line, snippet.end_line, snippet.language, snippet.options, commands)


def _hint(hint: str) -> str:
    """Return a hint without what its page may have written for a password that was to be typed."""
    if not hint.startswith(EXPECTED) or (shown := without_secret(line := hint.split("\n", maxsplit=1)[0])) == line:
        return hint
    return "\n".join([shown, *(line for line in hint.split("\n")[1:] if line.strip(" ^"))])


def _command(
    snippet: Snippet, verdict: Verdict, expected: int, recorded: CommandResult | None, *, varied: bool
) -> ReportedCommand:
    result = recorded if recorded and recorded.ending is not Ending.NOT_RUN else None
    return ReportedCommand(
        line=verdict.line,
        command=verdict.command,
        expected_status=expected,
        outcome=verdict.outcome,
        message=verdict.message,
        hint=_hint(verdict.hint),
        where=snippet.line if verdict.until else verdict.where,
        column=snippet.until_column if verdict.until else 0,
        status=result.status if result else None,
        ending=recorded.ending if recorded else None,
        seconds=result.seconds if result else None,
        output=result.output if result else None,
        typed=result.command if result else None,
        pieces=result.pieces if result else None,
        output_before=result.output_before if result else None,
        truncated_bytes=result.truncated_bytes if result else 0,
        varied=varied,
        path=snippet.path,
        differs=verdict.differs,
    )
