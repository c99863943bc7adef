"""Read a page: its snippets, and all that is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from snippetrun.config import Dialect, Renderer
from snippetrun.errors import PageError, Problem
from snippetrun.extract.candidate import Candidate, find_misused, find_spoilt, read_fences
from snippetrun.extract.fences import read_outline
from snippetrun.extract.findings import find_code, find_idle, find_lookalikes, find_unlisted, find_unread
from snippetrun.extract.front_matter import FrontMatter, read_front_matter
from snippetrun.extract.lines import normalised
from snippetrun.extract.placeholders import BoundNames
from snippetrun.extract.renderer_check import Seen, find_disagreement, find_misplacement
from snippetrun.extract.shell_syntax import runs_docker
from snippetrun.extract.superfences import find_blocks
from snippetrun.model import Page, PageOptions

# ```text {file=a.txt}
_ATTRIBUTES = re.compile(r"^.*(?:`{3}|~{3}).*\{", re.MULTILINE)
# $ docker ps, after four blanks or a tab
_INDENTED = re.compile(r"^[> ]*(?: {4}|\t).*docker", re.MULTILINE)


def read(path: str, text: str, dialect: Dialect | None = None, *, options: PageOptions | None = None) -> Page:
    """Return the page as `look` does; raise PageError with everything that is wrong with it."""
    page, problems = look(path, text, dialect, options=options)
    if problems:
        raise PageError(*problems)
    return page


def look(
    path: str, text: str, dialect: Dialect | None = None, *, options: PageOptions | None = None
) -> tuple[Page, Sequence[Problem]]:
    """Return the page with its snippets, and with what looks as if it should run and does not; and what is wrong.

    A page without a docker command in a fence that runs has no snippets, and what is wrong with it is only a finding.
    `path` only names the page. `options` are the page's, for a text whose front matter a host has already taken off:
    none is looked for. What is wrong with a page that has snippets is in the order of its lines, and the snippets are
    those that can be read.
    """
    dialect = dialect or Dialect()
    lines = normalised(text)
    front = read_front_matter(path, lines) if options is None else FrontMatter(options=options)
    if not _may_concern_us(text):
        return Page(path, (), front.options, front.title, front.problems), ()
    body = [""] * front.lines + lines[front.lines :]
    outline = read_outline(body, dialect.renderer)
    candidates = list(read_fences(path, body, outline.fences, dialect))
    # A skipped command still tells that the page is about docker, and so does one of a fence that cannot be used.
    live = any(runs_docker(command.text) for candidate in candidates for command in candidate.commands)
    problems = [*front.problems]
    for candidate in candidates:
        problems += candidate.problems or find_misused(path, candidate, dialect)
    findings = [*find_unlisted(path, candidates, dialect), *find_code(path, body, outline, dialect)]
    seen = None
    if dialect.renderer is Renderer.PYTHON_MARKDOWN:
        blocks = find_blocks(body)
        seen = Seen(path, body, outline, blocks, dialect.extensions)
        findings += find_unread(path, outline, blocks, dialect.languages)
    if front.options.skip is None:
        candidates, reasons = _held_back(path, body, candidates, live=live)
        findings += reasons
    snippets = [candidate for candidate in candidates if live and candidate.is_snippet]
    running = [candidate for candidate in snippets if candidate.options.skip is None and front.options.skip is None]
    if seen:
        problems += _unshown(path, snippets, running, seen, problems)
    for candidate in running:
        problems += find_spoilt(path, body, candidate)
    findings += [] if live else [*problems, *find_idle(path, candidates)]
    page = Page(
        path,
        tuple(candidate.snippet for candidate in snippets),
        front.options,
        front.title or outline.title,
        tuple(sorted(findings, key=_position)),
    )
    return page, sorted(problems, key=_position) if live else ()


def _may_concern_us(text: str) -> bool:
    """Whether a page has a fence, or indented code, that could call docker, or a fence with attributes."""
    if "docker" in text:
        return "```" in text or "~~~" in text or bool(_INDENTED.search(text))
    return ("```" in text or "~~~" in text) and bool(_ATTRIBUTES.search(text))


def _held_back(
    path: str, lines: Sequence[str], candidates: Iterable[Candidate], *, live: bool
) -> tuple[list[Candidate], list[Problem]]:
    """Return the fences of a page, and what in them looks as if it should run, and cannot.

    A fence with that is skipped, and so is what goes on with it; the first of it in a fence is the reason.
    """
    names = BoundNames(path, lines)
    held: list[Candidate] = []
    findings: list[Problem] = []
    reasons: dict[str | None, str] = {}
    for candidate in candidates:
        why = [*find_lookalikes(path, lines, candidate, live=live)]
        if not why and live and candidate.options.skip is None:
            why = names.find_unbound(candidate.commands)
        findings += why
        commands, terminal = candidate.commands, candidate.options.term
        reason = candidate.options.skip or (why[0].message if why else "")
        if commands:
            reason = reasons[terminal] = reason or ("" if commands[0].text else reasons.get(terminal, ""))
        if commands and reason and candidate.options.skip is None:
            held.append(replace(candidate, options=replace(candidate.options, skip=reason)))
        else:
            held.append(candidate)
    return held, findings


def _unshown(
    path: str, shown: Sequence[Candidate], running: Iterable[Candidate], seen: Seen, known: Iterable[Problem]
) -> Iterator[Problem]:
    """Find the fences that the site shows as text, and those that run outside of their list.

    A line with a known problem is named once.
    """
    lines_named = {problem.line for problem in known}
    unshown = [find_disagreement(path, candidate.fence, seen) for candidate in shown]
    lines = {candidate.fence.line for candidate, problem in zip(shown, unshown, strict=True) if problem}
    misplaced = (find_misplacement(path, c.fence, seen) for c in running if c.fence.line not in lines)
    for problem in filter(None, (*unshown, *misplaced)):
        if problem.line not in lines_named:
            yield problem
            lines_named.add(problem.line)


def _position(problem: Problem) -> tuple[int, int]:
    return problem.line, problem.column
