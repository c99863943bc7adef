"""A page about the pages: what became of their commands, on what they ran, when, and for how long.

It is Markdown that any generator renders, without styles and scripts: drawings are SVG in the colour of the text. What
others have written stands in it as in `markdown`.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate, pairwise
from pathlib import PurePath
from urllib.parse import quote

from snippetrun.model import ImageFact
from snippetrun.report import badge, engines
from snippetrun.report.markdown import code, escaped
from snippetrun.report.reported import Report, ReportedEngine, ReportedPage, ReportedSnippet, counts
from snippetrun.support.neutralise import plain
from snippetrun.support.units import began, counted

_BREAK = timedelta(minutes=1)
_WIDTH = 200
"""Units of a drawing."""
_SHADES = (0.9, 0.5)
"""Of neighbours."""
_LEAST = 1.5
"""Units of what would be too short to be seen."""
HEAD = """\
---
search: {exclude: true}
---

# Verification

What stands under a command that ran came out of a run. Here is that run, for each page: when it was, what it ran on,
how long it took, and what became of the commands. A command holds if it did what its page expects. A later run that
says the same leaves all of this as it is. Times are UTC.
"""
"""How it begins, whatever became of the pages."""
_PAGES = """\
## Pages

A bar shows when a page ran, in all the time in which pages ran on its engine, without breaks of more than a minute.
"""
_SNIPPETS = """\
## Snippets

