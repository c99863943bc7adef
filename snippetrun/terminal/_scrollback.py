"""A pyte screen that keeps the lines that leave it at the top."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from pyte.screens import Char

from snippetrun.terminal._graphemes import GraphemeScreen

Cell = tuple[str, str]
"""A character and the SGR parameters that it wears, "" for none."""

_COLOURS = {
    name: number for number, name in enumerate(("black", "red", "green", "brown", "blue", "magenta", "cyan", "white"))
}
_ALTERNATE = frozenset({47, 1047, 1049})
"""The private modes of xterm that change to a screen of its own, as `less` does."""
_FLAGS = (("bold", 1), ("italics", 3), ("underscore", 4), ("blink", 5), ("reverse", 7), ("strikethrough", 9))


class ScrollbackScreen(GraphemeScreen):
    """A screen that remembers what scrolled off, and which lines it wrapped itself."""

    def __init__(self, columns: int, lines: int, most: int) -> None:
        """Start empty; of what scrolls off, `most` rows are kept."""
        self._most = most
        self._gone: list[tuple[list[Cell], bool]] = []
        self._wrapped: set[int] = set()
        self._drawing = False
        super().__init__(columns, lines)

    def rows(self) -> Iterator[tuple[list[Cell], bool]]:
        """Yield each row from the oldest, with whether it goes on in the next one; empty rows at the end are left."""
        yield from self._gone
        yield from self._shown()

    def _shown(self) -> Iterator[tuple[list[Cell], bool]]:
        """Yield the rows that are still on the screen."""
        last = max((y for y in range(self.lines) if self._cells(y)), default=-1)
        for y in range(last + 1):
            wrapped = y in self._wrapped and y < last
            yield self._cells(y, whole=wrapped), wrapped

    def draw(self, data: str) -> None:
        """Draw; a line feed in here is a wrap at the right margin."""
        self._drawing = True
        super().draw(data)
        self._drawing = False

    def linefeed(self) -> None:
        """Move down, and remember whether the program or the margin asked for it."""
        (self._wrapped.add if self._drawing else self._wrapped.discard)(self.cursor.y)
        super().linefeed()

    def index(self) -> None:
        """Move down; at the bottom, keep the line that leaves at the top."""
        if self.cursor.y == self.lines - 1 and not self.margins:
            wrapped = 0 in self._wrapped
            if len(self._gone) < self._most:
                self._gone.append((self._cells(0, whole=wrapped), wrapped))
            self._wrapped = {y - 1 for y in self._wrapped if y}
        super().index()

    def save_cursor(self) -> None:
        """Remember the cursor; terminals have one place for that, and not pyte's stack."""
        self.savepoints.clear()
        super().save_cursor()

    def restore_cursor(self) -> None:
        """Move the cursor back to where it was saved, which is remembered for the next time."""
        saved = bool(self.savepoints)
        super().restore_cursor()
        if saved:
            self.save_cursor()

    def erase_in_display(self, how: int = 0, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - pyte's own
        """Erase; 3 erases the scroll-back too, as xterm does."""
        if how == 3:
            self._gone.clear()
        with self._uncoloured():
            super().erase_in_display(how, *args, **kwargs)

    def erase_in_line(self, how: int = 0, private: bool = False) -> None:  # noqa: FBT001, FBT002 - pyte's own
        """Erase; what is erased has no colour."""
        with self._uncoloured():
            super().erase_in_line(how, private)

    @contextmanager
    def _uncoloured(self) -> Iterator[None]:
        """Erase without the colour of the background: a few bytes would fill a screen that is to be kept."""
        attributes, self.cursor.attrs = self.cursor.attrs, self.default_char
        yield
        self.cursor.attrs = attributes

    def place(self) -> tuple[int, int]:
        """Return the row of the cursor, counted from the oldest, and its column; where text follows it, below that."""
        last = max((y for y in range(self.lines) if self._cells(y)), default=-1)
        if self.cursor.y < last or self.cursor.x < len(self._cells(self.cursor.y)):
            return len(self._gone) + last + 1, 0
        return len(self._gone) + self.cursor.y, self.cursor.x

    def before_cursor(self) -> list[Cell]:
        """Return the cells of the cursor's row that stand before it."""
        line = self.buffer[self.cursor.y]
        return [_cell(line[x]) for x in range(self.cursor.x)]

    def set_mode(self, *modes: int, **kwargs: Any) -> None:  # noqa: ANN401 - pyte's own
        """Set modes; the alternate screen starts below what the main one shows."""
        super().set_mode(*modes, **kwargs)
        if kwargs.get("private") and not _ALTERNATE.isdisjoint(modes):
            self._begin_anew()

    def reset_mode(self, *modes: int, **kwargs: Any) -> None:  # noqa: ANN401 - pyte's own
        """Reset modes; what the alternate screen showed last stays, as a person saw it."""
        super().reset_mode(*modes, **kwargs)
        if kwargs.get("private") and not _ALTERNATE.isdisjoint(modes):
            self._begin_anew()

    def _begin_anew(self) -> None:
        """Keep all that the screen shows, and go on with an empty one."""
        if len(self._gone) < self._most:
            shown = list(self._shown())
            self._gone += shown + [([], False)] * (self.cursor.y - len(shown))
        self._wrapped.clear()
        super().erase_in_display(2)
        self.cursor_position()

    def _cells(self, y: int, *, whole: bool = False) -> list[Cell]:
        """Return a row's cells, up to the last that shows something, or up to the margin."""
        line = self.buffer[y]
        last = self.columns - 1 if whole else max(line, default=-1)
        cells = [_cell(line[x]) for x in range(last + 1)]
        while not whole and cells and cells[-1] in ((" ", ""), ("", "")):
            cells.pop()
        return cells


@lru_cache(maxsize=4096)
def _cell(char: Char) -> Cell:
    """Return a cell; equal ones are one, as there may be millions."""
    return char.data, _parameters(char)


def _parameters(char: Char) -> str:
    """Return the SGR parameters of a character's style, "" for none."""
    codes = [str(code) for flag, code in _FLAGS if getattr(char, flag)]
    codes += [_colour(colour, base) for colour, base in ((char.fg, 30), (char.bg, 40)) if colour != "default"]
    return ";".join(codes)


def _colour(colour: str, base: int) -> str:
    """Return the SGR parameters of one of pyte's colours: a name, a bright name, or six hexadecimal digits."""
    name = colour.removeprefix("bright")
    if name in _COLOURS:
        return str(base + _COLOURS[name] + (60 if name != colour else 0))
    red, green, blue = (int(colour[at : at + 2], 16) for at in (0, 2, 4))
    return f"{base + 8};2;{red};{green};{blue}"
