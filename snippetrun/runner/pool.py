"""The pages of a build: several at a time, all or nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager

from snippetrun.compare import judge
from snippetrun.config import SiteConfig
from snippetrun.model import Job, Page, Recording, Result
from snippetrun.patterns import Match
from snippetrun.plan import plan
from snippetrun.runner.page import run_page
from snippetrun.runner.provide import OpenSandbox, live_sandboxes
from snippetrun.runner.watcher import Watcher
from snippetrun.sandbox.interface import Sandbox


def run(
    site: SiteConfig,
    pages: Sequence[Page],
    watcher: Watcher,
    *,
    known: Callable[[Job], Recording | None] = lambda _: None,
    sandboxes: Callable[[SiteConfig, Callable[[str], None]], AbstractContextManager[OpenSandbox]] = live_sandboxes,
) -> tuple[Result, ...]:
    """Run the pages and return a result for each, in their order.

    `known` may already have the recording of a job; with one for each, no engine is asked for. Raises UsageError for
    what cannot be planned, and InfrastructureError if an engine, an image or a sandbox fails us: then nothing of what
    we started is left either.
    """
    jobs = plan(site, pages)
    recordings = {job.page.path: recording for job in jobs if (recording := known(job))}
    missing = [job for job in jobs if job.page.path not in recordings]
    if missing:
        with sandboxes(site, watcher.say) as start:
            watcher.begin(missing)
            recordings |= _run_all(missing, start, watcher, site.jobs)
    return tuple(result(page, recordings.get(page.path), site.match) for page in pages)


def result(page: Page, recording: Recording | None, match: Match = Match.PATTERN) -> Result:
    """Judge a page by its recording; `match` is the site's way to match output."""
    return Result(page, recording, judge(page, recording.snippets if recording else (), page.options.match or match))


def _run_all(jobs: Sequence[Job], start: OpenSandbox, watcher: Watcher, at_a_time: int) -> dict[str, Recording]:
    live: set[Sandbox] = set()

    def one(job: Job) -> Recording:
        recording = run_page(job, start, watcher, live)
        watcher.end(result(job.page, recording, job.match))
        return recording

    pool = ThreadPoolExecutor(at_a_time, thread_name_prefix="page")
    try:
        futures = {job.page.path: pool.submit(one, job) for job in jobs}
        wait(futures.values(), return_when=FIRST_EXCEPTION)
        done = [future for future in futures.values() if future.done()]
        for future in done:
            future.result()  # raises what went wrong
        return {path: future.result() for path, future in futures.items()}
    finally:
        # After an error or Ctrl-C: what has not begun never will, and what waits in a sandbox loses it and ends.
        pool.shutdown(wait=False, cancel_futures=True)
        for sandbox in tuple(live):
            sandbox.close()
        pool.shutdown(wait=True)
