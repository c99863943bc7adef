"""A page and its recording, judged."""

from __future__ import annotations

from snippetrun.compare import judge
from snippetrun.model import Page, Recording, Result
from snippetrun.patterns import Match


def result(page: Page, recording: Recording | None, match: Match = Match.PATTERN) -> Result:
    """Judge a page by its recording; `match` is the site's way to match output."""
    return Result(page, recording, judge(page, recording.snippets if recording else (), page.options.match or match))
