"""A run as Markdown: the summary of a CI job, or the text of an issue.

What others have written stands in code, where it is neither mark-up nor a mention of anybody.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import accumulate

from snippetrun.report import engines
from snippetrun.report import news as news_
from snippetrun.report.news import News
from snippetrun.report.reported import Report, ReportedPage, counts
from snippetrun.report.text import different, reruns, summaries, wrong
from snippetrun.support.neutralise import neutralise, plain
from snippetrun.support.units import counted

_MOST = 60_000
"""Characters: an issue takes 65536, the summary of a job a million."""
_MOST_IN_TABLE = 20_000
_MOST_IN_BLOCK = 8_000
# the * and the | in `a*b|c`
_SPECIAL = re.compile(r"[^\w./,() -]|_", re.ASCII)
_COLUMNS = ("commands", "failed", "skipped", "not_reached", "stale")


def text(report: Report) -> str:
    """Return Markdown: what it came to, a table of pages, all that is wrong and all that differs, as far as it fits."""
    problems = wrong(report)
    verdict = counted(len(problems), "problem") if problems else "all is well"
    parts = [f"## snippetrun {code(report.command)}: {verdict}", _sum(report)]
    if report.elsewhere:
        parts.append(_engines(report))
    elif report.pages:
        parts.append(_table(report.pages))
    texts = [*map(str, (*problems, *different(report)))]
    texts += ["\n".join(again)] if (again := reruns(report.pages)) else []
    return "\n\n".join([*parts, *_blocks(texts, _MOST - len("".join(parts)))]) + "\n"


def news(of: News) -> str:
    """Return Markdown: what recordings newly say, page by page, as far as there is room."""
    head = f"## snippetrun {code('diff')}: {of.summary}"
    return "\n\n".join([head, *_blocks([news_.page(of, page) for page in of.pages], _MOST - len(head), "diff")])


def _sum(report: Report) -> str:
    *lines, last = [plain(report.note)] if report.note else summaries(report)
    last += f" (snippetrun {report.version})"
    return "\n\n".join(escaped(line) for line in [*lines, last])


def _table(pages: Iterable[ReportedPage]) -> str:
    """Return a table with a row for each page; those with something wrong first where there are too many."""
    rows = [_row(page) for page in pages]
    if sum(len(row) for _, row in rows) > _MOST_IN_TABLE:
        rows.sort(key=lambda row: -row[0])
    sizes = accumulate(len(row) + 1 for _, row in rows)
    shown = [row for (_, row), size in zip(rows, sizes, strict=True) if size <= _MOST_IN_TABLE]
    head = "| page | " + " | ".join(name.replace("_", " ") for name in _COLUMNS) + " | seconds | runs |"
    more = f"\n\n... and {len(rows) - len(shown)} more pages" if len(shown) < len(rows) else ""
    return "\n".join([head, "|---|" + "--:|" * (len(_COLUMNS) + 2), *shown]) + more


def _engines(report: Report) -> str:
    """Return a table with a column for each engine, as far as there is room."""
    head = ["page", *map(engines.heading, engines.columns(report))]
    rows = [
        [code(row.page if not row.line else f"{row.line} $ {engines.first_line(row.command)}"), *row.cells]
        for row in engines.rows(report)
    ]
    lines = [f"| {' | '.join(cells)} |" for cells in rows]
    sizes = accumulate(len(line) + 1 for line in lines)
    shown = [line for line, size in zip(lines, sizes, strict=True) if size <= _MOST_IN_TABLE]
    more = f"\n\n... and {len(lines) - len(shown)} more lines" if len(shown) < len(lines) else ""
    return "\n".join([f"| {' | '.join(map(escaped, head))} |", "|---|" + "---|" * (len(head) - 1), *shown]) + more


def _row(page: ReportedPage) -> tuple[int, str]:
    """Return how much is wrong with a page, and its row."""
    count = counts([page])
    seconds = "" if page.seconds is None else f"{page.seconds:.1f}"
    cells = [code(page.path), *(str(getattr(count, name)) for name in _COLUMNS), seconds, str(page.runs)]
    row = f"| {' | '.join(cells)} |"
    return count.failed + count.stale, row


def _blocks(texts: list[str], room: int, language: str = "text") -> Iterable[str]:
    """Yield each text in a fence of its own, until there is no room left."""
    for number, quoted in enumerate(texts):
        block = _fenced(quoted, language)
        room -= len(block) + 2
        if room < 0:
            yield f"... and {len(texts) - number} more; the JSON report has them all"
            return
        yield block


def _fenced(quoted: str, language: str) -> str:
    inside = neutralise(quoted)
    if len(inside) > _MOST_IN_BLOCK:
        inside = f"{inside[:_MOST_IN_BLOCK]}\n... ({len(inside)} characters)"
    fence = "`" * max([3, *(len(run) + 1 for run in re.findall("`+", inside))])
    return f"{fence}{language}\n{inside}\n{fence}"


def code(quoted: str) -> str:
    """Return a line as code that may stand anywhere, in a cell of a table too."""
    return f"<code>{escaped(plain(quoted))}</code>"


def escaped(quoted: str) -> str:
    """Return a line in which no character is mark-up."""
    return _SPECIAL.sub(lambda match: f"&#{ord(match[0])};", " ".join(quoted.split()))
