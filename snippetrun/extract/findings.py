"""What looks as if it should run and does not: worth a line in a report, no reason to stop."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from snippetrun.errors import Problem
from snippetrun.extract.candidate import Candidate
from snippetrun.extract.fences import Outline
from snippetrun.extract.prompts import has_prompt
from snippetrun.extract.superfences import Block
from snippetrun.model import Options

# docker ps, or `% docker ps`
_UNPROMPTED = re.compile(r"\s*(?:[$#%>] )?docker ")


def find_unprompted(path: str, candidates: Iterable[Candidate]) -> Iterator[Problem]:
    """Fences that show docker commands, none of which has the prompt that would make it run."""
    for candidate in candidates:
        fence = candidate.fence
        if candidate.commands or not candidate.runs or candidate.options.skip is not None or has_prompt(fence.lines):
            continue
        for number, line in enumerate(fence.lines, fence.line + 1):
            if _UNPROMPTED.match(line):
                hint = "Write `$ ` before each command, as the first two characters of its line."
                yield Problem("nothing in this fence runs: no line starts with a prompt", hint, path, number)
                break


def find_idle(path: str, candidates: Iterable[Candidate]) -> Iterator[Problem]:
    """Fences with options of ours on a page that has no docker command, and so runs nothing."""
    for candidate in candidates:
        if (candidate.runs or candidate.options.file) and replace(candidate.options, skip=None) != Options():
            message = "nothing on this page runs: none of its prompted commands calls docker"
            yield Problem(message, "Remove the options of this fence.", path, candidate.fence.line)


def find_indented(
    path: str, outline: Outline, blocks: Sequence[Block], languages: Collection[str]
) -> Iterator[Problem]:
    """Fences of commands that everybody takes for indented code, for instance below a definition without its colon."""
    for block in blocks:
        if block.language in languages and block.line in outline.code:
            message = "this fence does not run: it is indented code, and the site shows it as text"
            yield Problem(message, "Indent it as the text that it belongs to.", path, block.line)


def find_unread(path: str, outline: Outline, blocks: Sequence[Block], languages: Collection[str]) -> Iterator[Problem]:
    """Fences that Python-Markdown shows and CommonMark does not see, for instance straight after `<div>`."""
    fenced = (range(fence.line, fence.end_line + 1) for fence in outline.fences)
    inside = outline.code.union(outline.hidden, *fenced)
    for block in blocks:
        if block.language in languages and block.line not in inside:
            message = "this fence does not run: outside Python-Markdown nothing takes it for a fence"
            yield Problem(
                message, "Leave a blank line above it, and start it where the text around it starts.", path, block.line
            )
