"""Read a page: its snippets, or all that is wrong with it."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from snippetrun.errors import PageError, Problem
from snippetrun.extract import superfences
from snippetrun.extract.candidate import Candidate, candidate, misused, spoilt
from snippetrun.extract.fences import Fence, outline
from snippetrun.extract.findings import idle, indented, unprompted, unread
from snippetrun.extract.front_matter import FrontMatter, front_matter
from snippetrun.extract.lines import normalised
from snippetrun.extract.placeholders import unbound
from snippetrun.extract.renderer_check import Seen, disagreement, misplacement
from snippetrun.extract.shell_syntax import runs_docker
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
    front = front_matter(path, lines) if options is None else FrontMatter(options=options)
    body = [""] * front.lines + lines[front.lines :]
    found, blocks = outline(body), superfences.blocks(body)
    on_site = Seen(path, body, found, blocks)
    problems = list(front.problems)
    candidates: list[Candidate] = []
    for fence in found.fences:
        if not fence.closed:
            problems.append(_unclosed(path, body, fence))
            continue
        try:
            candidates.append(candidate(path, fence, languages))
        except PageError as error:
            problems.extend(error.problems)
            continue
        problems.extend(misused(path, candidates[-1], languages))
    # A skipped command still tells that the page is about docker.
    live = any(runs_docker(command.text) for each in candidates for command in each.commands)
    snippets = [each for each in candidates if live and each.is_snippet]
    told = {problem.line for problem in problems}
    for each in snippets:
        unshown = disagreement(path, each.fence, on_site)
        if unshown and unshown.line not in told:
            problems.append(unshown)
            told.add(unshown.line)
        if each.options.skip is None and front.options.skip is None:
            moved = None if unshown else misplacement(path, each.fence, on_site)
            problems.extend([moved] if moved else [])
            problems.extend(spoilt(path, body, each))
    if front.options.skip is None:
        problems.extend(unbound(path, body, (each.snippet for each in snippets)))
    if problems:
        raise PageError(*sorted(problems, key=_place))
    seen = [
        *unprompted(path, candidates),
        *(() if live else idle(path, candidates)),
        *unread(path, found, blocks, languages),
        *indented(path, found, blocks, languages),
    ]
    return Page(
        path,
        tuple(each.snippet for each in snippets),
        front.options,
        front.title or found.title,
        tuple(sorted(seen, key=_place)),
    )


def _place(problem: Problem) -> tuple[int, int]:
    return problem.line, problem.column


def _unclosed(path: str, lines: Sequence[str], fence: Fence) -> Problem:
    hint = f"Write {fence.markup} in the same column, on a line of its own."
    if fence.end_line < len(lines):
        hint += f" Line {fence.end_line + 1} ends the list or block that it stands in."
    return Problem("nothing closes this fence", hint, path, fence.line, len(fence.prefix) + 1)