A bar shows how a page spent its time: first, faint, the start of its engine; then its snippets, in their order, each as
long as its commands took; and at the end, faint, all that came between and after them.
"""


@dataclass(frozen=True, slots=True)
class _Column:
    """An engine, with its pages and their places on its axis of time."""

    name: str
    heading: str
    """The name with the version."""
    pages: Mapping[str, ReportedPage]
    places: Mapping[str, tuple[float, float]]
    """Begin and end of each page that ran, from 0 to 1."""


def text(report: Report, folder: str, put: Callable[[str], str] = str) -> str:
    """Return the page; `folder` is where it will stand, which links to the others begin at.

    `put` is given each part that is HTML as it is, and returns what stands for it in the text: a renderer of Markdown
    takes its time for thousands of tags.
    """
    columns = [_column(engine) for engine in engines.columns(report)]
    pages = {path: page for column in reversed(columns) for path, page in column.pages.items()}
    paths = list(dict.fromkeys(path for column in columns for path in column.pages if pages[path].commands))
    heads = [column.heading for column in columns]
    rows = ([_link(pages[path], folder), *(_run(column, path) for column in columns)] for path in paths)
    parts = [
        HEAD,
        _table(["All pages", *heads], _facts(report, columns)),
        _PAGES,
        _table(["Page", *heads], rows),
        _SNIPPETS,
        *(f"{put(_details(pages[path], columns))}\n" for path in paths),
        "## Images\n",
        _table(["Image", "Pages", "Origin"], _images(columns)),
    ]
    return "\n".join(parts)


def picture(report: Report) -> str:
    """Return a badge, as SVG: how many commands of those that run hold, on the engine that readers see first."""
    count = counts(report.pages)
    whole = count.commands - count.skipped
    return badge.svg("documented commands", f"{count.passed:,} of {whole:,} hold", count.passed / whole if whole else 0)


def _column(engine: ReportedEngine) -> _Column:
    pages = {page.path: page for page in engine.pages}
    name = engine.name or "Docker Engine"
    return _Column(escaped(name), escaped(engines.heading(engine)), pages, _places(engine.pages))


def _span(page: ReportedPage) -> tuple[datetime, datetime] | None:
    """Return when a page ran; None if it did not."""
    if page.when is None or page.seconds is None:
        return None
    start = began(page.when, page.seconds)
    return start, start + timedelta(seconds=page.seconds)


def _places(pages: Sequence[ReportedPage]) -> dict[str, tuple[float, float]]:
    spans = sorted((*span, page.path) for page in pages if (span := _span(page)))
    places: dict[str, tuple[timedelta, timedelta]] = {}
    origin = latest = spans[0][0] if spans else datetime.min.replace(tzinfo=UTC)
    for start, end, path in spans:
        origin += start - latest if start - latest > _BREAK else timedelta()
        latest = max(latest, end)
        places[path] = start - origin, end - origin
    whole = max((end for _, end in places.values()), default=timedelta()) or timedelta(seconds=1)
    return {path: (start / whole, end / whole) for path, (start, end) in places.items()}


def _facts(report: Report, columns: Sequence[_Column]) -> Iterator[list[str]]:
    """Yield rows of a table about all pages, each with what it says of each engine."""
    every = [list(column.pages.values()) for column in columns]
    sums = [counts(pages) for pages in every]
    yield ["Pages", *(f"{count.pages:,}" for count in sums)]
    if report.untested:
        yield ["Not under test yet", counted(report.untested, "page"), *[""] * (len(columns) - 1)]
    yield ["Snippets", *(f"{count.snippets:,}" for count in sums)]
    yield ["Commands", *(engines.sums(command for page in pages for command in page.commands) for pages in every)]
    ran = [[page.environment for page in pages if page.environment] for pages in every]
    yield ["Docker Engine", *(_told(of.engine for of in environments) for environments in ran)]
    yield ["Linux kernel", *(_told(of.kernel for of in environments) for environments in ran)]
    yield ["snippetrun", *(_told(of.snippetrun for of in environments) for environments in ran)]
    spans = [[span for page in pages if (span := _span(page))] for pages in every]
    yield ["Began", *(f"{min(span)[0]:%Y-%m-%d %H:%M:%S}" if span else "" for span in spans)]
    yield ["Ended", *(f"{max(end for _, end in span):%Y-%m-%d %H:%M:%S}" if span else "" for span in spans)]
    took = [[page.seconds for page in pages if page.seconds is not None] for pages in every]
    yield ["Took, together", *(_took(sum(seconds)) if seconds else "" for seconds in took)]


def _told(values: Iterable[str]) -> str:
    """Return what pages say of one thing, with the number of pages where they do not agree."""
    often = Counter(values)
    if len(often) == 1:
        return escaped(*often)
    return "<br>".join(f"{escaped(value)} ({counted(number, 'page')})" for value, number in often.items())


def _link(page: ReportedPage, folder: str) -> str:
    target = PurePath(os.path.relpath(page.path, folder)).as_posix()
    return f"[{escaped(plain(page.title or page.path))}](<{quote(target)}>)"


def _run(column: _Column, path: str) -> str:
    """Return the cell of a page in the table of pages."""
    page = column.pages.get(path)
    if page is None:
        return ""
    words = engines.sums(page.commands)
    span = _span(page)
    if span is None:
        return words
    bar = _drawing([column.places[path]])
    return f"{bar}<br>{span[0]:%Y-%m-%d %H:%M:%S}, {_took(page.seconds)}<br>{words}"


def _details(page: ReportedPage, columns: Sequence[_Column]) -> str:
    """Return what opens to the snippets of a page, as HTML in which no line is blank."""
    own = [column.pages.get(page.path) for column in columns]
    sizes = counted(sum(bool(snippet.commands) for snippet in page.snippets), "snippet")
    name = f"{escaped(plain(page.title))} {code(page.path)}" if page.title else code(page.path)
    about = (f"<dt>{column.heading}</dt><dd>{_ran_on(of)}</dd>" for column, of in zip(columns, own, strict=True) if of)
    heads = "".join(f"<th>{head}</th>" for head in ["Line", "Commands", *(column.name for column in columns)])
    rows = "\n".join(_row(snippet, [_at(of, number) for of in own]) for number, snippet in enumerate(page.snippets))
    return (
        f"<details><summary>{name}: {sizes}, {counted(len(page.commands), 'command')}</summary>\n"
        f"<dl>{''.join(about)}</dl>\n<table><thead><tr>{heads}</tr></thead><tbody>\n{rows}\n</tbody></table>\n</details>"
    )


def _ran_on(page: ReportedPage) -> str:
    """Return what a page ran on, and how it spent its time."""
    span, environment = _span(page), page.environment
    if span is None or environment is None or not page.seconds:
        return "nothing ran"
    what = f"Docker Engine {environment.engine}, Linux {environment.kernel}, snippetrun {environment.snippetrun}"
    when = f"{span[0]:%Y-%m-%d %H:%M:%S} to {span[1]:%H:%M:%S}, {_took(page.seconds)}"
    boot = page.boot_seconds or 0.0
    ends = list(accumulate(map(_seconds, page.snippets), initial=boot))
    pieces = [(start / page.seconds, end / page.seconds) for start, end in pairwise(ends) if end > start]
    bar = _drawing(pieces[::2], pieces[1::2])
    return f"{bar}<br>{when}, of which {_took(boot)} to start the engine<br>{escaped(what)}"


def _row(snippet: ReportedSnippet, on: Sequence[ReportedSnippet | None]) -> str:
    """Return the row of a snippet, with what became of it on each engine."""
    cells = [str(snippet.line), _does(snippet), *(_became(of) for of in on)]
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _does(snippet: ReportedSnippet) -> str:
    """Return what a snippet does, as far as its author has readers see it."""
    if snippet.options.hide:
        return "not shown"
    if not snippet.commands:
        return f"writes {code(snippet.options.file or '')}"
    first, *more = snippet.commands
    return code(engines.first_line(first.command)) + (f" and {len(more)} more" if more else "")


def _became(snippet: ReportedSnippet | None) -> str:
    if snippet is None or not snippet.commands:
        return ""
    words = engines.sums(snippet.commands)
    ran = any(command.seconds is not None for command in snippet.commands)
    return f"{words}, {_took(_seconds(snippet))}" if ran else words


def _at(page: ReportedPage | None, number: int) -> ReportedSnippet | None:
    return page.snippets[number] if page and number < len(page.snippets) else None


def _seconds(snippet: ReportedSnippet) -> float:
    return sum(command.seconds or 0.0 for command in snippet.commands)


def _took(seconds: float | None) -> str:
    return f"{seconds or 0.0:,.1f} s"


def _images(columns: Sequence[_Column]) -> Iterator[list[str]]:
    """Yield a row for each image that pages had, with the number of pages."""
    pages: dict[ImageFact, set[str]] = {}
    for column in columns:
        for page in column.pages.values():
            for image in page.environment.images if page.environment else ():
                pages.setdefault(image, set()).add(page.path)
    for image in sorted(pages, key=lambda image: (image.name, image.digest)):
        digest = f'<code title="{escaped(image.digest)}">{escaped(image.digest.removeprefix("sha256:")[:12])}</code>'
        stand_in = f"<br>Stand-in: {escaped(plain(image.stand_in))}" if image.stand_in else ""
        yield [f"{code(image.name)}<br>{digest}", f"{len(pages[image]):,}", escaped(plain(image.origin)) + stand_in]


def _drawing(*shades: Sequence[tuple[float, float]]) -> str:
    """Return a bar with pieces in it, by shade, each from where to where, from 0 to 1. Words beside it say the same."""
    ground = _shape([(0.0, 1.0)], 0.12)
    shapes = "".join(_shape(pieces, shade) for pieces, shade in zip(shades, _SHADES, strict=False))
    return (
        f'<svg viewBox="0 0 {_WIDTH} 8" width="100%" height="8" preserveAspectRatio="none" fill="currentColor" '
        f'aria-hidden="true">{ground}{shapes}</svg>'
    )


def _shape(pieces: Iterable[tuple[float, float]], shade: float) -> str:
    """Return pieces of a bar as one path: `M20 0h5v8h-5z` is the piece from 0.1 to 0.125."""
    sizes = ((_WIDTH * start, max(_WIDTH * (end - start), _LEAST)) for start, end in pieces)
    path = "".join(f"M{start:.1f} 0h{size:.1f}v8h-{size:.1f}z" for start, size in sizes)
    return f'<path d="{path}" opacity="{shade}"/>'


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(cells)} |" for cells in (heads, *rows)]
    return "\n".join([lines[0], "|---" * len(heads) + "|", *lines[1:], ""])
