"""Listings of processes: what ps, top and docker top say of each besides its number."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from snippetrun.stable.chance import number
from snippetrun.stable.clock import SECOND, Clock
from snippetrun.stable.processes import HEADINGS, Processes
from snippetrun.stable.text import Edit, aligned, right_aligned

_HEADING = re.compile(r"\s*(?:[A-Z%][A-Z%+/]*\s+)*PID\b(?:\s+[A-Z%][A-Z%+/]*)*\s*")
_FIELD = re.compile(r"\S+")
_CLOCK = re.compile(r"\d\d:\d\d(?::\d\d)?")
_LITTLE_TIME = re.compile(r"(?:00:00:0[0-4]|0:0[0-4](?:\.\d\d)?)")
_STATE = re.compile(r"[RD](?=[<NLsl+]*$)")
_LOOKS_ITSELF = re.compile(r"(?:\S*/)?\{?(?:ps|top)\b")
"""The process that makes the listing: the only one that is sure to run."""
_THREADS = 100_000
"""A program with more virtual memory, in kB, has threads, whose stacks come and go."""


def is_heading(line: str) -> bool:
    """Whether a line is the head of such a listing."""
    return bool(_HEADING.fullmatch(line))


class Listings:
    """The listings of a page."""

    def __init__(self, processes: Processes, clock: Clock) -> None:
        """Know the numbers, and what time it is."""
        self._processes, self._clock = processes, clock

    def numbers(self, headings: Sequence[str], row: Sequence[str]) -> Iterator[int]:
        """Yield the numbers of processes in a row, that of the parent first: it was there before."""
        numbers = [(heading, field) for heading, field in zip(headings, row, strict=False) if heading in HEADINGS]
        for _, field in sorted(numbers, key=lambda number: number[0] != "PPID"):
            if field.strip().isdecimal():
                yield int(field)

    def cell(self, heading: str, field: str, command: str) -> str:
        """Return what a field becomes; `command` is the last field of its row."""
        if heading in HEADINGS and field.isdecimal():
            return self._processes.stand_in(field)
        if heading in {"START", "STIME"} and _CLOCK.fullmatch(field):
            begun = datetime.fromtimestamp(self._clock.began(0) // SECOND, UTC)
            return f"{begun:%H:%M:%S}"[: len(field)]
        if heading == "STAT" and not _LOOKS_ITSELF.match(command):
            return _STATE.sub("S", field)
        return _of_use(heading, field, command)


def fields(line: str, columns: int) -> list[re.Match[str]]:
    """Return the fields of a row up to its command, which is the last column; empty if it is no row."""
    found = list(_FIELD.finditer(line))
    return found[: columns - 1] if len(found) >= columns else []


def edits(line: str, heading: str, listings: Listings) -> Iterator[Edit]:
    """Find what becomes something else in a row below a heading."""
    names = list(_FIELD.finditer(heading))
    row = fields(line, len(names))
    command = line[row[-1].end() :].strip() if row else ""
    for name, field in zip(names, row, strict=False):
        new = listings.cell(name[0], field[0], command)
        if new != field[0]:
            number = field[0].isdecimal() or field.end() == name.end()
            yield (right_aligned if number else aligned)(line, *field.span(), new)


def _of_use(heading: str, field: str, command: str) -> str:
    """Return what becomes of what a process has used: next to nothing of the processor, and about so much memory."""
    if heading in {"TIME", "TIME+"} and _LITTLE_TIME.fullmatch(field):
        return re.sub(r"\d", "0", field)
    if heading in {"C", "%CPU", "%MEM"} and re.fullmatch(r"[\d.]+", field):
        return re.sub(r"\d+", "0", field)
    much = heading in {"VSZ", "VIRT"} and len(field) >= len(str(_THREADS))
    if (heading in {"RSS", "SZ", "RES", "SHR"} or much) and field.isdecimal():
        return _about(int(field), heading, command)
    return field


def _about(size: int, *words: object) -> str:
    """Return a size of the same order."""
    order = 1
    while order * 5 < size:
        order *= 10
    return str(order + number(order, *words)) if size else "0"
