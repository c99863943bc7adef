"""What a run came to, for people, for programs and for CI: data in, text out. Nothing here prints: faces do.

- `reported`: a run as plain data; all the rest is made of it
- `news`: what recordings newly say, as data and as text
- `text`: for people: the transcript, the failures, the summary
- `diagnostic`: for people too: a problem, with the line that it is about
- `json_`: for programs, and back again; `schema.json` describes it
- `merge`: the reports of several machines as one; `engines`: those of several engines
- `junit`, `markdown`, `github`: for CI
- `verification`: a page for readers; `badge`: a picture for a README
"""

from snippetrun.report.diagnostic import diagnostic, diagnostics
from snippetrun.report.reported import (
    Report,
    ReportedCommand,
    ReportedEngine,
    ReportedPage,
    ReportedSnippet,
    Share,
    Summary,
    counts,
    in_order,
    page,
)
from snippetrun.report.text import advice_on, failures, reruns, stale, summaries, summary, transcript, untested, wrong

__all__ = [
    "Report",
    "ReportedCommand",
    "ReportedEngine",
    "ReportedPage",
    "ReportedSnippet",
    "Share",
    "Summary",
    "advice_on",
    "counts",
    "diagnostic",
    "diagnostics",
    "failures",
    "in_order",
    "page",
    "reruns",
    "stale",
    "summaries",
    "summary",
    "transcript",
    "untested",
    "wrong",
]
