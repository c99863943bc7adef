"""Shows how far the work has come: what, how far, for how long. On a terminal it is redrawn; in a log it is lines."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self, TextIO

from snippetrun.model import Command, Job, Page, Result
from snippetrun.runner.watcher import Watcher
from snippetrun.support.neutralise import neutralise, plain

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


class ShownProgress(Watcher):
    """A `runner.Watcher` for people; use it as a context manager."""

    def __init__(
        self, output: TextIO | None = None, fails: Callable[[Result], bool] = lambda result: bool(result.failed)
    ) -> None:
        """Write to standard error, or to another text stream. `fails` tells of which pages it says that they failed."""
        self._output = output or sys.stderr
        self._fails = fails
        self._lock = threading.Lock()
        self._began = time.monotonic()
        self._bars: Progress | None = None
        self._tasks: dict[str, TaskID] = {}
        self._ended = self._total = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.pause()

    def pause(self) -> None:
        """Take the bars away: the terminal is somebody else's now."""
        if self._bars:
            self._bars.stop()

    def say(self, line: str) -> None:
        """As `Watcher.say`."""
        self._line(line)

    def begin(self, jobs: Sequence[Job]) -> None:
        """As `Watcher.begin`."""
        self.pause()  # bars of an earlier run would keep hold of standard output
        self._ended, self._total = 0, len(jobs)
        self._bars = _bars(self._output)
        self._bars.start()
        for job in jobs:
            commands = sum(len(s.commands) for s in job.page.snippets if s.options.skip is None)
            self._tasks[job.page.path] = self._bars.add_task(
                plain(job.page.path), total=commands, start=False, visible=False, doing=""
            )

    def command(self, page: Page, command: Command) -> None:
        """As `Watcher.command`."""
        bars = self._bars
        if bars is None:
            return
        with self._lock:
            task = self._tasks[page.path]
            first = not bars.tasks[task].started
            if first:
                bars.start_task(task)
            doing = plain(command.text.split("\n")[0])[:60]
            bars.update(task, advance=0 if first else 1, visible=True, doing=doing)

    def again(self, page: Page, why: str) -> None:
        """As `Watcher.again`."""
        with self._lock:
            if self._bars:
                self._bars.reset(self._tasks[page.path], start=False)
            self._line(f"{page.path}: {why}")

    def end(self, result: Result) -> None:
        """As `Watcher.end`."""
        with self._lock:
            self._ended += 1
            if self._bars:
                self._bars.update(self._tasks[result.page.path], visible=False)
            seconds = result.recording.seconds if result.recording else 0.0
            failed = " FAILED" if self._fails(result) else ""
            self._line(f"[{self._ended}/{self._total}] {result.page.path}{failed} ({seconds:.1f} s)")

    def _line(self, line: str) -> None:
        elapsed = time.monotonic() - self._began
        shown = neutralise(f"{elapsed:6.1f} s  {line}")
        if self._bars:
            self._bars.console.print(shown, markup=False, emoji=False, highlight=False, soft_wrap=True)
        else:
            self._output.write(f"{shown}\n")
            self._output.flush()


def _bars(output: TextIO) -> Progress:
    """Return a bar for each page, drawn on a terminal and nowhere else."""
    # Imported here: a build that replays what was recorded shows no progress, and must not pay for it.
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(file=output)
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=16),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[doing]}", style="dim", markup=False),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
