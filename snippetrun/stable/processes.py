"""Numbers of processes: in the tables of ps and docker top, in /proc, in logs. Equal numbers stay equal."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import count

from snippetrun.stable.chance import number
from snippetrun.stable.place import Place
from snippetrun.stable.text import Edit, aligned

HEADINGS = frozenset({"PID", "PPID", "PGID", "PGRP", "SID", "SESS", "TGID", "TPGID", "LWP", "SPID"})
"""Of columns that hold numbers of processes."""
_INLINE = tuple(
    re.compile(pattern)
    for pattern in (
        r"^(?:Pid|PPid|Tgid|Ngid|TracerPid):\s+(?P<value>\d+)$",
        r'"Pid": ?(?P<value>\d+)',
        r"\b(?:pid|PID|process) (?P<value>\d+)\b",
        r"\bsignal \d+ \(SIG[A-Z]+\) received from (?P<value>\d+)\b",
        r"/proc/(?P<value>\d+)\b",
        r"^\[\d+\][+-]? +(?P<value>\d+)(?= |$)",
        r"\b(?P<value>\d+)(?=#\d+:)",
        r"(?<=\d#)(?P<value>\d+)(?=:)",
    )
)
_IN_A_TREE = re.compile(r"\w\}?\((?P<value>\d+)\)")
_OF_NAMESPACES = re.compile(r"^NS(?:pid|tgid|pgid|sid):")
_DIGITS = re.compile(r"(?P<value>\d+)")
_ALONE = re.compile(r"(?<!\S)(?P<value>\d{2,7})(?!\S)")
_ASKS = re.compile(r"\bPid\b|\bpidof\b|\bpgrep\b|\$!|\$\$|\bBASHPID\b")
"""A command that prints numbers of processes and nothing that says so."""
_WRITTEN = re.compile(r"(?:\bkill\b[^|;&\n]*?\s|/proc/|\s-[ptq] ?|--target[ =]|--pid[ =])(\d+)\b")
"""Where an author writes one."""
_INSIDE = re.compile(r"\b(?:run|exec|logs|attach|start|up)\b")
"""A command whose output is that of a container, where numbers begin anew."""
_OUTSIDE = re.compile(r"--pid[= ]host\b")
_EARLY = 100
"""Numbers below are those of the engine's own first processes."""
_FIRST_EARLY, _FIRST, _FIRST_INSIDE = 14, 131, 7
"""What the first of a kind gets."""


class Processes:
    """The numbers of processes on a page."""

    def __init__(self, page: str, commands: Iterable[str]) -> None:
        """Leave the numbers alone that these commands of the page name."""
        self._page = page
        self._written = frozenset(int(found[1]) for command in commands for found in _WRITTEN.finditer(command))
        self._outside: dict[int, int] = {}
        self._inside: dict[int, int] = {}
        self._early, self._late = _FIRST_EARLY, _FIRST

    def begin(self, numbers: Iterable[int], place: Place) -> None:
        """Turn to an output, in which these numbers are. Those of a container have their own, in its own order."""
        here = [real for real in dict.fromkeys(numbers) if real > 1]
        self._inside = {}
        if _INSIDE.search(place.command) and not _OUTSIDE.search(place.command):
            last = _FIRST_INSIDE - 1
            for real in sorted(here):
                last = real if real in self._written else self._free(last)
                self._inside[real] = last
            return
        for real in here:
            if real in self._outside or real in self._written:
                continue
            if real < _EARLY:
                self._outside[real], self._early = self._early, self._early + 2
            else:
                self._outside[real] = self._late
                self._late += 1 + number(24, self._page, "process", len(self._outside))

    def _free(self, last: int) -> int:
        """Return the next number that the author does not name."""
        return next(digit for digit in count(last + 1) if digit not in self._written)

    def stand_in(self, digits: str) -> str:
        """Return what a number becomes."""
        real = int(digits)
        return str(self._inside.get(real) or self._outside.get(real, real))

    def found(self, line: str, place: Place) -> dict[int, str]:
        """Find the numbers in a line of no table: where they begin, and their digits."""
        patterns = [*_INLINE]
        if "pstree" in place.command:
            patterns.append(_IN_A_TREE)
        if _ASKS.search(place.command):
            patterns.append(_ALONE)
        if _OF_NAMESPACES.match(line):
            patterns.append(_DIGITS)
        return {found.start("value"): found["value"] for pattern in patterns for found in pattern.finditer(line)}

    def edits(self, line: str, place: Place) -> Iterator[Edit]:
        """Find what the numbers in a line of no table become."""
        if any(letter.isdigit() for letter in line):
            for start, digits in self.found(line, place).items():
                yield aligned(line, start, start + len(digits), self.stand_in(digits))
