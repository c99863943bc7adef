"""Terminal text -> HTML: colours become spans, every other control sequence disappears.

The grammar of control sequences is that of `snippetrun.support.neutralise`; the meaning of SGR is ECMA-48 section
8.3.117, with the colours of ISO 8613-6 (38, 48) as xterm reads them: `38;5;n` and `38:5:n` alike.

All that comes from the text goes through `_escape`; all else that is written is made of constants and of
integers between 0 and 255, so no input can make a tag, an attribute or a style of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING, Final, TypeAlias

from snippetrun.support.masks import masked
from snippetrun.support.neutralise import CONTROL, plain, visible, whole

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Rgb: TypeAlias = tuple[int, int, int]
Colour: TypeAlias = int | Rgb | None
"""One of the 16 colours of the palette, a colour of its own, or what the terminal has by default."""
Spans: TypeAlias = "Sequence[tuple[int, int]]"
"""From and to which index of a text without its colours; in order, and apart."""

_TEMPLATES: Final = str.maketrans({"{": "&#123;", "}": "&#125;"})
"""What a template engine or an attribute list would look for: `{{ config }}`, `{% raw %}`, `{: onclick=x}`."""
_ON: Final = {1: "bold", 2: "dim", 3: "italic", 4: "underline", 7: "inverse", 9: "strike", 21: "underline"}
_OFF: Final = {22: {"bold", "dim"}, 23: {"italic"}, 24: {"underline"}, 27: {"inverse"}, 29: {"strike"}}
_COLOUR_FOLLOWS: Final = (38, 48, 58)


@dataclass(frozen=True, slots=True)
class Style:
    """How the terminal would draw the next character."""

    foreground: Colour = None
    background: Colour = None
    marks: frozenset[str] = frozenset()
    """Of bold, dim, italic, underline, inverse, strike; and varies, which no terminal knows."""


def to_html(text: str, varies: Spans = ()) -> str:
    """Return `text` escaped, its colours, and what `varies` in it, as spans that never cross a line.

    Of the control characters only tab and newline remain, and secrets are masked.
    """
    shown = visible(masked(text))
    if shown != text:  # the places are others now
        varies = ()
    if not varies and not CONTROL.search(shown):
        return _escape(shown)
    return "".join(_span(style, piece) for style, piece in _marked(_pieces(shown), varies))


def to_text(text: str) -> str:
    """Return `text` escaped, for an element or a quoted attribute, as plain text is: without colours and controls."""
    return _escape(plain(text))


def _pieces(text: str) -> Iterator[tuple[Style, str]]:
    style, start = Style(), 0
    for control in CONTROL.finditer(text):
        yield style, text[start : control.start()]
        start = control.end()
        if control["sgr"] is not None:
            style = _select(style, control["sgr"])
    yield style, text[start:]


def _marked(pieces: Iterator[tuple[Style, str]], varies: Spans) -> Iterator[tuple[Style, str]]:
    """Cut pieces where what varies begins and ends, and mark it."""
    edges = [edge for span in varies for edge in span]
    passed = at = 0
    for style, piece in pieces:
        start = 0
        while passed < len(edges) and edges[passed] < at + len(piece):
            yield _varying(style, passed), piece[start : edges[passed] - at]
            start = edges[passed] - at
            passed += 1
        yield _varying(style, passed), piece[start:]
        at += len(piece)


def _varying(style: Style, passed: int) -> Style:
    """Return the style behind so many edges: each other one begins what varies."""
    return replace(style, marks=style.marks | {"varies"}) if passed % 2 else style


def _span(style: Style, piece: str) -> str:
    safe = _escape(piece)
    attributes = _attributes(style)
    if not attributes:
        return safe
    lines = (f"<span{attributes}>{line}</span>" if line else "" for line in safe.split("\n"))
    return "\n".join(lines)


def _escape(piece: str) -> str:
    return escape(whole(piece)).translate(_TEMPLATES)


def _select(style: Style, parameters: str) -> Style:
    """Apply one SGR sequence; what is unknown or out of range changes nothing."""
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
        return _indexed(values[0])
    return None


def _indexed(index: int) -> Colour:
    """Colour `index` of 256: the palette, then a cube of 6 x 6 x 6, then 24 greys, as xterm has them."""
    if index < 16:
        return index
    if index >= 232:
        grey = 8 + 10 * (index - 232)
        return grey, grey, grey
    red, green, blue = ((index - 16) // step % 6 for step in (36, 6, 1))
    return _level(red), _level(green), _level(blue)


def _level(step: int) -> int:
    return 55 + 40 * step if step else 0


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


def _attributes(style: Style) -> str:
    """Return the class and the style of a span; empty where nothing differs from plain text.

    A background decides the colour of its text: on one of the palette that is the page's own (in the
    stylesheet), on another it is black or white, unless the program chose both and so their contrast.
    """
    classes = sorted(style.marks - {"inverse"})
    rules = []
    foreground, background = style.foreground, style.background
    if "inverse" in style.marks:
        foreground, background = background, foreground
        if background is None:
            classes.append("bg-default")
    if isinstance(background, int):
        classes.append(f"bg-{background}")
    elif background:
        text = foreground if isinstance(foreground, tuple) else _readable_on(background)
        rules += [f"color:{_hex(text)}", f"background-color:{_hex(background)}"]
    elif isinstance(foreground, int):
        classes.append(f"fg-{foreground}")
    elif foreground:
        classes.append("fg-own")
        rules.append(f"--sr-own:{_hex(foreground)}")
    named = f' class="{" ".join(f"sr-{name}" for name in classes)}"' if classes else ""
    return named + (f' style="{";".join(rules)}"' if rules else "")


def _hex(colour: Rgb) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)


def _readable_on(colour: Rgb) -> Rgb:
    """Return black or white, whichever differs more from `colour` (relative luminance of WCAG 2.2)."""
    red, green, blue = ((value / 255) ** 2.2 for value in colour)
    return (0, 0, 0) if 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.18 else (255, 255, 255)
