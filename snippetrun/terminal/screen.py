"""What a person would have been left looking at once a program's bytes had gone through a terminal."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby

COLUMNS = 100
"""The width of a page's terminal, in cells."""
ROWS = 30
"""Its height."""

_ABOVE = "\ue000"  # private use: nothing that programs print
_SGR = r"\x1b\[[0-9;]*m"
_PLAIN = re.compile(rf"(?:[^\x00-\x08\x0b-\x1f\x7f-\x9f]|{_SGR})*")
"""Text that every terminal shows as it stands: printable, tabs, line ends and colours."""


def text(output: bytes, columns: int = COLUMNS, rows: int = ROWS) -> str:
    """Return what `output` leaves on a screen and its scroll-back, its lines separated by line feeds.

    Of all control sequences only colours and the like (SGR, ECMA-48 8.3.117) are left. What a program drew over, as
    progress displays do, is gone; a line that the terminal wrapped is one line again. Bytes that are no UTF-8 become
    U+FFFD. Output that moves no cursor comes back as it is, but for its line ends.
    """
    shown = output.decode("utf-8", errors="replace").replace("\r\n", "\n")
    if _PLAIN.fullmatch(shown):
        return shown
    return _emulate(output.decode("utf-8", errors="replace"), columns, rows)


def _emulate(output: str, columns: int, rows: int) -> str:
    import pyte  # only output that moves the cursor needs it, and a replay never does

    from snippetrun.terminal._scrollback import ScrollbackScreen

    screen = ScrollbackScreen(columns, rows)
    stream = pyte.Stream(screen)
    # A program finds the command that started it above the cursor, and may go up and down again.
    stream.feed(f"{_ABOVE}\r\n")
    stream.feed(output.replace("\x1b[s", "\x1b7").replace("\x1b[u", "\x1b8"))  # pyte knows the second spelling only
    shown = list(screen.rows())
    if shown and shown[0][0][:1] == [(_ABOVE, "")]:
        shown.pop(0)
    lines, line = [], ""
    for cells, goes_on in shown:
        line += "".join(_styled(cells))
        if not goes_on:
            lines.append(line)
            line = ""
    return "\n".join(lines).rstrip("\n") + "\n" if any(lines) else ""


def _styled(cells: Iterable[tuple[str, str]]) -> Iterable[str]:
    """Turn (character, SGR parameters) pairs into text; every style ends where it is no longer worn."""
    for parameters, group in groupby(cells, key=lambda cell: cell[1]):
        run = "".join(character for character, _ in group)
        yield f"\x1b[{parameters}m{run}\x1b[0m" if parameters else run
