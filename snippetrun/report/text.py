"""A run for people: what a page's terminal showed, what failed and what to type next, and the sum of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from shlex import quote

from snippetrun.errors import Problem
from snippetrun.model import Ending, Outcome, Result
from snippetrun.report import engines
from snippetrun.report.reported import Report, ReportedCommand, ReportedPage, counts
from snippetrun.report.reported import page as reported
from snippetrun.support.neutralise import plain
from snippetrun.support.units import counted

_LAST_LINES = 15
_CHARACTERS = 500
"""Of a line in what a failure says."""


def transcript(of: Result | ReportedPage) -> str:
    """Return a page's run as a person at its terminal saw it, with the line of each command."""
    page = _reported(of)
    often = f", {page.runs} runs" if page.runs > 1 else ""
    head = f"  ({page.environment.engine}, {page.seconds or 0:.1f} s{often})" if page.environment else ""
    lines = [f"{page.path}{head}"]
    for snippet in page.snippets:
        if snippet.options.file is not None:
            lines.append(f"{snippet.line:>5}  writes {snippet.options.file}")
        for command in snippet.commands:
            lines += [f"       {line}" for line in plain(command.output_before or "").splitlines()]
            lines += _typed(command)
            lines += [f"       {line}" for line in plain(command.output or "").splitlines()]
            if command.status:
                lines.append(f"       [exit status {command.status}]")
            elif command.outcome is Outcome.SKIPPED or command.ending is Ending.NOT_RUN:
                lines.append(f"       [not run: {command.message}]")
    return "\n".join(lines)


def failures(of: Result | ReportedPage, engine: str = "", *, again: str = "run") -> tuple[Problem, ...]:
    """Return a problem for every failed command: the command, what went wrong, its last words, what to type.

    `engine` is the name of the one that the page ran on, if the site has several; `again` the command of ours that runs
    the page alone.
    """
    page = _reported(of)
    return tuple(
        problem(page, command, engine, again) for command in page.commands if command.outcome is Outcome.FAILED
    )


def stale(of: Result | ReportedPage, engine: str = "") -> tuple[Problem, ...]:
    """Return a problem for the first command of each page that is not what was recorded; `engine` as for `failures`."""
    page = _reported(of)
    marked = [command for command in page.commands if command.outcome is Outcome.STALE]
    return tuple(problem(page, command, engine) for command in marked[:1])


def problem(of: ReportedPage, command: ReportedCommand, engine: str = "", again: str = "run") -> Problem:
    """Return what is wrong with a command that failed or is stale; all else as for `failures`."""
    if command.outcome is Outcome.STALE:
        option, where = (f"--engine {engine} ", f"on {engine}: ") if engine else ("", "")
        hint = f"Record it: snippetrun run {option}{quote(of.path)}"
        return Problem(f"{where}stale: {command.message}", hint, command.path or of.path, command.line)
    typed = [f"$ {command.typed}"] if command.typed else []
    words = [] if command.output is None else _last_words(command.output)  # None if it could not be typed
    alone = f"check --engine {engine} {quote(of.path)}" if engine else f"{again} {quote(of.path)}"
    advice = advice_on(of, command) if again == "run" and not engine else command.hint
    text = plain("\n".join([*typed, *words, *filter(None, [advice]), f"To run this page alone: snippetrun {alone}"]))
    cut = "\n".join(map(_shortened, text.split("\n")))
    message = f"on {engine}: {command.message}" if engine else command.message
    return Problem(plain(message), cut, command.path or of.path, command.where or command.line, command.column)


def advice_on(of: ReportedPage, command: ReportedCommand) -> str:
    """Return what a command that failed has to say for itself, and what to type; "" if that is nothing."""
    is_other_output = command.where and not command.column
    accepted = f"If what came out is right: snippetrun update {quote(of.path)}" if is_other_output else ""
    return "\n".join(filter(None, [command.hint, accepted]))


def complaints(report: Report) -> tuple[Problem, ...]:
    """Return the findings that count: those of `check`; at the desk a page may well be half written."""
    return report.findings if report.command == "check" else ()


