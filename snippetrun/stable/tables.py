"""Tables as docker lays them out: read by their headings, changed cell by cell, and laid out again.

https://pkg.go.dev/text/tabwriter is how docker does it, with blanks, and at least so many between two columns. A block
of lines is a table if laying out its own cells gives the same lines.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

_HEADING = re.compile(r"[A-Z%#][A-Z0-9%#/._()-]*(?: [A-Z0-9%#/._()-]+)*")
_COLUMNS = re.compile(rf"(?:{_HEADING.pattern}(?: {{2,}}|$)){{2,}}")
_LAYOUTS = ((10, 3), (20, 3), (5, 3), (8, 3), (0, 3), (0, 2), (0, 1))
"""The least width of a column, its distance from the next included, and that distance."""

_STRAY_LINES = 10
"""How many lines below a table may at first be taken for rows of it."""


@dataclass(frozen=True, slots=True)
class Table:
    """A block of lines that is a table."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    layout: tuple[int, int]

    def lines(self) -> list[str]:
        """Lay it out."""
        least, distance = self.layout
        everything = [self.headings, *self.rows]
        widths = [max(least, *(len(row[at]) + distance for row in everything)) for at in range(len(self.headings) - 1)]
        return ["".join([*map(str.ljust, row, widths), row[-1]]) for row in everything]

    def column(self, *names: str) -> int:
        """Return the index of the first column with one of these headings; -1 if there is none."""
        return next((at for at, heading in enumerate(self.headings) if heading in names), -1)


def is_heading(line: str) -> bool:
    """Whether a line may be the head of a table."""
    return bool(_COLUMNS.fullmatch(line))


def tables(lines: Sequence[str]) -> Iterator[tuple[int, Table]]:
    """Find the tables in lines without colours; yield where each begins."""
    at = 0
    while at < len(lines):
        found = _table(lines[at : _end(lines, at)]) if is_heading(lines[at]) else None
        if found:
            yield at, found
        at += 1 + (len(found.rows) if found else 0)


def _end(lines: Sequence[str], start: int) -> int:
    end = start + 1
    while end < len(lines) and lines[end].strip() and not is_heading(lines[end]):
        end += 1
    return end


def _table(lines: Sequence[str]) -> Table | None:
    """Return the longest table that begins with the first of these lines; where one line is in the way, it ends."""
    starts = [found.start() for found in _HEADING.finditer(lines[0])]
    fits = [all(line[start - 1 : start] in {"", " "} for start in starts[1:]) for line in lines]
    end = fits.index(False) if False in fits else len(lines)
    rows = [_cells(line, starts) for line in lines[:end]]
    for last in range(end, max(1, end - _STRAY_LINES), -1):
        for layout in _LAYOUTS:
            table = Table(rows[0], tuple(rows[1:last]), layout)
            if table.lines() == list(lines[:last]):
                return table
    return None


def _cells(line: str, starts: Sequence[int]) -> tuple[str, ...]:
    ends = [*starts[1:], len(line)]
    *others, last = (line[start:end] for start, end in zip(starts, ends, strict=True))
    return (*(cell.rstrip() for cell in others), last)


def changed(table: Table, cell: Callable[[int, int], str]) -> Table:
    """Return the table with other cells: `cell` gets the indices of a row and of a column."""
    rows = tuple(tuple(cell(number, at) for at in range(len(row))) for number, row in enumerate(table.rows))
    return Table(table.headings, rows, table.layout)
