"""Colours and the like: the only control sequences that recorded output keeps (SGR).

What they mean is ECMA-48 section 8.3.117, with the colours of ISO 8613-6 (38, 48) as xterm reads them: `38;5;n` and
`38:5:n` alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from operator import itemgetter
from typing import Final, TypeAlias

SEQUENCE = r"\x1b\[[0-9;]*m"
# \x1b[1;32m
_SEQUENCE = re.compile(r"\x1b\[(?P<sgr>[0-9;]*)m")
_RESET = "\x1b[0m"
Rgb: TypeAlias = tuple[int, int, int]
Colour: TypeAlias = int | Rgb | None
"""One of the 256 colours of the palette, a colour of its own, or what the terminal has by default."""
_ON: Final = {1: "bold", 2: "dim", 3: "italic", 4: "underline", 7: "inverse", 9: "strike", 21: "underline"}
_OFF: Final = {22: {"bold", "dim"}, 23: {"italic"}, 24: {"underline"}, 27: {"inverse"}, 29: {"strike"}}
_COLOUR_FOLLOWS: Final = (38, 48, 58)


@dataclass(frozen=True, slots=True)
class Style:
    """How the terminal would draw the next character."""

    foreground: Colour = None
    background: Colour = None
    marks: frozenset[str] = frozenset()
    """Of bold, dim, italic, underline, inverse, strike."""

    @property
    def sequence(self) -> str:
        r"""The one sequence that leads to it from plain text: `\x1b[1;32m`; empty for plain text."""
        codes = [str(code) for code, mark in _ON.items() if mark in self.marks and code != 21]  # drawn as 4 is
        for colour, code in ((self.foreground, 30), (self.background, 40)):
            if isinstance(colour, int):
                plain, bright = code + colour, code + 52 + colour
                codes.append(str(plain if colour < 8 else bright) if colour < 16 else f"{code + 8};5;{colour}")
            elif colour:
                codes.append(f"{code + 8};2;" + ";".join(map(str, colour)))
        return f"\x1b[{';'.join(codes)}m" if codes else ""


def uncoloured(text: str) -> str:
    """Return recorded text without its colours."""
    return _SEQUENCE.sub("", text)


def pieces(text: str, controls: re.Pattern[str] = _SEQUENCE) -> Iterator[tuple[Style, str]]:
    """Yield text piece by piece, each with its style, without what `controls` finds; its group `sgr` sets the style."""
    style, start = Style(), 0
    for control in controls.finditer(text):
        yield style, text[start : control.start()]
        start = control.end()
        if control["sgr"] is not None:
            style = selected(style, control["sgr"])
    yield style, text[start:]


def lines(text: str) -> Iterator[str]:
    r"""Yield the lines of recorded text, each with all of its colours, in one form: `\x1b[32ma\nb` is two green lines.

    Behind each piece of a style stands a reset, as if it began and ended with that piece.
    """
    line = ""
    for style, piece in _styled(text):
        first, *below = piece.split("\n")
        line += _painted(style, first)
        for part in below:
            yield line
            line = _painted(style, part)
    yield line


def _styled(text: str) -> Iterator[tuple[Style, str]]:
    """Yield recorded text in as few pieces as have a style each; none is empty."""
    for style, same in groupby((piece for piece in pieces(text) if piece[1]), itemgetter(0)):
        yield style, "".join(piece for _, piece in same)


def _painted(style: Style, piece: str) -> str:
    begin = style.sequence if piece else ""
    return f"{begin}{piece}{_RESET}" if begin else piece


def colours(text: str) -> list[Style]:
    r"""Return the styles of recorded text, in their order: of `\x1b[32mok\x1b[0m web` green, and plain."""
    return [style for style, _ in _styled(text)]


def spelt(text: str) -> str:
    r"""Return recorded text with its colours as people write them: `\e[32mok\e[0m`."""
    return _SEQUENCE.sub(lambda match: rf"\e{match[0][1:]}", text)


def spelt_colours(text: str) -> list[str]:
    r"""Return the colours of text in which they are spelt: `\e[32mok\e[0m` -> `["\e[32m", "\e[0m"]`."""
    return re.findall(r"\\e\[[0-9;]*m", text)


def selected(style: Style, parameters: str) -> Style:
    """Return a style after one SGR sequence; what is unknown or out of range changes nothing."""
    codes = iter([[_number(part) for part in code.split(":")] for code in parameters.split(";")])
    for code, *details in codes:
        if code == 0:
            style = Style()
        elif code in _COLOUR_FOLLOWS:
            colour = _own_colour(details[0], details[1:]) if details else _colour_from(codes)
            style = style if colour is None else _paint(style, code, colour)
        elif code == 4 and details[:1] == [0]:
            style = replace(style, marks=style.marks - {"underline"})
        elif code in _ON:
            style = replace(style, marks=style.marks | {_ON[code]})
        elif code in _OFF:
            style = replace(style, marks=style.marks - _OFF[code])
        else:
            style = _palette(style, code)
    return style


def _number(digits: str) -> int:
    if not digits:
        return 0
    return int(digits) if len(digits) < 4 else -1


def _colour_from(codes: Iterator[list[int]]) -> Colour:
    """Take the codes that belong to `38;5;n` or `38;2;r;g;b`."""
    kind = next(codes, [-1])[0]
    return _own_colour(kind, [next(codes, [-1])[0] for _ in range({5: 1, 2: 3}.get(kind, 0))])


def _own_colour(kind: int, values: list[int]) -> Colour:
    if kind == 2 and len(values) >= 3:
        # With colons a colour space stands before the three, mostly empty: `38:2::r:g:b`.
        red, green, blue = values[1:4] if len(values) > 3 else values
        return (red, green, blue) if all(0 <= value <= 255 for value in (red, green, blue)) else None
    if kind == 5 and values and 0 <= values[0] <= 255:
        return values[0]
    return None


def _palette(style: Style, code: int) -> Style:
    for first, offset in ((30, 0), (40, 0), (90, 8), (100, 8)):
        if first <= code < first + 8:
            return _paint(style, first, code - first + offset)
    return _paint(style, code, None) if code in {39, 49} else style


def _paint(style: Style, code: int, colour: Colour) -> Style:
    if code in {30, 38, 39, 90}:
        return replace(style, foreground=colour)
    if code in {40, 48, 49, 100}:
        return replace(style, background=colour)
    return style
