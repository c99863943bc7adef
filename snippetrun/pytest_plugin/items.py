"""Pages and their snippets as pytest's collectors and items."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NoReturn

import pytest

from snippetrun.config import shown_path
from snippetrun.errors import InfrastructureError, Problem, UsageError
from snippetrun.model import Outcome, Result, Snippet
from snippetrun.pytest_plugin import subset
from snippetrun.pytest_plugin.session import Session
from snippetrun.report import diagnostics
from snippetrun.support.neutralise import neutralise

_NAME_LENGTH = 60
# ::error::x
_COLONS = re.compile("::+")


class MarkdownPage(pytest.File):
    """A page; it runs once, when the first of its selected snippets is set up."""

    def __init__(self, *, shared: Session, **node: Any) -> None:  # noqa: ANN401 - pytest's own
        """Stand for a file that has not been read yet."""
        super().__init__(**node)
        self.shared = shared
        self._ready: subset.PreparedPage | None = None
        self._result: Result | InfrastructureError | None = None
        self._selected: set[int] = set()

    def collect(self) -> Iterable[PageItem]:
        """Return an item for each snippet with commands, and one for each line that only looks as if it ran."""
        try:
            self._ready = self.shared.prepare(self.path)
        except UsageError as error:
            raise self.CollectError(diagnostics(error.problems)) from None
        if self._ready is None:
            return []
        page = self._ready.page
        self.shared.untested += not page.under_test
        items: list[PageItem] = [
            SnippetItem.from_parent(self, at=at, snippet=snippet, skip=page.options.skip or snippet.options.skip)
            for at, snippet in enumerate(page.snippets)
            if snippet.commands
        ]
        items += (FindingItem.from_parent(self, finding=finding) for finding in page.findings)
        return sorted(items, key=lambda item: item.line)

    def run(self) -> float:
        """Run the page up to its last selected snippet, if it has not run yet.

        Return the seconds that the selected snippets took now. Raises InfrastructureError, the same for every snippet,
        if the page could not run.
        """
        if isinstance(self._result, InfrastructureError):
            raise self._result
        if self._result is not None:
            return 0.0
        assert self._ready  # noqa: S101 - whoever asks was collected from it
        self._selected = self._select()
        try:
            self._result = self.shared.run(self._ready, self._selected)
        except InfrastructureError as error:
            self._result = error
            raise
        return sum(self.outcome_of(at).seconds for at in self._selected)

    def outcome_of(self, at: int) -> subset.SnippetOutcome:
        """Return what there is to say of a selected snippet of the page, which has run."""
        assert isinstance(self._result, Result)  # noqa: S101 - as its setup did not fail
        return subset.outcome_of(self._result, self._selected, at)

    def _select(self) -> set[int]:
        """Return the indices on the page of the snippets that this session is to run."""
        items = (item for item in self.session.items if isinstance(item, SnippetItem) and item.page is self)
        return {item.at for item in items if item.get_closest_marker("skip") is None}


class MadePages(pytest.Collector):
    """The pages that plugins of a site make, and that have no file."""

    def __init__(self, *, shared: Session, **node: Any) -> None:  # noqa: ANN401 - pytest's own
        """Stand for pages that have not been made yet."""
        super().__init__(**node)
        self.shared = shared

    def collect(self) -> Iterable[MarkdownPage]:
        """Return them, each with the path that it would have."""
        try:
            paths = self.shared.without_file()
        except UsageError as error:
            raise self.CollectError(diagnostics(error.problems)) from None
        return [MarkdownPage.from_parent(self, path=path, shared=self.shared) for path in paths]


class PageItem(pytest.Item):
    """Something at a line of a page."""

    def __init__(self, *, parent: MarkdownPage, line: int, text: str, **node: Any) -> None:  # noqa: ANN401 - pytest's own
        """Take a readable name; as node ids are typed and pasted, it holds no `::` of its own."""
        text = " ".join(neutralise(_COLONS.sub(":", text)).split())[:_NAME_LENGTH].rstrip()
        super().__init__(name=f"line {line}: {text}", parent=parent, **node)
        self.page, self.line, self.text = parent, line, text
        self._problem: Problem | None = None
        # A page runs in one go in the setup of one item, but the time that a snippet took is that snippet's own.
        self._moved_seconds = 0.0

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return the file, the line counted from 0, and a title."""
        return self.path, self.line - 1, f"{shown_path(self.path)}:{self.line}: {self.text}"

    def fail(self, *problems: Problem) -> NoReturn:
        """Fail with what every face says of these problems, and no traceback; a CI runner obeys nothing of it."""
        self._problem = problems[0]
        raise pytest.fail.Exception(diagnostics(problems), pytrace=False) from None

    def skip(self, why: Problem) -> NoReturn:
        """Skip; reports that name the same reason and line are shown as one."""
        self._problem = why
        raise pytest.skip.Exception(neutralise(why.message)) from None

    def correct(self, report: pytest.TestReport) -> None:
        """Name the line of the page where pytest names the line of ours that raised, and share the time out."""
        report.duration = max(0.0, report.duration + self._moved_seconds)
        problem, self._problem, self._moved_seconds = self._problem, None, 0.0
        if problem is None:
            return
        path, line = problem.path or str(self.path), problem.line or self.line
        if isinstance(report.longrepr, tuple):
            report.longrepr = path, line, neutralise(problem.message)
        elif (crash := getattr(report.longrepr, "reprcrash", None)) is not None:
            crash.path, crash.lineno, crash.message = path, line, neutralise(problem.message)


class SnippetItem(PageItem):
    """A snippet. The page runs in the setup of the first one; then each tells how it did."""

    def __init__(self, *, at: int, snippet: Snippet, skip: str | None, **node: Any) -> None:  # noqa: ANN401 - pytest's own
        """Stand for the snippet with this index on the page, which does not run if there is a reason to skip it."""
        first = snippet.commands[0]
        super().__init__(line=first.line, text=first.text.split("\n")[0] or "(goes on with what is open)", **node)
        self.at = at
        self.extra_keyword_matches.update(command.text for command in snippet.commands)
        if skip is not None:
            self.add_marker(pytest.mark.skip(reason=neutralise(skip)))

    def setup(self) -> None:
        """See that the page has run; what fails here is no snippet, but what it runs on."""
        try:
            self._moved_seconds = -self.page.run()
        except InfrastructureError as error:
            if reason := self.page.shared.reason_to_skip(error):
                self.skip(reason)
            self.fail(*self.page.shared.problems(error))

    def runtest(self) -> None:
        """Tell how the snippet did."""
        outcome = self.page.outcome_of(self.at)
        self._moved_seconds = outcome.seconds
        if outcome.outcome is Outcome.NOT_REACHED:
            self.skip(*outcome.problems)
        if outcome.outcome is Outcome.FAILED:
            self.fail(*outcome.problems)


class FindingItem(PageItem):
    """A line that looks as if it should run and does not: nobody is to take it for tested."""

    def __init__(self, *, finding: Problem, **node: Any) -> None:  # noqa: ANN401 - pytest's own
        """Stand for what was found."""
        super().__init__(line=finding.line, text=finding.message, **node)
        self._finding = finding

    def runtest(self) -> None:
        """Fail with it."""
        self.fail(self._finding)
