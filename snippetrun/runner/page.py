"""One page: its commands in order, each as long as there is a terminal that takes it."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
import re
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import islice
from shlex import quote
from typing import Self

from snippetrun.errors import InfrastructureError, Problem, UsageError
from snippetrun.extract.prompts import opens_shell
from snippetrun.model import (
    Command,
    CommandResult,
    Ending,
    Environment,
    Fact,
    Job,
    Outcome,
    Recording,
    Snippet,
    Verdict,
)
from snippetrun.recordings.retype import retyped
from snippetrun.runner.prepare import OpenSandbox
from snippetrun.runner.watcher import Watcher
from snippetrun.sameness import Run
from snippetrun.sameness.expected import Judge, blamed_on, ends_wrong, pasted
from snippetrun.sandbox.interface import Sandbox, TerminalCommand
from snippetrun.support import patience, regex
from snippetrun.support.limits import Usage, used_up
from snippetrun.support.patterns import Names
from snippetrun.support.sgr import uncoloured
from snippetrun.support.version import __version__

MAIN_TERMINAL = "main"
"""The terminal of fences that name none."""
_LISTS = regex.compile(r"\bdocker\b[^|;&\n]*\b(?:ps|ls|list|info|df)\b")
"""What shows containers by the engine's list, which lags behind for a moment; a person does not type that fast."""
_MOST_FULL = 10
"""How many commands of a page may print as much as one may; of what comes then, a thousandth of that is kept."""
_RETRY_SECONDS = 0.2
"""Between two tries of a command with `retry`, and between two looks at what a page has used."""
_KILLED = 128 + 9
"""The exit status of what SIGKILL has ended."""
_TOLD_SECONDS = 2.0
"""How long the news that a container ran out of memory may be on its way: with cgroup v1 the engine brings it."""
_ALWAYS = frozenset({"processors", "memory", "image store built"})
"""Facts that output has in many forms: `7.751GiB`, `8127548 kB`, `2 days ago`."""
_DIGEST = re.compile(r"[0-9a-f]{64}")
"""Docker prints it whole, or its first 12 digits."""


def run_page(job: Job, start: OpenSandbox, watcher: Watcher, *, upto: int | None = None) -> Recording:
    """Run one page's commands. One that fails stops those after it only if it leaves no terminal for them.

    The recording holds what really came out. Only so many of the snippets run as `upto` says. Raises
    InfrastructureError, with the page's path and the line, if the sandbox fails.
    """
    began = time.monotonic()
    line = job.page.snippets[0].line
    session = _Session(job, watcher)
    try:
        with _Engines(job, start) as engines:
            for snippet in job.page.snippets[:upto]:
                line = snippet.line
                if not session.run(snippet, engines.sandbox_for(snippet)):
                    break
            sandbox = engines.current()
            environment = Environment(
                sandbox.engine_version,
                sandbox.kernel,
                __version__,
                sandbox.images,
                job.hub,
                job.network,
                tuple(_shown(job, session.results, [*engines.facts, *sandbox.facts()])),
            )
    except InfrastructureError as error:
        raise type(error)(
            *(dataclasses.replace(p, path=p.path or job.page.path, line=p.line or line) for p in error.problems)
        ) from error
    snippets = retyped(job.page, session.results, job.match)
    when = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    seconds = time.monotonic() - began
    return Recording(job.page.path, job.key, environment, when, engines.boot_seconds, seconds, snippets)


def _shown(job: Job, results: Iterable[Iterable[CommandResult]], facts: Iterable[Fact]) -> Iterator[Fact]:
    """Yield the facts that the page's output may depend on; of several engines' the later ones have a number."""
    texts = [uncoloured(result.output_before + result.output) for snippet in results for result in snippet]
    commands = [c.text for snippet in job.page.snippets for c in snippet.commands]
    contents = [snippet.content for snippet in job.page.snippets if snippet.options.file]
    output, words = "\n".join(texts), "\n".join([*texts, *commands, *contents])
    seen: dict[str, int] = {}
    for fact in dict.fromkeys(facts):
        image, built, _ = fact.name.partition(" built")
        if fact.name in _ALWAYS:
            matters = True
        elif built:
            matters = image.partition(":")[0] in words  # files in it are as old as it is
        else:
            matters = (fact.value[:12] if _DIGEST.fullmatch(fact.value) else fact.value) in output
        if matters:
            seen[fact.name] = number = seen.get(fact.name, 0) + 1
            yield fact if number == 1 else Fact(f"{fact.name} {number}", fact.value)


