"""Shows how far the work has come: what, how far, for how long. On a terminal it is redrawn; in a log it is lines."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from snippetrun.model import Command, Job, Page, Result
from snippetrun.report import plain


class ShownProgress:
    """A `runner.Watcher` for people; use it as a context manager."""

    def __init__(self, console: Console | None = None) -> None:
        """Write to standard error, or to a console of the caller's."""
        self._console = console or Console(stderr=True)
        self._lock = threading.Lock()
        self._began = time.monotonic()
        self._tasks: dict[str, TaskID] = {}
        self._ended = self._total = 0
        self._bars = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=16),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[doing]}", style="dim", markup=False),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def pause(self) -> None:
        """Take the bars away: the terminal is somebody else's now."""
        self._bars.stop()

    def say(self, line: str) -> None:
        """As `Watcher.say`."""
        self._line(line)

    def begin(self, jobs: Sequence[Job]) -> None:
        """As `Watcher.begin`."""
        self._total = len(jobs)
        for job in jobs:
            commands = sum(len(s.commands) for s in job.page.snippets if s.options.skip is None)
            self._tasks[job.page.path] = self._bars.add_task(
                job.page.path, total=commands, start=False, visible=False, doing=""
            )

    def command(self, page: Page, command: Command) -> None:
        """As `Watcher.command`."""
        with self._lock:
            task = self._tasks[page.path]
            first = not self._bars.tasks[task].started
            if first:
                self._bars.start_task(task)
            doing = plain(command.text.split("\n")[0])[:60]
            self._bars.update(task, advance=0 if first else 1, visible=True, doing=doing)

    def end(self, result: Result) -> None:
        """As `Watcher.end`."""
        with self._lock:
            self._ended += 1
            self._bars.update(self._tasks[result.page.path], visible=False)
            seconds = result.recording.seconds if result.recording else 0.0
            failed = " FAILED" if result.failed else ""
            self._line(f"[{self._ended}/{self._total}] {result.page.path}{failed} ({seconds:.1f} s)")

    def _line(self, line: str) -> None:
        elapsed = time.monotonic() - self._began
        self._console.print(f"{elapsed:6.1f} s  {line}", markup=False, emoji=False, highlight=False, soft_wrap=True)
