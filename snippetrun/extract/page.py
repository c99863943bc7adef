"""Read a page: its snippets, or all that is wrong with it."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from snippetrun.errors import PageError, Problem
from snippetrun.extract.candidate import Candidate, find_misused, find_spoilt, read_fence
from snippetrun.extract.fences import Fence, read_outline
from snippetrun.extract.findings import find_idle, find_indented, find_unprompted, find_unread
from snippetrun.extract.front_matter import FrontMatter, read_front_matter
from snippetrun.extract.lines import normalised
from snippetrun.extract.placeholders import find_unbound
from snippetrun.extract.renderer_check import Seen, find_disagreement, find_misplacement
from snippetrun.extract.shell_syntax import runs_docker
from snippetrun.extract.superfences import find_blocks
from snippetrun.model import Page, PageOptions

LANGUAGES = ("console", "shell-session")
"""The languages whose fences run unless the configuration says otherwise."""


def read(path: str, text: str, *, languages: Collection[str] = LANGUAGES, options: PageOptions | None = None) -> Page:
    """Return the page with its snippets, and with what looks as if it should run and does not.

    A page without a docker command in a fence of these languages runs nothing and has no snippets. `path` only names
    the page. `options` are the page's, for a text whose front matter a host has already taken off: none is looked for.
    Raises PageError with everything that is wrong with the page, in the order of its lines.
    """
    lines = normalised(text)
    front = read_front_matter(path, lines) if options is None else FrontMatter(options=options)
    body = [""] * front.lines + lines[front.lines :]
    outline, blocks = read_outline(body), find_blocks(body)
    on_site = Seen(path, body, outline, blocks)
    problems = list(front.problems)
    candidates: list[Candidate] = []
    for fence in outline.fences:
        if not fence.closed:
            problems.append(_unclosed(path, body, fence))
            continue
        try:
            candidates.append(read_fence(path, fence, languages))
        except PageError as error:
            problems.extend(error.problems)
            continue
        problems.extend(find_misused(path, candidates[-1], languages))
    # A skipped command still tells that the page is about docker.
    live = any(runs_docker(command.text) for candidate in candidates for command in candidate.commands)
    snippets = [candidate for candidate in candidates if live and candidate.is_snippet]
    lines_named = {problem.line for problem in problems}
    for candidate in snippets:
        unshown = find_disagreement(path, candidate.fence, on_site)
        if unshown and unshown.line not in lines_named:
            problems.append(unshown)
            lines_named.add(unshown.line)
        if candidate.options.skip is None and front.options.skip is None:
            misplaced = None if unshown else find_misplacement(path, candidate.fence, on_site)
            problems.extend([misplaced] if misplaced else [])
            problems.extend(find_spoilt(path, body, candidate))
    if front.options.skip is None:
        problems.extend(find_unbound(path, body, (candidate.snippet for candidate in snippets)))
    if problems:
        raise PageError(*sorted(problems, key=_position))
    findings = [
        *find_unprompted(path, candidates),
        *(() if live else find_idle(path, candidates)),
        *find_unread(path, outline, blocks, languages),
        *find_indented(path, outline, blocks, languages),
    ]
    return Page(
        path,
        tuple(candidate.snippet for candidate in snippets),
        front.options,
        front.title or outline.title,
        tuple(sorted(findings, key=_position)),
    )


def _position(problem: Problem) -> tuple[int, int]:
    return problem.line, problem.column


def _unclosed(path: str, lines: Sequence[str], fence: Fence) -> Problem:
    hint = f"Write {fence.markup} in the same column, on a line of its own."
    if fence.end_line < len(lines):
        hint += f" Line {fence.end_line + 1} ends the list or block that it stands in."
    return Problem("nothing closes this fence", hint, path, fence.line, len(fence.prefix) + 1)
