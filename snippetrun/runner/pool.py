"""The pages of a build: several at a time, all or nothing."""

from __future__ import annotations

import math
import queue
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack

from snippetrun import patience, stopping
from snippetrun.config import SiteConfig
from snippetrun.errors import EngineError
from snippetrun.model import Job, Mode, Page, Recording, Result
from snippetrun.plan import plan
from snippetrun.runner import replay
from snippetrun.runner.judged import result
from snippetrun.runner.provide import OpenSandbox, live_sandboxes
from snippetrun.runner.watcher import Watcher
from snippetrun.store import Store

_END_SECONDS, _END_SECONDS_AT_ONCE = 30.0, 1.0
"""For pages to end their sandboxes once one has failed; and once somebody has asked us to end."""
Sandboxes = Callable[[SiteConfig, Callable[[str], None]], AbstractContextManager[OpenSandbox]]
"""Prepares what sandboxes stand on, and tells of its progress."""


def run(
    site: SiteConfig,
    pages: Sequence[Page],
    watcher: Watcher,
    *,
    record: bool = True,
    sandboxes: Sandboxes = live_sandboxes,
) -> tuple[Result, ...]:
    """Run or replay the pages, as the site's mode says, and return a result for each, in their order.

    A page that fails runs again: see `reproduced`. What passes is kept in the site's recordings, if it is to `record`.
    An engine is asked for only if something has to run; if there is none, `auto` replays what it can. Raises
    UsageError for what cannot be planned or read, and InfrastructureError if an engine, an image or a sandbox fails us:
    then nothing of what we started is left either.
    """
    jobs, store, mode = plan(site, pages), Store(site), site.mode
    recordings = {} if mode is Mode.RUN else replay.fresh(jobs, store, mode, watcher.say)
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
                missing.sort(key=lambda job: -(store.seconds(job.page) or math.inf))  # the longest must not come last
                watcher.begin(missing)
                from snippetrun.runner.reproduced import reproduced  # a build that replays must not pay for it

                def one(job: Job) -> Recording:
                    ran = reproduced(job, start, watcher, most=site.most_runs)
                    watcher.end(ran)
                    assert ran.recording  # noqa: S101 - it has run
                    return store.keep(job, ran.recording) if record and not ran.failed else ran.recording

                recordings |= _run_all(missing, site.jobs, one)
                missing = []
    stale = {job.page.path: replay.stale(job, store) for job in missing}
    return tuple(stale.get(page.path) or result(page, recordings.get(page.path), site.match) for page in pages)


def _run_all(jobs: Sequence[Job], at_a_time: int, one: Callable[[Job], Recording]) -> dict[str, Recording]:
    waiting: queue.SimpleQueue[Job] = queue.SimpleQueue()
    for job in jobs:
        waiting.put(job)
    ended: queue.SimpleQueue[tuple[Job, Recording | BaseException]] = queue.SimpleQueue()

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
    recordings: dict[str, Recording] = {}
    try:
        while len(recordings) < len(jobs):
            job, came = _next(ended)
            if isinstance(came, BaseException):
                raise came
            recordings[job.page.path] = came
    finally:
        # After an error or Ctrl-C: what has not begun never will, and whoever waits for a sandbox ends it.
        pages.end(patience.seconds(_END_SECONDS_AT_ONCE if stopping.asked() else _END_SECONDS))
    return recordings


def _next(
    ended: queue.SimpleQueue[tuple[Job, Recording | BaseException]],
) -> tuple[Job, Recording | BaseException]:
    """Return the next page that has ended; raise KeyboardInterrupt if somebody asks us to end."""
    while True:
        stopping.check()
        try:
            return ended.get(timeout=stopping.SLICE)
        except queue.Empty:
            pass
