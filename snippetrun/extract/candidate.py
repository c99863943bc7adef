"""A fence with its info string read and its text split: what may become a snippet."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from snippetrun.config import Dialect
from snippetrun.errors import PageError, Problem
from snippetrun.extract.attribute_values import READERS
from snippetrun.extract.fences import Fence
from snippetrun.extract.info_string import appearance, language_of, offset_of, parse
from snippetrun.extract.lookalikes import is_in_container, is_synopsis
from snippetrun.extract.prompts import Session, has_prompt, split, split_script
from snippetrun.extract.shell_syntax import runs_docker
from snippetrun.model import Command, Options, Snippet
from snippetrun.support.units import counted

_DEFAULTS = Options()
_NEEDS_COMMANDS = frozenset({"exit", "timeout", "term", "until", "retry", "match"})
_NEEDS_ONE = frozenset({"exit", "retry"})
# the `1.` in `1. ```console`, below which its lines are indented
_MARKER = re.compile(r"[^> \t]")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A fence, read as far as it can be."""

    fence: Fence
    language: str
    options: Options
    runs: bool
    """Whether its language is one of those that run, and it writes no file."""
    session: Session
    problems: tuple[Problem, ...] = ()
    """That it is not closed, or what is wrong with its info string. Its options are empty if that cannot be read."""

    @property
    def commands(self) -> tuple[Command, ...]:
        """Its commands; their status is the one that the fence or the output asks for."""
        commands = tuple(self.session.commands)
        if self.options.exit is None:
            return commands
        return tuple(replace(command, status=self.options.exit) for command in commands)

    @property
    def is_snippet(self) -> bool:
        """Whether it concerns us on a page that runs."""
        runs = self.runs and (bool(self.session.commands) or self.options.skip is not None)
        return not self.problems and (runs or self.options.file is not None)

    @property
    def snippet(self) -> Snippet:
        """The same for the rest of the road."""
        fence = self.fence
        content = "".join(line + "\n" for line in fence.lines)
        prefix = _MARKER.sub(" ", fence.prefix)
        return Snippet(
            self.language,
            self.options,
            fence.line,
            fence.end_line,
            prefix,
            content,
            self.commands,
            appearance(fence.info),
            until_column=0 if self.options.until is None else fence.info_column + offset_of("until", fence.info),
        )


def read_fences(path: str, lines: Sequence[str], fences: Sequence[Fence], dialect: Dialect) -> Iterator[Candidate]:
    """Read the fences of a page's lines, in their order; one goes on with a shell that another has left open."""
    in_shell = False
    prompted: set[str] | None = None
    for fence in fences:
        candidate = _read(path, lines, fence, dialect, in_shell=in_shell)
        is_script = candidate.language in dialect.scripts and not has_prompt(fence.lines, dialect.prompts)
        if is_script:
            if prompted is None:
                prompted = {language_of(other.info) for other in fences if has_prompt(other.lines, dialect.prompts)}
            if not _is_meant_to_run(candidate, mixed=candidate.language in prompted):
                candidate = replace(candidate, session=Session())
        if candidate.commands and candidate.options.term is None:
            in_shell = candidate.session.leaves_open
        yield candidate


def _read(path: str, lines: Sequence[str], fence: Fence, dialect: Dialect, *, in_shell: bool) -> Candidate:
    """Read a fence; one that cannot be used has what could be read of it, and the problems."""
    problems: tuple[Problem, ...] = () if fence.closed else (_unclosed(path, lines, fence),)
    try:
        language, options = parse(
            fence.info, languages=dialect.languages, path=path, line=fence.line, column=fence.info_column
        )
    except PageError as error:
        language, options, problems = language_of(fence.info), Options(), problems or error.problems
    runs = language in dialect.languages and options.file is None
    goes_on = in_shell and is_in_container(fence.lines)
    if not runs:
        session = Session()
    elif language in dialect.scripts and not goes_on:
        session = split_script(fence.lines, fence.line + 1, dialect.prompts)
    else:
        goes_on = (goes_on or options.term is not None) and _goes_on(fence.lines, dialect.prompts)
        session = split(fence.lines, fence.line + 1, dialect.prompts, goes_on=goes_on)
    return Candidate(fence, language, options, runs, session, problems)


def _is_meant_to_run(script: Candidate, *, mixed: bool) -> bool:
    """Whether a fence without a prompt is a script, and not any text in the colours of one.

    Where its page is `mixed` and has prompts in that language too, such a text is what calls no docker.
    """
    goes_on = script.commands and not script.commands[0].text
    if script.options != _DEFAULTS or script.session.findings or goes_on:
        return True
    if any(map(is_synopsis, script.fence.lines)):
        return False
    return not mixed or any(runs_docker(command.text) for command in script.commands)


def _unclosed(path: str, lines: Sequence[str], fence: Fence) -> Problem:
    hint = f"Write {fence.markup} in the same column, on a line of its own."
    if fence.end_line < len(lines):
        hint += f" Line {fence.end_line + 1} ends the list or block that it stands in."
    return Problem("nothing closes this fence", hint, path, fence.line, len(fence.prefix) + 1)


def find_misused(path: str, candidate: Candidate, dialect: Dialect) -> Iterator[Problem]:
    """Find options that say something about commands that the fence does not have."""
    options = candidate.options
    for key in (key for key in READERS if getattr(options, key) != getattr(_DEFAULTS, key)):
        message = hint = ""
        if options.file is not None:
            if key in _NEEDS_COMMANDS:
                message, hint = f"{key} on a fence that writes a file and runs nothing", f"Remove {key}."
        elif not candidate.runs:
            message = f"{key} on a fence that does not run"
            hint = f"Remove it: only {dialect} fences run."
        elif key in _NEEDS_ONE and len(candidate.session.commands) != 1:
            message = f"{key} on a fence with {counted(len(candidate.session.commands), 'command')}"
            hint = "Give the command that is meant a fence of its own."
            if key == "exit":
                hint = f"Remove exit, and write `? {options.exit}` under the output of the command that is meant."
        elif key == "exit" and candidate.session.commands[0].status not in {0, options.exit}:
            message, hint = "exit and `?` ask for different exit statuses", "Leave one of them."
        if message:
            # timeout, in `console {timeout=60s}`
            match = re.search(rf"\b{key}\b", candidate.fence.info)
            column = candidate.fence.info_column + (match.start() if match else 0)
            yield Problem(message, hint, path, candidate.fence.line, column)


def find_spoilt(path: str, lines: Sequence[str], candidate: Candidate) -> Iterator[Problem]:
    """Find what keeps the commands of the fence from being run."""
    fence = candidate.fence
    for problem in candidate.session.problems:
        # The text has lost the prefix of the list or quote around it: columns move right by its width.
        shift = len(lines[problem.line - 1]) - len(fence.lines[problem.line - fence.line - 1])
        yield replace(problem, path=path, column=problem.column + max(shift, 0))
    # ```console, within a fence of ``` whose author forgot to close it
    opener = re.compile(rf" {{0,3}}{re.escape(fence.markup)}+ *\w")
    for number, line in enumerate(fence.lines, fence.line + 1):
        if opener.match(line):
            hint = f"Close the fence of line {fence.line} first."
            column = lines[number - 1].index(fence.markup) + 1
            yield Problem("a fence opens inside another one", hint, path, number, column)
            return


def _goes_on(lines: Sequence[str], prompts: tuple[str, ...]) -> bool:
    """Whether anything stands above the first prompt."""
    head = takewhile(lambda line: not has_prompt([line], prompts), lines)
    return any(line.strip() for line in head)