def wrong(report: Report) -> tuple[Problem, ...]:
    """Return all that keeps a report from being good; what could not be run at all comes last.

    What is wrong on another engine than that of the recordings names it.
    """
    own = report.engine if report.engine not in report.engines[:1] else ""
    failed = [cause for page in report.pages for cause in (*failures(page, own), *stale(page, own))]
    for other in report.elsewhere:
        failed += [cause for page in other.pages for cause in (*failures(page, other.name), *stale(page, other.name))]
    unable = (problem for other in report.elsewhere for problem in other.problems)
    return (*complaints(report), *failed, *dict.fromkeys([*report.problems, *unable]))


def different(report: Report) -> tuple[Problem, ...]:
    """Return what is no problem: where commands differ on another engine, as was recorded there."""
    return tuple(
        Problem(f"on {engine.name}: {command.message}", plain(command.hint), command.path or page.path, command.line)
        for engine in engines.columns(report)
        for page in engine.pages
        for command in page.commands
        if command.outcome is Outcome.DIFFERS
    )


def reruns(pages: Iterable[ReportedPage]) -> tuple[str, ...]:
    """Return a line for each page that has just run more than once: how often, and what was found to vary."""
    return tuple(_rerun(page) for page in pages if page.runs > 1)


def _rerun(of: ReportedPage) -> str:
    lines = [str(command.line) for command in of.commands if command.varied]
    what = (
        f"the command in line {lines[0]} varies"
        if len(lines) == 1
        else f"the commands in lines {', '.join(lines)} vary"
    )
    return plain(f"{of.path}: {of.runs} runs" + (f"; {what}" if lines else ""))


def untested(pages: int) -> str:
    """Return one line that says how many pages are not under test; "" if there are none."""
    verb = "is" if pages == 1 else "are"
    return f"{counted(pages, 'page')} {verb} not under test yet: snippetrun status" if pages else ""


def summary(pages: Iterable[Result | ReportedPage], seconds: float) -> str:
    """Return one line: pages, and how many of these were run and how many replayed, snippets, commands, failures."""
    shown = [page for page in map(_reported, pages) if page.commands]
    count = counts(shown)
    replayed = sum(not page.runs and page.environment is not None for page in shown)
    ran = sum(page.runs > 0 for page in shown)
    how = f" ({', '.join([*([f'{ran} run'] if ran else []), f'{replayed} replayed'])})" if replayed else ""
    others = {
        "skipped": count.skipped,
        "not reached": count.not_reached,
        "stale": count.stale,
        "as recorded other than on the first engine": count.differs,
    }
    notes = [f"{number} {name}" for name, number in others.items() if number]
    return (
        f"{counted(count.pages, 'page')}{how}, {counted(count.snippets, 'snippet')}, "
        f"{counted(count.commands, 'command')}"
        + (f" ({', '.join(notes)})" if notes else "")
        + f", {counted(count.failed, 'failure')}, {seconds:.1f} s"
    )


def summaries(report: Report) -> tuple[str, ...]:
    """Return the same for a report: a line, or one for each engine."""
    if not report.elsewhere:
        return (summary(report.pages, report.seconds or 0.0),)
    return tuple(
        f"on {engines.heading(engine)}: {summary(engine.pages, engine.seconds or 0.0)}"
        for engine in engines.columns(report)
    )


def _reported(of: Result | ReportedPage) -> ReportedPage:
    return of if isinstance(of, ReportedPage) else reported(of)


def _typed(command: ReportedCommand) -> list[str]:
    typed = command.command if command.typed is None else command.typed
    first, *rest = typed.split("\n")
    return [f"{command.line:>5}  $ {first}" if typed else f"{command.line:>5}", *(f"       > {more}" for more in rest)]


def _last_words(output: str) -> Iterator[str]:
    lines = plain(output).splitlines()
    if not lines:
        yield "It said nothing."
        return
    yield "It said:"
    if len(lines) > _LAST_LINES:
        yield f"  ... {len(lines) - _LAST_LINES} lines before"
    for line in lines[-_LAST_LINES:]:
        yield f"  {line}"


def _shortened(line: str) -> str:
    return line if len(line) <= _CHARACTERS else f"{line[:_CHARACTERS]} ... ({len(line)} characters)"
