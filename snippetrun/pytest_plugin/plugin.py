"""pytest's hooks, each handed over to what it is about."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from snippetrun import runner
from snippetrun.model import ENDINGS
from snippetrun.pytest_plugin.items import MadePages, MarkdownPage, PageItem
from snippetrun.pytest_plugin.session import NO_ENGINE, Session
from snippetrun.pytest_plugin.settings import Settings
from snippetrun.report import untested

_UNTESTED = "snippetrun_untested"
"""Where a worker of pytest-xdist tells how many pages are not under test yet."""


class Plugin:
    """One session with snippets."""

    def __init__(self, config: pytest.Config, settings: Settings) -> None:
        """Do nothing yet."""
        self._shared = Session(config, settings)
        self._untested = 0

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Add the pages without a file to what is in the folder of the pages."""
        report = yield
        if isinstance(collector, pytest.Directory) and report.passed and self._shared.is_made(collector.path):
            made = MadePages.from_parent(collector, name="pages without a file", shared=self._shared)
            report.result = [*(report.result or []), made]
        return report

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
        """Collect Markdown files."""
        if file_path.suffix not in ENDINGS:
            return None
        return MarkdownPage.from_parent(parent, path=file_path, shared=self._shared)

    @pytest.hookimpl(trylast=True)
    def pytest_snippetrun_sandboxes(self) -> runner.Sandboxes:
        """Provide the real ones where a conftest.py has no others."""
        return runner.live_sandboxes

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Let our items correct what pytest reports of them."""
        report = yield
        if isinstance(item, PageItem):
            item.correct(report)
        return report

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Let go of the engine; a worker of pytest-xdist tells what it has collected, as all of them have."""
        self._shared.close()
        self._untested = self._shared.untested or self._untested
        getattr(session.config, "workeroutput", {})[_UNTESTED] = self._untested

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:  # noqa: ANN401 - pytest-xdist's own
        """Take what a worker tells; one that has crashed tells nothing."""
        self._untested = getattr(node, "workeroutput", {}).get(_UNTESTED, self._untested)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say how many pages have no tests, and that there was no engine: pytest tells of neither by itself."""
        if note := untested(self._untested):
            terminalreporter.write_line(f"snippetrun: {note}", yellow=True)
        skipped = [report.longrepr[2] for report in terminalreporter.stats.get("skipped", [])]
        reasons = [reason for reason in skipped if reason.startswith(NO_ENGINE)]
        if reasons:
            why = reasons[0].removeprefix(NO_ENGINE)
            terminalreporter.write_line(f"snippetrun: {len(reasons)} skipped: {why}", yellow=True)
