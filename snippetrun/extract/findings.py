"""What looks as if it should run and does not: worth a line in a report, no reason to stop."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from snippetrun.config import Dialect
from snippetrun.config.yaml_text import scalar
from snippetrun.errors import Problem
from snippetrun.extract.candidate import Candidate
from snippetrun.extract.fences import Outline
from snippetrun.extract.prompts import split, split_script
from snippetrun.extract.shell_syntax import runs_docker
from snippetrun.extract.superfences import Block
from snippetrun.model import Options

_SESSIONS = frozenset(
    {"", "bash", "bash-session", "console", "fish", "sh", "shell", "shell-session", "shellsession", "zsh"}
)
"""Languages of fences that are taken for sessions if they look like one."""
# term1, terminal
_TERMINAL = re.compile(r"term(?:inal)?\d*")


def find_lookalikes(path: str, lines: Sequence[str], candidate: Candidate, *, live: bool) -> Iterator[Problem]:
    """Lines of a fence that look as if they should run; where no command on the page calls docker, those that do."""
    if candidate.options.skip is None and not candidate.problems:
        for finding in candidate.session.findings:
            if live or "docker" in lines[finding.line - 1]:
                yield replace(finding, path=path)


def find_unlisted(path: str, candidates: Iterable[Candidate], dialect: Dialect) -> Iterator[Problem]:
    """Fences of docker commands in a language that does not run: with prompts, or in one that terminals are named."""
    for candidate in candidates:
        fence, language = candidate.fence, candidate.language
        is_terminal = bool(_TERMINAL.fullmatch(language))
        if candidate.runs or candidate.options.file or candidate.problems or not (is_terminal or language in _SESSIONS):
            continue
        if not any("docker" in line for line in fence.lines):
            continue
        session = (split_script if is_terminal else split)(fence.lines, fence.line + 1, dialect.prompts)
        if docker := [command.line for command in session.commands if runs_docker(command.text)]:
            what = f"its language is {language}" if language else "it names no language"
            scripts = [script for script in dialect.scripts if script in dialect.languages]
            listed = (
                f"scripts: [{', '.join(map(scalar, [*scripts, language]))}]"
                if is_terminal
                else f"languages: [{dialect}, {scalar(language)}]"
            )
            hint = f"Write ```console above it, or list it in mkdocs.yml: {listed}. "
            yield Problem(
                f"this fence does not run: {what}", hint + "Write ```text where it is never to run.", path, docker[0]
            )


def find_code(path: str, lines: Sequence[str], outline: Outline, dialect: Dialect) -> Iterator[Problem]:
    """Commands of docker in indented code, the first of each block; such as a fence that is indented too far."""
    above, named = 0, False
    for number in sorted(outline.code):
        named = named and number == above + 1
        above, line = number, lines[number - 1].lstrip("> \t")
        if not named and "docker" in line and split([line], number, dialect.prompts).commands:
            message = "this command does not run: it is indented code, which the site shows as text"
            hint = "Put it into a fence, which is indented as the text that it belongs to."
            yield Problem(message, hint, path, number)
            named = True


def find_idle(path: str, candidates: Iterable[Candidate]) -> Iterator[Problem]:
    """Fences with options of ours on a page that has no docker command, and so runs nothing."""
    for candidate in candidates:
        ours = candidate.runs or candidate.options.file
        if ours and not candidate.problems and replace(candidate.options, skip=None) != Options():
            message = "nothing on this page runs: none of its prompted commands calls docker"
            yield Problem(message, "Remove the options of this fence.", path, candidate.fence.line)


def find_unread(path: str, outline: Outline, blocks: Sequence[Block], languages: Collection[str]) -> Iterator[Problem]:
    """Fences that Python-Markdown shows and CommonMark does not see, for instance straight after `<div>`."""
    fenced = (range(fence.line, fence.end_line + 1) for fence in outline.fences)
    inside = outline.code.union(outline.hidden, *fenced)
    for block in blocks:
        if block.language and block.language in languages and block.line not in inside:
            message = "this fence does not run: outside Python-Markdown nothing takes it for a fence"
            yield Problem(
                message, "Leave a blank line above it, and start it where the text around it starts.", path, block.line
            )