@contextmanager
def opened(job: Job, start: OpenSandbox, watcher: Watcher, line: int) -> Iterator[Sandbox]:
    """Yield the page's sandbox as it is when all that stands above a line has run.

    Raises UsageError, with the line, if that does not pass, and InfrastructureError if the sandbox fails.
    """
    session = _Session(job, watcher, above=line)
    with _Engines(job, start) as engines:
        for snippet in job.page.snippets:
            if snippet.line >= line:
                break
            session.run(snippet, engines.sandbox_for(snippet))
            if session.failed:
                hint = f"Look at it first: snippetrun run {quote(job.page.path)}"
                raise UsageError(Problem("the page does not get past this line", hint, job.page.path, session.failed))
        yield engines.current()


class _Engines:
    """The sandboxes of a page: one after the other, where its fences ask for a fresh engine."""

    def __init__(self, job: Job, start: OpenSandbox) -> None:
        self._job, self._start = job, start
        self._held = ExitStack()
        self._current: Sandbox | None = None
        self.boot_seconds = 0.0
        self.facts: list[Fact] = []
        """What was known of the engines that are gone."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self._end()

    def current(self) -> Sandbox:
        """Return the page's sandbox, started if it is the first."""
        if self._current is None:
            self._current = self._held.enter_context(self._start(self._job))
            self.boot_seconds += self._current.boot_seconds
        return self._current

    def sandbox_for(self, snippet: Snippet) -> Sandbox:
        """Return the sandbox for a snippet: the page's, or a new one in its place."""
        if snippet.options.engine is not None and snippet.options.skip is None:
            if self._current is not None:
                self.facts += self._current.facts()
            self._end()
        return self.current()

    def _end(self) -> None:
        if self._current is not None:
            self._current = None
        self._held.close()


