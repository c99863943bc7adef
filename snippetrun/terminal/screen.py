"""What a person would have been left looking at once a program's bytes had gone through a terminal."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from snippetrun.support.neutralise import CONTROL, visible
from snippetrun.support.sgr import SEQUENCE, uncoloured

if TYPE_CHECKING:
    from pyte import Stream

    from snippetrun.terminal._scrollback import Cell, ScrollbackScreen

COLUMNS = 100
"""The width of a page's terminal, in cells."""
ROWS = 30
"""Its height."""
MOST_LINES = 20_000

# Of the control sequences that pyte knows, those that move the cursor, erase, shift, and choose a mode; `\x1b[2;5H`.
_CSI = re.compile(r"(?:\x1b\[|\x9b)(?P<private>\??)(?P<parameters>[0-9;]*)(?P<final>[@A-HJ-MPXade-hlr`])")
_MODES, _PRIVATE_MODES = {"4"}, {"7", "47", "1047", "1049"}
"""Insert; wrap at the margin, and a screen of its own. With others, such as 6 and 3, pyte fails or resizes."""
_KINDS = {"J": ["", "0", "1", "2", "3"], "K": ["", "0", "1", "2"], "g": ["", "0", "3"]}
"""Of the display, a line and tab stops, what is erased; with another, pyte fails."""
_SHORT = {code: code for code in "\a\b\r\v\f\x0e\x0f"} | {f"\x1b{code}": f"\x1b{code}" for code in "78DEHMc"}
_SHORT |= {f"\x1b{which}{code}": f"\x1b{which}{code}" for which in "()" for code in "0B"}  # lines, and letters again
_SHORT |= {"\x1b[!p": "\x1b[m\x1b[4l\x1b[?7h\x1b[r\x1b(B\x1b)B\x0f"}  # a soft reset
_SHORT |= {"\x1b[s": "\x1b7", "\x1b[u": "\x1b8", "\x84": "\x1bD", "\x85": "\x1bE", "\x88": "\x1bH", "\x8d": "\x1bM"}
_ABOVE = "\ue000"  # private use: nothing that programs print
_PLAIN = re.compile(rf"(?:[^\x00-\x08\x0b-\x1f\x7f-\x9f]|{SEQUENCE})*")
"""Text that every terminal shows as it stands: printable, tabs, line ends and colours."""


def text(output: bytes, most: int = MOST_LINES, columns: int = COLUMNS, rows: int = ROWS) -> str:
    """Return what `output` leaves on a screen and its scroll-back, its lines separated by line feeds.

    Of all control sequences only colours and the like (SGR, ECMA-48 8.3.117) are left. What a program drew over, as
    progress displays do, is gone; a line that the terminal wrapped is one line again. Bytes that are no UTF-8 become
    U+FFFD, and characters that nobody sees are named. Of more than `most` lines, some of the rest may be gone. Output
    that moves no cursor comes back as it is, but for its line ends.
    """
    shown = visible(output.decode("utf-8", errors="replace"))
    if _PLAIN.fullmatch(plain := shown.replace("\r\n", "\n")):
        return plain
    return _emulate(shown, most, columns, rows)


def cursor_line(tail: bytes, columns: int = COLUMNS) -> str:
    """Return what stands before the cursor in its line, without colours; `tail` begins where that line does."""
    shown = visible(tail.decode("utf-8", errors="replace"))
    if _PLAIN.fullmatch(shown):
        return uncoloured(shown)
    screen, stream = _start(columns, ROWS)
    stream.feed(_obeyed(shown))
    return unstyled(screen.before_cursor())


Cells = Sequence["Cell"]
"""Characters in a row, with what they wear."""


