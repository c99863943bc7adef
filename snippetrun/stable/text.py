"""A line of recorded output, and what filters do to it: edits of its plain text, which leave its colours in place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from snippetrun.sgr import SEQUENCE

_SEQUENCE = re.compile(SEQUENCE)
_ROOM = re.compile(r" {2,}(?=\S)")


@dataclass(frozen=True, slots=True)
class Edit:
    """A part of a line that becomes another text."""

    start: int
    end: int
    new: str


Filter = Callable[[str], Iterable[Edit]]
"""Finds what has to become something else in a line: no two edits overlap."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line without its line feed, its colours taken out."""

    plain: str
    colours: tuple[tuple[int, str], ...] = ()
    """Where in the plain text each sequence stands, in order."""

    @classmethod
    def read(cls, text: str) -> Line:
        """Take the colours out of a line."""
        if "\x1b" not in text:
            return cls(text)
        parts, colours, at, length = [], [], 0, 0
        for found in _SEQUENCE.finditer(text):
            parts.append(text[at : found.start()])
            length += found.start() - at
            colours.append((length, found[0]))
            at = found.end()
        return cls("".join([*parts, text[at:]]), tuple(colours))

    def __str__(self) -> str:
        parts, at = [], 0
        for place, sequence in self.colours:
            parts += [self.plain[at:place], sequence]
            at = place
        return "".join([*parts, self.plain[at:]])

    def edited(self, edits: Iterable[Edit]) -> Line:
        """Carry out edits; a colour that begins within one begins after it if its length changes."""
        ordered = sorted(edits, key=lambda edit: edit.start)
        if not ordered:
            return self
        parts, at = [], 0
        for edit in ordered:
            parts += [self.plain[at : edit.start], edit.new]
            at = edit.end
        parts.append(self.plain[at:])
        return Line("".join(parts), tuple(_moved(self.colours, ordered)))

    def through(self, filters: Iterable[Filter]) -> Line:
        """Send it through filters, one after the other."""
        line = self
        for each in filters:
            line = line.edited(each(line.plain))
        return line


def replaced(pattern: re.Pattern[str], value: Callable[[re.Match[str]], str | None]) -> Filter:
    """Return a filter that gives each match, or its group `value` if there is one, another text; None leaves it.

    What stands in a column goes on doing so.
    """
    group = "value" if "value" in pattern.groupindex else 0

    def edits(line: str) -> Iterator[Edit]:
        for found in pattern.finditer(line):
            new = value(found)
            if new is not None and new != found[group]:
                yield aligned(line, found.start(group), found.end(group), new)

    return edits


def aligned(line: str, start: int, end: int, new: str) -> Edit:
    """Return an edit that also gives or takes blanks, so that a column that begins after it stays where it is."""
    grown = len(new) - (end - start)
    room = _ROOM.match(line, end)
    if not room or not grown:
        return Edit(start, end, new)
    blanks = max(1, len(room[0]) - grown)
    return Edit(start, room.end(), new + " " * blanks)


def right_aligned(line: str, start: int, end: int, new: str) -> Edit:
    """Return an edit that takes the blanks before it or gives some, so that it ends where it did."""
    blanks = 0
    while start > blanks and line[start - blanks - 1] == " ":
        blanks += 1
    grown = len(new) - (end - start)
    kept = max(1 if start > blanks else 0, blanks - grown) if blanks or not start else 0
    return Edit(start - blanks, end, " " * kept + new)


def _moved(colours: Iterable[tuple[int, str]], edits: Sequence[Edit]) -> Iterator[tuple[int, str]]:
    """Yield where each colour is once edits, in their order, have been carried out."""
    shift, at = 0, 0
    for place, sequence in colours:
        while at < len(edits) and edits[at].end <= place and edits[at].start < place:
            shift += len(edits[at].new) - (edits[at].end - edits[at].start)
            at += 1
        within = edits[at] if at < len(edits) and edits[at].start < place else None
        if within and len(within.new) != within.end - within.start:
            yield within.start + len(within.new) + shift, sequence
        else:
            yield place + shift, sequence
