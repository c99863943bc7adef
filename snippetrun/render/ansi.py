"""Terminal text -> HTML: colours become spans, every other control sequence disappears.

The grammar of control sequences is that of `snippetrun.support.neutralise`; what colours mean is in
`snippetrun.support.sgr`.

All that comes from the text goes through `escaped`; all else that is written is made of constants and of
integers between 0 and 255, so no input can make a tag or an attribute of its own.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from snippetrun.render.markup import Html, escaped
from snippetrun.support.masks import masked
from snippetrun.support.neutralise import CONTROL, visible
from snippetrun.support.sgr import Colour, Rgb, Style, pieces

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

Spans: TypeAlias = "Sequence[tuple[int, int]]"
"""From and to which index of a text without its colours; in order, and apart."""


def to_html(text: str, varies: Spans = ()) -> Html:
    """Return `text` escaped, its colours, and what `varies` in it, as spans that never cross a line.

    Of the control characters only tab and newline remain, and secrets are masked.
    """
    shown = visible(masked(text))
    if shown != text:  # the places are others now
        varies = ()
    if not varies and not CONTROL.search(shown):
        return Html(escaped(shown))
    styled = (part for part in pieces(shown, CONTROL) if part[1])
    return Html("".join(_span(*part) for part in _marked(styled, varies)))


def _marked(styled: Iterable[tuple[Style, str]], varies: Spans) -> Iterator[tuple[Style, str, bool]]:
    """Cut pieces where what varies begins and ends, and tell whether each of them varies."""
    edges = [edge for span in varies for edge in span]
    passed = at = 0
    for style, piece in styled:
        start = 0
        while passed < len(edges) and edges[passed] < at + len(piece):
            yield style, piece[start : edges[passed] - at], bool(passed % 2)
            start = edges[passed] - at
            passed += 1
        yield style, piece[start:], bool(passed % 2)
        at += len(piece)


def _span(style: Style, piece: str, varies: bool) -> str:  # noqa: FBT001 - a part of what `_marked` yields
    safe = escaped(piece)
    begin, end = _tags(style, varies)
    return "\n".join(f"{begin}{line}{end}" if line else "" for line in safe.split("\n")) if begin else safe


@lru_cache(maxsize=1000)
def _tags(style: Style, varies: bool) -> tuple[str, str]:  # noqa: FBT001 - as above
    spans = _spans(style, ["varies"] if varies else [])
    begin = "".join(f'<span class="{" ".join(f"sr-{name}" for name in classes)}">' for classes in spans)
    return begin, "</span>" * len(spans)


def _spans(style: Style, more: list[str]) -> list[list[str]]:
    """Return the classes of a span, with `more` marks, and those of one within; none where all is plain text.

    A background decides the colour of its text: on one of the palette that is the page's own (in the
    stylesheet), on another it is black or white, unless the program chose both and so their contrast.
    """
    classes = sorted([*style.marks - {"inverse"}, *more])
    foreground, background = map(_drawn, (style.foreground, style.background))
    if "inverse" in style.marks:
        foreground, background = background, foreground
        if background is None:
            classes.append("bg-default")
    if isinstance(background, int):
        classes.append(f"bg-{background}")
    elif background:
        classes += ["bg-own", *_digits(background)]
        if isinstance(foreground, tuple):
            return [classes, ["fg-exact", *_digits(foreground)]]
        classes.append(_readable_on(background))
    elif isinstance(foreground, int):
        classes.append(f"fg-{foreground}")
    elif foreground:
        classes += ["fg-own", *_digits(foreground)]
    return [classes] if classes else []


def _digits(colour: Rgb) -> list[str]:
    """Return a class for each digit of `#ff8700`: `1f`, `2f`, `38` ...; a page may be forbidden to have styles."""
    return [f"{place}{digit}" for place, digit in enumerate("{:02x}{:02x}{:02x}".format(*colour), 1)]


def _readable_on(colour: Rgb) -> str:
    """Return the class of black or white, whichever differs more from `colour` (relative luminance of WCAG 2.2)."""
    red, green, blue = ((value / 255) ** 2.2 for value in colour)
    return "fg-black" if 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.18 else "fg-white"


def _drawn(colour: Colour) -> Colour:
    """Return a colour of 256 as xterm draws it: the palette's 16, then a cube of 6 x 6 x 6, then 24 greys."""
    if not isinstance(colour, int) or colour < 16:
        return colour
    if colour >= 232:
        grey = 8 + 10 * (colour - 232)
        return grey, grey, grey
    red, green, blue = ((colour - 16) // step % 6 for step in (36, 6, 1))
    return _level(red), _level(green), _level(blue)


def _level(step: int) -> int:
    return 55 + 40 * step if step else 0
