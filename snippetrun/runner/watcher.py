"""Who is told how far the work has come."""

from __future__ import annotations

from collections.abc import Sequence

from snippetrun.model import Command, Job, Page, Result


class Watcher:
    """Who is told how far the work has come, from several threads. This one does nothing with it."""

    def say(self, line: str) -> None:
        """Take note: something is being prepared."""

    def begin(self, jobs: Sequence[Job]) -> None:
        """Take note: all is prepared, and these pages will run."""

    def command(self, page: Page, command: Command) -> None:
        """Take note: this command of the page runs now."""

    def again(self, page: Page, why: str) -> None:
        """Take note: the page begins once more."""

    def end(self, result: Result) -> None:
        """Take note: the page has come to its end."""
