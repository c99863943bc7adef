"""Written output made to match what came out, with as few changes as can be.

What still matches stays as its author wrote it, wildcards and names included. Only the lines that differ are replaced,
and in those the words that names stand for become names again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TypeAlias

from snippetrun.model import Command, CommandResult, Match, Page, Position, Recording
from snippetrun.sameness.expected import Part, parts
from snippetrun.support.patterns import PLACEHOLDER, Names, canonical, is_elision, match_lines

_INSERT, _REPLACE, _DELETE = 2, 3, 3
"""What it costs to add a line, to put another in its place, and to take one away."""
_MOST = 1_000_000
"""Pairs of a written line and one that came out; of more it would take minutes to find out which belong together."""


# what stands between the cells of a table
_GAP = re.compile(r"\s{2,}")
# 3f2a1b4c5d6e, its 64 digits, or xbw728mf6q0d of a swarm; happy_morse
_MADE_UP = re.compile(r"[0-9a-f]{12}|[0-9a-f]{64}|(?=[a-z]*[0-9])(?:[0-9a-z]{12}|[0-9a-z]{25})|[a-z]+_[a-z]+[0-9]?")


@dataclass(frozen=True, slots=True)
class Rewritten:
    """Lines of a page to put in the place of others."""

    line: int
    """The first line that goes."""
    end_line: int
    """The last line that goes; `line - 1` where none does."""
    lines: tuple[str, ...]
    """What comes instead, without what the fence stands in."""


RewrittenPart: TypeAlias = tuple[Part, list[Rewritten]]
"""A part of an output that does not match, and what has to change in it."""


def rewritten(page: Page, recording: Recording, match: Match) -> Iterator[tuple[Position, list[RewrittenPart]]]:
    """Yield for each command what has to change under it so that all that is written there matches.

    `match` is for pages and fences that do not say how their output is matched.
    """
    names = Names()
    for at, (snippet, results) in enumerate(zip(page.snippets, recording.snippets, strict=False)):
        how = snippet.options.match or page.options.match or match
        for number, (command, recorded) in enumerate(zip(snippet.commands, results, strict=False)):
            yield (at, number), list(_rewritten(command, recorded, names, how))


def _rewritten(command: Command, recorded: CommandResult, names: Names, match: Match) -> Iterator[RewrittenPart]:
    """Yield what has to change under a command, and bind the names in it, also where nothing has to change."""
    for part in parts(command, recorded):
        if part.typed is not None:
            names.bind(*part.typed)
        if not part.written or match_lines(names, part.written, part.shown, match) is None:
            continue
        few = len(part.written) * len(part.shown) <= _MOST
        lines = [] if not any(part.shown) else _aligned(part, names, match) if few else part.written
        if lines and match_lines(names, lines, part.shown, match):
            # Its lines match one by one, but their names do not agree.
            lines = [_named(line, names, match) for line in part.shown]
        changes = SequenceMatcher(a=part.written, b=lines, autojunk=False).get_opcodes()
        yield (
            part,
            [
                Rewritten(part.line + start, part.line + end - 1, tuple(lines[new_start:new_end]))
                for kind, start, end, new_start, new_end in changes
                if kind != "equal"
            ],
        )


def _aligned(part: Part, names: Names, match: Match) -> list[str]:
    """Return written lines that match, the nearest to those that do not."""
    written, shown = part.written, part.shown
    same = _same(written, shown, names, match)
    gaps = [is_elision(line, match) for line in written]
    best = _costs(gaps, same, len(shown))
    lines: list[str] = []
    at = here = 0
    while at < len(written) or here < len(shown):
        cost = best[at][here]
        if at < len(written) and gaps[at]:
            if cost == best[at + 1][here]:
                lines.append(written[at])
                at += 1
            else:
                here += 1
        elif at < len(written) and here < len(shown) and same[at][here] and cost == best[at + 1][here + 1]:
            lines.append(written[at])
            at, here = at + 1, here + 1
        elif at < len(written) and here < len(shown) and cost == best[at + 1][here + 1] + _REPLACE:
            _bind_ids(names, written[at], shown[here])
            lines.append(_named(shown[here], names, match, written[at]))
            at, here = at + 1, here + 1
        elif here < len(shown) and cost == best[at][here + 1] + _INSERT:
            lines.append(_named(shown[here], names, match))
            here += 1
        else:
            at += 1
    return lines


def _same(written: Sequence[str], shown: Sequence[str], names: Names, match: Match) -> list[list[bool]]:
    """Tell of each written line and each that came out whether they match, by themselves and with the names so far."""
    return [
        [match_lines(Names(dict(names.words)), [line], [output], match) is None for output in shown] for line in written
    ]


def _costs(gaps: Sequence[bool], same: Sequence[Sequence[bool]], shown: int) -> list[list[int]]:
    """Return the least cost of making written lines from `at` on match what came out from `here` on."""
    rows = len(gaps)
    best = [[0] * (shown + 1) for _ in range(rows + 1)]
    for at in range(rows, -1, -1):
        for here in range(shown, -1, -1):
            ways = []
            if at < rows and gaps[at]:
                ways.append(best[at + 1][here])
                if here < shown:
                    ways.append(best[at][here + 1])
            else:
                if at < rows and here < shown:
                    ways.append(best[at + 1][here + 1] + (0 if same[at][here] else _REPLACE))
                if here < shown:
                    ways.append(best[at][here + 1] + _INSERT)
                if at < rows:
                    ways.append(best[at + 1][here] + _DELETE)
            best[at][here] = min(ways, default=0)
    return best


def _bind_ids(names: Names, written: str, shown: str) -> None:
    """Bind the names in a line of a table to the ids, or names of Docker's making, in the row that takes its place.

    That is in the same cell: `<web>  up  <name>` and `3f2a1b4c5d6e  gone  happy_morse`.
    """
    for cell, there in zip(_GAP.split(written.strip()), _GAP.split(shown.strip()), strict=False):
        name = PLACEHOLDER.fullmatch(cell)
        if name and canonical(name[1]) not in names.words and _MADE_UP.fullmatch(there):
            names.words[canonical(name[1])] = there


def _named(line: str, names: Names, match: Match, like: str = "") -> str:
    """Return a line that came out as an author would write it: with names for the words that they stand for.

    They are spelt as in the line that it takes the place of, if they are in that.
    """
    if match is Match.REGEX:
        return re.escape(line)
    if match is Match.EXACT:
        return line
    spelt = {canonical(name[1]): name[1] for name in PLACEHOLDER.finditer(like)}
    for name, word in sorted(names.words.items(), key=lambda pair: -len(pair[1])):
        line = re.sub(rf"(?<!\S){re.escape(word)}(?!\S)", f"<{spelt.get(name, name)}>", line)
    return line
