"""Pages beside a live preview: they are shown at once as they were recorded, run meanwhile, and are shown again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Protocol

from snippetrun import runner
from snippetrun.errors import Problem, SnippetrunError
from snippetrun.model import Job, Mode, Result
from snippetrun.plan import Plan
from snippetrun.recordings import Reading, Store
from snippetrun.support import stopping
from snippetrun.tasks.progress import ShownProgress

_END_SECONDS = 30.0
_Version = tuple[str, int]
"""The key of a page's job, and when its file was written: who saves it without a change wants it to run again."""


class Shows(Protocol):
    """What shows pages to their author; it is told from other threads."""

    def show(self, result: Result) -> None:
        """Show what has become of a page."""

    def tell(self, problems: Iterable[Problem]) -> None:
        """Say why pages could not run."""

    def end(self) -> None:
        """Take note: all pages have run."""


class Live:
    """What runs beside the builds of one live preview."""

    def __init__(self, shows: Shows, sandboxes: runner.Sandboxes = runner.live_sandboxes) -> None:
        """Run nothing yet."""
        self._shows, self._sandboxes = shows, sandboxes
        self._thread: stopping.Group | None = None
        self._running: dict[str, _Version] = {}
        """The pages that run now, or wait for their turn."""
        self._ended: dict[str, tuple[_Version, Result]] = {}
        """What pages have come to in this preview."""
        self._written: dict[Path, int] = {}
        """When runs of this preview have written their recordings."""

    def results(self, work: Plan) -> tuple[Result, ...]:
        """Return what can be shown of each page now, and have those run that have changed; `runs` tells which."""
        from snippetrun.runner import replay  # a build that does not serve must not pay for it

        site, store = work.site, Store(work.site)
        readings = store.look_all(work.jobs)
        fresh = {} if site.mode is Mode.RUN else replay.fresh(readings, site.mode, lambda _: None)
        versions = {job.page.path: (job.key, _written_at(Path(job.page.path))) for job in work.jobs}
        shown = {
            job.page.path: runner.result(job.page, fresh[job.page.path], site.match)
            for job in work.jobs
            if job.page.path in fresh
        }
        shown |= {path: result for path, (version, result) in self._ended.items() if versions.get(path) == version}
        waiting = {job.page.path: job for job in work.jobs if job.page.path not in shown}
        shown |= {path: _so_far(job, store, readings[path]) for path, job in waiting.items()}
        if site.mode is not Mode.REPLAY:
            self._begin(work.only(waiting), {path: versions[path] for path in waiting})
        return tuple(shown.get(page.path) or runner.result(page, None, site.match) for page in work.pages)

    def runs(self, path: str) -> bool:
        """Whether a page runs now, or waits for its turn."""
        return path in self._running

    def wrote(self, recording: Path) -> bool:
        """Whether a recording is as a run of this preview has left it, or may just leave it; none that is gone is."""
        runs = self._thread is not None and self._thread.alive()
        return bool(written := _written_at(recording)) and (runs or self._written.get(recording) == written)

    def end(self) -> None:
        """End what runs."""
        if self._thread:
            self._thread.end(_END_SECONDS)
        self._thread, self._running = None, {}

    def _begin(self, work: Plan, versions: dict[str, _Version]) -> None:
        """Run pages, unless they run already; if others did too, all begin anew."""
        if versions.items() <= self._running.items():
            return
        self.end()
        self._running = versions
        self._thread = stopping.Group(1, lambda: self._run(work, versions))

    def _run(self, work: Plan, versions: Mapping[str, _Version]) -> None:
        # Whoever writes waits for the first run alone; what varies is seen once that is shown.
        once = replace(work, site=replace(work.site, runs=1, most_runs=1))
        end = partial(self._end_page, versions)
        try:
            with ShownProgress() as progress:
                for result in runner.run(once, runner.Telling(progress, end), sandboxes=self._sandboxes):
                    end(result)  # where there is no engine, none has come to its end
                kept = work.site.recordings is not None
                gone = {path for path, (_, of) in self._ended.items() if kept and of.runs and not of.failed}
                self._ended = {path: of for path, of in self._ended.items() if path not in gone}  # recordings say it
                self._shows.end()
                runner.look_again(work, progress, sandboxes=self._sandboxes)
        except SnippetrunError as error:
            self._running = {}
            self._shows.tell(error.problems)
        except KeyboardInterrupt:
            return  # pages have changed, or the preview has come to its end
        files = (Store(work.site).path(page) for page in work.pages)
        self._written |= {file: _written_at(file) for file in files if file}

    def _end_page(self, versions: Mapping[str, _Version], result: Result) -> None:
        path = result.page.path
        if path in self._running and self._running[path] == versions[path]:
            self._ended[path] = versions[path], result
            self._shows.show(result)  # until then a build takes it for one that runs
            self._running = {other: version for other, version in self._running.items() if other != path}


def _so_far(job: Job, store: Store, reading: Reading) -> Result:
    """Return as much of a page as its recording still says; nothing if that is damaged."""
    from snippetrun.runner import replay

    return runner.result(job.page, None, job.match) if reading.error else replay.stale(job, store, reading)


def _written_at(file: Path) -> int:
    """Return when a file was written, in nanoseconds; 0 if there is none."""
    try:
        return file.stat().st_mtime_ns
    except OSError:
        return 0
