"""What several runs of a page, one after the other, have shown to vary."""

from __future__ import annotations

from collections.abc import Sequence

from snippetrun.model import Job, Position, Result
from snippetrun.runner.drift import Reference
from snippetrun.support.fingerprint import fingerprints


def varied(job: Job, before: Reference, runs: Sequence[Result], shown: Result) -> frozenset[Position]:
    """Return the commands in which the runs of a page did not agree.

    That is what failed in one of them and not in the one that is shown, and what was news in one and not in all: in
    comparison with what was recorded, or with the first that passed if nothing was.
    """
    if len(runs) == 1:
        return frozenset()
    passed = [run for run in runs if not run.failed]
    if passed and before.recording is None:
        before = Reference(job.page, passed[0].recording, fingerprints(job.page), job.rules)
    failed = frozenset().union(*(run.failed_at for run in runs)) - shown.failed_at
    new = frozenset().union(*map(before.news, passed)) - shown.news.keys()
    return failed | new
