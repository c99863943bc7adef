"""A fence with its info string read and its text split: what may become a snippet."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice, takewhile

from snippetrun.errors import Problem
from snippetrun.extract.attribute_values import READERS
from snippetrun.extract.fences import Fence
from snippetrun.extract.info_string import appearance, parse
from snippetrun.extract.prompts import Session, has_prompt, split, split_script
from snippetrun.model import Command, Options, Snippet
from snippetrun.support.units import counted

SCRIPTS = frozenset({"bash", "sh"})
"""Languages whose fences, where the site lets them run, are scripts: they have no prompts."""
_NEEDS_COMMANDS = frozenset({"exit", "timeout", "term", "until", "retry", "match"})
_NEEDS_ONE = frozenset({"exit", "retry"})


@dataclass(frozen=True, slots=True)
class Candidate:
    """A fence whose info string could be read."""

    fence: Fence
    language: str
    options: Options
    runs: bool
    """Whether its language is one of those that run, and it writes no file."""
    session: Session

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
        return runs or self.options.file is not None

    @property
    def snippet(self) -> Snippet:
        """The same for the rest of the road."""
        fence = self.fence
        content = "".join(line + "\n" for line in fence.lines)
        return Snippet(
            self.language,
            self.options,
            fence.line,
            fence.end_line,
            fence.prefix,
            content,
            self.commands,
            appearance(fence.info),
        )


def read_fence(path: str, fence: Fence, languages: Collection[str]) -> Candidate:
    """Read a fence. Raises PageError if its info string cannot be used."""
    language, options = parse(fence.info, languages=languages, path=path, line=fence.line, column=fence.info_column)
    runs = language in languages and options.file is None
    if not runs:
        session = Session()
    elif language in SCRIPTS and not _begins_with_prompt(fence.lines):
        session = split_script(fence.lines, fence.line + 1)
    else:
        session = split(fence.lines, fence.line + 1, goes_on=options.term is not None and _goes_on(fence.lines))
    return Candidate(fence, language, options, runs, session)


def find_misused(path: str, candidate: Candidate, languages: Collection[str]) -> Iterator[Problem]:
    """Find options that say something about commands that the fence does not have."""
    options = candidate.options
    for key in (key for key in READERS if getattr(options, key) not in {None, False}):
        message = hint = ""
        if options.file is not None:
            if key in _NEEDS_COMMANDS:
                message, hint = f"{key} on a fence that writes a file and runs nothing", f"Remove {key}."
        elif not candidate.runs:
            message = f"{key} on a fence that does not run"
            hint = f"Remove it: only {', '.join(languages)} fences run."
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
        # What the fence stands in is on the left of each of its lines, and only there.
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


def _begins_with_prompt(lines: Sequence[str]) -> bool:
    """Whether the first line is a prompt, but for blank lines and comments; later prompts may stand in a heredoc."""
    commands = (line for line in lines if line.strip() and not line.startswith("#"))
    return has_prompt(list(islice(commands, 1)))


def _goes_on(lines: Sequence[str]) -> bool:
    """Whether anything stands above the first prompt."""
    head = takewhile(lambda line: not has_prompt([line]), lines)
    return any(line.strip() for line in head)
