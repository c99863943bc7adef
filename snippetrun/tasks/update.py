"""What comes out now, accepted: recordings replaced, and output that pages have written made to match."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from snippetrun import extract, runner
from snippetrun.config import SiteConfig, shown_path
from snippetrun.errors import PageError, Problem
from snippetrun.extract import files
from snippetrun.model import CommandResult, Match, Mode, Page, PieceKind, Recording, Result
from snippetrun.plan import Plan, plan
from snippetrun.recordings import Store, retyped
from snippetrun.support.atomic import write
from snippetrun.support.patterns import Names
from snippetrun.tasks import site_pages
from snippetrun.tasks.rewrite import rewritten


@dataclass(frozen=True, slots=True)
class UpdatedPages:
    """What an update came to."""

    results: tuple[Result, ...]
    changed: tuple[str, ...]
    """The files that were written, as the user knows them."""


def update(
    work: Plan,
    watcher: runner.Watcher,
    sandboxes: runner.Sandboxes = runner.live_sandboxes,
) -> UpdatedPages:
    """Run the pages, rewrite their written output where it does not match, and record them.

    A page with a command that does not even end as expected stays as it is. Raises as `runner.run`, and PageError for
    output that would not be output in its page.
    """
    site = work.site
    results: list[Result] = []
    changed: list[str] = []
    for result in runner.run(work.in_mode(Mode.RUN), watcher, aim=runner.Aim.COMPARE, sandboxes=sandboxes):
        accepted = result
        if result.recording and all(verdict.where for verdict in result.failed):
            accepted, written = _accept(site, result, result.recording)
            changed += written
        results.append(accepted)
    again = plan(site, [result.page for result in results]) if changed else work
    runner.look_again(again, watcher, sandboxes=sandboxes)
    return UpdatedPages(tuple(results), tuple(changed))


def _accept(site: SiteConfig, result: Result, recording: Recording) -> tuple[Result, list[str]]:
    """Rewrite a page and its recording; return the page as it is now, and the files that were written."""
    file = Path(result.page.path)
    changed = []
    edits = list(edits_of(result, recording, site.match))
    if edits:
        text = extract.splice(files.text(file), edits)
        _check(site, result.page, text, edits[0])
        write(file, text)
        changed.append(result.page.path)
    [page] = site_pages.read(site, [file])
    [job] = plan(site, [page]).jobs
    snippets = retyped(page, moved_by(edits, recording), job.match)
    moved = dataclasses.replace(recording, key=job.key, snippets=snippets)
    accepted = runner.result(page, moved, site.match)
    store = Store(site)
    recorded, reading = store.path(page), store.look(job)
    # The page may be again what it was when it was recorded, and the run was of another one.
    news = runner.before(page, reading.stored, job.rules).news(accepted) if edits else result.news
    if recorded and reading.fresh != store.keep(job, moved, news=bool(news)):
        changed.append(shown_path(recorded))
    return accepted, changed


def _check(site: SiteConfig, page: Page, text: str, edit: extract.Edit) -> None:
    """Raise PageError if output that was put into a page would end its fence or be a command there: `$ docker rm x`."""
    try:
        rest = extract.read(page.path, text, languages=site.languages)
    except PageError:
        rest = None
    if rest is None or _commands(rest) != _commands(page):
        message = "what comes out now cannot be written into the page: it would be read as something else"
        raise PageError(Problem(message, "Write `...` for it, or use a longer fence.", page.path, edit.line))


def _commands(page: Page) -> list[list[tuple[str, int]]]:
    return [[(command.text, command.status) for command in snippet.commands] for snippet in page.snippets]


def edits_of(result: Result, recording: Recording, match: Match) -> Iterator[extract.Edit]:
    """Yield what has to change so that written output matches; pasted output that is the same stays as it is."""
    page, failed = result.page, {verdict.line for verdict in result.failed if verdict.where}
    names = Names()
    for snippet, outputs in zip(page.snippets, recording.snippets, strict=False):
        how = snippet.options.match or page.options.match or match
        for command, output in zip(snippet.commands, outputs, strict=False):
            changes = list(rewritten(command, output, names, how))  # also binds names
            for change in changes if command.line in failed else ():
                lines = (snippet.prefix + line if line else snippet.prefix.rstrip() for line in change.lines)
                yield extract.Edit(change.line, change.end_line, tuple(lines))


def moved_by(edits: Sequence[extract.Edit], recording: Recording) -> tuple[tuple[CommandResult, ...], ...]:
    """Return the recorded commands with their lines where the edits have moved them."""

    def to(line: int) -> int:
        return line + sum(len(edit.lines) - (edit.end_line - edit.line + 1) for edit in edits if edit.end_line < line)

    return tuple(
        tuple(
            dataclasses.replace(
                command,
                line=to(command.line),
                pieces=tuple(
                    piece if piece.kind is PieceKind.OUTPUT else dataclasses.replace(piece, line=to(piece.line))
                    for piece in command.pieces
                ),
            )
            for command in snippet
        )
        for snippet in recording.snippets
    )
