"""A page and its recording, judged."""

from __future__ import annotations

from snippetrun.compare import judge, pasted, run_of
from snippetrun.model import Job, Page, Recording, Result
from snippetrun.patterns import Match


def result(page: Page, recording: Recording | None, match: Match = Match.PATTERN, job: Job | None = None) -> Result:
    """Judge a page by its recording; `match` is the site's way to match output, `job` what has just run."""
    source = pasted(page, job.last, run_of(recording), job.rules) if job and recording else None
    recorded = recording.snippets if recording else ()
    return Result(page, recording, judge(page, recorded, page.options.match or match, source))
