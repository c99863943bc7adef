"""What one command's terminal showed, in order: output, and what was typed into it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from snippetrun.model import Piece, PieceKind, printed
from snippetrun.support.sgr import uncoloured
from snippetrun.terminal import screen
from snippetrun.terminal.inputs import is_keys

_COLOURS = rb"(?:\x1b\[[0-9:;]*m)*"
_LINE_BYTES = 50
"""What a line counts for at least: a limit of a million bytes is one of 20,000 lines too."""
_LINE_FEEDS = 4
"""How many for each line that may be shown: displays are drawn over again and again, but not without end."""
_MOST_ECHO = 100
"""Lines that may be the echo of one."""
_TAIL = 4096
"""Bytes from the end among which the line of the cursor is looked for."""


@dataclass(frozen=True, slots=True)
class _Typed:
    """Something that was typed, and where in the output that happened."""

    offset: int
    text: str
    line: int
    secret: bool


class Transcript:
    """Takes bytes as they come, and what is typed between them; makes pieces of it in the end."""

    def __init__(self, limit: int) -> None:
        """Start empty; bytes beyond `limit` are counted and dropped."""
        self._output = bytearray()
        self._line_feeds = 0
        self._limit, self._most_lines = limit, limit // _LINE_BYTES + 1
        self._typed: list[_Typed] = []
        self.noted: list[tuple[float, int]] = []
        """Moments, in tenths of a second, and how many bytes had come by then."""
        self.truncated_bytes = 0

    def __len__(self) -> int:
        return len(self._output)

    @property
    def raw(self) -> str:
        """The output as it came."""
        return self._output.decode(errors="replace")

    @property
    def typed(self) -> bool:
        """Whether anything was typed."""
        return bool(self._typed)

    @property
    def typed_secret(self) -> bool:
        """Whether anything was typed that nobody must see."""
        return any(typed.secret for typed in self._typed)

    @property
    def answered(self) -> bool:
        """Whether what was typed last has gone in: Enter moves the cursor to a new line, with echo or without."""
        if not self._typed:
            return True
        last = self._typed[-1]
        return len(self) > last.offset if is_keys(last.text) else self._output.find(b"\n", last.offset) >= 0

    def feed(self, data: bytes) -> None:
        """Take output."""
        room = self._limit - len(self._output) if self._line_feeds < _LINE_FEEDS * self._most_lines else 0
        kept = data[:room]
        self._output += kept
        self._line_feeds += kept.count(b"\n")
        self.truncated_bytes += len(data) - len(kept)

    def note(self, seconds: float) -> None:
        """Take note that all that is there has come by this moment."""
        moment = round(seconds, 1)
        if self.noted and self.noted[-1][0] == moment:
            self.noted.pop()
        if len(self) > (self.noted[-1][1] if self.noted else 0):
            self.noted.append((moment, len(self)))

    def until(self, end: int) -> Transcript:
        """Return what it was when byte `end` had not come yet."""
        earlier = Transcript(self._limit)
        earlier.feed(bytes(self._output[:end]))
        earlier._typed = [typed for typed in self._typed if typed.offset <= end]
        return earlier

    def drop(self, start: int, echo: bytes) -> bool:
        """Take out the echo of what is no input of the page's; tell whether it was there, behind byte `start`."""
        at = self._output.find(echo, start) if echo else -1
        if at >= 0:
            del self._output[at : at + len(echo)]
            self.noted = [(when, count - len(echo) if count > at else count) for when, count in self.noted]
        return at >= 0

    def type(self, text: str, line: int, *, secret: bool = False) -> None:
        """Take note that this text is typed now, as line `line` of the page says."""
        self._typed.append(_Typed(len(self._output), text, line, secret))

    @property
    def start_of_line(self) -> int:
        """Where the line of the cursor begins, for programs that do not move it up."""
        return self._output.rfind(b"\n") + 1

    def prompt(self) -> str:
        """Return what stands in the line of the cursor, up to the cursor and without colours."""
        return screen.cursor_line(bytes(self._output[max(self.start_of_line, len(self) - _TAIL) :]))

    def cursor(self, end: int) -> tuple[int, int]:
        """Return the row and the column of the cursor at byte `end`, from 1, for programs that do not move it up."""
        row = self._output.count(b"\n", 0, end) + 1
        start = max(self._output.rfind(b"\n", 0, end) + 1, end - _TAIL)
        column = len(screen.cursor_line(bytes(self._output[start:end]))) + 1
        return min(row, screen.ROWS), min(column, screen.COLUMNS)

    def text(self) -> str:
        """Return all of it as text, typed or not, within the limit."""
        return "".join(
            piece.text for piece in self._within(printed(screen.text(bytes(self._output), self._most_lines)))
        )

    def since(self) -> list[str]:
        """Return the lines that came since something was last typed, without colours and without the cursor's line."""
        last = self._typed[-1] if self._typed else None
        shown = uncoloured(screen.text(bytes(self._output[last.offset if last else 0 :]), self._most_lines))
        lines = shown.split("\n")[:-1]
        if last and lines:  # the first lines are or begin with the echo
            rest = lines[0].removeprefix(last.text) if is_keys(last.text) else ""
            lines[: _echo_lines(last.text, lines)] = [rest] if rest else []
        return lines

    def end_of(self, text: str, start: int) -> int | None:
        """Return where the line ends in which `text` stands, looked for from byte `start` on; None if it is not there.

        Colours within the text do not matter. A line that has not ended yet ends with the last byte.
        """
        letters = (re.escape(letter.encode()) for letter in text)
        match = re.compile(_COLOURS.join(letters)).search(self._output, start)
        if not match:
            return None
        line_feed = self._output.find(b"\n", match.end())
        return line_feed + 1 if line_feed >= 0 else len(self._output)

    def is_within_line(self, end: int) -> bool:
        """Whether the output up to byte `end` is all there is, and its last line has not ended."""
        return end == len(self._output) and not self._output.endswith(b"\n")

    def take_back(self, end: int) -> bytes:
        """Give back the output from byte `end` on: it is for whoever reads next."""
        rest = bytes(self._output[end:])
        del self._output[end:]
        self.noted = [(when, min(count, end)) for when, count in self.noted]
        return rest

    def pieces(self) -> tuple[Piece, ...]:
        """Return all of it as a person was left looking at it, within the limit."""
        if not self._typed:
            return tuple(self._within(printed(screen.text(bytes(self._output), self._most_lines))))
        lines, places = screen.lines_with_places(
            bytes(self._output), [typed.offset for typed in self._typed], self._most_lines
        )
        split = _split(lines, zip(places, self._typed, strict=True))
        return tuple(piece for piece in self._within(split) if piece.text)

    def _within(self, pieces: Iterable[Piece]) -> Iterator[Piece]:
        """Yield pieces up to the last line that there is room for; what is more is counted."""
        room = self._most_lines
        for piece in pieces:
            lines = piece.text.split("\n", room)
            room -= len(lines) - 1
            if room:
                yield piece
                continue
            rest = lines.pop()
            self.truncated_bytes += len(rest.encode())
            yield replace(piece, text="".join(f"{line}\n" for line in lines))


