"""The site as its author sees it while it is served: at once, and again when a page has run."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain, groupby
from pathlib import Path

from mkdocs.plugins import get_plugin_logger

from snippetrun import report, runner
from snippetrun.config import SiteConfig
from snippetrun.errors import PageError, Problem
from snippetrun.markdown_extension.embed import ShownPage, problem_box, shown
from snippetrun.markdown_extension.fences import Fences
from snippetrun.markdown_extension.marks import Marks
from snippetrun.model import Page, Result, Stage
from snippetrun.plan import Plan, plan
from snippetrun.support import atomic, stopping
from snippetrun.tasks.live import Live

log = get_plugin_logger(__name__)


class Preview:
    """The pages of a site that is served: what is in their files, which of them run, and what is wrong with them."""

    plan: Plan

    def __init__(self, reload: Callable[[], None]) -> None:
        """Show nothing yet. `reload` has browsers load what they show once more."""
        self._reload = reload
        self._live = Live(self)
        self._lock, self._asked = threading.Lock(), threading.RLock()
        self._marks = Marks()
        self._made_of: dict[str, tuple[SiteConfig, Result]] = {}
        """What the pages that are shown are made of."""
        self._files: dict[Path, str] = {}
        """What is in files of the site, with marks for the blocks of pages that run."""
        self._is_built = False
        self._wrong: dict[str, list[Problem]] = {}
        """What is wrong with pages, by their paths; they are shown all the same."""
        self._began = 0.0
        self.results: tuple[Result, ...] = ()
        self.shown: dict[str, ShownPage] = {}
        """The pages as they are shown, by their paths."""

    def begin(self, marks: Marks) -> None:
        """Begin a build, whose marks these are."""
        self._began = time.monotonic()
        with self._lock:
            self._marks, self._files, self._is_built = marks, {}, False

    def build(self, site: SiteConfig, pages: Sequence[Page], fences: Fences) -> None:
        """Show all pages as far as that is possible now; they run meanwhile. Raises a SnippetrunError."""
        wrong = dict(fences.problems)
        with self._asking():
            try:
                self.plan = plan(site, [page for page in pages if page.path not in wrong])
            except PageError as error:
                wrong |= {path: list(own) for path, own in groupby(error.problems, lambda problem: problem.path)}
                self.plan = plan(site, [page for page in pages if page.path not in wrong])
            for problem in dict.fromkeys(chain.from_iterable(wrong.values())):
                log.error(report.diagnostic(problem))
            self._wrong = wrong
            self.results = self._live.results(self.plan)
            results = (*self.results, *(runner.result(page, None) for page in pages if page.path in wrong))
            stages = {page.path: self._live.stage(page.path) for page in pages}
            new = {result.page.path: (site, result) for result in results}
            changed = [of for path, (_, of) in new.items() if stages.get(path) or self._made_of.get(path) != new[path]]
            self._show(shown(self.plan, changed, stages))
            self._made_of |= new  # not if that has failed: it would not be tried again

    @contextmanager
    def reading(self, path: str) -> Iterator[None]:
        """Have the blocks of a page made anew that is read meanwhile; nothing else is shown."""
        with self._asking(), self._lock:
            self._made_of.pop(path, None)
            self.shown.pop(path, None)
        with self._asking():
            yield

    def content(self, path: str, content: str) -> str:
        """Return the HTML of a page with its blocks, unless they may change yet, and with what is wrong at its top."""
        if not any(map(self._live.stage, self._marks.pages(content))):
            content = self._marks.fill(content)
        return problem_box(self._wrong.get(path, ())) + content

    def fill(self, file: Path, text: str) -> str:
        """Return what a file of the site shows now; one with pages that run is filled again when that changes."""
        with self._lock:
            if any(map(self._live.stage, self._marks.pages(text))):
                self._files[file] = text
            return self._marks.fill(text)

    def end_build(self) -> None:
        """End a build: what has changed since pages were filled is in them then."""
        with self._lock:
            self._is_built = True
            self._write(self.shown)

    def has_new_recording(self, file: Path) -> bool:
        """Tell whether a file is a recording that somebody else has changed; all blocks are made anew then."""
        if file.suffix != ".json" or self._live.wrote(file):
            return False
        self._made_of.clear()  # it may be that of a page on another engine
        return True

    def close(self) -> None:
        """End what still runs."""
        self._live.end()

    # What follows is `Shows`, and told from other threads.

    def show(self, result: Result, stage: Stage | None = None) -> None:
        """Show what has become of a page."""
        with self._asking():
            self._show(shown(self.plan, [result], {result.page.path: stage}))
        self.results = tuple(result if old.page.path == result.page.path else old for old in self.results)
        if stage is None:
            for problem in report.failures(report.page(result)):
                log.error(report.diagnostic(problem))

    def tell(self, problems: Iterable[Problem]) -> None:
        """Say why pages could not run, and show them as they were recorded."""
        log.error(report.diagnostics(problems))
        with self._asking():
            self._show(shown(self.plan, self.results))

    def end(self) -> None:
        """Say what the pages came to that have run."""
        log.info(report.summary(self.results, time.monotonic() - self._began))

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """Hold back all others who show blocks, from the look at what is known of pages until it is shown."""
        while not self._asked.acquire(timeout=stopping.SLICE):
            stopping.check()  # whoever builds may wait for this thread to end
        try:
            yield
        finally:
            self._asked.release()

    def _show(self, pages: Mapping[str, ShownPage]) -> None:
        """Put the blocks of pages into what is built; who looks at one of these is shown it again."""
        with self._lock:
            self.shown |= pages
            self._marks.show({path: page.blocks for path, page in self.shown.items()})
            if self._is_built:
                self._write(pages)

    def _write(self, pages: Iterable[str]) -> None:
        changed = {file: text for file, text in self._files.items() if not self._marks.pages(text).isdisjoint(pages)}
        for file, text in changed.items():
            atomic.write(file, self._marks.fill(text))
        if changed:
            self._reload()
