"""A page on its way to where its author writes: what stands above has run already, in a sandbox that waits.

What comes next is typed into that sandbox, so that only the rest of the page takes its time. Nothing of it is made up:
it is one run of the page, with a pause in it.
"""

from __future__ import annotations

import dataclasses
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar, cast

from snippetrun.config import SiteConfig
from snippetrun.engine.stream import Stream
from snippetrun.errors import Problem, SandboxError, SnippetrunError
from snippetrun.model import CommandResult, Job, Page, Position, Result
from snippetrun.runner.judge import result
from snippetrun.runner.page import MAIN_TERMINAL, opened, run_page, terminal_of
from snippetrun.runner.prepare import OpenSandbox, Sandboxes
from snippetrun.runner.watcher import Watcher
from snippetrun.sandbox.interface import Sandbox, Terminal, TerminalCommand
from snippetrun.support import patience, stopping
from snippetrun.support.fingerprint import fingerprints, unchanged
from snippetrun.support.patterns import Names

_IDLE_SECONDS = 600.0
"""That a sandbox waits for its author; it takes memory meanwhile."""
_Answer = TypeVar("_Answer")


class HeadStart:
    """A page that runs on a thread of its own up to a command, and then waits for what is to be typed next."""

    def __init__(self, site: SiteConfig, job: Job, upto: Position, sandboxes: Sandboxes) -> None:
        """Begin. All that stands above runs; it all has to pass, and in one engine."""
        self._site, self._job, self._upto, self._sandboxes = site, job, upto, sandboxes
        self._start: OpenSandbox
        self._ahead: _RunAhead | None = None
        self._seconds = 0.0
        self._waits, self._is_used = threading.Event(), threading.Event()
        self._thread = stopping.Group(1, self._run)

    def fits(self, job: Job) -> bool:
        """Tell whether a page is the same above that command, and would run under the same conditions."""
        own, other = (dataclasses.replace(j, page=job.page, key="", last=None) for j in (self._job, job))
        same = unchanged(fingerprints(job.page), fingerprints(self._job.page)) >= self._upto
        return own == other and job.page.path == self._job.page.path and same and not self._is_used.is_set()

    def run(self, job: Job, watcher: Watcher) -> Result | None:
        """Run the rest of a page that `fits`, once; return the result of all of it. None if it did not come so far.

        Raises SandboxError if the sandbox fails, or the page turns out to be another one above the command; and
        KeyboardInterrupt if the thread is to end.
        """
        while not self._waits.wait(stopping.SLICE):
            stopping.check()
        self._is_used.set()
        if self._ahead is None:
            return None
        ahead = [self._ahead]
        self._ahead.begin_again()

        @contextmanager
        def start(job: Job) -> Iterator[Sandbox]:
            if ahead:
                yield ahead.pop()
            else:
                with self._start(job) as sandbox:
                    yield sandbox

        recording = run_page(job, start, watcher)
        recording = dataclasses.replace(recording, seconds=recording.seconds + self._seconds)
        return result(job.page, recording, job.match, job.last, job.rules)

    def ask(self) -> None:
        """Let it end: nobody needs it."""
        self._is_used.set()
        self._thread.ask()

    def end(self, seconds: float) -> None:
        """Let it end, and wait so long until it has."""
        self.ask()
        self._thread.end(seconds)

    def _run(self) -> None:
        began = time.monotonic()
        try:
            # Whoever writes is told what is wrong by the run of the whole page.
            with suppress(SnippetrunError, KeyboardInterrupt), self._sandboxes(self._site, lambda _: None) as start:
                self._start = start
                with opened(self._job, self._open, Watcher(), _line(self._job.page, self._upto)) as sandbox:
                    sandbox.terminal(_next_terminal(self._job.page, self._upto))  # that takes a moment as well
                    self._seconds = time.monotonic() - began
                    self._waits.set()
                    self._wait()
        finally:
            self._ahead = None
            self._waits.set()

    @contextmanager
    def _open(self, job: Job) -> Iterator[Sandbox]:
        if self._ahead:
            raise SandboxError(Problem("the page begins a new engine above the command"))
        with self._start(job) as sandbox:
            self._ahead = _RunAhead(sandbox)
            yield self._ahead

    def _wait(self) -> None:
        """Wait for as long as the sandbox may be of use; KeyboardInterrupt ends that."""
        until = time.monotonic() + patience.seconds(_IDLE_SECONDS)
        while self._is_used.is_set() or time.monotonic() < until:
            stopping.check()
            time.sleep(stopping.SLICE)
        self._is_used.set()


class _RunAhead:
    """A sandbox that remembers what it was asked to do; once it begins again, who asks the same gets what came then."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self.engine_version, self.kernel = sandbox.engine_version, sandbox.kernel
        self.images, self.boot_seconds = sandbox.images, sandbox.boot_seconds
        self.rests, self.wait_until_listed = sandbox.rests, sandbox.wait_until_listed
        self.facts, self.usage, self.close = sandbox.facts, sandbox.usage, sandbox.close
        self._done: list[tuple[object, object]] = []
        self._known: deque[tuple[object, object]] = deque()

    def begin_again(self) -> None:
        """Take what has been asked for as known."""
        self._known = deque(self._done)

    def terminal(self, name: str = "") -> Terminal:
        """As `Sandbox.terminal`."""
        return _TerminalAhead(self, name, self._sandbox.terminal(name))

    def write(self, path: str, content: str) -> None:
        """As `Sandbox.write`."""
        self.answer((path, content), lambda: self._sandbox.write(path, content))

    def answer(self, asked: object, do: Callable[[], _Answer]) -> _Answer:
        """Return what came out when this was asked for, or do it now; raise SandboxError if it is something else."""
        if not self._known:
            answer = do()
            self._done.append((asked, answer))
            return answer
        known, before = self._known.popleft()
        if known != asked:
            raise SandboxError(Problem("the page is another one above the command"))
        return cast(_Answer, before)


@dataclasses.dataclass(frozen=True, slots=True)
class _TerminalAhead:
    ahead: _RunAhead
    name: str
    terminal: Terminal

    def run(self, request: TerminalCommand) -> CommandResult:
        """As `Terminal.run`."""
        # Its place on the page does not matter, nor how long it may take, nor what was recorded.
        asked = dataclasses.replace(request, line=0, written_line=0, timeout=0.0, limit=0, names=Names())
        answer = self.ahead.answer((self.name, asked), lambda: self.terminal.run(request))
        return dataclasses.replace(answer, line=request.line)

    def hand_over(self, columns: int, rows: int) -> Stream:
        """As `Terminal.hand_over`."""
        return self.terminal.hand_over(columns, rows)


def where_edited(page: Page, before: Page | None) -> Position:
    """Return where the author of a page writes: the first command that was another one before, or else the last."""
    if before and (first := unchanged(fingerprints(page), fingerprints(before))) != (len(page.snippets), 0):
        return first
    with_commands = ((at, len(snippet.commands) - 1) for at, snippet in enumerate(page.snippets) if snippet.commands)
    return max(with_commands, default=(0, 0))


def _line(page: Page, position: Position) -> int:
    """Return the line of a command, or where it would stand."""
    at, number = position
    if at == len(page.snippets):
        return page.snippets[-1].end_line
    snippet = page.snippets[at]
    if number == 0:
        return snippet.line
    return snippet.commands[number].line if number < len(snippet.commands) else snippet.end_line


def _next_terminal(page: Page, position: Position) -> str:
    return next((terminal_of(snippet) for snippet in page.snippets[position[0] :] if snippet.commands), MAIN_TERMINAL)
