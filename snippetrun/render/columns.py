"""Output -> what of it stands in columns, and must not wrap: the rest does, so that nothing of it is cut.

    CONTAINER ID   IMAGE     NAMES
    3f2a1b4c5d6e   debian    web          these lines share a gap, and stand in columns

A line is in columns if it shares a gap with the line above or below: two blanks or more, and at their end, at the same
place in both lines, a word that is not the first of its line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby, pairwise
from typing import Final

from snippetrun.render.markup import Html

# the places of IMAGE and NAMES, in the line of the example
_CELL: Final = re.compile(r"(?<=\S)[ \t]{2,}(?=\S)")
_NARROW: Final = 38
"""Characters that need no way to scroll on any screen."""
_STEP: Final = 10
_WIDEST: Final = 200
"""Characters: the style sheet knows widths in such steps, and none beyond."""
_TABLE: Final = Html('<span class="sr-table sr-wide-{}"{}>{}\n</span>')


def in_columns(text: str, shown: Html) -> Html:
    """Return output as it is `shown`, with what stands in columns in spans of its own; `text` is it without colours.

    A last line without a line feed goes on with what somebody types: it is never in columns.
    """
    *lines, _last = text.split("\n")
    *parts, last_part = shown.split("\n")
    if not lines or len(lines) != len(parts):  # what cannot be told apart line by line
        return shown
    html = Html()
    for wide, run in groupby(zip(parts, lines, _tabular(lines), strict=True), lambda line: line[2]):
        own, plain, _ = zip(*run, strict=True)
        html += _table(own, max(map(len, plain))) if wide else Html("".join(f"{part}\n" for part in own))
    return html + last_part


def _table(lines: tuple[str, ...], width: int) -> Html:
    bucket = min(-(-width // _STEP) * _STEP, _WIDEST)
    focus = Html(' tabindex="0"') if width > _NARROW else Html()
    return _TABLE.format(bucket, focus, Html("\n".join(lines)))


def _tabular(lines: list[str]) -> Iterator[bool]:
    """Tell of each line whether it shares a gap with one of its neighbours."""
    cells = [{match.end() for match in _CELL.finditer(line)} for line in lines]
    shared = [bool(above & below) for above, below in pairwise(cells)]
    return (above or below for above, below in zip([False, *shared], [*shared, False], strict=True))