def lines_with_places(
    output: bytes, offsets: Sequence[int], most: int = MOST_LINES
) -> tuple[list[Cells], list[tuple[int, int]]]:
    """Return the lines that `output` leaves, and where the cursor stood at each of the rising offsets into it.

    A place is a line and a cell of that line; it may lie past the last cell, as blanks at the end are left out. Where a
    program has moved the cursor up into its display, the place is below that. As `text` does with `most`.
    """
    screen, stream = _start(COLUMNS, ROWS, most + len(output) // COLUMNS)
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    stops: list[tuple[int, int]] = []
    at = 0
    for offset in offsets:
        stream.feed(_obeyed(visible(decoder.decode(output[at:offset]))))
        stops.append(screen.place())
        at = offset
    stream.feed(_obeyed(visible(decoder.decode(output[at:], final=True))))
    lines: list[Cells] = []
    line: list[Cell] = []
    where: dict[int, tuple[int, int]] = {}
    for row, (cells, goes_on) in enumerate(screen.rows()):
        where[row] = len(lines), len(line)
        line += cells
        if not goes_on:
            lines.append(line)
            line = []
    beyond = len(lines), 0
    return lines, [(where.get(row, beyond)[0], where.get(row, beyond)[1] + column) for row, column in stops]


def styled(cells: Iterable[Cell]) -> str:
    """Turn cells into text; every style ends where it is no longer worn."""
    runs = ((style, unstyled(group)) for style, group in groupby(cells, key=lambda cell: cell[1]))
    return "".join(f"\x1b[{style}m{run}\x1b[0m" if style else run for style, run in runs)


def unstyled(cells: Iterable[Cell]) -> str:
    """Turn cells into text without colours."""
    return "".join(character for character, _ in cells)


def _start(columns: int, rows: int, most: int = 0) -> tuple[ScrollbackScreen, Stream]:
    import pyte  # only output that moves the cursor needs it, and a replay never does

    from snippetrun.terminal._scrollback import ScrollbackScreen

    screen = ScrollbackScreen(columns, rows, most)
    stream = pyte.Stream(screen)
    stream.use_utf8 = False  # or it does not listen to programs that choose another set of characters
    return screen, stream


def _obeyed(output: str) -> str:
    """Return output with the control sequences that our screen obeys, as pyte understands them, and no others."""
    return CONTROL.sub(_spelled, output)


def _spelled(control: re.Match[str]) -> str:
    r"""Return a control sequence in pyte's spelling; pyte raises TypeError for some, such as `\x1b[1;2A`."""
    sequence = control[0]
    if control["sgr"] is not None:
        return f"\x1b[{';'.join(map(_parameter, control['sgr'].split(';')))}m"
    if sequence in _SHORT:
        return _SHORT[sequence]
    known = _CSI.fullmatch(sequence)
    if not known:
        return ""
    private, parameters, final = known["private"], known["parameters"].split(";"), known["final"]
    if final in "hl":
        modes = [mode for mode in parameters if mode in (_PRIVATE_MODES if private else _MODES)]
        return f"\x1b[{private}{';'.join(modes)}{final}" if modes else ""
    if private or parameters[0] not in _KINDS.get(final, [parameters[0]]):
        return ""
    return f"\x1b[{';'.join(part[:4] for part in parameters[: 2 if final in 'Hfr' else 1])}{final}"


def _parameter(sgr: str) -> str:
    """Return one part of `1;38:5:208;4:3;4:0` as pyte knows it, which has no colons: `38;5;208`, `4`, and `24`."""
    kind, *details = ("24" if sgr == "4:0" else sgr).split(":")
    parts = [kind, *filter(None, details)] if kind in {"38", "48"} else [kind]
    return ";".join(part if len(part) < 4 else "" for part in parts)


def _emulate(output: str, most: int, columns: int, rows: int) -> str:
    screen, stream = _start(columns, rows, most + len(output) // columns)
    # A program finds the command that started it above the cursor, and may go up and down again.
    stream.feed(f"{_ABOVE}\r\n")
    stream.feed(_obeyed(output))
    shown = list(screen.rows())
    if shown and shown[0][0][:1] == [(_ABOVE, "")]:
        shown.pop(0)
    lines, line = [], ""
    for cells, goes_on in shown:
        line += styled(cells)
        if not goes_on:
            lines.append(line)
            line = ""
    return "\n".join(lines).rstrip("\n") + "\n" if any(lines) else ""
