"""Who is told how far the work has come."""

from __future__ import annotations

from collections.abc import Callable, Sequence

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


class Telling(Watcher):
    """Hands all of it on to another watcher, and tells of each page that has come to its end."""

    def __init__(self, watcher: Watcher, tell: Callable[[Result], None]) -> None:
        """Tell nothing yet."""
        self._watcher, self._tell = watcher, tell

    def say(self, line: str) -> None:
        """As `Watcher.say`."""
        self._watcher.say(line)

    def begin(self, jobs: Sequence[Job]) -> None:
        """As `Watcher.begin`."""
        self._watcher.begin(jobs)

    def command(self, page: Page, command: Command) -> None:
        """As `Watcher.command`."""
        self._watcher.command(page, command)

    def again(self, page: Page, why: str) -> None:
        """As `Watcher.again`."""
        self._watcher.again(page, why)

    def end(self, result: Result) -> None:
        """As `Watcher.end`."""
        self._tell(result)
        self._watcher.end(result)
