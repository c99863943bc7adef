"""The pages of a build: several at a time, all or nothing."""

from __future__ import annotations

import math
import queue
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
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
from snippetrun.runner.judge import before, result
from snippetrun.runner.prepare import OpenSandbox, Sandboxes, live_sandboxes
from snippetrun.runner.watcher import Watcher
from snippetrun.support import patience, stopping
from snippetrun.support.units import counted

_END_SECONDS, _END_SECONDS_AT_ONCE = 30.0, 1.0
"""For pages to end their sandboxes once one has failed; and once somebody has asked us to end."""


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
                start = held.enter_context(sandboxes(site, watcher.say))
            except EngineError as error:
                if mode is Mode.RUN:
                    raise
                watcher.say(f"{error.problems[0].message}: showing what was recorded")
            else:
                # The longest must not come last.
                missing.sort(key=lambda job: -(last.seconds if (last := readings[job.page.path].last) else math.inf))
                watcher.begin(missing)
                results = _run_all(missing, site.jobs, partial(_run, site, store, readings, start, watcher, aim=aim))
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
    with sandboxes(site, watcher.say) as start:
        watcher.say(f"running {counted(len(jobs), 'page')} once more, to see what varies")
        watcher.begin(jobs)
        _run_all(jobs, site.jobs, partial(_look, store, start, watcher))


def _run(  # noqa: PLR0913, PLR0917 - all but the job are the same for all pages
    site: SiteConfig,
    store: Store,
    readings: Mapping[str, Reading],
    start: OpenSandbox,
    watcher: Watcher,
    job: Job,
    *,
    aim: Aim,
) -> Result:
    from snippetrun.runner.reproduced import reproduced  # a build that replays must not pay for it

    reading = readings[job.page.path]
    known = reading.stored if aim is not Aim.RECORD or reading.fresh else None
    anew = known is None or not known.recording.timed
    reached = reproduced(
        replace(job, last=reading.last),
        start,
        watcher,
        before(job.page, known, job.rules, believed=aim is not Aim.CONFIRM),
        most=site.most_runs,
        least=site.runs if aim is Aim.RECORD and site.recordings and anew else 1,
    )
    watcher.end(reached)
    if aim is not Aim.RECORD or reached.recording is None:
        return reached
    if reached.failed and not (site.other_engine and can_be_kept(reached)):
        return reached
    kept = store.keep(job, reached.recording, news=bool(reached.news))
    return replace(result(job.page, kept, job.match), runs=reached.runs, varied=reached.varied)


def _look(store: Store, start: OpenSandbox, watcher: Watcher, job: Job) -> Result:
    from snippetrun.runner.page import run_page

    judged = result(job.page, run_page(job, start, watcher), job.match, job.last, job.rules)
    watcher.end(judged)
    if judged.recording and not judged.failed:
        store.add(job, judged.recording)
    return judged


def _run_all(jobs: Sequence[Job], at_a_time: int, one: Callable[[Job], Result]) -> dict[str, Result]:
    waiting: queue.SimpleQueue[Job] = queue.SimpleQueue()
    for job in jobs:
        waiting.put(job)
    ended: queue.SimpleQueue[tuple[Job, Result | BaseException]] = queue.SimpleQueue()

    def work() -> None:
        while True:
            try:
                job = waiting.get_nowait()
            except queue.Empty:
                return
            try:
                stopping.check()
                ended.put((job, one(job)))
            except BaseException as error:  # noqa: BLE001 - whoever waits for the page raises it
                ended.put((job, error))

    pages = stopping.Group(min(at_a_time, len(jobs)), work)
    results: dict[str, Result] = {}
    try:
        while len(results) < len(jobs):
            job, outcome = _next(ended)
            if isinstance(outcome, BaseException):
                raise outcome
            results[job.page.path] = outcome
    finally:
        # After an error or Ctrl-C: what has not begun never will, and whoever waits for a sandbox ends it.
        pages.end(patience.seconds(_END_SECONDS_AT_ONCE if stopping.asked() else _END_SECONDS))
    return results


def _next(
    ended: queue.SimpleQueue[tuple[Job, Result | BaseException]],
) -> tuple[Job, Result | BaseException]:
    """Return the next page that has ended; raise KeyboardInterrupt if somebody asks us to end."""
    while True:
        stopping.check()
        try:
            return ended.get(timeout=stopping.SLICE)
        except queue.Empty:
            pass
