"""Samples as drawings for a page of the site: SVG that has the page's colours and fonts, in both schemes."""

from __future__ import annotations

import io
import re
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as ET

WIDTH = 328
"""As wide as the other drawings of the site: what a 360 px phone has to spare."""
LEFT, RIGHT = 118, 14
"""What is left of the axis, for the names of ways, and right of it."""
_TITLE, _WAY, _AXIS = 22, 20, 34
"""How high a row's title is, each of its ways, and the numbers below with the room that follows."""
_NUMBER = re.compile(r"-?\d+\.\d+")


@dataclass(frozen=True)
class Way:
    """What each round of one way took."""

    name: str
    samples: Sequence[float]
    ours: bool


@dataclass(frozen=True)
class Plot:
    """The ways of one row, which share an axis that begins at zero."""

    title: str
    ways: Sequence[Way]

    @property
    def height(self) -> int:
        """Return how high it is drawn."""
        return _TITLE + _WAY * len(self.ways) + _AXIS


def height(plots: Sequence[Plot]) -> int:
    """Return how high several plots are, one below the other."""
    return sum(plot.height for plot in plots)


def drawing(plots: Sequence[Plot]) -> str:
    """Return the elements of an SVG of `WIDTH` by `height(plots)`, a line each, with the classes of diagrams.css."""
    import matplotlib as mpl  # whoever looks at figures alone need not have it
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    high, top = height(plots), 0
    figure = Figure(figsize=(WIDTH / 72, high / 72), dpi=72)
    for plot in plots:
        drawn = _WAY * len(plot.ways)
        figure.text(0, 1 - (top + 15) / high, plot.title, gid="name")
        box = (LEFT / WIDTH, 1 - (top + _TITLE + drawn) / high, (WIDTH - LEFT - RIGHT) / WIDTH, drawn / high)
        axes = figure.add_axes(box, frameon=False)
        axes.set_xlim(0, 1.05 * max(max(way.samples) for way in plot.ways))
        axes.set_ylim(len(plot.ways) - 0.5, -0.5)
        axes.set_yticks(range(len(plot.ways)), [way.name for way in plot.ways])
        axes.xaxis.set_major_locator(MaxNLocator(4))
        axes.grid(axis="x", gid="grid")
        axes.tick_params(length=0, labelsize=12)
        for number, way in enumerate(plot.ways):
            median = statistics.median(way.samples)
            axes.plot(way.samples, [number] * len(way.samples), "o", gid="accent" if way.ours else "box", clip_on=False)
            axes.plot([median, median], [number - 0.4, number + 0.4], gid="line")
        top += plot.height
    written = io.StringIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "snippetrun"}):
        figure.savefig(written, format="svg", transparent=True, metadata={"Date": None})
    return "\n".join(_elements(ET.fromstring(written.getvalue()), ""))  # noqa: S314 - a library has just written it


def _elements(parent: ET.Element, kind: str) -> Iterator[str]:
    """Yield what is to be seen below an element, without the colours, fonts and ids that it was written with."""
    for child in parent:
        name, style = child.tag.rpartition("}")[2], child.get("style", "")
        if name == "g":
            identity = child.get("id", "")
            yield from _elements(child, identity if identity in {"name", "grid", "line", "accent", "box"} else kind)
        elif name == "use" and kind in {"accent", "box"}:
            yield f'<circle class="{kind}" cx="{_short(child.get("x", ""))}" cy="{_short(child.get("y", ""))}" r="3"/>'
        elif name == "path" and kind in {"grid", "line"}:
            yield f'<path class="{kind}" d="{_short(" ".join(child.get("d", "").split()))}"/>'
        elif name == "text":
            anchor = {"middle": "mid", "end": "end"}.get(style.partition("text-anchor: ")[2].partition(";")[0], "")
            classes = " ".join(filter(None, [kind if kind == "name" else "", anchor]))
            place = f'x="{_short(child.get("x", ""))}" y="{_short(child.get("y", ""))}"'
            yield f'<text class="{classes}" {place}>{child.text}</text>'.replace(' class=""', "")


def _short(numbers: str) -> str:
    """Return numbers with one digit behind the point."""
    return _NUMBER.sub(lambda found: f"{float(found[0]):.1f}".removesuffix(".0"), numbers)