class _Session:
    """What goes on from one snippet of a page to the next: what came out, and the names that it has bound."""

    def __init__(self, job: Job, watcher: Watcher, above: float = math.inf) -> None:
        """Run nothing yet, and later only the commands above a line."""
        self._job, self._watcher, self._above = job, watcher, above
        now = time.time()
        self._judge = Judge(job.match, pasted(job.page, job.last, Run((), now, now + job.limits.time), job.rules))
        self._deadline = math.inf
        self._used: dict[Sandbox, Usage] = {}
        self._room = _MOST_FULL * job.output_limit
        """Bytes of output that are kept of what is still to come."""
        self._lost: dict[tuple[Sandbox, str], int] = {}
        """The terminals that take no more commands, and the line of the last one of each."""
        self.failed = 0
        """The line of the first command that has ended wrong; 0 if none has."""
        self.results: list[list[CommandResult]] = []
        """One entry for each snippet that was reached."""

    def run(self, snippet: Snippet, sandbox: Sandbox) -> bool:
        """Run the commands of a snippet; return whether the page can go on."""
        options = snippet.options
        self.results.append([])
        if options.skip is not None:
            return True
        if options.file is not None:
            sandbox.write(options.file, snippet.content)
        for command in snippet.commands:
            if command.line >= self._above:
                break
            result, verdict = self._command(snippet, command, sandbox)
            self.results[-1].append(result)
            self._room -= len(result.output) + len(result.output_before)
            if ends_wrong(verdict):
                self.failed = self.failed or command.line
            if result.fault and result.ending is not Ending.NOT_RUN:
                return False
        return True

    def _command(self, snippet: Snippet, command: Command, sandbox: Sandbox) -> tuple[CommandResult, Verdict]:
        """Run a command, unless it cannot be typed; return what came out, and its verdict."""
        terminal = sandbox, terminal_of(snippet)
        lost = self._lost.get(terminal)
        if lost or self._judge.lacks(command):
            why = blamed_on(lost) if lost else ""
            unrun = CommandResult(command.line, command.text, (), None, 0.0, Ending.NOT_RUN, fault=why)
            return unrun, self._judge.command(snippet, command, unrun)
        self._watcher.command(self._job.page, command)
        result, verdict = self._try(snippet, command, sandbox)
        if result.ending not in {Ending.EXITED, Ending.LEFT_OPEN}:
            self._lost[terminal] = command.line
        return result, verdict

    def _try(self, snippet: Snippet, command: Command, sandbox: Sandbox) -> tuple[CommandResult, Verdict]:
        """Run a command, again and again if its fence wants that; return what came out last, and its verdict."""
        if math.isinf(self._deadline):
            self._deadline = time.monotonic() + self._job.limits.time
        give_up = min(time.monotonic() + (snippet.options.retry or 0.0), self._deadline)
        while True:
            if _LISTS.search(command.text):
                sandbox.wait_until_listed()
            recorded = self._type(snippet, command, sandbox)
            judging = self._judge.copy()
            verdict = judging.command(snippet, command, recorded)
            if verdict.outcome is Outcome.FAILED and (fault := self._fault(recorded, sandbox)):
                recorded = dataclasses.replace(recorded, fault=fault)
                judging = self._judge.copy()
                verdict = judging.command(snippet, command, recorded)
            ended = recorded.ending is not Ending.EXITED or time.monotonic() >= give_up
            if ended or verdict.outcome is Outcome.PASSED:
                self._judge = judging
                return recorded, verdict
            time.sleep(_RETRY_SECONDS)

    def _fault(self, recorded: CommandResult, sandbox: Sandbox) -> str:
        """Return what is wrong with the sandbox, after a command that failed; "" if it is as it should be."""
        if recorded.ending is Ending.TIMED_OUT and time.monotonic() >= self._deadline:
            return self._job.limits.exceeded("time")
        before, now = self._used.get(sandbox, Usage()), sandbox.usage()
        told = time.monotonic() + (patience.seconds(_TOLD_SECONDS) if recorded.status == _KILLED else 0.0)
        while not (limit := used_up(before, now)) and not now.ended and time.monotonic() < told:
            time.sleep(_RETRY_SECONDS)
            now = sandbox.usage()
        self._used[sandbox] = now
        if limit:
            return self._job.limits.exceeded(limit)
        return "the page's engine has ended" if now.ended else ""

    def _type(self, snippet: Snippet, command: Command, sandbox: Sandbox) -> CommandResult:
        options, names = snippet.options, self._judge.names
        last = command is snippet.commands[-1]
        order = TerminalCommand(
            names.substitute(command.text),
            line=command.line,
            written=command.written,
            written_line=command.end_line + 1,
            until=options.until if last else None,
            goes_on_below=last and self._goes_on_below(snippet),
            stays_open=last and not any(map(str.strip, command.written)) and opens_shell(command.text),
            match=options.match or self._job.match,
            names=Names(dict(names.words)),
            timeout=max(0.0, min(options.timeout or self._job.timeout, self._deadline - time.monotonic())),
            limit=max(min(self._job.output_limit, self._room), self._job.output_limit // 1000, 1),
        )
        return sandbox.terminal(terminal_of(snippet)).run(order)

    def _goes_on_below(self, snippet: Snippet) -> bool:
        """Whether the next fence of the same terminal goes on with the command that this one leaves open."""
        snippets = self._job.page.snippets
        below = snippets[snippets.index(snippet) + 1 :]
        following = (other for other in below if other.commands and terminal_of(other) == terminal_of(snippet))
        return any(not other.commands[0].text for other in islice(following, 1))


def terminal_of(snippet: Snippet) -> str:
    """Return the name of the terminal into which its commands are typed."""
    return snippet.options.term or MAIN_TERMINAL
