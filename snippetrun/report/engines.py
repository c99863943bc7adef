"""The same pages on several engines: their reports as one, and a table of it with a column for each engine.

    page                        current (26.1.5)   next (28.5.2)
    docs/ports.md               12 hold            11 hold, 1 differs
      41  $ docker run -p 80    holds              differs

A command holds, differs from what was recorded, or fails the page; one that holds on all engines has no row.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from snippetrun.model import Outcome
from snippetrun.report.reported import Report, ReportedCommand, ReportedEngine

_WORDS = {
    Outcome.PASSED: ("holds", "hold"),
    Outcome.FAILED: ("fails", "fail"),
    Outcome.SKIPPED: ("skipped", "skipped"),
    Outcome.NOT_REACHED: ("not reached", "not reached"),
    Outcome.STALE: ("stale", "stale"),
    Outcome.DIFFERS: ("differs as recorded", "differ as recorded"),
}
_DIFFERS = "differs", "differ"
_GOOD = {"holds", "skipped"}
_LONGEST = 60
"""Characters of a command in a table."""


@dataclass(frozen=True, slots=True)
class Row:
    """What a page, or a command of it, has come to on each engine."""

    page: str
    line: int
    """That of the command; 0 for the page."""
    command: str
    cells: tuple[str, ...]


def joined(reports: Sequence[Report]) -> Report:
    """Return one report out of those of several engines, the first of which recordings are of."""
    first, *others = reports
    elsewhere = (
        ReportedEngine(other.engine, other.pages, other.problems, other.seconds, other.exit_status) for other in others
    )
    return dataclasses.replace(
        first,
        elsewhere=tuple(elsewhere),
        seconds=sum(report.seconds or 0.0 for report in reports),
        exit_status=max(report.exit_status for report in reports),
    )


def split(report: Report) -> Iterator[Report]:
    """Yield the reports of each engine, as they were before they were joined; findings stay with the first."""
    for number, engine in enumerate(columns(report)):
        yield dataclasses.replace(
            report,
            engine=engine.name,
            pages=engine.pages,
            findings=() if number else report.findings,
            problems=engine.problems,
            seconds=engine.seconds,
            exit_status=engine.exit_status,
            elsewhere=(),
        )


def columns(report: Report) -> list[ReportedEngine]:
    """Return what it came to on each of the engines, the one of the recordings first."""
    seconds = (report.seconds or 0.0) - sum(other.seconds or 0.0 for other in report.elsewhere)
    own = ReportedEngine(report.engine, report.pages, report.problems, seconds, report.exit_status)
    return [own, *report.elsewhere]


def heading(engine: ReportedEngine) -> str:
    """Return the name of an engine with its version, as far as it is known."""
    versions = dict.fromkeys(page.environment.engine for page in engine.pages if page.environment)
    name = engine.name or "Docker Engine"
    return f"{name} ({', '.join(versions)})" if versions else name


def rows(report: Report) -> Iterator[Row]:
    """Yield a row for each page, and below it one for each command that does not hold on all engines."""
    engines = [{page.path: page for page in engine.pages} for engine in columns(report)]
    for path in dict.fromkeys(path for pages in engines for path in pages):
        pages = [of.get(path) for of in engines]
        yield Row(path, 0, "", tuple(sums(page.commands if page else ()) for page in pages))
        [model, *_] = [page for page in pages if page]
        for at, command in enumerate(model.commands):
            cells = tuple(_word(page.commands[at])[0] if page and at < len(page.commands) else "" for page in pages)
            if not _GOOD.issuperset(cells):
                yield Row(path, command.line, command.command, cells)


def text(report: Report) -> str:
    """Return the table as text."""
    head = ["page", *map(heading, columns(report))]
    lines = [head, *([_label(row), *row.cells] for row in rows(report))]
    widths = [max(len(cell) for cell in column) for column in zip(*lines, strict=True)]
    padded = (zip(line, widths, strict=True) for line in lines)
    return "\n".join("   ".join(cell.ljust(width) for cell, width in line).rstrip() for line in padded)


def _label(row: Row) -> str:
    return f"{row.line:>5}  $ {first_line(row.command)}" if row.line else row.page


def first_line(command: str) -> str:
    """Return what a command is called in a table."""
    first = command.split("\n", maxsplit=1)[0] or "(goes on with what is open)"
    return first if len(first) <= _LONGEST else f"{first[:_LONGEST]} ..."


def sums(commands: Iterable[ReportedCommand]) -> str:
    """Return what commands have come to: `11 hold, 1 differs`."""
    words = Counter(map(_word, commands))
    return ", ".join(f"{number} {word if number == 1 else words}" for (word, words), number in words.items())


def _word(command: ReportedCommand) -> tuple[str, str]:
    return _DIFFERS if command.differs else _WORDS[command.outcome]
