"""The generated part of docs/reference/benchmarks.md: what was measured beside what is wanted, and all samples.

Run it to write the page anew from benchmarks/figures.json: `make bench` does, once it has measured.
"""

from __future__ import annotations

import html
import json
import re
import statistics
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench import ROWS
from builds import HERE
from figures import Row
from plots import WIDTH, Plot, Way, drawing, height

FIGURES = HERE / "benchmarks/figures.json"
PAGE = HERE / "docs/reference/benchmarks.md"
TYPED = "Each command is typed into a terminal, whose screen is drawn until the command has ended."
REASONS = {
    "cold": "Sandboxes of several pages start and run at once only as far as there are processors.",
    "boot": "Programs set the page's world up, then its own dockerd and containerd start.",
    "life": "The start of the page's own daemons and the nested run take about a third each; most of the rest is the "
    "programs that set its world up.",
    "echoes": TYPED,
    "others": TYPED,
    "runs": TYPED,
    "replay": "Our modules are imported, what is kept of each page is read, and the page about all pages is made.",
    "reading": "Beside the blocks, fences and prompts are read, and Python-Markdown's own parser has a look at "
    "sections that it may show otherwise.",
    "saved": "MkDocs looks for changes twice a second; the page is rendered twice, and its command runs between.",
    "edit": "The page is rendered twice as well, and MkDocs looks for changes twice a second.",
    "changed": "All pages are read, and held against their recordings and against the commit.",
}
"""Where the rest goes, by row: it is told if the goal is missed on a machine that did nothing else."""
BEGIN, END = "<!-- make bench -->\n\n", "<!-- end -->"


@dataclass(frozen=True)
class Group:
    """Rows whose samples are drawn together."""

    name: str
    title: str
    rows: Sequence[str]


GROUPS = (
    Group("sandbox", "A page in its sandbox", ("cold", "boot", "life", "echoes", "runs")),
    Group("build", "A build that runs nothing", ("replay", "reading")),
    Group("preview", "A page under mkdocs serve", ("saved", "edit")),
    Group("many", "Many pages", ("many", "memory", "changed")),
)


def page(text: str, figures: Mapping[str, Any], draw: Callable[[Group, Sequence[Plot]], str]) -> str:
    """Return the page with these figures; `draw` returns the elements of a group's drawing."""
    before, _, rest = text.partition(BEGIN)
    drawn = ((group, plots(group, figures)) for group in GROUPS)
    made = [_measured_on(figures), _table(figures), *(_figure(*of, draw(*of)) for of in drawn if of[1])]
    return f"{before}{BEGIN}" + "".join(f"{part}\n\n" for part in made) + END + rest.partition(END)[2]


def plots(group: Group, figures: Mapping[str, Any]) -> list[Plot]:
    """Return what is drawn of a group."""
    rows = [row for row in ROWS if row.name in group.rows and row.name in figures]
    return [Plot(f"{row.name}, {row.samples_in}", list(_ways(figures[row.name]))) for row in rows]


def _ways(figure: Mapping[str, Any]) -> Iterator[Way]:
    for name, samples in figure["samples"].items():
        yield Way(name, samples, name not in figure["peers"])


def _measured_on(figures: Mapping[str, Any]) -> str:
    """Return when each row was measured, of which version, and on what: most often all at once."""
    runs: dict[tuple[str, str, str], list[str]] = {}
    for name, figure in figures.items():
        runs.setdefault((figure["when"], figure["version"], figure["machine"]), []).append(name)
    return "\n".join(
        f"- {', '.join(names) if len(runs) > 1 else 'All rows'}: {when}, snippetrun {version}, {machine}."
        for (when, version, machine), names in runs.items()
    )


def _table(figures: Mapping[str, Any]) -> str:
    lines: list[Iterable[str]] = [("what", "wanted", "measured", "met"), ("---", "---", "---", "---")]
    lines += [(f"**{row.name}**: {row.what}", row.wanted, *_measured(row, figures.get(row.name))) for row in ROWS]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _measured(row: Row, figure: Mapping[str, Any] | None) -> tuple[str, str]:
    if figure is None:
        return "not yet", ""
    value = row.shown(figure["value"]) + (f" ({figure['note']})" if figure["note"] else "")
    if row.met(figure["value"]):
        return value, "Yes"
    if _was_busy(figure):
        return value, "No, on a busy machine"
    return value, f"No. {REASONS.get(row.name, 'Nobody knows yet why.')}"


def _was_busy(figure: Mapping[str, Any]) -> bool:
    """Tell whether a processor had other work when a run began: then nobody knows why a row missed."""
    load = re.search(r"load ([\d.]+)", figure["machine"])
    return load is not None and float(load[1]) >= 1


def _figure(group: Group, drawn: Sequence[Plot], elements: str) -> str:
    name = f"cost-{group.name}"
    labels = f'role="img" aria-labelledby="{name}-t" aria-describedby="{name}-d" data-search-exclude'
    return "\n".join((
        '<figure class="diagram">',
        f'<svg viewBox="0 0 {WIDTH} {height(drawn)}" {labels}>',
        f'<title id="{name}-t">{group.title}: what each round took</title>',
        f'<desc id="{name}-d">Medians. {html.escape(" ".join(map(_described, drawn)))}</desc>',
        elements,
        "</svg>",
        f"<figcaption>{group.title}</figcaption>",
        "</figure>",
    ))  # fmt: skip


def _described(plot: Plot) -> str:
    """Return a sentence with the median of each way."""
    row, unit = plot.title.split(", ")
    medians = (f"{way.name} {statistics.median(way.samples):.3g} {unit}" for way in plot.ways)
    return f"{row}: {', '.join(medians)}."


if __name__ == "__main__":
    known = json.loads(FIGURES.read_text(encoding="utf-8"))
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8"), known, lambda _, drawn: drawing(drawn)), encoding="utf-8")
