"""The pages of a build: several at a time, all or nothing."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from enum import StrEnum
from functools import partial

from snippetrun.config import SiteConfig
from snippetrun.errors import EngineError
from snippetrun.model import Job, Mode, Result
from snippetrun.plan import Plan
from snippetrun.recordings import Reading, Store
from snippetrun.runner import replay
from snippetrun.runner.elsewhere import can_be_kept
from snippetrun.runner.executor import Executor, PageRun, executor
from snippetrun.runner.judge import before, result
from snippetrun.runner.prepare import Sandboxes, live_sandboxes
from snippetrun.runner.watcher import Watcher
from snippetrun.support import stopping
from snippetrun.support.units import counted


class Aim(StrEnum):
    """What pages run for."""

    RECORD = "record"
    """To be recorded, and shown."""
    COMPARE = "compare"
    """To be held against their recordings, which stay as they are."""
    CONFIRM = "confirm"
    """The same, and recordings are not believed that words and lines vary."""


def run(
    work: Plan,
    watcher: Watcher,
    *,
    aim: Aim = Aim.RECORD,
    sandboxes: Sandboxes = live_sandboxes,
    readings: Mapping[str, Reading] | None = None,
) -> tuple[Result, ...]:
    """Run or replay the pages of a plan, as the site's mode says, and return a result for each, in their order.

    A page that fails, or differs from its recording, runs again: see `reproduced`. What passes is recorded, if that is
    the aim, and on another engine than the site's first also what does not; where nothing is new a recording stays as
    it is, and is shown. `readings` are its recordings, if they have been read.
    An engine is asked for only if something has to run; if there is none, `auto` replays what it can. Raises
    UsageError for what cannot be read, and InfrastructureError if an engine, an image or a sandbox fails us: then
    nothing of what we started is left either.
    """
    site, jobs, store, mode = work.site, work.jobs, Store(work.site), work.site.mode
    results: dict[str, Result] = {}
    readings = store.look_all(jobs) if readings is None else readings
    recordings = {} if mode is Mode.RUN else replay.fresh(readings, mode, watcher.say)
    missing = [job for job in jobs if job.page.path not in recordings]
    if missing and mode is not Mode.REPLAY:
        with ExitStack() as held:
            try:
                execute = held.enter_context(executor(site, sandboxes, watcher))
            except EngineError as error:
                if mode is Mode.RUN:
                    raise
                watcher.say(f"{error.problems[0].message}: showing what was recorded")
            else:
                # The longest must not come last.
                missing.sort(key=lambda job: -(last.seconds if (last := readings[job.page.path].last) else math.inf))
                watcher.begin(missing)
                pages = [_page_run(site, job, readings[job.page.path], aim) for job in missing]
                keep = partial(_kept, site, store) if aim is Aim.RECORD else lambda _, reached: reached
                results = _run_all(execute, pages, watcher, keep)
                missing = []
    results |= {job.page.path: replay.stale(job, store, readings[job.page.path]) for job in missing}
    return tuple(results.get(page.path) or result(page, recordings.get(page.path), site.match) for page in work.pages)


def look_again(work: Plan, watcher: Watcher, *, sandboxes: Sandboxes = live_sandboxes) -> None:
    """Run the pages of a plan again whose recordings are of fewer runs than the site wants, to see what varies in them.

    What is shown of them stays. A page that fails this time is left as it is. Raises as `run`.
    """
    site, store = work.site, Store(work.site)
    recorded = (replace(job, last=store.look(job).fresh) for job in work.jobs)
    jobs = [job for job in recorded if job.last and job.last.runs < site.runs]
    if not jobs:
        return
    with executor(site, sandboxes, watcher) as execute:
        watcher.say(f"running {counted(len(jobs), 'page')} once more, to see what varies")
        watcher.begin(jobs)
        pages = [PageRun(job, before(job.page, None, job.rules)) for job in jobs]
        _run_all(execute, pages, watcher, partial(_added, store))


def _page_run(site: SiteConfig, job: Job, reading: Reading, aim: Aim) -> PageRun:
    known = reading.stored if aim is not Aim.RECORD or reading.fresh else None
    anew = known is None or not known.recording.timed
    return PageRun(
        replace(job, last=reading.last),
        before(job.page, known, job.rules, believed=aim is not Aim.CONFIRM),
        most=site.most_runs,
        least=site.runs if aim is Aim.RECORD and site.recordings and anew else 1,
    )


def _kept(site: SiteConfig, store: Store, job: Job, reached: Result) -> Result:
    """Keep what a page has come to, if that may be kept; return what is to be shown."""
    if reached.recording is None or (reached.failed and not (site.other_engine and can_be_kept(reached))):
        return reached
    kept = store.keep(job, reached.recording, news=bool(reached.news))
    return replace(result(job.page, kept, job.match), runs=reached.runs, varied=reached.varied)


def _added(store: Store, job: Job, reached: Result) -> Result:
    """Add what a page has printed this time to its recording, unless it has failed."""
    if reached.recording and not reached.failed:
        store.add(job, reached.recording)
    return reached


def _run_all(
    execute: Executor, pages: Sequence[PageRun], watcher: Watcher, keep: Callable[[Job, Result], Result]
) -> dict[str, Result]:
    results: dict[str, Result] = {}
    with closing(execute(pages)) as ended:
        for page, reached in ended:
            with stopping.held():  # a page that has come to its end is kept, whatever comes then
                watcher.end(reached)
                results[page.job.page.path] = keep(page.job, reached)
    return results