def _split(lines: Sequence[screen.Cells], typed: Iterable[tuple[tuple[int, int], _Typed]]) -> Iterator[Piece]:
    """Cut the lines of a screen where something was typed."""
    here = (0, 0)
    for place, what in typed:
        line, column = place
        if place < here:  # a program has drawn over it since
            continue
        yield Piece(PieceKind.OUTPUT, _between(lines, here, place))
        rest = lines[line][column:] if line < len(lines) else ()
        if is_keys(what.text):
            echo = _echo(what.text, screen.unstyled(rest))
            here = line, column + echo
            more = len(rest) > echo or line >= len(lines)
            yield Piece(PieceKind.KEYS, what.text + ("\n" if more else ""), what.line)
        else:
            shown = screen.unstyled(rest)
            count = _echo_lines(what.text, [shown, *map(screen.unstyled, lines[line + 1 : line + _MOST_ECHO])])
            text = "" if what.secret else shown if count == 1 else what.text
            yield Piece(PieceKind.INPUT, f"{text}\n", what.line)
            here = line + count, 0
    yield Piece(PieceKind.OUTPUT, _between(lines, here, (len(lines), 0)))


def _echo_lines(typed: str, lines: Sequence[str]) -> int:
    """Return how many lines are the echo of what was typed: busybox's shell ends a line itself where the margin is."""
    rest = typed.replace(" ", "")
    for count, line in enumerate(lines, 1):
        text = line.replace(" ", "")
        if not text or not rest.startswith(text):
            return 1
        rest = rest[len(text) :]
        if not rest:
            return count
    return 1


def _echo(keys: str, shown: str) -> int:
    """Return how much of what is shown is the echo of keys: all of them, only the first ones, or none."""
    length = len(keys)
    while not shown.startswith(keys[:length]):
        length -= 2
    return length


def _between(lines: Sequence[screen.Cells], start: tuple[int, int], end: tuple[int, int]) -> str:
    """Return what stands between two places; a line that ends before the second is filled with blanks."""
    if end[0] >= len(lines):
        return _between(lines, start, (len(lines) - 1, len(lines[-1]))) + "\n" if start < (len(lines), 0) else ""
    if start[0] == end[0]:
        cells = list(lines[end[0]][start[1] : end[1]])
        return screen.styled(cells) + " " * (end[1] - start[1] - len(cells))
    first, *others = lines[start[0] : end[0] + 1]
    last = others.pop()
    whole = [screen.styled(cells) for cells in (first[start[1] :], *others)]
    blanks = " " * max(0, end[1] - len(last))
    return "\n".join([*whole, screen.styled(last[: end[1]]) + blanks])
