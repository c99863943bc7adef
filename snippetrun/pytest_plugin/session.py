"""What the pages of a session share: the site, the sandboxes, and a place to say what is going on."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

import pytest

from snippetrun import runner
from snippetrun.config import SiteConfig, find, load
from snippetrun.errors import ConfigError, EngineError, InfrastructureError, Problem
from snippetrun.model import Page, Result
from snippetrun.plan import Sources, sources_of
from snippetrun.pytest_plugin import subset
from snippetrun.pytest_plugin.settings import Settings
from snippetrun.support import stopping
from snippetrun.support.neutralise import neutralise
from snippetrun.tasks.site_pages import SitePages

NO_ENGINE = "snippets need an engine: "
"""How the reason starts for which all snippets of a session are skipped."""


class Session(runner.Watcher):
    """One session, in which nothing is read or prepared before a page needs it; also a `runner.Watcher`."""

    def __init__(self, config: pytest.Config, settings: Settings) -> None:
        """Do nothing yet."""
        self._config, self.settings = config, settings
        self._site: SiteConfig | None = None
        self._pages: SitePages | None = None
        self._sources: Sources | None = None
        self._unusable = False
        self._sandboxes: runner.SharedSandboxes | None = None
        self._no_engine: EngineError | None = None
        self._reported: list[InfrastructureError] = []
        self.untested = 0
        """Pages that are not under test yet."""

    def is_made(self, folder: Path) -> bool:
        """Tell whether plugins make pages for a folder; not if the site cannot be used, which a page says."""
        with suppress(ConfigError):
            self._site = self._site or load(self.settings.site or find(self._config.rootpath))
        return self._site is not None and bool(self._site.makers) and self._site.docs.resolve() == folder

    def without_file(self) -> list[Path]:
        """Return where the pages would be that plugins of the site make. Raises as `SitePages.read`."""
        pages = self._pages_of(self._site).without_file() if self._site else ()
        return [Path(page.path).absolute() for page in pages]

    def _pages_of(self, site: SiteConfig) -> SitePages:
        self._pages = self._pages or SitePages(site)
        return self._pages

    def _usable_site(self) -> SiteConfig | None:
        """Return the site's configuration.

        If it cannot be used, the first page raises ConfigError, which fails the session; all others get None.
        """
        if self._site is None and not self._unusable:
            try:
                self._site = load(self.settings.site or find(self._config.rootpath))
            except ConfigError:
                self._unusable = True
                raise
        return self._site

    def prepare(self, path: Path) -> subset.PreparedPage | None:
        """Return the page of a file, ready to run; None for one that is no page of the site.

        Raises ConfigError for the first page if the site cannot be used, and else as `SitePages.page` and
        `subset.prepare`.
        """
        if (site := self._usable_site()) is None:
            return None
        page = self._pages_of(site).page(path)
        if page is None:
            return None
        self._sources = self._sources or sources_of(site)
        return subset.prepare(site, page, self._sources, compare=self.settings.compare)

    def run(self, ready: subset.PreparedPage, selected: Collection[int]) -> Result:
        """Run a page as `subset.run` does, on what all pages of the session share."""
        if self._sandboxes is None:
            sandboxes = self._config.hook.pytest_snippetrun_sandboxes(config=self._config)
            self._sandboxes = runner.SharedSandboxes(sandboxes, self.say)
        with _interruptible():
            try:
                start = self._sandboxes.start(ready.site)
            except EngineError as error:
                self._no_engine = error
                raise
            return subset.run(ready, selected, start, self)

    def close(self) -> None:
        """Let go of what the sandboxes stood on."""
        if self._sandboxes is not None:
            self._sandboxes.close()

    def reason_to_skip(self, error: InfrastructureError) -> Problem | None:
        """Return why what could not run is to be skipped, the same for all pages; None if it is to fail."""
        if error is not self._no_engine or not self.settings.skip or self._site is None:
            return None
        problem = error.problems[0]
        why = ". ".join(filter(None, (problem.message, " ".join(problem.hint.split()))))
        return Problem(NO_ENGINE + why, "", self._site.path, 1)

    def problems(self, error: InfrastructureError) -> tuple[Problem, ...]:
        """Return what went wrong: all of it to the first who asks, and only what it was to all others."""
        if error in self._reported:
            return tuple(Problem(problem.message, "", problem.path, problem.line) for problem in error.problems)
        self._reported.append(error)
        return error.problems

    def say(self, line: str) -> None:
        """Show what is being prepared, which may take minutes; pytest-xdist's workers have no terminal for it."""
        terminal = self._config.pluginmanager.get_plugin("terminalreporter")
        capture = self._config.pluginmanager.get_plugin("capturemanager")
        if terminal is not None and self._config.get_verbosity() >= 0:
            with capture.global_and_fixture_disabled() if capture else nullcontext():
                terminal.ensure_newline()
                terminal.write_line(f"snippetrun: {neutralise(line)}")

    def again(self, page: Page, why: str) -> None:
        """As `Watcher.again`."""
        self.say(f"{page.path}: {why}")


@contextmanager
def _interruptible() -> Iterator[None]:
    """End the session if somebody asks for it, also by SIGTERM."""
    try:
        with stopping.exiting():
            yield
    except SystemExit as error:
        pytest.exit("stopped; nothing is left behind", returncode=int(str(error.code)))
