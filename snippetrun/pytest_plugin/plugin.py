"""pytest's hooks, each handed over to what it is about."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from snippetrun import runner
from snippetrun.model import ENDINGS
from snippetrun.pytest_plugin.items import MarkdownPage, PageItem
from snippetrun.pytest_plugin.session import NO_ENGINE, Session
from snippetrun.pytest_plugin.settings import Settings

_NOTES = "snippetrun_notes"
"""Where a worker of pytest-xdist tells what else there is to say."""


class Plugin:
    """One session with snippets."""

    def __init__(self, config: pytest.Config, settings: Settings) -> None:
        """Do nothing yet."""
        self._shared = Session(config, settings)
        self._notes: list[str] = []

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
        self._notes = self._shared.notes or self._notes
        getattr(session.config, "workeroutput", {})[_NOTES] = self._notes

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:  # noqa: ANN401 - pytest-xdist's own
        """Take what a worker tells; one that has crashed tells nothing."""
        self._notes = getattr(node, "workeroutput", {}).get(_NOTES, self._notes)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say which pages have no tests, and that there was no engine: pytest tells of neither by itself."""
        for note in self._notes:
            terminalreporter.write_line(f"snippetrun: {note}", yellow=True)
        skipped = [report.longrepr[2] for report in terminalreporter.stats.get("skipped", [])]
        reasons = [reason for reason in skipped if reason.startswith(NO_ENGINE)]
        if reasons:
            why = reasons[0].removeprefix(NO_ENGINE)
            terminalreporter.write_line(f"snippetrun: {len(reasons)} skipped: {why}", yellow=True)
