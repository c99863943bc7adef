"""The seconds beside the steps of a build, as BuildKit's displays show them.

https://docs.docker.com/reference/cli/docker/buildx/build/#progress: one is drawn over and over, with the seconds at the
right margin; the other is plain lines that begin with the number of their step.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from snippetrun.stable.chance import number
from snippetrun.stable.durations import Wishes
from snippetrun.stable.place import Place
from snippetrun.stable.text import Edit, Line, aligned, right_aligned
from snippetrun.stable.waits import settled

_TOTAL = re.compile(r"^\[\+\] Building (?P<value>\d+\.\d)s \(\d+/\d+\)")
_STEP = re.compile(r"^ => (?P<what>.{1,300}?) +(?P<value>\d+\.\d)s$")
_AT_ONCE = re.compile(r"(?:CACHED|=>|\[internal\]|\[[^]]*\] FROM |copy /)")
"""Begins the steps that take no time worth telling."""
_TITLE = re.compile(r"^#(?P<step>\d+) (?P<what>.*)")
_DONE = re.compile(r"^#(?P<step>\d+) DONE (?P<value>\d+\.\d)s$")
_CACHED = re.compile(r"^#(?P<step>\d+) (?P<how>CACHED)$")
_FROM = re.compile(r"\[(?:\S+ )?\d+/\d+\] FROM ")
"""Begins the step that takes an image as it is: whether it is called done, cached, or first the one, is chance."""
_PART_DONE = re.compile(r"^#\d+ .*?(?P<value> \d+\.\ds) done$")
_WAS_DONE = re.compile(r"^(?P<what>#\d+ .*?)(?: [\d.]+[kMG]?B)?(?: \d+\.\ds)? done$")
_HAS_BEGUN = re.compile(r"^#\d+ (?:exporting|naming|unpacking|resolve|transferring|extracting|pushing) ")
_SAID = re.compile(r"^#(?P<step>\d+) (?P<value>\d+\.\d+) ")
_FIRST = re.compile(r"\[internal\] load build definition from ")
_EARLY_TITLES = (
    re.compile(r"\[internal\] load metadata for "),
    re.compile(r"\[internal\] load \.dockerignore"),
    _FROM,
    re.compile(r"\[internal\] load build context"),
)
_EARLY = (
    re.compile(r" => \[internal\] load metadata for .*(?=  \d)"),
    re.compile(r" => \[internal\] load \.dockerignore"),
    re.compile(r" => (?:CACHED )?\[(?:\S+ )?1/\d+\] FROM .*(?=  \d)"),
    re.compile(r" => \[internal\] load build context"),
)
"""The same on a terminal, in the order in which they are shown more often than not."""
_DIGITS = re.compile(r"[0-9a-f]{12,}")
_SHORT = 5.0
"""Seconds below which a step is like any other."""


def in_order(lines: Sequence[str]) -> list[int]:
    """Return the indices of the lines with the steps in order that a builder begins with, all at a time."""
    steps: list[list[int]] = []
    for index, line in enumerate(lines):
        if steps and line.startswith(" => => ") and lines[steps[-1][0]].startswith(" => "):
            steps[-1].append(index)
        else:
            steps.append([index])
    ordered: list[int] = []
    for early, run in groupby(steps, key=lambda step: bool(_rank(lines[step[0]]))):
        for step in sorted(run, key=lambda step: _rank(lines[step[0]])) if early else run:
            ordered += step
    return ordered


def numbered_in_order(lines: Sequence[Line]) -> list[Line]:
    """Put into order the steps of plain lines with which a builder begins, all at a time; places keep their numbers."""
    parts: list[list[Line]] = [[]]
    for line in lines:
        parts[-1].append(line)
        if not line.plain:
            parts.append([])
    ordered: list[Line] = []
    for early, group in groupby(_joined(parts), key=lambda part: bool(_place(part))):
        run = list(group)
        if early:
            numbers = [_number(part) for part in run]
            run = [_numbered(*pair) for pair in zip(sorted(run, key=_place), numbers, strict=True)]
        ordered += [line for part in run for line in part]
    return ordered


def _joined(parts: Sequence[list[Line]]) -> list[list[Line]]:
    """Give each of these steps one part: a builder may leave one for another, and come back."""
    result: list[list[Line]] = []
    begun: dict[str, list[Line]] = {}
    for part in parts:
        number = _number(part)
        if number and _FIRST.match(_title(part)):
            begun = {}
        if _place(part) and number in begun:
            begun[number][-1:] = part[1:]
        else:
            begun |= {number: part}
            result.append(part)
    return [_finished(part) if _place(part) else part for part in result]


def _finished(part: Sequence[Line]) -> list[Line]:
    """Return a part without the lines that say that it goes on elsewhere, and with one end."""
    left = f"#{_number(part)} ..."
    ends = [index for index, line in enumerate(part) if _DONE.match(line.plain) or _CACHED.match(line.plain)]
    without = set(ends[:-1])
    return [line for index, line in enumerate(part) if line.plain != left and index not in without]


def _number(part: Sequence[Line]) -> str:
    """Return the number of the step that a part of a plain display is about; "" for anything else."""
    found = _TITLE.match(part[0].plain) if part else None
    return found["step"] if found else ""


def _title(part: Sequence[Line]) -> str:
    return _DIGITS.sub("", part[0].plain.partition(" ")[2])


def _place(part: Sequence[Line]) -> tuple[int, str] | tuple[()]:
    """Return what a step is sorted by that waits for no other like it, if a part is of one; nothing if it is not."""
    title = "" if not _number(part) or part[-1].plain else _title(part)
    return next(((rank, title) for rank, pattern in enumerate(_EARLY_TITLES) if pattern.match(title)), ())


def _numbered(part: Sequence[Line], number: str) -> list[Line]:
    old = f"#{_number(part)} "
    return [line.edited([Edit(0, len(old), f"#{number} ")]) if line.plain.startswith(old) else line for line in part]


def _rank(line: str) -> tuple[int, str] | tuple[()]:
    """Return what a step is sorted by that waits for no other; nothing for any other line."""
    for rank, pattern in enumerate(_EARLY):
        if found := pattern.match(line):
            return rank, _DIGITS.sub("", found[0])
    return ()


def once(lines: Sequence[str]) -> list[int]:
    """Return the indices of the lines that say each thing once.

    That something has begun which is done further down is printed if it took long enough.
    """
    done = {found["what"] for line in lines if (found := _WAS_DONE.match(line))}
    return [index for index, line in enumerate(lines) if not (line in done and _HAS_BEGUN.match(line))]


def edits(lines: Sequence[str], place: Place, wishes: Wishes) -> Iterator[tuple[int, Edit]]:
    """Find the seconds in the displays of builds; yield the index of the line as well."""
    total, at = 0.0, -1
    titles: dict[str, str] = {}
    for index, line in enumerate(lines):
        if _TOTAL.match(line):
            yield from _sum(lines, at, total)
            total, at = 0.1, index
        elif step := _STEP.match(line):
            seconds = _seconds(float(step["value"]), step["what"], wishes, place)
            total += 0 if step["what"].startswith("=>") else seconds
            yield index, right_aligned(line, *step.span("value"), f"{seconds:.1f}")
        elif line.startswith("#"):
            if title := _TITLE.match(line):
                titles.setdefault(title["step"], title["what"])
            yield from ((index, edit) for edit in _plain(line, titles, place, wishes))
    yield from _sum(lines, at, total)


def _sum(lines: Sequence[str], at: int, total: float) -> Iterator[tuple[int, Edit]]:
    if at >= 0 and (found := _TOTAL.match(lines[at])):
        # The blanks that the longer or shorter number takes or gives stand behind the rest of the text.
        head = found.end() + len(lines[at][found.end() :].split("  ", 1)[0])
        text = lines[at][: found.start("value")] + f"{total:.1f}" + lines[at][found.end("value") : head]
        yield at, aligned(lines[at], 0, head, text)


def _plain(line: str, titles: Mapping[str, str], place: Place, wishes: Wishes) -> Iterator[Edit]:
    if found := _DONE.match(line):
        seconds = _seconds(float(found["value"]), titles.get(found["step"], ""), wishes, place)
        yield Edit(*found.span("value"), f"{seconds:.1f}")
    elif found := _CACHED.match(line):
        if _FROM.match(title := titles.get(found["step"], "")):
            yield Edit(*found.span("how"), f"DONE {_seconds(0.0, title, wishes, place):.1f}s")
    elif found := _PART_DONE.match(line):  # only if it took a while
        if float(found["value"].strip(" s")) < _SHORT:
            yield Edit(*found.span("value"), "")
    elif found := _SAID.match(line):
        said = place.count(f"build {found['step']}")
        yield Edit(*found.span("value"), f"{0.1 + 0.01 * said + number(9, *place.words('said', said)) / 1000:.3f}")


def _seconds(real: float, what: str, wishes: Wishes, place: Place) -> float:
    if real >= _SHORT:
        return settled(real, wishes, *place.next("step"))
    turn = place.next("step")
    return 0.0 if _AT_ONCE.match(what) else (1 + number(4, *turn)) / 10
