"""A pyte screen whose cells hold whole graphemes, where pyte drops most of what has no width of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyte
from pyte import modes
from wcwidth import iter_graphemes, wcswidth

_LONGEST = 32
"""Characters of a grapheme; an emoji has a dozen. What is piled up higher goes on in a cell of its own."""
_LINES = dict(zip(range(0x60, 0x7F), "◆▒␉␌␍␊°±␤␋┘┐┌└┼⎺⎻─⎼⎽├┤┴┬│≤≥π≠£·", strict=True))
"""DEC Special Graphics, in which `lqk` is `┌─┐`: https://vt100.net/docs/vt220-rm/table2-4.html."""


class GraphemeScreen(pyte.Screen):
    """A screen that loses no visible character."""

    def reset(self) -> None:
        """Start anew; both sets of characters are the ordinary one, as in xterm."""
        super().reset()
        self.g1_charset = self.g0_charset

    def define_charset(self, code: str, mode: str) -> None:
        """Choose the first (`mode` is a parenthesis that opens) or the second set of characters; 0 is that of lines."""
        chosen: Any = _LINES if code == "0" else {}
        if mode == "(":
            self.g0_charset = chosen
        else:
            self.g1_charset = chosen

    def draw(self, data: str) -> None:
        """Draw text at the cursor, and move that on."""
        data = data.translate(self.g1_charset if self.charset else self.g0_charset)
        if data.isascii():
            super().draw(data)
            return
        for grapheme in self._whole(data):
            self._put(grapheme)

    def _whole(self, data: str) -> Iterator[str]:
        """Yield the graphemes of text; the first may go on with the one before the cursor, which is taken back."""
        x, before = self._before()
        first = next(iter_graphemes(before + data))
        if before and len(before) < len(first) <= _LONGEST:
            self.cursor.x = x
            data = before + data
        for grapheme in iter_graphemes(data):
            yield from (grapheme[at : at + _LONGEST] for at in range(0, len(grapheme), _LONGEST))

    def _before(self) -> tuple[int, str]:
        """Return where the cell before the cursor is, and what it holds; nothing at the beginning of a row."""
        x, line = self.cursor.x - 1, self.buffer[self.cursor.y]
        while x > 0 and not line[x].data:  # behind what is two cells wide
            x -= 1
        return x, line[x].data if x >= 0 else ""

    def _put(self, grapheme: str) -> None:
        """Draw a grapheme in its cell; the cells behind it that it covers are empty."""
        width = wcswidth(grapheme)
        x, before = self._before()
        if width < 1 and before and len(before + grapheme) <= _LONGEST:  # a vowel sign of Burmese is one by itself
            line = self.buffer[self.cursor.y]
            line[x] = line[x]._replace(data=before + grapheme)
            return
        width = max(1, width)
        if self.cursor.x == self.columns:
            if modes.DECAWM in self.mode:
                self.carriage_return()
                self.linefeed()
            else:
                self.cursor.x = max(0, self.cursor.x - width)
        if modes.IRM in self.mode:
            self.insert_characters(width)
        end = min(self.cursor.x + width, self.columns)
        for x in range(self.cursor.x, end):
            self.buffer[self.cursor.y][x] = self.cursor.attrs._replace(data="" if x > self.cursor.x else grapheme)
        self.cursor.x = end
