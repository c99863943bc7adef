"""A failure counts only if it reproduces.

An engine on a busy machine now and then loses what a container has printed, with exit status 0 (seen with Docker 20.10
once in 700 containers, beside twenty busy processes). Nothing on the page is wrong then, and nobody could mend it.
"""

from __future__ import annotations

from snippetrun.model import Job, Result
from snippetrun.runner.judged import result
from snippetrun.runner.page import run_page
from snippetrun.runner.provide import OpenSandbox
from snippetrun.runner.watcher import Watcher


def reproduced(job: Job, start: OpenSandbox, watcher: Watcher, *, upto: int | None = None, most: int) -> Result:
    """Run a page, and again in a new sandbox as long as it fails at other places than the time before.

    Returns the last run, judged: one without a failure, one that fails as the one before it did, or the last that
    `most` allows. Raises as `run_page`.
    """
    failed: list[tuple[int, int]] = []
    for runs in range(1, most + 1):
        ran = result(job.page, run_page(job, start, watcher, upto=upto), job.match)
        before, failed = failed, [(verdict.line, verdict.where) for verdict in ran.failed]
        if before and before != failed:
            watcher.say(f"{job.page.path}: {_lines(before)} of run {runs - 1} did not reproduce")
        if not failed or failed == before:
            break
        if runs < most:
            watcher.again(job.page, f"{_lines(failed)}, running it again to see whether that reproduces")
    return ran


def _lines(failed: list[tuple[int, int]]) -> str:
    """Return the places that fail, in words: `a failure in line 12`."""
    lines = ", ".join(str(where or line) for line, where in failed)
    return f"a failure in line {lines}" if len(failed) == 1 else f"failures in lines {lines}"
