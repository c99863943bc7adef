"""Pages beside a live preview: they are shown at once as they were recorded, run meanwhile, and are shown again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Protocol

from snippetrun import runner
from snippetrun.config import LOCAL, SiteConfig
from snippetrun.errors import Problem, SandboxError, SnippetrunError
from snippetrun.model import Job, Mode, Page, Result, Stage
from snippetrun.plan import Plan
from snippetrun.recordings import Reading, Store
from snippetrun.runner import replay
from snippetrun.runner.head_start import HeadStart, where_edited
from snippetrun.support import stopping
from snippetrun.tasks.progress import ShownProgress

_END_SECONDS = 30.0
_Version = tuple[str, int]
"""The key of a page's job, and when its file was written: who saves it without a change wants it to run again."""


class Shows(Protocol):
    """What shows pages to their author; it is told from other threads."""

    def show(self, result: Result, stage: Stage | None = None) -> None:
        """Show what has become of a page, which may still run."""

    def tell(self, problems: Iterable[Problem]) -> None:
        """Say why pages could not run."""

    def end(self) -> None:
        """Take note: all pages have run."""


@dataclass(frozen=True, slots=True)
class _Edit:
    """A page that somebody edits."""

    job: Job
    before: Page | None
    """What it was before; None if nobody has seen it."""


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
        self._fresh: dict[str, tuple[object, Result]] = {}
        """What pages come to by their recordings, and what decides about that."""
        self._pages: dict[str, Page] = {}
        """As they were when they were last asked for."""
        self._head_start: HeadStart | None = None
        """That of the page that somebody edits."""

    def results(self, work: Plan) -> tuple[Result, ...]:
        """Return what can be shown of each page now, and have those run that have changed; `stage` tells which."""
        site, store = work.site, Store(work.site)
        versions = {job.page.path: (job.key, _written_at(Path(job.page.path))) for job in work.jobs}
        shown, readings = self._recorded(work, store)
        shown |= {path: result for path, (version, result) in self._ended.items() if versions.get(path) == version}
        confirmed = {path for path in shown if self._running.get(path) == versions.get(path)}
        waiting = {job.page.path: job for job in work.jobs if job.page.path not in shown or job.page.path in confirmed}
        shown |= {path: _so_far(job, store, readings[path]) for path, job in waiting.items() if path not in confirmed}
        if site.mode is not Mode.REPLAY:
            self._begin(work.only(waiting), {path: versions[path] for path in waiting})
        self._pages = {page.path: page for page in work.pages}
        return tuple(shown.get(page.path) or runner.result(page, None, site.match) for page in work.pages)

    def _recorded(self, work: Plan, store: Store) -> tuple[dict[str, Result], Mapping[str, Reading]]:
        """Return the results of pages whose recordings are fresh, and the recordings of all others."""
        site = work.site
        states: dict[str, object] = {
            job.page.path: (job, site.match, site.mode, _written_at(store.path(job.page))) for job in work.jobs
        }
        # Most pages are what they were a moment ago: to judge them all again takes a quarter of a second here.
        known = {path: of for path, (state, of) in self._fresh.items() if path in states and state == states[path]}
        readings = store.look_all([job for job in work.jobs if job.page.path not in known])
        fresh = {} if site.mode is Mode.RUN else replay.fresh(readings, site.mode, lambda _: None)
        pages = {page.path: page for page in work.pages}
        known |= {path: runner.result(pages[path], recording, site.match) for path, recording in fresh.items()}
        self._fresh = {path: (states[path], result) for path, result in known.items()}
        return known, readings

    def stage(self, path: str) -> Stage | None:
        """Return how far a page is that runs now, or waits for its turn; None for any other."""
        if path not in self._running:
            return None
        ended = path in self._ended and self._ended[path][0] == self._running[path]
        return Stage.CONFIRMED if ended else Stage.RUNS

    def wrote(self, recording: Path) -> bool:
        """Whether a recording is as a run of this preview has left it, or may just leave it; none that is gone is."""
        runs = self._thread is not None and self._thread.alive()
        return bool(written := _written_at(recording)) and (runs or self._written.get(recording) == written)

    def end(self) -> None:
        """End what runs, and what waits."""
        if self._head_start:
            self._head_start.ask()
        if self._thread:
            self._thread.end(_END_SECONDS)
        if self._head_start:
            self._head_start.end(_END_SECONDS)
        self._thread, self._head_start, self._running = None, None, {}

    def _begin(self, work: Plan, versions: dict[str, _Version]) -> None:
        """Run pages, unless they run already; if others did too, all begin anew."""
        if versions.items() <= self._running.items():
            return
        edited = [job for job in work.jobs if self._running.get(job.page.path) != versions[job.page.path]]
        edit = _Edit(edited[0], self._pages.get(edited[0].page.path)) if len(edited) == 1 else None
        before, self._running = self._thread, versions
        if before:
            before.ask()
        self._thread = stopping.Group(1, lambda: self._run(work, versions, edit, before))

    def _run(
        self, work: Plan, versions: Mapping[str, _Version], edit: _Edit | None, before: stopping.Group | None
    ) -> None:
        # Whoever writes waits for the first run alone; what varies is seen once that is shown.
        once = replace(work, site=replace(work.site, runs=1, most_runs=1))
        end = partial(self._end_page, versions)
        try:
            with ExitStack() as held:
                progress = held.enter_context(ShownProgress())
                if before:
                    held.callback(before.end, _END_SECONDS)
                if self._head_start:
                    held.callback(self._head_start.end, _END_SECONDS)
                was_ahead = edit is not None and self._run_ahead(edit, versions, progress)
                if before:
                    before.end(_END_SECONDS)  # it must not record what the page was
                if edit and was_ahead:
                    self._prepare(edit, work.site)
                for result in runner.run(once, runner.Telling(progress, end), sandboxes=self._sandboxes):
                    end(result)  # where there is no engine, none has come to its end
                kept = work.site.recordings is not None
                gone = {path for path, (_, of) in self._ended.items() if kept and of.runs and not of.failed}
                self._ended = {path: of for path, of in self._ended.items() if path not in gone}  # recordings say it
                self._shows.end()
                if edit and not was_ahead:
                    self._prepare(edit, work.site)
                runner.look_again(work, progress, sandboxes=self._sandboxes)
        except SnippetrunError as error:
            self._running = {path: at for path, at in self._running.items() if versions.get(path) != at}
            self._shows.tell(error.problems)
        except KeyboardInterrupt:
            return  # pages have changed, or the preview has come to its end
        files = (Store(work.site).path(page) for page in work.pages)
        self._written |= {file: _written_at(file) for file in files if file}

    def _run_ahead(self, edit: _Edit, versions: Mapping[str, _Version], watcher: runner.Watcher) -> bool:
        """Run a page on from where its author writes, if it waits there; show what has become of it."""
        head_start, self._head_start = self._head_start, None
        if head_start is None:
            return False
        result, path = None, edit.job.page.path
        if head_start.fits(edit.job):
            with suppress(SandboxError):  # the run of the whole page says what is wrong
                result = head_start.run(edit.job, watcher)
        head_start.ask()
        if result:
            self._ended[path] = versions[path], result
            self._shows.show(result, Stage.CONFIRMED)
            watcher.say(f"{path} has run on from where it was edited, and all of it runs once more")
        return result is not None

    def _prepare(self, edit: _Edit, site: SiteConfig) -> None:
        """Have a page run up to where its author writes, and wait there."""
        stopping.check()
        if site.jobs > 1 and site.executor == LOCAL:  # it takes a sandbox beside those that run
            where = where_edited(edit.job.page, edit.before)
            self._head_start = HeadStart(site, edit.job, where, self._sandboxes)

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


def _written_at(file: Path | None) -> int:
    """Return when a file was written, in nanoseconds; 0 if there is none."""
    try:
        return file.stat().st_mtime_ns if file else 0
    except OSError:
        return 0
