"""One page: its commands in order, up to the first that does not do what was expected."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import islice
from typing import Self

from snippetrun import __version__
from snippetrun.compare import Judge
from snippetrun.errors import InfrastructureError, Problem, UsageError
from snippetrun.model import Command, Ending, Environment, Job, Outcome, Recorded, Recording, Snippet
from snippetrun.patterns import Names
from snippetrun.runner.provide import OpenSandbox
from snippetrun.runner.watcher import Watcher
from snippetrun.sandbox.interface import Order, Sandbox

MAIN_TERMINAL = "main"
"""The terminal of fences that name none."""
_RETRY_SECONDS = 0.2
"""Between two tries of a command with `retry`."""


def run_page(
    job: Job, start: OpenSandbox, watcher: Watcher, live: set[Sandbox] | None = None, *, upto: int | None = None
) -> Recording:
    """Run one page's commands, up to the first that does not do what was expected.

    `live` is told of the page's sandbox while there is one. Only so many of the snippets run as `upto` says. Raises
    InfrastructureError, with the page's path and the line, if the sandbox fails.
    """
    began = time.monotonic()
    snippets: list[tuple[Recorded, ...]] = []
    line = job.page.snippets[0].line
    session = _Session(job, watcher)
    try:
        with _Engines(job, start, set() if live is None else live) as engines:
            for snippet in job.page.snippets[:upto]:
                line = snippet.line
                recorded, passed = session.run(snippet, engines.fresh() if _wants_fresh(snippet) else engines.current())
                snippets.append(recorded)
                if not passed:
                    break
            sandbox = engines.current()
            environment = Environment(sandbox.engine_version, sandbox.kernel, __version__, sandbox.images, job.hub)
    except InfrastructureError as error:
        raise type(error)(
            *(dataclasses.replace(p, path=p.path or job.page.path, line=p.line or line) for p in error.problems)
        ) from error
    when = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    seconds = time.monotonic() - began
    return Recording(job.page.path, job.key, environment, when, engines.boot_seconds, seconds, tuple(snippets))


@contextmanager
def opened(job: Job, start: OpenSandbox, watcher: Watcher, line: int) -> Iterator[Sandbox]:
    """Yield the page's sandbox as it is when all that stands above a line has run.

    Raises UsageError, with the line, if that does not pass, and InfrastructureError if the sandbox fails.
    """
    session = _Session(job, watcher, above=line)
    with _Engines(job, start, set()) as engines:
        for snippet in job.page.snippets:
            if snippet.line >= line:
                break
            recorded, passed = session.run(snippet, engines.fresh() if _wants_fresh(snippet) else engines.current())
            if not passed:
                hint = f"Look at it first: snippetrun run {job.page.path}"
                where = recorded[-1].line
                raise UsageError(Problem("the page does not get past this line", hint, job.page.path, where))
        yield engines.current()


class _Engines:
    """The sandboxes of a page: one after the other, where its fences ask for a fresh engine."""

    def __init__(self, job: Job, start: OpenSandbox, live: set[Sandbox]) -> None:
        self._job, self._start, self._live = job, start, live
        self._held = ExitStack()
        self._current: Sandbox | None = None
        self.boot_seconds = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self._end()

    def current(self) -> Sandbox:
        """Return the page's sandbox, started if it is the first."""
        if self._current is None:
            self._current = self._held.enter_context(self._start(self._job))
            self._live.add(self._current)
            self.boot_seconds += self._current.boot_seconds
        return self._current

    def fresh(self) -> Sandbox:
        """Return a new sandbox in the place of the last."""
        self._end()
        return self.current()

    def _end(self) -> None:
        if self._current is not None:
            self._live.discard(self._current)
            self._current = None
        self._held.close()


class _Session:
    """What goes on from one snippet of a page to the next: the names that its output has bound."""

    def __init__(self, job: Job, watcher: Watcher, above: float = math.inf) -> None:
        """Run nothing yet, and later only the commands above a line."""
        self._job, self._watcher, self._above = job, watcher, above
        self._judge = Judge(job.match)

    def run(self, snippet: Snippet, sandbox: Sandbox) -> tuple[tuple[Recorded, ...], bool]:
        """Run the commands of a snippet; return what came out, and whether the page can go on."""
        options = snippet.options
        if options.skip is not None:
            return (), True
        if options.file is not None:
            sandbox.write(options.file, snippet.content)
        recorded: list[Recorded] = []
        for command in snippet.commands:
            if command.line >= self._above:
                break
            self._watcher.command(self._job.page, command)
            came, goes_on = self._try(snippet, command, sandbox)
            recorded.append(came)
            if not goes_on:
                return tuple(recorded), False
        return tuple(recorded), True

    def _try(self, snippet: Snippet, command: Command, sandbox: Sandbox) -> tuple[Recorded, bool]:
        """Run a command, again and again if its fence wants that; return what came out last, and whether to go on.

        Other output than what is written is no reason to stop: what comes after it may tell more.
        """
        give_up = time.monotonic() + (snippet.options.retry or 0.0)
        while True:
            recorded = self._type(snippet, command, sandbox)
            verdict = self._judge.command(command, recorded, snippet.options.match)
            passed = verdict.outcome is Outcome.PASSED
            if passed or recorded.ending is not Ending.EXITED or time.monotonic() >= give_up:
                return recorded, passed or bool(verdict.where)
            time.sleep(_RETRY_SECONDS)

    def _type(self, snippet: Snippet, command: Command, sandbox: Sandbox) -> Recorded:
        options, names = snippet.options, self._judge.names
        typed = names.substitute(command.text)
        last = command is snippet.commands[-1]
        order = Order(
            typed,
            line=command.line,
            written=command.written,
            written_line=command.end_line + 1,
            until=options.until if last else None,
            goes_on_below=last and self._goes_on_below(snippet),
            match=options.match or self._job.match,
            names=Names(dict(names.words)),
            timeout=options.timeout or self._job.timeout,
            limit=self._job.output_limit,
        )
        came = sandbox.terminal(_terminal(snippet)).run(order)
        return Recorded(
            line=command.line,
            command=typed,
            pieces=came.pieces,
            status=came.status,
            seconds=came.seconds,
            ending=came.ending,
            cut=came.cut,
            late=came.late,
            waiting=came.waiting,
        )

    def _goes_on_below(self, snippet: Snippet) -> bool:
        """Whether the next fence of the same terminal goes on with the command that this one leaves open."""
        snippets = self._job.page.snippets
        below = snippets[snippets.index(snippet) + 1 :]
        following = (each for each in below if each.commands and _terminal(each) == _terminal(snippet))
        return any(not each.commands[0].text for each in islice(following, 1))


def _wants_fresh(snippet: Snippet) -> bool:
    return snippet.options.engine is not None and snippet.options.skip is None


def _terminal(snippet: Snippet) -> str:
    return snippet.options.term or MAIN_TERMINAL
