"""What a run came to, in words and in JSON. Nothing here prints: faces do."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

from snippetrun.errors import Problem
from snippetrun.model import Outcome, Page, Recorded, Result, Snippet, Verdict

SCHEMA = 1
"""The version of the JSON that every command prints; docs/reference/json.md describes it."""

_LAST_LINES = 15
_CONTROL = re.compile(r"\x1b\[[0-9;]*m|[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def transcript(result: Result) -> str:
    """Return a page's run as a person at its terminal saw it, with the line of each command."""
    page, recording = result.page, result.recording
    lines = [f"{page.path}" + (f"  ({recording.environment.engine}, {recording.seconds:.1f} s)" if recording else "")]
    for snippet, verdicts, recorded in _rows(result):
        if snippet.options.file is not None:
            lines.append(f"{snippet.line:>5}  writes {snippet.options.file}")
        for at, verdict in enumerate(verdicts):
            if at < len(recorded):
                lines += [f"       {line}" for line in plain(recorded[at].late).splitlines()]
            lines += _typed(verdict.line, recorded[at].command if at < len(recorded) else verdict.command)
            if at < len(recorded):
                lines += [f"       {line}" for line in plain(recorded[at].output).splitlines()]
                if recorded[at].status:
                    lines.append(f"       [exit status {recorded[at].status}]")
            elif verdict.outcome is Outcome.SKIPPED:
                lines.append(f"       [not run: {verdict.message}]")
    return "\n".join(lines)


def failures(result: Result) -> tuple[Problem, ...]:
    """Return a problem for every failed command: the command, what went wrong, its last words, what to type."""
    return tuple(
        _failure(result.page, verdict, recorded[at])
        for _, verdicts, recorded in _rows(result)
        for at, verdict in enumerate(verdicts)
        if verdict.outcome is Outcome.FAILED
    )


def stale(result: Result) -> tuple[Problem, ...]:
    """Return a problem for the first command of each page that is not what was recorded."""
    path = result.page.path
    marked = (v for verdicts in result.verdicts for v in verdicts if v.outcome is Outcome.STALE)
    return tuple(
        Problem(f"stale: {verdict.message}", f"Record it: snippetrun run {path}", path, verdict.line)
        for verdict in islice(marked, 1)
    )


def summary(results: Sequence[Result], seconds: float) -> str:
    """Return one line: pages, snippets, commands, failures, seconds."""
    count = counts(results)
    notes = [f"{count[name]} {name.replace('_', ' ')}" for name in ("skipped", "not_reached", "stale") if count[name]]
    return (
        f"{_plural(count['pages'], 'page')}, {_plural(count['snippets'], 'snippet')}, "
        f"{_plural(count['commands'], 'command')}"
        + (f" ({', '.join(notes)})" if notes else "")
        + f", {_plural(count['failed'], 'failure')}, {seconds:.1f} s"
    )


def counts(results: Iterable[Result]) -> dict[str, int]:
    """Count pages and snippets with commands, the commands, and how those ended."""
    shown = [result for result in results if any(snippet.commands for snippet in result.page.snippets)]
    snippets = [snippet for result in shown for snippet in result.page.snippets if snippet.commands]
    outcomes = Counter(v.outcome for result in shown for verdicts in result.verdicts for v in verdicts)
    totals = {"pages": len(shown), "snippets": len(snippets), "commands": sum(outcomes.values())}
    return totals | {outcome.name.lower(): outcomes[outcome] for outcome in Outcome}


def as_json(
    command: str, results: Sequence[Result], *, findings: Sequence[Problem] = (), **more: float
) -> dict[str, Any]:
    """Return the JSON of `list` and `run`."""
    return {
        "schema": SCHEMA,
        "command": command,
        "pages": [_page(result) for result in results if result.page.snippets],
        "findings": [problem(finding) for finding in findings],
        "summary": counts(results),
    } | more


def problem(found: Problem) -> dict[str, Any]:
    """Return the JSON of a problem."""
    return dataclasses.asdict(found)


def plain(text: str) -> str:
    """Return text without anything that a terminal or a log would take for more than text."""
    return _CONTROL.sub("", text)


def _rows(result: Result) -> Iterable[tuple[Snippet, tuple[Verdict, ...], tuple[Recorded, ...]]]:
    recorded = result.recording.snippets if result.recording else ()
    for at, snippet in enumerate(result.page.snippets):
        yield snippet, result.verdicts[at], recorded[at] if at < len(recorded) else ()


def _typed(line: int, command: str) -> list[str]:
    first, *rest = command.split("\n")
    return [f"{line:>5}  $ {first}" if command else f"{line:>5}", *(f"       > {more}" for more in rest)]


def _failure(page: Page, verdict: Verdict, recorded: Recorded) -> Problem:
    output = plain(recorded.output).splitlines()
    left_out = [f"... {len(output) - _LAST_LINES} lines before"] if len(output) > _LAST_LINES else []
    said = ["It said:", *(f"  {line}" for line in left_out + output[-_LAST_LINES:])] if output else ["It said nothing."]
    again = f"To run this page alone: snippetrun run {page.path}"
    typed = [f"$ {recorded.command}"] if recorded.command else []
    hint = "\n".join([*typed, *said, *([verdict.hint] if verdict.hint else []), again])
    return Problem(verdict.message, hint, page.path, verdict.where or verdict.line)


def _page(result: Result) -> dict[str, Any]:
    recording = result.recording
    return {
        "path": result.page.path,
        "title": result.page.title,
        "key": recording.key if recording else None,
        "when": recording.when if recording else None,
        "boot_seconds": recording.boot_seconds if recording else None,
        "seconds": recording.seconds if recording else None,
        "environment": dataclasses.asdict(recording.environment) if recording else None,
        "snippets": [
            {
                "line": snippet.line,
                "end_line": snippet.end_line,
                "language": snippet.language,
                "options": dataclasses.asdict(snippet.options),
                "commands": [
                    _command(verdict, recorded[at] if at < len(recorded) else None, snippet.commands[at].status)
                    for at, verdict in enumerate(verdicts)
                ],
            }
            for snippet, verdicts, recorded in _rows(result)
        ],
    }


def _command(verdict: Verdict, recorded: Recorded | None, expected: int) -> dict[str, Any]:
    return {
        "line": verdict.line,
        "command": verdict.command,
        "expected_status": expected,
        "outcome": verdict.outcome.value,
        "message": verdict.message,
        "status": recorded.status if recorded else None,
        "ending": recorded.ending.value if recorded else None,
        "seconds": recorded.seconds if recorded else None,
        "output": recorded.output if recorded else None,
        "typed": recorded.command if recorded else None,
        "pieces": [dataclasses.asdict(piece) for piece in recorded.pieces] if recorded else None,
        "late": recorded.late if recorded else None,
        "cut": recorded.cut if recorded else 0,
    }


def _plural(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")
